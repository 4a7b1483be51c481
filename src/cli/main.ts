#!/usr/bin/env node
/**
 * The `mirage` command.
 *
 * Exit codes: 0; 1 the program does not compile; 64 bad arguments; 70 the program failed or broke a budget; 130 Ctrl-C.
 *
 * @module
 */
import { resolve } from "node:path";
import yargs from "yargs";
import { BuildError, ExitCode, messageOf, UsageError } from "../build/errors.ts";
import { findKernelHeaders, type KernelChoice, loadableOn } from "../build/kernel-headers.ts";
import { kfreebsdTarget } from "../build/kfreebsd.ts";
import { writeDist } from "../build/kfreebsd-dist.ts";
import { hasUnixTarget, type Variant, variants } from "../build/objects.ts";
import { packageVersion } from "../build/paths.ts";
import { buildProgram, builtParts, describeCosts, installProgram } from "../build/program.ts";
import { counting, seconds, silent } from "../build/progress.ts";
import { findProgram } from "../build/sources.ts";
import { bench, benchOptions, describeBench } from "./bench.ts";
import { compare, compareOptions, describeCompare } from "./compare.ts";
import { doctor } from "./doctor.ts";
import { nearest } from "./nearest.ts";
import { netstat } from "./netstat.ts";
import { runProgram } from "./run-program.ts";
import { trace } from "./trace.ts";

const commands = ["build", "run", "netstat", "trace", "vm-test", "compare", "bench", "doctor"] as const;

/** Options by command, to name the nearest when one is unknown. */
const common = ["help", "version"];
const options: Readonly<Record<string, readonly string[]>> = {
  build: ["target", "sysdir", "headers", "dist", "output", "json", "quiet", ...common],
  run: [
    "target",
    "net",
    "ipv4",
    "gateway",
    "ipv6",
    "gateway6",
    "mac",
    "rtparams",
    "control",
    "profile",
    "quiet",
    ...common,
  ],
  netstat: [...common],
  trace: ["program", "list", "flame", "seconds", "from", ...common],
  "vm-test": [
    ...["image", "kernel", "net", "accel", "cpus", "memory", "timeout", "silence", "out", "env"],
    ...common,
  ],
  compare: [...compareOptions, ...common],
  bench: [...benchOptions, ...common],
  doctor: ["json", ...common],
};

/** Short options, which may be written together. */
const short: Readonly<Record<string, string>> = {
  build: "toqh",
  run: "tqh",
  netstat: "h",
  trace: "h",
  "vm-test": "h",
  compare: "h",
  bench: "h",
  doctor: "h",
};

const targets = ["unix", "kfreebsd"];

/** What yargs found; options may be given more than once. */
type Arguments = Record<string, unknown>;

function words(value: unknown): string[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
}

/** An option's value; the last one counts. */
function word(args: Arguments, name: string): string | undefined {
  return words(args[name]).at(-1);
}

function suggest(what: string, given: string, known: readonly string[], prefix: string): UsageError {
  const near = nearest(given, known);
  const list = known.map((name) => `${prefix}${name}`).join(", ");
  return new UsageError(
    `unknown ${what} ${prefix}${given}.${near === undefined ? "" : ` Did you mean ${prefix}${near}?`}\n  There is: ${list}.`,
  );
}

/** Which objects to link: the benchmarks compare with hardware floats, tests run sanitizers. Not for users. */
function chosenVariant(): Variant {
  const variant = process.env.MIRAGE_VARIANT ?? "nofloat";
  const found = variants.find((one) => one === variant);
  if (found === undefined) {
    throw new UsageError(`MIRAGE_VARIANT=${variant} in the environment: there is ${variants.join(", ")}.`);
  }
  return found;
}

/** Options that only the target kfreebsd has. */
const kernelOptions = ["sysdir", "headers", "dist"] as const;

/** What the command line says about the kernel; undefined: the target is this machine. */
function checkTarget(args: Arguments): KernelChoice | undefined {
  const target = word(args, "target") ?? "unix";
  if (!targets.includes(target)) {
    throw suggest("target", target, targets, "");
  }
  if (target === "unix") {
    if (!hasUnixTarget()) {
      throw new UsageError(
        `the target unix is for Linux, this is ${process.platform}; -t kfreebsd builds a kernel module here.`,
      );
    }
    const misplaced = kernelOptions.find((name) => args[name] !== undefined);
    if (misplaced !== undefined) {
      throw new UsageError(`--${misplaced} is for -t kfreebsd.`);
    }
    return undefined;
  }
  if (chosenVariant() !== "nofloat") {
    throw new UsageError("MIRAGE_VARIANT in the environment: a kernel takes float-free objects only.");
  }
  return {
    sysdir: word(args, "sysdir"),
    headers: word(args, "headers"),
    builddir: process.env.KERNBUILDDIR || undefined,
    osversion: process.env.OSVERSION || undefined,
  };
}

async function build(args: Arguments): Promise<number> {
  const choice = checkTarget(args);
  const source = findProgram(String(args.program));
  const start = performance.now();
  const quiet = args.quiet === true;
  const progress = quiet ? silent : counting();
  const kernel = choice === undefined ? undefined : await findKernelHeaders(choice, progress);
  const target = kernel === undefined ? undefined : await kfreebsdTarget(kernel, progress);
  const built = await buildProgram(source, { progress, variant: chosenVariant(), target });
  const dist = word(args, "dist");
  if (dist !== undefined) {
    if (args.output !== undefined) {
      throw new UsageError("--dist leaves source in place of a module; -o has no use beside it.");
    }
    writeDist(dist, builtParts(built));
    if (args.json === true) {
      process.stdout.write(
        `${JSON.stringify({ directory: resolve(dist), cached: built.cached }, null, 2)}\n`,
      );
    } else if (!quiet) {
      process.stdout.write(`${dist}: source of mirage.ko with ${source.name}, for make on FreeBSD\n`);
    }
    return ExitCode.Ok;
  }
  const file = installProgram(source, built, word(args, "output") ?? "build", target);
  const total = performance.now() - start;
  if (args.json === true) {
    const report = {
      executable: file,
      bytes: built.bytes,
      cached: built.cached,
      ...(kernel === undefined ? {} : { freebsdVersion: kernel.version, headers: kernel.directory }),
      milliseconds: Math.round(total),
      costs: Object.fromEntries(Object.entries(built.costs).map(([stage, ms]) => [stage, Math.round(ms)])),
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else if (!quiet) {
    const how = built.cached ? "unchanged" : describeCosts(built.costs);
    process.stdout.write(`${file}: ${Math.ceil(built.bytes / 1024)} KiB in ${seconds(total)} (${how})\n`);
    if (kernel !== undefined) {
      process.stdout.write(`It loads on ${loadableOn(kernel.version)}.\n`);
    }
  }
  return ExitCode.Ok;
}

async function run(args: Arguments): Promise<number> {
  if (word(args, "target") === "kfreebsd") {
    throw new UsageError("mirage run is for -t unix; mirage build -t kfreebsd leaves a module for kldload.");
  }
  checkTarget(args);
  const source = findProgram(String(args.program));
  const start = performance.now();
  const quiet = args.quiet === true;
  const built = await buildProgram(source, {
    progress: quiet ? silent : counting(),
    variant: chosenVariant(),
  });
  if (!built.cached && !quiet) {
    const total = seconds(performance.now() - start);
    process.stderr.write(`built ${source.name} in ${total} (${describeCosts(built.costs)})\n`);
  }
  const passed = [
    "net",
    "ipv4",
    "gateway",
    "ipv6",
    "gateway6",
    "mac",
    "rtparams",
    "control",
    "profile",
  ].flatMap((name) => words(args[name]).flatMap((value) => [`--${name}`, value]));
  const own = words(args["--"]);
  return runProgram(built.executable, [...passed, ...(own.length > 0 ? ["--", ...own] : [])]);
}

/** Loaded when it is asked for: other commands start without it. */
async function vmTest(args: Arguments): Promise<number> {
  const { vmTest } = await import("../../tools/vm-test/command.ts");
  return vmTest({
    image: word(args, "image"),
    payload: word(args, "payload"),
    kernel: word(args, "kernel"),
    net: words(args.net),
    accel: word(args, "accel") ?? "auto",
    cpus: word(args, "cpus") ?? "",
    memory: word(args, "memory") ?? "",
    timeout: word(args, "timeout") ?? "",
    silence: word(args, "silence") ?? "",
    out: word(args, "out"),
    env: words(args.env),
    words: words(args["--"]),
  });
}

const net =
  "Network interface: tap:NAME, fd:N, pcap:IN[,OUT] or socket; may be given again. Without it: no network";

function parser() {
  return yargs()
    .scriptName("mirage")
    .usage("$0 <command>\n\nTypeScript programs as operating-system components.")
    .parserConfiguration({
      "populate--": true,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "boolean-negation": false,
      "dot-notation": false,
      "camel-case-expansion": false,
      "greedy-arrays": false,
    })
    .command(
      "build <program>",
      "Make one stand-alone executable, or a kernel module, of a program",
      (command) =>
        command
          .usage(
            "mirage build [-t unix] [-o DIR] PROGRAM\n       mirage build -t kfreebsd [--sysdir DIR | --headers DIR] [-o DIR] PROGRAM\n       mirage build -t kfreebsd [--sysdir DIR | --headers DIR] --dist DIR PROGRAM\n\nPROGRAM is a .ts file, or a folder with main.ts.",
          )
          .positional("program", { type: "string", describe: "A .ts file, or a folder with main.ts" })
          .option("target", {
            alias: "t",
            type: "string",
            requiresArg: true,
            default: "unix",
            describe: "unix, or kfreebsd (mirage.ko for FreeBSD's kernel)",
          })
          .option("sysdir", {
            type: "string",
            requiresArg: true,
            describe: "For kfreebsd: the kernel's source; /usr/src/sys if it is there",
          })
          .option("headers", {
            type: "string",
            requiresArg: true,
            describe:
              "For kfreebsd, without source: a /usr/include of FreeBSD; or 14.2 or 15.0, to fetch them",
          })
          .option("dist", {
            type: "string",
            requiresArg: true,
            describe: "For kfreebsd: leave a folder of C there, for make on a FreeBSD without Mirage",
          })
          .option("output", {
            alias: "o",
            type: "string",
            requiresArg: true,
            describe: "Folder for the result; build if not given",
          })
          .option("quiet", { alias: "q", type: "boolean", describe: "Print errors only" })
          .option("json", { type: "boolean", describe: "Print the result as JSON" })
          .example("mirage build -t unix examples/hello", "leaves build/hello")
          .example("mirage build -o /tmp examples/udp-echo", "leaves /tmp/udp-echo")
          .example("mirage build -t kfreebsd examples/udp-echo", "leaves build/mirage.ko")
          .example("build/hello --help", "what the executable takes itself"),
    )
    .command("run <program>", "Build a program and run it", (command) =>
      command
        .usage(
          "mirage run [options] PROGRAM [-- ARGUMENTS]\n\nPROGRAM is a .ts file, or a folder with main.ts.",
        )
        .positional("program", { type: "string", describe: "A .ts file, or a folder with main.ts" })
        .option("target", {
          alias: "t",
          type: "string",
          requiresArg: true,
          default: "unix",
          describe: "unix",
        })
        .option("net", { type: "string", requiresArg: true, describe: net })
        .option("ipv4", {
          type: "string",
          requiresArg: true,
          describe: "The program's address, as 10.0.0.2/24",
        })
        .option("gateway", { type: "string", requiresArg: true, describe: "Its router, as 10.0.0.1" })
        .option("ipv6", {
          type: "string",
          requiresArg: true,
          describe: "auto, off (as without it), or an address, as 2001:db8::2/64",
        })
        .option("gateway6", { type: "string", requiresArg: true, describe: "An IPv6 router, as fe80::1" })
        .option("mac", { type: "string", requiresArg: true, describe: "MAC address of its first interface" })
        .option("rtparams", {
          type: "string",
          requiresArg: true,
          describe: "Budgets and switches, as h=16M,i=10M; see docs/rtparams.md",
        })
        .option("control", {
          type: "string",
          requiresArg: true,
          describe: "A socket at which mirage netstat PATH asks for connections, routes and counters",
        })
        .option("profile", {
          type: "string",
          requiresArg: true,
          describe: "A file for sampled stacks, 997 for a second of CPU time; docs/language-probes.md",
        })
        .option("quiet", { alias: "q", type: "boolean", describe: "Do not show how the build goes" })
        .example("mirage run examples/hello", "no network")
        .example("mirage run --net tap:mirage0 --ipv4 10.0.0.2/24 examples/udp-echo", "on a tap device")
        .example("mirage run --rtparams h=16M examples/hello -- one two", "16 MB of heap, two arguments"),
    )
    .command(
      "netstat [path]",
      "Show a running program's connections, neighbours, routes, counters",
      (command) =>
        command
          .usage(
            "mirage netstat [PATH]\n\nPATH is what the program was started with: mirage run --control PATH. On FreeBSD, without it: the program in the kernel (kern.mirage.netstat).",
          )
          .positional("path", { type: "string", describe: "The control socket of a running program" })
          .example("mirage netstat /run/user/1000/echo.sock", "a process"),
    )
    .command("trace [name] [arguments..]", "Observe a running program with a script of dtrace/", (command) =>
      command
        .usage(
          "mirage trace [--program PID|EXECUTABLE] NAME [ARGUMENTS]\n       mirage trace [--program PID|EXECUTABLE] [--seconds N | --from TEXT] --flame FILE\n       mirage trace --list\n\nUntil Ctrl-C. As root: on FreeBSD dtrace/NAME.d, of the program in the kernel; on Linux its twin for bpftrace, of a process.",
        )
        .positional("name", { type: "string", describe: "A script, as --list names them" })
        .positional("arguments", { type: "string", array: true, describe: "What the script takes" })
        .option("program", {
          type: "string",
          requiresArg: true,
          describe:
            "On Linux: a process, or an executable (all of its processes); not needed if only one runs",
        })
        .option("list", { type: "boolean", describe: "Name all scripts" })
        .option("flame", {
          type: "string",
          requiresArg: true,
          describe: "Write a flame graph of the CPU time there, as HTML (or FILE.folded: as folded stacks)",
        })
        .option("seconds", { type: "string", requiresArg: true, describe: "With --flame: for so long" })
        .option("from", {
          type: "string",
          requiresArg: true,
          describe:
            "With --flame: what flame.d printed elsewhere (--program is then its mirage.ko), or run --profile wrote",
        })
        .example("mirage trace frames", "frames in and out")
        .example("mirage trace --program build/udp-echo drops", "why frames are lost")
        .example("mirage trace --seconds 10 --flame flame.html", "where the CPU time goes"),
    )
    .command("vm-test [payload]", "Run tests in a FreeBSD kernel, in QEMU", (command) =>
      command
        .usage(
          "mirage vm-test --image IMG [options] PAYLOAD [-- ARGUMENTS]\n\nBoots a disk image of FreeBSD, which is not changed, and runs PAYLOAD/run.sh in it as root. Its exit code is the command's; 97: no root shell came up on the serial line, 98: it hangs, 99: the kernel panicked.",
        )
        .positional("payload", { type: "string", describe: "A folder with run.sh" })
        .option("image", { type: "string", requiresArg: true, describe: "Disk image, raw or .qcow2" })
        .option("kernel", {
          type: "string",
          requiresArg: true,
          describe: "Another kernel: NAME for /boot/NAME of the image, or a file (with a slash)",
        })
        .option("net", {
          type: "string",
          requiresArg: true,
          describe: "vtnet0: user (no way out), tap:IFNAME, or none; may be given again",
        })
        .option("accel", {
          type: "string",
          requiresArg: true,
          default: "auto",
          describe: "auto, kvm, tcg, tcg-multi, tcg-icount (the clock counts instructions)",
        })
        .option("cpus", { type: "string", requiresArg: true, default: "2", describe: "CPUs of the guest" })
        .option("memory", {
          type: "string",
          requiresArg: true,
          default: "1024",
          describe: "Its memory in MiB",
        })
        .option("timeout", {
          type: "string",
          requiresArg: true,
          default: "900",
          describe: "Seconds for all of it",
        })
        .option("silence", {
          type: "string",
          requiresArg: true,
          default: "300",
          describe: "Seconds without a word on the console",
        })
        .option("out", {
          type: "string",
          requiresArg: true,
          describe: "Folder for what run.sh leaves in out/, 64 MB at most",
        })
        .option("env", {
          type: "string",
          requiresArg: true,
          describe: "NAME=VALUE for run.sh; may be given again",
        })
        .example(
          "mirage vm-test --image freebsd.img suite",
          "the tests that tools/freebsd-suite.sh put together",
        )
        .example("mirage vm-test --image freebsd.img suite -- echo:ping", "one of them")
        .example("mirage vm-test --image freebsd.img --kernel kernel.debug suite", "on another kernel"),
    )
    .command("compare", "Measure Mirage against the native network stack", describeCompare)
    .command("bench", "Measure Mirage on this machine, and draw it", describeBench)
    .command("doctor", "Say what this machine has and lacks", (command) =>
      command
        .usage("mirage doctor [--json]\n\nExits with 0 if programs can be built here, else with 1.")
        .option("json", { type: "boolean", describe: "Print the result as JSON" })
        .example("mirage doctor", "a table, with the command that gets what is missing")
        .example("mirage doctor --json", "the same for a machine"),
    )
    .demandCommand(1, "which command? There is: build, run, netstat, trace, vm-test, compare, bench, doctor.")
    .strict()
    .version(packageVersion())
    .help()
    .alias("help", "h")
    .wrap(100)
    .epilogue(
      "Exit codes: 0; 1 does not compile; 64 bad arguments; 70 program failed or over budget; 130 Ctrl-C.",
    )
    .example("mirage run examples/hello", "build and run an example")
    .example("mirage doctor", "what this machine lacks")
    .exitProcess(false)
    .fail((message, error) => {
      const missing = /^Not enough non-option arguments/.test(message);
      throw (
        error ??
        new UsageError(missing ? "which program? PROGRAM is a .ts file, or a folder with main.ts." : message)
      );
    });
}

/** Says what is wrong with the command line better than yargs does. */
function checkWords(argv: readonly string[]): void {
  const end = argv.indexOf("--");
  const own = end < 0 ? argv : argv.slice(0, end);
  const command = own[0];
  if (
    command !== undefined &&
    !command.startsWith("-") &&
    !(commands as readonly string[]).includes(command)
  ) {
    throw suggest("command", command, commands, "");
  }
  const known = options[command ?? ""] ?? [...new Set([...common, "h"])];
  for (const argument of own) {
    const name = /^--([^=]+)/.exec(argument)?.[1];
    if (name !== undefined && !known.includes(name)) {
      throw suggest("option", name, known, "--");
    }
    const letter = /^-([A-Za-z])/.exec(argument)?.[1];
    if (letter !== undefined && !(short[command ?? ""] ?? "h").includes(letter)) {
      throw suggest("option", letter, [...(short[command ?? ""] ?? "h")], "-");
    }
  }
}

async function main(argv: readonly string[]): Promise<number> {
  checkWords(argv);
  const args = (await parser().parseAsync([...argv])) as Arguments;
  if (args.help === true || args.version === true) {
    return ExitCode.Ok;
  }
  switch (words(args._)[0]) {
    case "build":
      return build(args);
    case "run":
      return run(args);
    case "netstat":
      return netstat(word(args, "path"));
    case "trace":
      return trace({
        name: word(args, "name"),
        program: word(args, "program"),
        list: args.list === true,
        flame: word(args, "flame"),
        seconds: word(args, "seconds"),
        from: word(args, "from"),
        words: [...words(args.arguments), ...words(args["--"])],
      });
    case "vm-test":
      return vmTest(args);
    case "compare":
      return compare(
        (name) => word(args, name),
        (name) => args[name] === true,
      );
    case "bench":
      return bench((name) => word(args, name));
    default:
      return doctor(args.json === true);
  }
}

function report(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`mirage: ${error.message}\n  mirage --help says more.\n`);
    return ExitCode.Usage;
  }
  if (error instanceof BuildError) {
    process.stderr.write(`${error.message}\n`);
    return ExitCode.BuildFailed;
  }
  if (error instanceof Error && error.name === "YError") {
    process.stderr.write(`mirage: ${error.message}\n  mirage --help says more.\n`);
    return ExitCode.Usage;
  }
  process.stderr.write(
    `mirage: this is a defect of Mirage:\n${error instanceof Error ? error.stack : messageOf(error)}\n`,
  );
  return ExitCode.Failed;
}

process.on("SIGINT", () => {
  // While a program runs, it ends first; see runProgram.
  if (process.listenerCount("SIGINT") === 1) {
    process.exit(ExitCode.Interrupted);
  }
});

process.exitCode = await main(process.argv.slice(2)).catch(report);
