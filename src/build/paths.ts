/**
 * Where things lie: the package itself, what is built of it, and the user's cache.
 *
 * @module
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findPackageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(directory, "package.json");
    if (existsSync(manifest) && existsSync(join(directory, "runtime/include/mirage"))) {
      return directory;
    }
    const parent = dirname(directory);
    if (parent === directory) {
      throw new Error(`no Mirage package around ${fileURLToPath(import.meta.url)}`);
    }
    directory = parent;
  }
}

/** The folder with Mirage's own `package.json`. */
export const packageRoot: string = findPackageRoot();

/** Version of the package, as in its `package.json`. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
  return manifest.version;
}

function writable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Everything that is built goes below this folder: `MIRAGE_BUILD_DIR`, else `build/` of the package, else (the package
 * is installed where the user may not write) `mirage/` in the user's cache folder.
 */
export function buildRoot(): string {
  const chosen = process.env.MIRAGE_BUILD_DIR;
  return chosen !== undefined && chosen !== "" ? chosen : fetchRoot();
}

/** What is fetched goes below this folder, wherever the products go: it is the same for all of them. */
export function fetchRoot(): string {
  if (writable(packageRoot)) {
    return join(packageRoot, "build");
  }
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return join(cache, "mirage", packageVersion());
}

/** Makes a folder with all its parents and returns it. */
export function ensureDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Names, in a folder of products, the source that they are made of. */
const sourceFile = "source";

/** Writes down which source the products in a folder belong to. */
export function rememberSource(directory: string, source: string): void {
  writeFileSync(join(directory, sourceFile), source);
}

/** Removes the folders in `parent` whose source is gone: nobody will ask for those products again. */
export function forgetLostSources(parent: string): void {
  for (const name of readdirSync(parent)) {
    const directory = join(parent, name);
    try {
      if (!existsSync(readFileSync(join(directory, sourceFile), "utf8"))) {
        rmSync(directory, { recursive: true, force: true });
      }
    } catch {
      // Another build is at work there, or was here before us.
    }
  }
}
