/** Runs packetdrill scripts against the stack, each in a process and with a clock of its own. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { optionOf, translate } from "./dialect.ts";

export interface Run {
  readonly script: string;
  /** "ipv4", "ipv6": what the script asks for. */
  readonly version: string;
  readonly passed: boolean;
  /** What packetdrill said, with the script's own name and lines. */
  readonly output: string;
}

export interface Programs {
  readonly packetdrill: string;
  /** What `make packetdrill-so` leaves. */
  readonly library: string;
}

/** Of the host's time: a script that waits longer hangs, since its own time does not pass. */
const HANG_MS = 60_000;

/**
 * Commands that scripts of FreeBSD's run: the library reads what the first ones write, and writes what `sockstat`
 * prints. See `test/packetdrill/control.c`.
 */
const COMMANDS: Readonly<Record<string, string>> = {
  sysctl: `for word; do case $word in *=*) echo "sysctl $word" >>"$MIRAGE_CONTROL/commands";; esac; done`,
  sockstat: `cat "$MIRAGE_CONTROL/sockets" 2>/dev/null`,
  tcpdrop: `echo "tcpdrop $*" >>"$MIRAGE_CONTROL/commands"`,
  setkey: "exit 1",
  kldload: "exit 1",
  kldstat: "exit 1",
};

function makeControl(): { folder: string; commands: string } {
  const folder = mkdtempSync(join(tmpdir(), "mirage-pd-"));
  const commands = join(folder, "bin");
  mkdirSync(commands);
  for (const [name, body] of Object.entries(COMMANDS)) {
    writeFileSync(join(commands, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  return { folder, commands };
}

/** Addresses in packetdrill's own nets, fixed so that two runs are the same. */
function addresses(version: string): string[] {
  return version === "ipv6"
    ? ["--local_ip=fd3d:fa7b:d17d::1", "--gateway_ip=fd3d:fa7b:d17d:8888::1"]
    : ["--local_ip=192.168.0.1", "--netmask_ip=255.255.0.0", "--gateway_ip=192.168.0.3"];
}

/** Runs one script to its end. */
export async function runScript(programs: Programs, script: string): Promise<Run> {
  const { folder, commands } = makeControl();
  try {
    const text = translate(readFileSync(script, "utf8"));
    const file = join(folder, basename(script));
    writeFileSync(file, text);
    const version = optionOf(text, "ip_version") ?? "ipv4";
    const mtu = optionOf(text, "mtu");
    const flags = [`control=${folder}`, ...(mtu === undefined ? [] : [`mtu=${mtu}`])];
    const args = [
      `--ip_version=${version}`,
      ...addresses(version),
      `--so_filename=${programs.library}`,
      `--so_flags=${flags.join(",")}`,
      file,
    ];
    const child = spawn(programs.packetdrill, args, {
      env: { ...process.env, PATH: `${commands}:${process.env.PATH}`, MIRAGE_CONTROL: folder },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: HANG_MS,
      killSignal: "SIGKILL",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (part: string) => {
        output += part;
      });
    }
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject).on("close", resolve);
    });
    const said = status === null ? `${output}killed after ${HANG_MS} ms or by a signal\n` : output;
    // A trap in the stack is a failure, whatever the script was looking at.
    const passed = status === 0 && !/^mirage: /m.test(output);
    return { script, version, passed, output: said.replaceAll(file, script) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
