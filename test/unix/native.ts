/** Compiles C of the runtime and the Unix platform under the address and undefined-behaviour sanitizers, and runs it. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { findClang } from "../../src/build/toolchain.ts";
import { type Ended, ROOT, runExecutable } from "../support/mirage.ts";

const FLAGS = [
  "-O1",
  "-g",
  "-std=gnu11",
  "-D_GNU_SOURCE",
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=undefined",
  "-Wall",
  "-Wextra",
  "-Wno-unused-parameter",
  "-Iruntime/include",
  "-Iruntime",
];

const PLATFORM = [
  ...["platform", "buffers", "net", "tap", "vnet", "control", "pcap", "probes", "sockets"].map(
    (name) => `runtime/unix/${name}.c`,
  ),
  ...["tcp", "udp", "options"].map((name) => `runtime/unix/sockets_${name}.c`),
  "runtime/stats.c",
];

/** Builds test/unix/native/NAME.c with the platform and `sources`, and runs it. */
export function runNative(name: string, sources: readonly string[], args: string[] = []): Ended {
  const folder = join(ROOT, "build/test-native");
  mkdirSync(folder, { recursive: true });
  const output = join(folder, `${name}-${process.pid}`);
  const compiler = spawnSync(
    findClang().path,
    [...FLAGS, "-o", output, `test/unix/native/${name}.c`, ...PLATFORM, ...sources],
    { cwd: ROOT, encoding: "utf8" },
  );
  if (compiler.status !== 0 || compiler.stderr !== "") {
    throw new Error(`${name}.c does not compile cleanly:\n${compiler.stderr}`);
  }
  return runExecutable(output, args);
}
