/** Twins of the D scripts on a running process: each begins, shows rows of its traffic, and ends with 0 on Ctrl-C. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { obstacles, tracingFacts } from "../../src/cli/trace-bpftrace.ts";
import { allScripts } from "../../src/cli/trace-scripts.ts";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { type Network, networks } from "../support/networks.ts";
import { RunningProgram } from "../support/program.ts";

/** Undefined: bpftrace works here. */
function whyNot(tap: string | undefined): string | undefined {
  const [first] = obstacles(tracingFacts());
  if (first !== undefined || tap !== undefined) return first ?? tap;
  const { status, stderr } = spawnSync("bpftrace", ["-e", "BEGIN { exit(); }"], { encoding: "utf8" });
  return status === 0 ? undefined : `bpftrace fails: ${stderr.trim().split("\n").at(-1)}`;
}

const { open, skipped: noTap } = networks[1]!;
const skipped = whyNot(noTap);
const folder = mkdtempSync(join(tmpdir(), "mirage-trace-test-"));
let network: Network | undefined;
let program: RunningProgram;

beforeAll(async () => {
  if (noTap !== undefined) return;
  const executable = buildProgram(join(ROOT, "test/freebsd/programs/observed.ts"));
  network = open();
  program = network.start(executable, []);
  await program.output(/observed: begins/);
  await network.reachable();
});

afterAll(async () => {
  await network?.close();
  rmSync(folder, { recursive: true, force: true });
});

function trace(...args: string[]): RunningProgram {
  const own = ["--program", String(program.child.pid)];
  const child = spawn(process.execPath, [join(ROOT, "dist/mirage.js"), "trace", ...own, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new RunningProgram(child);
}

/** The program's garbage, some milliseconds of work. */
async function collect(): Promise<void> {
  await network!.peer("nc", ["-u", "-w", "1", network!.addresses[0] as string, "7"], "collect\n");
}

async function traffic(): Promise<void> {
  const address = network!.addresses[0] as string;
  await network!.peer("ping", ["-q", "-c", "5", "-i", "0.1", address]);
  expect(await network!.peer("nc", ["-N", "-w", "60", address, "7"], "hello\n")).toBe("hello\n");
}

const begins = /Counting|LPORT/;

/** Starts all, makes traffic, interrupts all: what each printed. */
async function watch(names: readonly string[]): Promise<Map<string, string>> {
  const running = names.map((name) => [name, trace(name)] as const);
  await Promise.all(running.map(([, one]) => one.output(begins, 100)));
  await traffic();
  const printed = new Map<string, string>();
  for (const [name, one] of running) {
    expect(await one.stop("SIGINT"), `${name}: ${one.stderr}`).toBe(0);
    expect(one.stderr, name).toBe("");
    printed.set(name, one.stdout);
  }
  return printed;
}

const cases: readonly (readonly [string, RegExp])[] = [
  ["frames", /^@frames\[0, in\]: [1-9]/m],
  ["tcplife", /^10\.0\.0\.2 +7 10\.0\.0\.1 +\d+ +6 +6 /m],
  ["heap", /^@live\[Session, observed\.ts, \d+\]: [1-9]/m],
  ["js_calls", /^@\[observed\.ts, func, fibonacci\]: [1-9]/m],
];

const title = (what: string) => (skipped === undefined ? what : `${what}: skipped: ${skipped}`);

it.skipIf(skipped)(
  title("show what a process does"),
  async () => {
    const printed = await watch(cases.map(([name]) => name));
    for (const [name, row] of cases) {
      expect(printed.get(name), name).toMatch(row);
    }
    // Also of what the main program makes, whose file's name is kept nowhere else.
    const lost = /^@(?:live|bytes)\[[^,\]]+, (?!observed\.ts|mirage|-)[^,\]]*, \d+\]: .*/gm;
    expect(printed.get("heap")).toMatch(/^@bytes\[<anonymous>, observed\.ts, \d+\]: /m);
    expect(printed.get("heap")?.match(lost) ?? []).toEqual([]);
    expect(program.child.exitCode).toBeNull();
  },
  300_000,
);

it.skipIf(skipped)(
  title("are all taken by bpftrace, with the program's probes"),
  () => {
    const rest = allScripts().filter(
      ({ name, twin }) => twin !== undefined && !cases.some(([one]) => one === name),
    );
    for (const { name, twin } of rest) {
      const text = readFileSync(twin!, "utf8").replaceAll("*:", `/proc/${program.child.pid}/exe:`);
      // Names all probes and types the program, attaches nothing.
      const { status, stderr } = spawnSync("bpftrace", ["-d", "-e", text], {
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      expect(status, `${name}: ${stderr}`).toBe(0);
    }
  },
  300_000,
);

it.skipIf(skipped)(
  title("make a flame graph of TypeScript, frame code and the kernel"),
  async () => {
    const file = async (name: string): Promise<string> => {
      const path = join(folder, name);
      const sampling = trace("--seconds", "4", "--flame", path);
      let samples = true;
      void sampling.ended.then(() => {
        samples = false;
      });
      // A program that does little is hardly ever seen by a sample: it works as long as samples are taken.
      while (samples) {
        await collect();
      }
      expect((await sampling.ended).status, sampling.stderr).toBe(0);
      return readFileSync(path, "utf8");
    };
    expect(await file("observed.folded")).toMatch(
      /mirage_loop_run;.*(?:garbage|fibonacci|Link) \(observed\.ts:\d+\)_\[j\].* \d+$/m,
    );
    expect(await file("observed.html")).toContain("observed.ts");
  },
  120_000,
);

const noTracing = noTap ?? obstacles({ ...tracingFacts(), bpftrace: true })[0];
it.skipIf(noTracing)(
  `a tracer gets Ctrl-C once, also where all of a terminal's processes get it${noTracing === undefined ? "" : `: skipped: ${noTracing}`}`,
  async () => {
    // A second one ends bpftrace before it has printed its maps.
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "bpftrace"),
      `#!/bin/sh
[ "$1" != --version ] || exit 0
n=0
trap 'n=$((n + 1))' INT
echo Counting
while [ $n = 0 ]; do sleep 0.1; done
sleep 1
echo "interrupted $n"
`,
      { mode: 0o755 },
    );
    const child = spawn(
      process.execPath,
      [join(ROOT, "dist/mirage.js"), "trace", "--program", String(program.child.pid), "frames"],
      {
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
        env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      },
    );
    const tracer = new RunningProgram(child);
    await tracer.output(/Counting/);
    process.kill(-child.pid!, "SIGINT");
    expect(await tracer.ended).toEqual({ status: 0, signal: null });
    expect(tracer.stdout).toBe("Counting\ninterrupted 1\n");
  },
  60_000,
);

it.skipIf(skipped)(
  title("who reads no more of what is printed hears no complaint"),
  () => {
    const pid = String(program.child.pid);
    const { stdout, stderr } = spawnSync(
      "sh",
      [
        "-c",
        `'${process.execPath}' '${join(ROOT, "dist/mirage.js")}' trace --program ${pid} js_flow | head -3`,
      ],
      { encoding: "utf8" },
    );
    expect(stdout.split("\n")).toHaveLength(4);
    expect(stderr).toBe("");
  },
  60_000,
);
