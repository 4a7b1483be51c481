/**
 * Builds what drives the stack by itself (`stack.h`): its frame code, the shared objects and a caller in C. Prints the
 * path of what it built:
 *
 *     node dist/harness-build.js packetdrill   the shared library for packetdrill
 *     node dist/harness-build.js fuzz          the fuzzer
 *     node dist/harness-build.js segments      what counts instructions
 *
 * @module
 */
import { renameSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "../../src/build/command.ts";
import {
  type CompileJob,
  compileAll,
  digest,
  FileDigests,
  isCurrent,
  markCurrent,
} from "../../src/build/compile.ts";
import { compileFrameModules, frameFlags } from "../../src/build/frame-code.ts";
import { withLock } from "../../src/build/lock.ts";
import {
  buildObjects,
  hostedFlags,
  sharedFlags,
  sourcesBelow,
  type Variant,
} from "../../src/build/objects.ts";
import { buildRoot, ensureDirectory, packageRoot as root } from "../../src/build/paths.ts";
import { counting } from "../../src/build/progress.ts";
import { findClang } from "../../src/build/toolchain.ts";

interface Product {
  readonly variant: Variant;
  readonly file: string;
  /** Folder with the caller's C, in which there is nothing else. */
  readonly caller: string;
  readonly compile: readonly string[];
  readonly link: readonly string[];
}

const products: Record<string, Product> = {
  packetdrill: {
    variant: "nofloat",
    file: "mirage-packetdrill.so",
    caller: "test/packetdrill",
    compile: ["-fPIC", "-fvisibility=hidden", "-Werror"],
    link: ["-shared", "-Wl,-z,defs", "-Wl,--exclude-libs,ALL", "-Wl,--gc-sections", "-lpthread"],
  },
  fuzz: {
    variant: "asan",
    file: "stack-fuzzer",
    caller: "test/fuzz",
    compile: ["-fsanitize=fuzzer-no-link", "-Werror"],
    link: ["-fsanitize=fuzzer,address,undefined"],
  },
  segments: {
    variant: "nofloat",
    file: "stack-segments",
    caller: "tools/bench/segments",
    compile: ["-Werror"],
    // valgrind 3.19 gives up on clang's debugging information.
    link: ["-Wl,--strip-debug"],
  },
};

const shared = ["test/harness/stack.c", "runtime/memory/memory_platform.c", "runtime/memory/memory_probes.c"];

/** The stack's frame code as an object, by the way that programs take. */
async function stackJob(product: Product, folder: string): Promise<CompileJob> {
  const main = join(root, "src/stack/stack.frame.ts");
  const source = { name: "stack", main, directory: root };
  const [module] = await compileFrameModules([main], source, counting());
  if (module === undefined) {
    throw new Error("the stack is no frame code");
  }
  const coverage = product.compile.filter((flag) => flag.startsWith("-fsanitize="));
  return {
    source: module.source,
    object: join(folder, "stack-module.o"),
    flags: [...sharedFlags(product.variant), ...frameFlags(module), ...coverage],
  };
}

async function build(product: Product): Promise<string> {
  const objects = await buildObjects(product.variant, counting());
  const folder = ensureDirectory(join(buildRoot(), basename(product.caller)));
  return withLock(folder, async () => {
    const hosted = [
      ...hostedFlags(product.variant),
      ...product.compile,
      "-Iruntime/memory",
      "-Iruntime/wasm",
      "-Itest/harness",
    ];
    const sources = [
      ...shared.map((file) => join(root, file)),
      ...sourcesBelow(join(root, product.caller), false),
    ];
    const jobs = [
      await stackJob(product, folder),
      ...sources.map(
        (source): CompileJob => ({
          source,
          object: join(folder, "obj", `${basename(source, ".c")}.o`),
          flags: hosted,
        }),
      ),
    ];
    await compileAll(jobs, "cc", counting(), new FileDigests());
    const inputs = [...jobs.map((job) => job.object), objects.library];
    const output = join(folder, product.file);
    const digests = new FileDigests();
    const key = digest("harness", findClang().version, ...product.link);
    if (!isCurrent(output, key, digests)) {
      const temporary = `${output}.${process.pid}.tmp`;
      await run(findClang().path, ["-o", temporary, ...inputs, ...product.link]);
      renameSync(temporary, output);
      markCurrent(output, key, inputs, digests);
    }
    return output;
  });
}

const product = products[process.argv[2] ?? ""];
if (product === undefined) {
  process.stderr.write(`harness-build: one of ${Object.keys(products).join(", ")}\n`);
  process.exitCode = 64;
} else {
  try {
    process.stdout.write(`${await build(product)}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
