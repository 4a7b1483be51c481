/**
 * The engine as an executable in a folder of the test's own, in any variant of the shared objects.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildObjects, hostedFlags, linkFlags, type Variant } from "../../src/build/objects.ts";
import { silent } from "../../src/build/progress.ts";
import { findClang, findDuktape } from "../../src/build/toolchain.ts";
import { root } from "./addon.ts";

/** Builds it; the result runs a program's source and returns what it printed. */
export async function engineExecutable(
  variant: Variant,
  directory: string,
): Promise<(source: string, rtparams?: string) => string> {
  const { library } = await buildObjects(variant, silent);
  const executable = join(directory, `run-${variant}`);
  const sources = [
    "test/engine/harness/run_main.c",
    "runtime/addon/run.c",
    "runtime/memory/memory_platform.c",
    "runtime/memory/memory_probes.c",
  ];
  const includes = ["-Iruntime/engine", "-Iruntime/addon", "-Iruntime/memory", `-I${findDuktape()}`];
  execFileSync(
    findClang().path,
    [...hostedFlags(variant), ...includes, ...linkFlags(variant), "-o", executable, ...sources, library],
    { cwd: root, stdio: "pipe" },
  );
  return (source, rtparams = "i=100G,h=256M") => {
    const script = join(directory, `${variant}.js`);
    writeFileSync(script, source);
    return execFileSync(executable, [script, rtparams], { encoding: "utf8", maxBuffer: 256 << 20 });
  };
}
