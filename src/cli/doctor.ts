/**
 * `mirage doctor`: what this machine has, what it lacks, and the command that gets it.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../build/errors.ts";
import { haveHeaders, headerReleases, headersDirectory } from "../build/freebsd-headers.ts";
import { findClang, findDuktape, findLlvmTool, findWasm2c, versionLine, which } from "../build/toolchain.ts";

export interface Check {
  readonly name: string;
  readonly found: boolean;
  /** Without it, nothing can be built. */
  readonly required: boolean;
  /** Version or path if found, else what it is for. */
  readonly detail: string;
  /** The command that gets it. */
  readonly remedy: string;
}

interface Probe {
  readonly name: string;
  readonly required: boolean;
  readonly purpose: string;
  readonly remedy: string;
  /** Version or path; undefined, or an exception, if it is missing. */
  readonly look: () => string | undefined;
}

/** Oldest Node that runs the command. */
const minimumNode = [20, 19] as const;

function nodeVersion(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const enough = major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1]);
  return enough ? `${process.version} (${process.execPath})` : undefined;
}

function toolVersion(name: string): string | undefined {
  const path = which(name);
  return path === undefined ? undefined : (versionLine(path) ?? path);
}

function tapDevice(): string | undefined {
  accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  return "/dev/net/tun, readable and writable";
}

function sdtHeader(): string | undefined {
  return ["/usr/include/sys/sdt.h", "/usr/include/x86_64-linux-gnu/sys/sdt.h"].find((file) =>
    existsSync(file),
  );
}

/** What a module is compiled against when neither --sysdir nor --headers is given. */
function kernelHeaders(): string | undefined {
  if (existsSync("/usr/src/sys/sys/param.h")) {
    return "/usr/src/sys";
  }
  if (process.platform === "freebsd" && existsSync("/usr/include/sys/mbuf.h")) {
    return "/usr/include";
  }
  const [release] = headerReleases;
  return release !== undefined && haveHeaders(release)
    ? `those of FreeBSD ${release.name}, in ${headersDirectory(release)}`
    : undefined;
}

const probes: readonly Probe[] = [
  {
    name: "node",
    required: true,
    purpose: `version ${minimumNode.join(".")} or later runs the compilers`,
    remedy: "sh tools/setup.sh run",
    look: nodeVersion,
  },
  {
    name: "clang",
    required: true,
    purpose: "compiles engine, runtime and frame code",
    remedy: "apt-get install clang-19",
    look: () => `${findClang().version} (${findClang().path})`,
  },
  {
    name: "lld",
    required: false,
    purpose: "links kernel modules",
    remedy: "apt-get install lld-19",
    look: () => toolVersion("ld.lld-19") ?? toolVersion("ld.lld"),
  },
  {
    name: "llvm-objcopy",
    required: false,
    purpose: "finishes kernel modules",
    remedy: "apt-get install llvm-19",
    look: () => findLlvmTool("llvm-objcopy", "objcopy"),
  },
  {
    name: "kernel headers",
    required: false,
    purpose:
      "for kernel modules: fetched by the first mirage build -t kfreebsd without --sysdir or --headers",
    remedy: "sh tools/with-node.sh node dist/fetch-headers.js",
    look: kernelHeaders,
  },
  {
    name: "llvm-objdump",
    required: false,
    purpose: "make check-nofloat disassembles with it",
    remedy: "apt-get install llvm-19",
    look: () => findLlvmTool("llvm-objdump"),
  },
  {
    name: "wasm2c",
    required: true,
    purpose: "turns frame code into C",
    remedy: "apt-get install wabt",
    look: () => `${findWasm2c()}, version 1.0.32`,
  },
  {
    name: "duktape",
    required: true,
    purpose: "source of the engine",
    remedy: "apt-get install duktape-dev",
    look: () => join(findDuktape(), "duktape.c"),
  },
  {
    name: "tap",
    required: false,
    purpose: "--net tap:NAME needs /dev/net/tun",
    remedy: "modprobe tun; or, in a container, pass the device /dev/net/tun and CAP_NET_ADMIN in",
    look: tapDevice,
  },
  {
    name: "root",
    required: false,
    purpose: "making a tap device and setting its address needs it",
    remedy: "sudo mirage run ...; or make the tap ahead: ip tuntap add mirage0 mode tap user $USER",
    look: () => (process.getuid?.() === 0 ? "running as root" : undefined),
  },
  {
    name: "ip",
    required: false,
    purpose: "sets up the host's side of a tap in make run and in tests",
    remedy: "apt-get install iproute2",
    look: () => which("ip") ?? ["/usr/sbin/ip", "/sbin/ip"].find((file) => existsSync(file)),
  },
  {
    name: "sdt",
    required: false,
    purpose: "sys/sdt.h, for probes (USDT); without it there are none",
    remedy: "apt-get install systemtap-sdt-dev",
    look: sdtHeader,
  },
  {
    name: "bmake",
    required: false,
    purpose: "BSD make, to try the Makefile with",
    remedy: "apt-get install bmake",
    look: () => which("bmake"),
  },
  {
    name: "valgrind",
    required: false,
    purpose: "make bench counts instructions with it",
    remedy: "apt-get install valgrind",
    look: () => toolVersion("valgrind"),
  },
];

/** How FreeBSD gets what Debian has as packages; the compilers are part of its base system. */
const remediesOnFreeBsd: Readonly<Record<string, string>> = {
  node: "pkg install node npm",
  clang: "pkg install llvm19, or set CLANG",
  lld: "pkg install llvm19",
  "llvm-objcopy": "pkg install llvm19",
  "kernel headers": "git clone -b releng/14.2 https://git.FreeBSD.org/src.git /usr/src",
  "llvm-objdump": "pkg install llvm19",
  wasm2c: "set WASM2C to the wasm2c of wabt 1.0.32",
  duktape: "set DUKTAPE_DIR to src of the unpacked https://duktape.org/duktape-2.7.0.tar.xz",
};

/** Looks for everything that the machine's system can use. */
export function examineMachine(system: string = process.platform): Check[] {
  const here =
    system === "freebsd"
      ? probes.flatMap((probe) => {
          const remedy = remediesOnFreeBsd[probe.name];
          return remedy === undefined ? [] : [{ ...probe, remedy }];
        })
      : probes;
  return here.map(({ name, required, purpose, remedy, look }) => {
    let found: string | undefined;
    let problem = purpose;
    try {
      found = look();
    } catch (error) {
      problem = `${purpose}: ${messageOf(error).split("\n")[0]}`;
    }
    return { name, required, remedy, found: found !== undefined, detail: found ?? problem };
  });
}

/** Can the compiler that was found also link? A machine can have clang without the C library's start files. */
export function linkerProblem(): string | undefined {
  let clang: string;
  try {
    clang = findClang().path;
  } catch {
    return undefined;
  }
  const result = spawnSync(clang, ["-x", "c", "-", "-o", "/dev/null"], {
    input: "int main(void) { return 0; }\n",
    encoding: "utf8",
  });
  return result.status === 0 ? undefined : (result.stderr.trim().split("\n")[0] ?? "clang cannot link");
}

function withLinker(checks: Check[]): Check[] {
  const problem = linkerProblem();
  const at = checks.findIndex((check) => check.name === "clang") + 1;
  const check: Check = {
    name: "libc",
    required: true,
    found: problem === undefined,
    detail: problem ?? "clang links executables",
    remedy: "apt-get install libc6-dev gcc",
  };
  return [...checks.slice(0, at), check, ...checks.slice(at)];
}

/** Prints the state of the machine; 0 if programs can be built here, else 1. */
export function doctor(json: boolean): number {
  const checks = withLinker(examineMachine());
  const ready = checks.every((check) => check.found || !check.required);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ready, checks }, null, 2)}\n`);
    return ready ? 0 : 1;
  }
  const width = Math.max(...checks.map((check) => check.name.length));
  for (const check of checks) {
    const mark = check.found ? "ok" : check.required ? "MISSING" : "lacks";
    process.stdout.write(`${mark.padEnd(8)}${check.name.padEnd(width + 2)}${check.detail}\n`);
    if (!check.found) {
      process.stdout.write(`${" ".repeat(width + 10)}get it: ${check.remedy}\n`);
    }
  }
  process.stdout.write(
    ready ? "\nPrograms can be built here.\n" : "\nSomething is missing that building needs.\n",
  );
  return ready ? 0 : 1;
}
