/**
 * A kernel for the module to be loaded into: the double, in this process (the addon) or in one of its own (the program,
 * which may have been built with sanitizers). Commands are those of `src/command.c`.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { ROOT } from "../support/mirage.ts";

/** `asan`: everything, the module too, under AddressSanitizer and UndefinedBehaviorSanitizer. */
export type KpiVariant = "nofloat" | "asan";

function build(...args: string[]): string {
  return execFileSync(process.execPath, [join(ROOT, "dist/kpi-build.js"), ...args], {
    encoding: "utf8",
  }).trim();
}

/** Builds a program as a module for the double: the module's path. */
export function buildModule(program: string, variant: KpiVariant): string {
  return build("module", variant, program);
}

/** Builds the module that breaks rules: its path. */
export function buildBroken(variant: KpiVariant): string {
  return build("broken", variant);
}

/** Numbers of errors that tests name. */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  ENXIO: 6,
  ENOMEM: 12,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  EMSGSIZE: 40,
  ENETDOWN: 50,
  ENOBUFS: 55,
} as const;

/** A frame that arrived: in the host's stack, at a tap, or on a wire. */
export interface Arrival {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly csumFlags: number;
  /** Of how many packets the host got it, or into packets of how many bytes a card is to cut it. */
  readonly tso: number;
  readonly csumData: number;
  /** -1: no tag beside the bytes. */
  readonly vlan: number;
  /** mbufs that it was made of; not for wires. */
  readonly segments?: number;
}

export interface InterfaceState {
  readonly name: string;
  readonly up: boolean;
  readonly running: boolean;
  readonly mtu: number;
  /** 1 down, 2 up */
  readonly link: number;
  readonly promiscuous: number;
  readonly capenable: number;
  readonly hwassist: number;
  /** Hex digits. */
  readonly mac: string;
  readonly counters: Readonly<Record<string, number>>;
}

/** Something that somebody has to give back. */
export interface Thing {
  readonly kind: string;
  readonly name: string;
  readonly bytes: number;
  readonly made: string;
}

export interface SysctlNode {
  readonly name: string;
  readonly type: number;
  readonly mpsafe: boolean;
  readonly writable: boolean;
  readonly format: string;
  readonly description: string;
}

/** A call that may fail, and what has been seen of it. */
export interface FallibleCall {
  readonly call: string;
  readonly place: string;
  readonly times: number;
  readonly failed: number;
}

export interface Fault {
  /** Calls that could have failed since the fault was armed. */
  readonly seen: number;
  readonly fired: boolean;
  readonly call: string;
  readonly place: string;
}

/** How a packet that is sent is made. */
export interface PacketOptions {
  /** Lengths of its mbufs; the rest is the last one. */
  readonly cut?: readonly number[];
  /** Storage: `shared` is not to be written to, `unmapped` has no address. */
  readonly kind?: "plain" | "shared" | "unmapped";
  readonly vlan?: number;
  /** `csum_flags` and `csum_data`. */
  readonly csum?: readonly [number, number];
  /** Of what the host leaves uncut: bytes; of what a card has merged: how many. */
  readonly tso?: number;
  readonly times?: number;
}

interface Transport {
  command(line: string): string | Promise<string>;
  close(): Promise<void>;
  kill(): Promise<void>;
}

class InProcess implements Transport {
  readonly #addon: { command(line: string): string };

  constructor(path: string) {
    this.#addon = createRequire(import.meta.url)(path) as { command(line: string): string };
  }

  command(line: string): string {
    return this.#addon.command(line);
  }

  async close(): Promise<void> {}

  async kill(): Promise<void> {}
}

class OwnProcess implements Transport {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  readonly #ended: Promise<number | null>;
  #stderr = "";

  constructor(path: string) {
    this.#child = spawn(path, [], {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        // What the module leaves behind is counted by the double.
        ASAN_OPTIONS: "detect_leaks=0:abort_on_error=0:exitcode=66",
        UBSAN_OPTIONS: "print_stacktrace=1:exitcode=67",
      },
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#lines.on("line", (line) => this.#waiting.shift()?.resolve(line));
    this.#ended = new Promise((resolve) => {
      this.#child.on("close", (status, signal) => {
        for (const one of this.#waiting.splice(0)) {
          one.reject(new Error(`the kernel ended with ${signal ?? status}:\n${this.#stderr}`));
        }
        resolve(status);
      });
    });
  }

  command(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        reject(new Error(`the kernel has ended:\n${this.#stderr}`));
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#child.stdin?.write(`${line}\n`);
    });
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    const status = await this.#ended;
    if (status !== 0) {
      throw new Error(`the kernel ended with ${status}:\n${this.#stderr}`);
    }
  }
}

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function quoted(word: string): string {
  const bytes = [...new TextEncoder().encode(word)];
  const text = bytes.map((byte) =>
    byte === 0x22 || byte === 0x5c
      ? `\\${String.fromCharCode(byte)}`
      : byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  return `"${text.join("")}"`;
}

function packetWords(options: PacketOptions): string[] {
  const { cut, kind, vlan, csum, tso, times } = options;
  return [
    ...(cut === undefined ? [] : [`cut=${cut.join(",")}`]),
    ...(kind === undefined ? [] : [`kind=${kind}`]),
    ...(vlan === undefined ? [] : [`vlan=${vlan}`]),
    ...(csum === undefined ? [] : [`csum=${csum.join(",")}`]),
    ...(tso === undefined ? [] : [`tso=${tso}`]),
    ...(times === undefined ? [] : [`times=${times}`]),
  ];
}

export class Kernel {
  readonly #transport: Transport;

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** In this process, through the addon. There is one in a process. */
  static async inProcess(): Promise<Kernel> {
    return new Kernel(new InProcess(build("addon")));
  }

  static async ownProcess(variant: KpiVariant): Promise<Kernel> {
    return new Kernel(new OwnProcess(build("driver", variant)));
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** Ends the process, if it is one of its own, whatever it does. */
  kill(): Promise<void> {
    return this.#transport.kill();
  }

  async command<T>(...words: string[]): Promise<T> {
    return JSON.parse(await this.#transport.command(words.join(" "))) as T;
  }

  async #error(...words: string[]): Promise<number> {
    return (await this.command<{ error: number }>(...words)).error;
  }

  /** Error number; `why` in case of one. */
  load(module: string): Promise<{ error: number; why: string }> {
    return this.command("kldload", module);
  }

  unload(force = false): Promise<number> {
    return force ? this.#error("kldunload", "-f") : this.#error("kldunload");
  }

  /** Value of a sysctl: integers of 64 bits as text. @throws Error if it cannot be read. */
  async read(name: string): Promise<string | number> {
    const { value, error } = await this.command<{ value: string | number; error: number }>("sysctl", name);
    if (error !== 0) {
      throw new Error(`sysctl ${name}: error ${error}`);
    }
    return value;
  }

  /** Error number of a read. */
  readError(name: string): Promise<number> {
    return this.#error("sysctl", name);
  }

  write(name: string, value: string | number): Promise<number> {
    return this.#error("sysctl", name, quoted(String(value)));
  }

  sysctls(): Promise<SysctlNode[]> {
    return this.command("sysctls");
  }

  /** Environment of the kernel; `undefined` removes. */
  setenv(name: string, value: string | undefined): Promise<number> {
    return value === undefined ? this.#error("kunsetenv", name) : this.#error("kenv", name, quoted(value));
  }

  user(uid: number, jailed = false): Promise<number> {
    return this.#error("user", String(uid), jailed ? "jailed" : "free");
  }

  securelevel(level: number): Promise<number> {
    return this.#error("securelevel", String(level));
  }

  /** ifconfig(8): create, destroy, up, down, mtu N, cap N, media, link N (1 down, 2 up), full N, bridge N, name NEW. */
  ifconfig(name: string, what: string, value?: number | string): Promise<number> {
    return this.#error("ifconfig", name, what, ...(value === undefined ? [] : [String(value)]));
  }

  interfaces(): Promise<InterfaceState[]> {
    return this.command("interfaces");
  }

  async interface(name: string): Promise<InterfaceState | undefined> {
    return (await this.interfaces()).find((one) => one.name === name);
  }

  /** The host is a router. */
  forwarding(ipv4: boolean, ipv6: boolean): Promise<number> {
    return this.#error("forwarding", ipv4 ? "1" : "0", ipv6 ? "1" : "0");
  }

  /** The host sends a frame out of an interface. */
  send(name: string, frame: Uint8Array, options: PacketOptions = {}): Promise<number> {
    return this.#error("send", name, hexOf(frame), ...packetWords(options));
  }

  /** A card receives a frame. */
  receive(name: string, frame: Uint8Array, options: PacketOptions = {}): Promise<number> {
    return this.#error("receive", name, hexOf(frame), ...packetWords(options));
  }

  /** Until all threads are asleep and nothing is queued. */
  async settle(): Promise<void> {
    const { settled } = await this.command<{ settled: boolean }>("settle");
    if (!settled) {
      throw new Error("the kernel's threads did not come to rest");
    }
  }

  async #arrivals(...words: string[]): Promise<Arrival[]> {
    const all = await this.command<(Omit<Arrival, "bytes"> & { bytes: string })[]>(...words);
    return all.map((one) => ({ ...one, bytes: bytesOf(one.bytes) }));
  }

  /** What the host's stack has got from an interface since it was asked last. */
  stack(name: string): Promise<Arrival[]> {
    return this.#arrivals("stack", name);
  }

  /** What a card has sent. */
  wire(name: string): Promise<Arrival[]> {
    return this.#arrivals("wire", name);
  }

  /** What bpf(4) has seen. */
  tap(): Promise<Arrival[]> {
    return this.#arrivals("tap");
  }

  /** The host keeps the packets that it gets, or drops all that it has kept. */
  hold(on: boolean): Promise<number> {
    return this.#error("hold", on ? "on" : "off");
  }

  /** Creates and destroys an interface over and over, in a thread of its own, until floods are stopped. */
  churn(name: string): Promise<number> {
    return this.#error("churn", name);
  }

  /** Threads that send a frame all the time. */
  flood(name: string, frame: Uint8Array, by: "host" | "wire" = "host"): Promise<number> {
    return this.#error(by === "host" ? "flood" : "flood-wire", name, hexOf(frame));
  }

  async stopFloods(): Promise<number> {
    return (await this.command<{ sent: number }>("flood-stop")).sent;
  }

  /** The module's threads do not go on when they are woken. */
  freeze(on: boolean): Promise<number> {
    return this.#error("freeze", on ? "on" : "off");
  }

  /** The kernel has, or has not yet, a root file system. */
  root(mounted: boolean): Promise<number> {
    return mounted ? this.#error("mountroot") : this.#error("root", "missing");
  }

  /** Somebody traces all probes. */
  trace(on: boolean): Promise<number> {
    return this.#error("trace", on ? "on" : "off");
  }

  probes(): Promise<{ probe: string; provider: string; types: string[] }[]> {
    return this.command("probes");
  }

  /** Probes that have fired since it was asked last; integers as text. */
  fired(): Promise<{ probe: string; args: string[] }[]> {
    return this.command("fired");
  }

  /** Lets time pass at once. */
  advance(milliseconds: number): Promise<number> {
    return this.#error("advance", String(BigInt(milliseconds) * 1_000_000n));
  }

  card(name: string, mac: string): Promise<number> {
    return this.#error("card", name, mac.replaceAll(":", ""));
  }

  cardGone(name: string): Promise<number> {
    return this.#error("card-gone", name);
  }

  /** Lines since it was asked last: level of log(9), or -1 of printf(9), and text. */
  console(): Promise<[number, string][]> {
    return this.command("console");
  }

  /** What WITNESS, INVARIANTS and the like would have reported since it was asked last. */
  violations(): Promise<string[]> {
    return this.command("violations");
  }

  things(): Promise<Thing[]> {
    return this.command("things");
  }

  /** The n-th call from here on that may fail does; 0: none, but they are counted. */
  armFault(n: number): Promise<number> {
    return this.#error("fault", String(n));
  }

  disarmFault(): Promise<Fault> {
    return this.command("fault-off");
  }

  fallibleCalls(): Promise<FallibleCall[]> {
    return this.command("fault-calls");
  }
}
