/** The same program on the host's own sockets and on Mirage's stack behind a tap: what a peer sees must be the same. */
import { type ChildProcess, execFile, type SpawnOptions, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./mirage.ts";
import { NetworkNamespace, whyNoTap } from "./netns.ts";
import { RunningProgram } from "./program.ts";

const run = promisify(execFile);

/** Where a program runs, and where its peers do. */
export interface Network {
  readonly title: string;
  /** Addresses at which peers reach the program, one for each version of IP that it has. */
  readonly addresses: readonly string[];
  /** Starts the program; it is killed when the network is closed. */
  start(executable: string, args?: readonly string[], options?: readonly string[]): RunningProgram;
  /** Resolves when the program can be reached at all its addresses. */
  reachable(): Promise<void>;
  /** Runs a peer to its end and returns what it printed; rejects if it fails. */
  peer(command: string, args: readonly string[], input?: string | Uint8Array): Promise<string>;
  /** The addresses of the peers' host, IPv4 first. */
  readonly hostAddresses: readonly [string, string];
  /** A TCP server of the peers' host that echoes; "ADDRESS:PORT". */
  echoServer(): Promise<string>;
  /** A UDP socket of the peers' host that echoes: prints "port PORT". */
  datagramEcho(): RunningProgram;
  /** A peer to talk to while it runs: nc. */
  talk(address: string, port: string): RunningProgram;
  /** `test/support/tcp-client.mjs`. */
  client(...args: readonly (string | number)[]): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

const CLIENT = join(ROOT, "test/support/tcp-client.mjs");
const PEER_TIMEOUT_MS = 100_000;
/** A second each: duplicate address detection takes two of them (RFC 4862). */
const PINGS = 15;

abstract class AnyNetwork implements Network {
  abstract readonly title: string;
  abstract readonly hostAddresses: readonly [string, string];
  abstract readonly addresses: readonly string[];
  protected abstract readonly options: readonly string[];
  readonly #running: RunningProgram[] = [];

  protected abstract spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  protected abstract inside(command: string, args: readonly string[]): [string, string[]];

  start(executable: string, args: readonly string[] = [], options: readonly string[] = []): RunningProgram {
    const words = [...this.options, ...options, "--", ...args];
    const program = new RunningProgram(this.spawn(executable, words, {}));
    this.#running.push(program);
    return program;
  }

  async reachable(): Promise<void> {
    for (const address of this.addresses) {
      for (let tries = 1; ; tries++) {
        try {
          await this.peer("ping", ["-c", "1", "-W", "1", address]);
          break;
        } catch (error) {
          if (tries === PINGS) throw error;
        }
      }
    }
  }

  async peer(command: string, args: readonly string[], input: string | Uint8Array = ""): Promise<string> {
    const promise = run(...this.inside(command, args), { timeout: PEER_TIMEOUT_MS, maxBuffer: 256 << 20 });
    // A peer need not read what it is given.
    promise.child.stdin?.on("error", () => {});
    promise.child.stdin?.end(input);
    return (await promise).stdout;
  }

  async echoServer(): Promise<string> {
    const script = `const { createServer } = require("node:net");
      const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
      server.listen(0, () => console.log("port " + server.address().port));`;
    const server = new RunningProgram(this.spawn(process.execPath, ["-e", script], {}));
    this.#running.push(server);
    const [, port] = await server.output(/port (\d+)/);
    return `${this.hostAddresses[0]}:${port}`;
  }

  datagramEcho(): RunningProgram {
    const script = `const socket = require("node:dgram").createSocket("udp4");
      socket.on("message", (message, from) => socket.send(message, from.port, from.address));
      socket.bind(0, () => console.log("port " + socket.address().port));`;
    const server = new RunningProgram(this.spawn(process.execPath, ["-e", script], {}));
    this.#running.push(server);
    return server;
  }

  talk(address: string, port: string): RunningProgram {
    const peer = new RunningProgram(this.spawn("nc", ["-N", address, port], {}));
    this.#running.push(peer);
    return peer;
  }

  async client(...args: readonly (string | number)[]): Promise<Record<string, unknown>> {
    const output = await this.peer(process.execPath, [CLIENT, ...args.map(String)]);
    return JSON.parse(output) as Record<string, unknown>;
  }

  async close(): Promise<void> {
    for (const program of this.#running) {
      if (program.child.exitCode === null) await program.stop("SIGKILL");
    }
  }
}

class HostSockets extends AnyNetwork {
  readonly title = "--net socket";
  readonly hostAddresses = ["127.0.0.1", "::1"] as const;
  readonly addresses = ["127.0.0.1", "::1"];
  protected readonly options = ["--net", "socket", "--stats"];

  protected spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    return spawn(command, args, options);
  }

  protected inside(command: string, args: readonly string[]): [string, string[]] {
    return [command, [...args]];
  }
}

class Tap extends AnyNetwork {
  readonly title = "a tap";
  readonly hostAddresses = ["10.0.0.1", "fd00:5::1"] as const;
  readonly addresses = ["10.0.0.2", "fd00:5::2"];
  protected readonly options: readonly string[];
  readonly #namespace = new NetworkNamespace();

  constructor(offloads: boolean) {
    super();
    const own = ["--ipv4", "10.0.0.2/24", "--gateway", "10.0.0.1", "--ipv6", "fd00:5::2/64"];
    this.options = ["--net", offloads ? "tap:mirage0" : "tap:mirage0,novnet", ...own, "--rtparams", "h=128M"];
    const ip = (...words: string[]) => this.#namespace.run("ip", words);
    ip("tuntap", "add", "mode", "tap", "name", "mirage0");
    ip("address", "add", "10.0.0.1/24", "dev", "mirage0");
    ip("address", "add", "fd00:5::1/64", "dev", "mirage0", "nodad");
    ip("link", "set", "mirage0", "up");
  }

  protected spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    return this.#namespace.spawn(command, [...args], options);
  }

  protected inside(command: string, args: readonly string[]): [string, string[]] {
    return ["ip", ["netns", "exec", this.#namespace.name, command, ...args]];
  }

  override async close(): Promise<void> {
    await super.close();
    this.#namespace.remove();
  }
}

/** Behind a tap that merges and cuts nothing: each packet is a frame. */
export function openTapWithoutOffloads(): Network {
  return new Tap(false);
}

const noTap = whyNoTap();

/** Title, why it cannot be had here, and how to get it. */
export const networks: readonly { title: string; skipped: string | undefined; open: () => Network }[] = [
  { title: "--net socket", skipped: undefined, open: () => new HostSockets() },
  {
    // Where it is skipped the title says why: closing lines are made of titles.
    title: noTap === undefined ? "a tap" : `a tap: skipped: ${noTap}`,
    skipped: noTap,
    open: () => new Tap(true),
  },
];
