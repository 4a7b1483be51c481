/**
 * Finds the native tools that a build needs: clang, an archiver, wasm2c, Duktape's source.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { BuildError } from "./errors.ts";

/** Full path of an executable, looked up in PATH unless it has a slash. */
export function which(name: string): string | undefined {
  const candidates = name.includes("/")
    ? [isAbsolute(name) ? name : resolve(name)]
    : (process.env.PATH ?? "")
        .split(delimiter)
        .filter((directory) => directory !== "")
        .map((directory) => join(directory, name));
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) {
        return candidate;
      }
    } catch {
      // Not this one.
    }
  }
  return undefined;
}

/** First line that `command --version` prints, or undefined if it cannot be run. */
export function versionLine(command: string, args: readonly string[] = ["--version"]): string | undefined {
  const result = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (result.error !== undefined || result.status !== 0) {
    return undefined;
  }
  return `${result.stdout}${result.stderr}`.trim().split("\n")[0];
}

export interface Clang {
  readonly path: string;
  /** First line of `clang --version`; part of every cache key. */
  readonly version: string;
  readonly major: number;
}

/** Oldest clang that has all the flags of docs/design.md. */
export const minimumClang = 14;

let clangFound: Clang | undefined;

/**
 * The compiler: `CLANG` of the environment, then `clang-19`, then any `clang` of version 14 or later.
 *
 * @throws BuildError if there is none.
 */
export function findClang(): Clang {
  if (clangFound !== undefined) {
    return clangFound;
  }
  const chosen = process.env.CLANG;
  const names = chosen !== undefined && chosen !== "" ? [chosen] : ["clang-19", "clang"];
  for (const name of names) {
    const path = which(name);
    const version = path === undefined ? undefined : versionLine(path);
    const major = Number(/version (\d+)/.exec(version ?? "")?.[1] ?? "0");
    if (path !== undefined && version !== undefined && major >= minimumClang) {
      clangFound = { path, version, major };
      return clangFound;
    }
  }
  throw new BuildError(
    `no clang of version ${minimumClang} or later found (looked for ${names.join(", ")}).\n` +
      "  apt-get install clang-19 lld-19 llvm-19, or set CLANG to one.",
  );
}

/** An LLVM tool of clang's own version (`llvm-ar`, `llvm-objdump`), else of any version, else `fallback`. */
export function findLlvmTool(name: string, fallback?: string): string | undefined {
  const clang = findClang();
  const names = [`${name}-${clang.major}`, join(dirname(clang.path), name), name];
  for (const candidate of fallback === undefined ? names : [...names, fallback]) {
    const path = which(candidate);
    if (path !== undefined) {
      return path;
    }
  }
  return undefined;
}

/** The version of wasm2c whose output our wasm host knows. */
export const wasm2cVersion = "1.0.32";

/** @throws BuildError if there is no wasm2c, or one whose output our host does not know. */
export function findWasm2c(): string {
  const path = which(process.env.WASM2C ?? "wasm2c");
  if (path === undefined) {
    throw new BuildError(
      "no wasm2c found: frame code needs it.\n  apt-get install wabt, or set WASM2C to one.",
    );
  }
  const version = versionLine(path);
  if (version?.split(/\s/)[0] !== wasm2cVersion) {
    throw new BuildError(
      `${path} is version ${version ?? "unknown"}; frame code needs ${wasm2cVersion}, whose output the runtime knows.\n` +
        "  Debian 12 has it (apt-get install wabt); or set WASM2C to one.",
    );
  }
  return path;
}

/** Version of Duktape that the engine host is written for. */
export const duktapeVersion = "2.7.0";

/**
 * The folder with `duktape.c` and `duktape.h`: `DUKTAPE_DIR`, else what Debian's `duktape-dev` installs.
 *
 * @throws BuildError if there is none.
 */
export function findDuktape(): string {
  const chosen = process.env.DUKTAPE_DIR;
  const directory = chosen !== undefined && chosen !== "" ? resolve(chosen) : "/usr/share/duktape";
  if (!existsSync(join(directory, "duktape.c"))) {
    throw new BuildError(
      `no duktape.c in ${directory}: the engine is made of Duktape ${duktapeVersion}'s source.\n` +
        "  apt-get install duktape-dev, or set DUKTAPE_DIR to its folder.",
    );
  }
  return directory;
}
