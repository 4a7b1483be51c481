/**
 * Runs a script's twin on Linux, with bpftrace(8), against a process. Says why where the kernel does not let it.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants, release } from "node:os";
import { BuildError } from "../build/errors.ts";
import { runProgram } from "./run-program.ts";
import { findTraced, probesOf, readable, type Traced } from "./trace-process.ts";
import type { Script } from "./trace-scripts.ts";

/** What decides whether bpftrace can work here. */
export interface TracingFacts {
  readonly kernel: string;
  readonly root: boolean;
  /** Effective capabilities, as /proc/self/status has them. */
  readonly capabilities: bigint;
  readonly bpftrace: boolean;
  /** Uprobes by perf_event_open(2): CONFIG_UPROBE_EVENTS, Linux 4.17. */
  readonly uprobes: boolean;
  /** Uprobes that count semaphores up: Linux 4.20. */
  readonly semaphores: boolean;
  readonly tracefs: boolean;
  /** A system-call filter, as containers have it, may refuse bpf(2). */
  readonly filtered: boolean;
  /** Kernel lockdown, if it forbids to read memory. */
  readonly lockdown: boolean;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const uprobeUnit = "/sys/bus/event_source/devices/uprobe";

/** The facts of this machine. */
export function tracingFacts(): TracingFacts {
  const status = textOf("/proc/self/status");
  return {
    kernel: release(),
    root: process.geteuid?.() === 0,
    capabilities: BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? "0"}`),
    bpftrace: spawnSync("bpftrace", ["--version"], { stdio: "ignore" }).error === undefined,
    uprobes: existsSync(`${uprobeUnit}/type`),
    semaphores: existsSync(`${uprobeUnit}/format/ref_ctr_offset`),
    tracefs: ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].some((folder) =>
      existsSync(`${folder}/events`),
    ),
    filtered: /^Seccomp:\s*2/m.test(status),
    lockdown: textOf("/sys/kernel/security/lockdown").includes("[confidentiality]"),
  };
}

const capabilities: readonly (readonly [string, bigint])[] = [
  ["CAP_SYS_ADMIN", 1n << 21n],
  ["CAP_PERFMON", 1n << 38n],
  ["CAP_BPF", 1n << 39n],
];

function lacksCapabilities(held: bigint): boolean {
  const has = (name: string) => capabilities.some(([other, bit]) => other === name && (held & bit) !== 0n);
  return !(has("CAP_SYS_ADMIN") || (has("CAP_PERFMON") && has("CAP_BPF")));
}

/** What is in the way for certain, with what would help; known without a try. */
export function obstacles(facts: TracingFacts): string[] {
  return [
    ...(facts.bpftrace ? [] : ["there is no bpftrace. Debian: apt-get install bpftrace"]),
    ...(facts.root ? [] : ["only root traces: try it with sudo"]),
    ...(facts.root && lacksCapabilities(facts.capabilities)
      ? [
          "this root lacks CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN): give them to the container, or trace from the host",
        ]
      : []),
    ...(facts.uprobes
      ? []
      : [
          `${uprobeUnit} is missing: Linux ${facts.kernel} has no uprobes (CONFIG_UPROBE_EVENTS), or /sys is not mounted`,
        ]),
    ...(facts.uprobes && !facts.semaphores
      ? [`Linux ${facts.kernel} does not turn USDT probes on by itself: 4.20 is the first that does`]
      : []),
  ];
}

/** What may be in the way when bpftrace has failed. */
export function suspicions(facts: TracingFacts): string[] {
  return [
    ...obstacles(facts),
    ...(facts.tracefs ? [] : ["/sys/kernel/tracing is empty: mount -t tracefs tracefs /sys/kernel/tracing"]),
    ...(facts.lockdown
      ? [
          "the kernel is locked down (confidentiality), so no BPF program may read memory: boot without lockdown",
        ]
      : []),
    ...(facts.filtered
      ? [
          "a system-call filter is in force here, which may refuse bpf(2) or perf_event_open(2): trace from outside the container",
        ]
      : []),
  ];
}

/** bpftrace has no way to quote other characters in a probe's name. */
function checkPath(executable: string): string {
  if (!/^[\w./+@,~-]+$/.test(executable)) {
    throw new BuildError(
      `bpftrace cannot name ${executable}: build the program to a path of letters, digits and . _ - + only.`,
    );
  }
  return executable;
}

/** A twin's text with the executable in place of the `*` that stands for it. */
export function twinFor(text: string, executable: string): string {
  return text.replace(/\b(usdt|uprobe|uretprobe):\*:/g, `$1:${executable}:`);
}

/** Probes that a twin names and an executable lacks: it was built by another version of Mirage. */
export function lackingProbes(text: string, probes: readonly string[]): string[] {
  const wanted = [...text.matchAll(/^usdt:\*:mirage:(\w+)/gm)].map(([, name]) => name as string);
  return [...new Set(wanted)].filter((name) => !probes.includes(name));
}

/**
 * Linux counts what BPF holds by cgroup since 5.11; older ones say what is missing in other words, too. -17 is a stack that
 * met another one in bpftrace's table: that sample has none. Probes go when bpftrace ends, also where there is no tracefs (in
 * `ip netns exec`, say), whose list of them it looks through before.
 */
const harmless =
  /couldn't set RLIMIT_MEMLOCK|failed to look up stack id -17|^open\(\/sys\/kernel\/(?:debug\/)?tracing\/uprobe_events\): No such file|^ERROR: failed to detach probe: (?:usdt|uprobe|uretprobe):/;

/** Exit codes of a tracer that nobody wants to hear more of: who read its output has closed it, or a signal was sent to us. */
const wished: ReadonlySet<number> = new Set(
  (["SIGPIPE", "SIGHUP", "SIGTERM", "SIGQUIT"] as const).map((name) => 128 + constants.signals[name]),
);

function twinOf(script: Script): string {
  if (script.twin === undefined) {
    throw new BuildError(
      `${script.name} is for FreeBSD's kernel only: ${script.withoutTwin ?? "there is no twin for Linux."}`,
    );
  }
  return script.twin;
}

/** Switches of bpftrace, unless the user has set them. */
function tracerEnvironment({ pid }: Traced): Record<string, string> {
  return {
    // The stack alone has some 360 functions, with an entry and a return each; 512 is what it takes without this.
    BPFTRACE_MAX_PROBES: "4096",
    // Else it reads the executable's symbols for each stack anew: some 40 ms, where a sample comes each millisecond.
    ...(pid === undefined ? {} : { BPFTRACE_CACHE_USER_SYMBOLS: "1" }),
  };
}

async function attach(
  name: string,
  twin: string,
  traced: Traced,
  words: readonly string[],
  onOutput?: (text: string) => void,
): Promise<number> {
  const source = readFileSync(twin, "utf8");
  const lacking = lackingProbes(source, probesOf(readable(traced)));
  if (lacking.length > 0) {
    throw new BuildError(
      `mirage trace ${name}: the program lacks the probe ${lacking.join(", ")}: this version of Mirage has to build it.`,
    );
  }
  const text = twinFor(source, checkPath(traced.executable));
  const chosen = traced.pid === undefined ? [] : ["-p", String(traced.pid)];
  let rest = "";
  const status = await runProgram("bpftrace", ["-q", ...chosen, "-e", text, ...words], {
    apart: true,
    env: tracerEnvironment(traced),
    onOutput,
    onError: (part) => {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      const heeded = lines.filter((line) => !harmless.test(line));
      process.stderr.write(heeded.map((line) => `${line}\n`).join(""));
    },
  });
  process.stderr.write(rest);
  if (status !== 0 && !wished.has(status)) {
    const facts = tracingFacts();
    const why = suspicions(facts)
      .map((line) => `\n  ${line}`)
      .join("");
    throw new BuildError(
      `mirage trace ${name}: bpftrace ended with ${status} on Linux ${facts.kernel}.${why}`,
    );
  }
  return status;
}

/** What `--program` means, on a machine where tracing can work. */
export function findTracedHere(program: string | undefined): Traced {
  const known = obstacles(tracingFacts());
  if (known.length > 0) {
    throw new BuildError(`mirage trace cannot work here:${known.map((line) => `\n  ${line}`).join("")}`);
  }
  return findTraced(program);
}

/** Runs the script's twin until Ctrl-C, its own end or the program's. */
export function traceProcess(
  script: Script,
  program: string | undefined,
  words: readonly string[],
): Promise<number> {
  const twin = twinOf(script);
  return attach(script.name, twin, findTracedHere(program), words);
}

/** The same, of a program that is known already; `onOutput` gets what it prints. */
export function traceQuietly(
  script: Script,
  traced: Traced,
  words: readonly string[],
  onOutput: (text: string) => void,
): Promise<number> {
  return attach(script.name, twinOf(script), traced, words, onOutput);
}
