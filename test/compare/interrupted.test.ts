/** mirage compare in a guest, interrupted: nothing is left of it. A shell script plays QEMU, whose guest never does anything. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/mirage.ts";
import { whyNoTap } from "../support/netns.ts";
import { RunningProgram } from "../support/program.ts";

const skipped = whyNoTap();
const because = skipped === undefined ? "" : `: skipped: ${skipped}`;

const folder = mkdtempSync(join(tmpdir(), "compare-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const image = join(folder, "freebsd.img");
const qemu = join(folder, "qemu");
const bin = join(folder, "bin");
/** The guest's modules, in place of the real ones, which take a minute: a script that waits while this file is there. */
const building = join(folder, "building");

function program(file: string, text: string): void {
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

beforeAll(() => {
  writeFileSync(image, "");
  mkdirSync(bin);
  program(
    qemu,
    'case "$*" in *isa-debug-exit*) exit 3 ;; esac\necho booting; echo $$ >"$QEMU_PID"; exec sleep 600',
  );
  program(
    join(bin, "sh"),
    `case $1 in
*freebsd-suite.sh) mkdir -p "$2"; echo $$ >"$SUITE_PID"; if [ -e ${building} ]; then sleep 600; fi ;;
*) exec /bin/sh "$@" ;;
esac`,
  );
});

interface Run {
  readonly child: ChildProcess;
  readonly program: RunningProgram;
  /** Where it makes its folders. */
  readonly scratch: string;
  readonly qemuPid: string;
  readonly suitePid: string;
}

function begin(name: string, ...words: string[]): Run {
  const scratch = join(folder, name);
  mkdirSync(scratch);
  const [qemuPid, suitePid] = [join(folder, `${name}.qemu`), join(folder, `${name}.suite`)];
  const child = spawn(
    process.execPath,
    [
      ...[join(ROOT, "dist/mirage.js"), "compare", "--image", image, "--accel", "tcg", "--only", "icmp-echo"],
      ...words,
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, as a shell makes for each command.
      detached: true,
      env: {
        ...process.env,
        ...{ PATH: `${bin}:${process.env.PATH}`, TMPDIR: scratch },
        ...{ MIRAGE_QEMU: qemu, QEMU_PID: qemuPid, SUITE_PID: suitePid },
      },
    },
  );
  return { child, program: new RunningProgram(child), scratch, qemuPid, suitePid };
}

async function until<T>(what: string, found: () => T | undefined): Promise<T> {
  for (let left = 600; left > 0; left--) {
    const value = found();
    if (value !== undefined) {
      return value;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no ${what} after 30 s`);
}

/** The process that wrote its number there. */
function pidIn(file: string): Promise<number> {
  return until(file, () => (existsSync(file) ? Number(readFileSync(file, "utf8")) || undefined : undefined));
}

function namespaces(pid: number | undefined): string[] {
  return readdirSync("/var/run/netns").filter((name) => name.startsWith(`mirage-compare-${pid}-`));
}

/** What was killed goes as soon as the kernel lets it; what ends by itself has something to tidy. */
async function nothingIsLeft({ child, scratch }: Run, pids: readonly number[]): Promise<void> {
  expect(namespaces(child.pid)).toEqual([]);
  for (const pid of pids) {
    await until(`end of ${pid}`, () => (existsSync(`/proc/${pid}`) ? undefined : true));
  }
  await until(`empty ${scratch}`, () => (readdirSync(scratch).length === 0 ? true : undefined));
  const group = (): string => spawnSync("pgrep", ["-g", String(child.pid)], { encoding: "utf8" }).stdout;
  await until("end of its processes", () => (group() === "" ? true : undefined));
}

describe.skipIf(skipped !== undefined)(`mirage compare of a guest leaves nothing behind${because}`, () => {
  it.each([
    ["Ctrl-C", "SIGINT", -1, 130],
    ["SIGINT to it alone", "SIGINT", 1, 130],
    ["SIGTERM to it alone", "SIGTERM", 1, 143],
    ["a terminal that is gone", "SIGHUP", -1, 129],
  ] as const)("on %s while the guest runs", { timeout: 120_000 }, async (_, signal, whom, code) => {
    const run = begin(`${signal}${whom}`, "--from", "outside");
    const guest = await pidIn(run.qemuPid);
    expect(namespaces(run.child.pid)).toHaveLength(1);
    expect(readdirSync(run.scratch).length).toBeGreaterThan(1);
    process.kill(whom * run.child.pid!, signal);
    expect((await run.program.ended).status).toBe(code);
    await nothingIsLeft(run, [guest]);
  });

  it.each([
    ["Ctrl-C", -1],
    ["SIGINT to it alone", 1],
  ] as const)("on %s while modules are built", { timeout: 120_000 }, async (_, whom) => {
    writeFileSync(building, "");
    const run = begin(`build${whom}`, "--from", "jail");
    const suite = await pidIn(run.suitePid);
    process.kill(whom * run.child.pid!, "SIGINT");
    expect((await run.program.ended).status).toBe(130);
    rmSync(building);
    await nothingIsLeft(run, [suite]);
  });

  it("when the guest ends too early, and shows what it said", { timeout: 120_000 }, async () => {
    const run = begin("early", "--from", "outside");
    const guest = await pidIn(run.qemuPid);
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.kill(guest, "SIGKILL");
    expect((await run.program.ended).status).toBe(1);
    expect(run.program.stderr).toMatch(
      /the guest does not hear .*\n?.*console's last lines:\n(?:.*\n)*booting\n/,
    );
    await nothingIsLeft(run, [guest]);
  });
});
