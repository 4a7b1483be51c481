/** `mirage trace`: what it lists and refuses, and that each script has all that belongs to one. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { obstacles, type TracingFacts, twinFor } from "../../src/cli/trace-bpftrace.ts";
import { kernelTracer } from "../../src/cli/trace-dtrace.ts";
import { allScripts, headerField, headerOf, scriptFolder } from "../../src/cli/trace-scripts.ts";
import { parseProbes } from "../../tools/probes-doc.ts";
import { mirage, ROOT } from "../support/mirage.ts";

const scripts = allScripts();
const probes = parseProbes(readFileSync(join(ROOT, "dtrace/probes.def"), "utf8")).map((row) => row.name);
const manual = join(ROOT, "dtrace/man/mirage-trace.8");

describe.each(scripts.map((script) => [script.name, script] as const))("%s.d", (name, script) => {
  const text = readFileSync(script.file, "utf8");
  const header = headerOf(text);

  it("has a header that says what it is, how it is used and what its columns mean", () => {
    expect(text.split("\n").slice(0, 4).join("\n")).toBe(
      "#!/usr/sbin/dtrace -s\n/*\n * SPDX-License-Identifier: BSD-2-Clause\n *",
    );
    expect(script.summary.length).toBeGreaterThan(20);
    expect(script.summary.length).toBeLessThan(70);
    expect(headerField(header, "USAGE")).toContain(`${name}.d`);
    expect(headerField(header, "FIELDS")?.length).toBeGreaterThan(20);
    expect(headerField(header, "SEE ALSO")).toContain("mirage-trace(8)");
    expect(statSync(script.file).mode & 0o111).toBe(0o111);
    for (const other of headerField(header, "SEE ALSO")?.match(/\w+(?=\.d\b)/g) ?? []) {
      expect(existsSync(join(scriptFolder, `${other}.d`)), other).toBe(true);
    }
  });

  it("listens to probes that there are", () => {
    const named = [...text.matchAll(/^mirage:::([\w-]+)/gm)].map(([, probe]) => probe?.replaceAll("-", "__"));
    expect(named.filter((probe) => !probes.includes(probe ?? ""))).toEqual([]);
    expect(named.length > 0 || text.includes("fbt:mirage:")).toBe(true);
  });

  it("has a twin for Linux, or says why not", () => {
    if (script.twin === undefined) {
      expect(script.withoutTwin?.length).toBeGreaterThan(20);
      return;
    }
    const twin = readFileSync(script.twin, "utf8");
    expect(headerOf(twin)).toContain(`${name}.bt - ${script.summary}`);
    expect(headerField(headerOf(twin), "USAGE")).toContain(`bpftrace -p PID ${name}.bt`);
    const named = [...twin.matchAll(/^usdt:\*:mirage:(\w+)/gm)].map(([, probe]) => probe as string);
    expect(named.filter((probe) => !probes.includes(probe))).toEqual([]);
  });

  it("is in the manual page, and has an example of what it printed on a named kernel", () => {
    expect(readFileSync(manual, "utf8")).toMatch(new RegExp(`^\\.It Nm ${name}\\.d( |$)`, "m"));
    const example = readFileSync(join(ROOT, `dtrace/examples/${name}.txt`), "utf8");
    expect(example).toMatch(/^# (FreeBSD|Linux) \d+\.\d+\S* amd64, .*\n/);
    expect(example.split("\n").length).toBeGreaterThan(5);
  });
});

it("the manual page is well-formed mdoc(7)", (context) => {
  const { error, stdout } = spawnSync("mandoc", ["-T", "lint", manual], { encoding: "utf8" });
  context.skip(error !== undefined, "skipped: no mandoc");
  // Pages of other systems are not on this one.
  expect(
    stdout.split("\n").filter((line) => line !== "" && !line.includes("referenced manual not found")),
  ).toEqual([]);
});

it("scripts that print at intervals take seconds, and of the busiest lines how many", () => {
  expect(
    scripts.filter((script) => script.arguments.length > 0).map((one) => [one.name, ...one.arguments]),
  ).toEqual([
    ["drops", "SECONDS"],
    ["flame", "SECONDS"],
    ["frames", "SECONDS"],
    ["js_objgc", "SECONDS"],
    ["js_stat", "SECONDS"],
    ["tcptop", "SECONDS", "LINES"],
    ["udptop", "SECONDS", "LINES"],
  ]);
});

it("every twin and example belongs to a script", () => {
  const names = scripts.map((script) => script.name);
  const others = (folder: string, ending: string) =>
    readdirSync(join(scriptFolder, folder)).filter(
      (file) => !(file.endsWith(ending) && names.includes(file.slice(0, -ending.length))),
    );
  expect(others("bpftrace", ".bt")).toEqual([]);
  expect(others("examples", ".txt")).toEqual([]);
});

describe("mirage trace", () => {
  it("--list names each script in a line", () => {
    const { status, stdout, stderr } = mirage(["trace", "--list"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(/ +/)[0])).toEqual(scripts.map((script) => script.name));
    for (const line of lines) {
      expect(line.length).toBeLessThan(90);
    }
  });

  it.each([
    ["a misspelt script", ["fraems"], 64, /no such script: fraems\. Did you mean frames\?/],
    ["no script", [], 64, /which script\?.*--list/],
    ["a process that is not there", ["--program", "4194304", "life"], 64, /no such process/],
    [
      "a file that is not there",
      ["--program", "/no/such", "life"],
      64,
      /neither .* process nor an executable/,
    ],
    [
      "an executable without probes",
      ["--program", "/bin/sh", "life"],
      1,
      /no probes of Mirage's.*sys\/sdt\.h/,
    ],
    ["a script beside --flame", ["--flame", "x.html", "life"], 64, /--flame runs flame\.d by itself/],
    ["--seconds without --flame", ["--seconds", "3", "life"], 64, /go with --flame/],
    ["a bad number", ["--flame", "x.html", "--seconds", "0"], 64, /--seconds 0: .*1 to 99999/],
    [
      "saved samples that are not there",
      ["--flame", "x.html", "--from", "/no/such"],
      64,
      /--from \/no\/such/,
    ],
    ["what has no samples", ["--flame", "x.html", "--from", manual], 1, /no samples/],
    [
      "a picture that cannot be written, before it samples",
      ["--flame", "/no/such/x.html"],
      1,
      /\/no\/such\/x\.html: cannot be written: ENOENT/,
    ],
    ["a folder for a picture", ["--flame", ROOT, "--from", manual], 1, /cannot be written: it is a folder/],
    [
      "what was not sampled",
      ["--flame", "x.html", "--from", manual, "--program", manual],
      64,
      /--program .*mirage-trace\.8: .*no such file/,
    ],
    ["a word for a number", ["frames", "often"], 64, /frames often: SECONDS is a number from 1 to 99999/],
    ["a second number that is none", ["tcptop", "1", "-5"], 64, /tcptop -5: LINES is a number/],
    ["a number too many", ["frames", "1", "2"], 64, /frames takes \[SECONDS\] only: 2 is one too many/],
    ["an argument that nobody takes", ["copies", "--", "1"], 64, /copies takes no arguments: 1 is one too/],
  ])("names %s", (_, args, code, message) => {
    const { status, stderr } = mirage(["trace", ...args]);
    // Where no tracer works at all, that is said first.
    if (!/mirage trace cannot work here/.test(stderr)) {
      expect(stderr).toMatch(message);
      expect(status).toBe(code);
    }
    expect(status).not.toBe(0);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("names folded stacks for which the disk has no room", () => {
    const folder = mkdtempSync(join(tmpdir(), "mirage-trace-test-"));
    const samples = join(folder, "samples");
    writeFileSync(samples, "# 997 samples a second\njs \nmirage.ko`runner_main+0x225\ncount 1\n");
    symlinkSync("/dev/full", join(folder, "full.folded"));
    const { status, stderr } = mirage([
      ...["trace", "--from", samples, "--flame", join(folder, "full.folded")],
    ]);
    rmSync(folder, { recursive: true });
    expect(stderr).toMatch(/full\.folded: cannot be written: ENOSPC/);
    expect(status).toBe(1);
  });

  it("says that a script is for the kernel only", () => {
    const { status, stderr } = mirage(["trace", "tcpsnoop"]);
    expect(stderr).toMatch(/tcpsnoop is for FreeBSD's kernel only: the kernel's own stack/);
    expect(status).toBe(1);
  });
});

describe("mirage-trace, on FreeBSD", () => {
  /** Runs it where these commands do what is told; what it printed and the words that dtrace got. */
  function onFreeBSD(commands: Record<string, string>, ...args: string[]) {
    const bin = mkdtempSync(join(tmpdir(), "mirage-trace-test-"));
    const usual = {
      uname: "case $1 in -s) echo FreeBSD ;; -r) echo 14.2-RELEASE ;; esac",
      id: "echo 0",
      kldstat: "exit 0",
      kldload: "exit 1",
      dtrace: 'printf "%s\\n" "$@"; exit 3',
    };
    for (const [name, script] of Object.entries({ ...usual, ...commands })) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const path = `${bin}:${process.env.PATH}`;
    const { status, stdout, stderr } = spawnSync("sh", [kernelTracer, ...args], {
      encoding: "utf8",
      env: { ...process.env, PATH: path },
    });
    rmSync(bin, { recursive: true });
    return { status, stderr, words: stdout.trimEnd().split("\n") };
  }

  it.each([
    ["14.2-RELEASE", "lib"],
    ["12.1-RELEASE-p4", "lib"],
    ["10.4-RELEASE", "lib10"],
  ])("runs dtrace of %s with translators of %s, and ends as it does", (release, library) => {
    const uname = `case $1 in -s) echo FreeBSD ;; -r) echo ${release} ;; esac`;
    expect(onFreeBSD({ uname }, "tcptop", "1", "20")).toEqual({
      status: 3,
      stderr: "",
      words: ["-L", join(scriptFolder, library), "-s", join(scriptFolder, "tcptop.d"), "1", "20"],
    });
  });

  it.each([
    ["a misspelt script", {}, "fraems", 64, /no such script: fraems; --list names all/],
    ["a path", {}, "../dtrace/frames", 64, /no such script/],
    ["a user who is not root", { id: "echo 1001" }, "frames", 1, /only root/],
    ["a kernel without mirage.ko", { kldstat: '[ "$2" != -n ]' }, "frames", 1, /no mirage\.ko is loaded/],
    ["a kernel without DTrace", { kldstat: '[ "$2" = -n ]' }, "frames", 1, /kldload dtraceall fails/],
    ["another system", { uname: "echo Linux" }, "frames", 1, /on Linux: mirage trace/],
  ])("names %s", (_, commands, name, code, message) => {
    const { status, stderr } = onFreeBSD(commands, name);
    expect(stderr).toMatch(message);
    expect(status).toBe(code);
  });

  it.each([
    [
      "a word for a number",
      ["frames", "often"],
      "frames takes [SECONDS]: 'often' is no number from 1 to 99999",
    ],
    ["a zero", ["tcptop", "1", "0"], "tcptop takes [SECONDS [LINES]]: '0' is no number from 1 to 99999"],
    ["a number too many", ["tcptop", "1", "2", "3"], "tcptop takes [SECONDS [LINES]], not 1 2 3"],
    ["an argument that nobody takes", ["life", "1"], "life takes no arguments, not 1"],
  ])("names %s", (_, args, message) => {
    expect(onFreeBSD({}, ...args)).toEqual({ status: 64, stderr: `mirage-trace: ${message}\n`, words: [""] });
  });

  it.each(scripts.filter((script) => script.arguments.length > 0))(
    "takes as many numbers as $name does",
    ({ name, arguments: known }) => {
      expect(onFreeBSD({}, name, ...known.map(() => "7")).words.slice(4)).toEqual(known.map(() => "7"));
    },
  );

  it("--list says what mirage trace --list does", () => {
    expect(onFreeBSD({}, "--list").words.join("\n")).toBe(mirage(["trace", "--list"]).stdout.trimEnd());
  });
});

describe("on Linux", () => {
  const able: TracingFacts = {
    kernel: "6.1.0",
    root: true,
    capabilities: 1n << 21n,
    bpftrace: true,
    uprobes: true,
    semaphores: true,
    tracefs: true,
    filtered: false,
    lockdown: false,
  };

  it("puts the executable in the place of the star, in every kind of probe", () => {
    expect(twinFor("usdt:*:mirage:drop,\nuprobe:*:fc_*,\nuretprobe:*:fc_*", "/a/b")).toBe(
      "usdt:/a/b:mirage:drop,\nuprobe:/a/b:fc_*,\nuretprobe:/a/b:fc_*",
    );
  });

  it.each<[string, Partial<TracingFacts>, RegExp | undefined]>([
    ["all is there", {}, undefined],
    ["two small capabilities are enough", { capabilities: (1n << 38n) | (1n << 39n) }, undefined],
    ["one of them is not", { capabilities: 1n << 39n }, /CAP_BPF and CAP_PERFMON/],
    ["somebody else", { root: false, capabilities: 0n }, /only root traces/],
    ["no bpftrace", { bpftrace: false }, /apt-get install bpftrace/],
    [
      "no uprobes",
      { uprobes: false, semaphores: false },
      /Linux 6\.1\.0 has no uprobes \(CONFIG_UPROBE_EVENTS\)/,
    ],
    ["an old kernel", { semaphores: false }, /4\.20 is the first/],
  ])("says what is in the way: %s", (_, facts, message) => {
    const found = obstacles({ ...able, ...facts });
    expect(found).toHaveLength(message === undefined ? 0 : 1);
    expect(found.join("\n")).toMatch(message ?? /^$/);
  });
});
