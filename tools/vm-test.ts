/**
 * `node dist/vm-test.js --image IMG [options] PAYLOAD`: boots a FreeBSD image whose console is the first serial line, logs in as
 * root (no password), hands over the folder PAYLOAD on a second disk, runs `sh ./run.sh` in it, and shows the console.
 *
 * Exit codes: that of run.sh; 64 bad arguments; 97 the guest did not come up; 98 it ran out of time; 99 it panicked.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const usage = `usage: vm-test --image IMG [--timeout SECONDS] [--memory MB] [--cpus N] [--accel tcg|kvm] PAYLOAD

Boots the raw disk image IMG (it is not changed) in QEMU, runs PAYLOAD/run.sh as root, and exits with its exit code;
97: no shell came up, 98: time is over, 99: the kernel panicked. The image needs a console on its serial line, as
FreeBSD's own VM images have with 'console="comconsole"' in loader.conf.
`;

const exitNoShell = 97;
const exitTimeout = 98;
const exitPanic = 99;

class ArgumentError extends Error {}

interface Options {
  readonly image: string;
  readonly payload: string;
  readonly seconds: number;
  readonly memory: number;
  readonly cpus: number;
  readonly accel: string;
}

function number(text: string, name: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new ArgumentError(`--${name} ${text}: not a number from 1 to 999999`);
  }
  return Number(text);
}

function parse(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      image: { type: "string" },
      timeout: { type: "string", default: "300" },
      memory: { type: "string", default: "1024" },
      cpus: { type: "string", default: "2" },
      accel: { type: "string", default: "tcg" },
    },
  });
  const [payload] = positionals;
  if (values.image === undefined || payload === undefined || positionals.length > 1) {
    throw new ArgumentError("name an image and one payload");
  }
  if (!existsSync(values.image)) {
    throw new ArgumentError(`--image ${values.image}: no such file`);
  }
  if (!existsSync(join(payload, "run.sh"))) {
    throw new ArgumentError(`${payload}: a payload is a folder with run.sh in it`);
  }
  if (!["tcg", "kvm"].includes(values.accel)) {
    throw new ArgumentError(`--accel ${values.accel}: there is tcg (emulation) and kvm`);
  }
  return {
    image: values.image,
    payload,
    seconds: number(values.timeout, "timeout"),
    memory: number(values.memory, "memory"),
    cpus: number(values.cpus, "cpus"),
    accel: values.accel,
  };
}

/** The payload as a disk: a tar archive, filled up to whole sectors. */
function makeDisk(payload: string, file: string): void {
  const made = spawnSync(
    "tar",
    ["--format=ustar", "--owner=0", "--group=0", "-cf", file, "-C", payload, "."],
    {
      encoding: "utf8",
    },
  );
  if (made.status !== 0) {
    throw new Error(`tar: ${made.error?.message ?? made.stderr}`);
  }
  const mebibyte = 1 << 20;
  truncateSync(file, Math.ceil(statSync(file).size / mebibyte) * mebibyte);
}

/** On an AHCI controller, so that it is ada0 whatever the image's own disk is. */
function qemuArguments(options: Options, disk: string): string[] {
  return [
    ...["-M", "q35", "-accel", options.accel === "tcg" ? "tcg,thread=multi" : "kvm"],
    ...["-cpu", options.accel === "tcg" ? "qemu64,+rdrand" : "host"],
    ...["-smp", String(options.cpus), "-m", String(options.memory)],
    ...[
      "-display",
      "none",
      "-vga",
      "none",
      "-serial",
      "stdio",
      "-monitor",
      "none",
      "-no-reboot",
      "-nodefaults",
    ],
    ...["-drive", `if=none,id=system,format=raw,snapshot=on,file=${options.image}`],
    ...["-device", "virtio-blk-pci,drive=system,bootindex=1"],
    ...["-drive", `if=none,id=payload,format=raw,readonly=off,snapshot=on,file=${disk}`],
    ...["-device", "ide-hd,drive=payload,bus=ide.0,bootindex=2"],
    ...["-device", "virtio-rng-pci"],
    ...["-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net"],
  ];
}

/**
 * What is typed at the guest's prompt. The quotes keep the echo of the line from looking like the guest's answer, and mean
 * the same to sh and to csh.
 */
const command =
  "mkdir -p /tmp/payload && tar -xf /dev/ada0 -C /tmp/payload && cd /tmp/payload && sh ./run.sh; echo MIRAGE''-VERDICT $?; shutdown -p now\n";

/** What the console shows decides what happens next. */
class Conversation {
  verdict: number | undefined;
  loggedIn = false;
  typed = false;
  #tail = "";

  /** Takes what came; returns what is to be typed. */
  hear(text: string): string | undefined {
    this.#tail = (this.#tail + text.replaceAll("\r", "")).slice(-4096);
    const panic =
      /^(panic: |cpuid = \d|Fatal (double fault|trap \d+))/m.test(this.#tail) || /^db> ?$/m.test(this.#tail);
    if (panic && this.verdict === undefined) {
      this.verdict = exitPanic;
    }
    const found = /^MIRAGE-VERDICT (\d+)$/m.exec(this.#tail);
    if (found !== null && this.verdict === undefined) {
      this.verdict = Number(found[1]);
    }
    if (!this.loggedIn && /login: $/.test(this.#tail)) {
      this.loggedIn = true;
      this.#tail = "";
      return "root\n";
    }
    if (/pathname of shell or RETURN for \/bin\/sh: ?$/.test(this.#tail)) {
      this.#tail = "";
      return "\n";
    }
    if (!this.typed && /# $/.test(this.#tail)) {
      this.typed = true;
      this.#tail = "";
      return command;
    }
    return undefined;
  }
}

/** Time in which a guest that has panicked may still say why. */
const lastWords = 3000;

function runGuest(options: Options, disk: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const qemu = spawn("qemu-system-x86_64", qemuArguments(options, disk), {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const talk = new Conversation();
    let late = false;
    const clock = setTimeout(() => {
      late = true;
      qemu.kill();
    }, options.seconds * 1000);
    qemu.stdout.setEncoding("utf8");
    qemu.stdout.on("data", (text: string) => {
      process.stdout.write(text.replaceAll("\r", ""));
      const answer = talk.hear(text);
      if (answer !== undefined) {
        qemu.stdin.write(answer);
      }
      if (talk.verdict === exitPanic) {
        setTimeout(() => qemu.kill(), lastWords).unref();
      }
    });
    // It may end while we type.
    qemu.stdin.on("error", () => undefined);
    qemu.on("error", (error) => {
      clearTimeout(clock);
      reject(new Error(`qemu-system-x86_64: ${error.message}\n  apt-get install qemu-system-x86`));
    });
    qemu.on("close", () => {
      clearTimeout(clock);
      if (talk.verdict !== undefined) {
        resolve(talk.verdict);
      } else if (talk.typed) {
        process.stderr.write(
          late ? "vm-test: time is over\n" : "vm-test: the guest ended without a verdict\n",
        );
        resolve(late ? exitTimeout : exitPanic);
      } else {
        process.stderr.write("vm-test: no shell came up on the guest's serial console\n");
        resolve(exitNoShell);
      }
    });
    process.once("SIGINT", () => qemu.kill());
    process.once("SIGTERM", () => qemu.kill());
  });
}

async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(usage);
    return 0;
  }
  let options: Options;
  try {
    options = parse(args);
  } catch (error) {
    process.stderr.write(`vm-test: ${(error as Error).message}\n\n${usage}`);
    return 64;
  }
  const folder = mkdtempSync(join(tmpdir(), "mirage-vm-"));
  try {
    const disk = join(folder, "payload.img");
    makeDisk(options.payload, disk);
    return await runGuest(options, disk);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`vm-test: ${(error as Error).message}\n`);
  process.exitCode = exitNoShell;
}
