/**
 * Compiles frame code for tests, with the options that `mirage build` uses for AssemblyScript, and keeps the result
 * under `build/test-wasm/` for as long as no source changes.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { APIOptions } from "assemblyscript/asc";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const cache = join(root, "build/test-wasm");
const packagePrefix = /^(?:.*\/)?node_modules\/mirage\/framecode(?:\/|\.ts$)/;

export const ASC_OPTIONS = ["-O3", "--runtime", "stub", "--debug", "--noColors"];

/** Everything that a module may consist of: all frame code in the tree, and the compiler's version. */
function digest(entry: string): string {
  const hash = createHash("sha256").update(JSON.stringify([entry, ASC_OPTIONS]));
  hash.update(readFileSync(join(root, "node_modules/assemblyscript/package.json")));
  for (const folder of ["src/framecode", "src/stack", dirname(entry)]) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).sort()) {
      if (file.endsWith(".ts") && !file.endsWith(".test.ts")) {
        hash.update(file).update(readFileSync(join(root, folder, file)));
      }
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/** Compiles a frame-code module. `entry` is its path from the root of the repository: `src/stack/stack.frame.ts`. */
export async function compileFrameCode(entry: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = join(cache, `${entry.replaceAll("/", "-")}.${digest(entry)}.wasm`);
  if (existsSync(file)) return new Uint8Array(readFileSync(file));
  const asc = await import("assemblyscript/asc");
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const options: APIOptions = {
    readFile(name, base) {
      const path = packagePrefix.test(name)
        ? join(root, "src/framecode", name.replace(/^.*node_modules\/mirage\/framecode\/?/, ""))
        : resolve(base, name);
      return path.endsWith(".ts") && existsSync(path) ? readFileSync(path, "utf8") : null;
    },
    writeFile(_name, contents) {
      if (typeof contents !== "string") binary = new Uint8Array(contents);
    },
    listFiles: () => null,
  };
  const { error, stderr } = await asc.main(
    [relative(root, join(root, entry)), "--baseDir", root, "-o", "module.wasm", ...ASC_OPTIONS],
    options,
  );
  if (error || !binary) throw new Error(`asc ${entry}: ${error?.message}\n${stderr.toString()}`);
  mkdirSync(cache, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, binary);
  renameSync(temporary, file);
  return binary;
}
