/** mirage compare on this machine: a quick run, and nothing left behind. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildLoad, output } from "../../tools/compare/load.ts";
import type { CompareResults } from "../../tools/compare/results.ts";
import { mirage, ROOT } from "../support/mirage.ts";
import { whyNoTap } from "../support/netns.ts";
import { RunningProgram } from "../support/program.ts";

const skipped = whyNoTap();
const because = skipped === undefined ? "" : `: skipped: ${skipped}`;

const folder = mkdtempSync(join(tmpdir(), "compare-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(skipped !== undefined)(`mirage compare on Linux${because}`, () => {
  it("compares all workloads in turns, and writes all rounds", { timeout: 300_000 }, () => {
    const json = join(folder, "results.json");
    const brief = ["--quick", "--rounds", "1", "--seconds", "0.1"];
    const { status, stdout, stderr } = mirage(["compare", ...brief, "--json", json], process.env, 280_000);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(
      /^UDP echo, 64 bytes: round trip, 99th percentile, us( +[\d.]+){3} +[\d.]+-[\d.]+$/m,
    );
    const results = JSON.parse(readFileSync(json, "utf8")) as CompareResults;
    const { comparisons } = results.scenarios[0]!;
    expect([...new Set(comparisons.map(({ workload }) => workload))]).toEqual([
      ...["icmp-echo", "udp-echo", "tcp-in", "tcp-out", "tcp-request", "tcp-connect"],
    ]);
    const without = comparisons.filter(({ offloads }) => !offloads).map(({ workload }) => workload);
    expect(new Set(without)).toEqual(
      new Set(results.scenarios[0]!.notes.join().includes("Nothing was") ? [] : ["tcp-in", "tcp-out"]),
    );
    for (const { rounds, metric, native, mirage } of comparisons) {
      expect(rounds).toHaveLength(1);
      expect(native.median, metric.title).toBeGreaterThan(0);
      expect(mirage.median, metric.title).toBeGreaterThan(0);
      expect(rounds[0]!.first).toBe("native");
    }
    const percentiles = (workload: string): number[] =>
      ["rtt-p50", "rtt-p90", "rtt-p99"].map(
        (id) => comparisons.find((one) => one.workload === workload && one.metric.id === id)!.native.median,
      );
    expect(percentiles("udp-echo")).toEqual(percentiles("udp-echo").toSorted((a, b) => a - b));
  });

  it.each([
    ["SIGINT to it alone", "SIGINT", 1, 130],
    ["Ctrl-C, which all of its processes get", "SIGINT", -1, 130],
    ["SIGTERM to it alone", "SIGTERM", 1, 143],
  ] as const)("leaves nothing behind on %s", { timeout: 120_000 }, async (_, signal, whom, code) => {
    const child = spawn(
      process.execPath,
      [join(ROOT, "dist/mirage.js"), "compare", "--only", "tcp-in", "--seconds", "60"],
      { stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
    const program = new RunningProgram(child);
    const ours = (): string[] =>
      readdirSync("/var/run/netns").filter((name) => name.startsWith(`mirage-compare-${child.pid}-`));
    const processes = (namespaces: readonly string[]): string[] =>
      namespaces.flatMap((name) =>
        spawnSync("ip", ["netns", "pids", name], { encoding: "utf8" }).stdout.split("\n").filter(Boolean),
      );
    await program.output(/^round 1/m, 90);
    let running: string[] = [];
    while (running.length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      running = processes(ours());
    }
    const folders = (): string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`mirage-compare-${child.pid}-`));
    expect(folders()).toHaveLength(1);
    expect(ours()).toHaveLength(2);
    process.kill(whom * child.pid!, signal);
    expect((await program.ended).status).toBe(code);
    expect(ours()).toEqual([]);
    // They were killed, and go as soon as the kernel lets them.
    for (let left = 100; left > 0 && running.some((pid) => existsSync(`/proc/${pid}`)); left--) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(running.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(folders()).toEqual([]);
  });

  it("leaves nothing behind when it fails, and says what failed", { timeout: 120_000 }, () => {
    // A C compiler that makes a load generator which only fails.
    const compiler = [
      "#!/bin/sh",
      'printf "#!/bin/sh\\necho listening; echo broken >&2; exit 1\\n" >"$3"',
      'chmod +x "$3"',
    ];
    const bin = join(folder, "bin");
    spawnSync("sh", [
      "-c",
      `mkdir -p ${bin}; printf '%s\\n' "$@" >${bin}/cc; chmod +x ${bin}/cc`,
      "sh",
      ...compiler,
    ]);
    const { status, stderr } = mirage(["compare", "--quick", "--only", "icmp-echo"], {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
    });
    expect(stderr).toContain("icmp-echo/rtt-64/on, mirage, round 0: broken");
    expect(status).toBe(1);
    const orphans = readdirSync("/var/run/netns").filter((name) => {
      const pid = /^mirage-compare-(\d+)-/.exec(name)?.[1];
      return pid !== undefined && !existsSync(`/proc/${pid}`);
    });
    expect(orphans).toEqual([]);
  });
});

const other = process.getuid?.() === 0 ? "" : ": skipped: not root, who could become another";
it.skipIf(other !== "")(`without root it says what it needs${other}`, () => {
  const { status, stderr } = spawnSync(
    "setpriv",
    [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      process.execPath,
      join(ROOT, "dist/mirage.js"),
      "compare",
    ],
    { encoding: "utf8" },
  );
  expect(stderr).toContain("cannot here: not root");
  expect(stderr).toContain("--image IMG");
  expect(status).toBe(1);
});

describe("net-load", () => {
  let load = "";
  let server: Server | undefined;
  beforeAll(() => {
    load = buildLoad(folder);
  });
  afterAll(() => server?.close());

  async function serving(answer: (socket: Socket) => void): Promise<string> {
    server?.close();
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      answer(socket);
    });
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    return String((server.address() as { port: number }).port);
  }

  const brief = ["-w", "20", "-t", "50"];

  it.each<[string, string[], (socket: Socket) => void]>([
    ["other bytes came than chargen's", ["receive"], (socket) => socket.write("not the pattern")],
    ["the server closed", ["receive"], (socket) => socket.end()],
    [
      "a request came back changed",
      ["request", "3"],
      (socket) => socket.on("data", () => socket.write("xyz")),
    ],
    ["no answer to a request", ["request", "3"], (socket) => socket.on("data", () => socket.end())],
    [
      "the server sent bytes, or reset the connection",
      ["send"],
      (socket) => {
        socket.write("x");
        socket.resume();
      },
    ],
  ])("%s: exit code 1", async (message, [name, ...rest], answer) => {
    const port = await serving(answer);
    await expect(output([load, ...brief, name!, "127.0.0.1", port, ...rest])).rejects.toThrow(message);
  });

  it("a word is told when it was heard, not when it was sent", async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const port = String((free.address() as { port: number }).port);
    await new Promise((resolve) => free.close(resolve));
    const hearer = spawn(load, ["hear", port], { stdio: ["ignore", "pipe", "inherit"] });
    const heard = new RunningProgram(hearer);
    const words = ["one", "two", "three"];
    // All at once: the hearer takes the first that comes, and the others wait in its backlog until it ends.
    const told = await Promise.allSettled(
      words.map(async (word) => {
        for (let left = 100; ; left--) {
          try {
            return await output([load, "tell", "127.0.0.1", port, word]);
          } catch (error) {
            // Before it listens nobody can connect.
            if (left === 0 || !(error as Error).message.includes("connect")) throw error;
            if (hearer.exitCode !== null) throw error;
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      }),
    );
    expect((await heard.ended).status).toBe(0);
    const successes = words.filter((_, i) => told[i]!.status === "fulfilled");
    expect(successes).toEqual([heard.stdout.trim()]);
  });

  it("counts what was acknowledged, within the time", async () => {
    let received = 0;
    const port = await serving((socket) => {
      socket.on("data", (bytes) => {
        received += bytes.length;
      });
    });
    const { bytes, ns } = JSON.parse(await output([load, ...brief, "send", "127.0.0.1", port])) as {
      bytes: number;
      ns: number;
    };
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(received);
    expect(ns).toBeGreaterThanOrEqual(50e6);
  });

  it.each([
    [["rtt", "icmp", "1.2.3", "64"], "an IPv4 address is wanted, not 1.2.3"],
    [["rtt", "sctp", "127.0.0.1", "64"], "icmp or udp is wanted, not sctp"],
    [["rtt", "udp", "127.0.0.1", "7"], "BYTES is 8 at least, not 7"],
    [["-t", "0", "serve"], "-t is a whole number from 1 to 3600000, not 0"],
    [["send", "127.0.0.1"], "too many or too few words after"],
    [["serve", "qotd", "17"], "udp-echo, echo, discard or chargen is wanted, not qotd"],
  ])("%j is refused with 64", (words, message) => {
    const { status, stderr } = spawnSync(load, words, { encoding: "utf8" });
    expect(stderr).toContain(message);
    expect(status).toBe(64);
  });
});
