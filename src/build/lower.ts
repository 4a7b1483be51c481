/**
 * Second and third stage: swc lowers the bundle to ES5, then esbuild joins it with the built-ins that it needs.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { decodedMappings, TraceMap } from "@jridgewell/trace-mapping";
import { type Options, transform } from "@swc/core";
import { build, type Plugin } from "esbuild";
import { builtinModules } from "../../stdlib-nofloat/es/manifest.ts";
import type { Bundle } from "./bundle.ts";
import { frameIndexName } from "./bundle.ts";
import { nameClasses } from "./class-names.ts";
import { BuildError, messageOf } from "./errors.ts";
import { nameFunctions } from "./function-names.ts";
import { chain, type Locate, locator, type MappedCode, splitLines } from "./line-map.ts";
import { examine } from "./lowerable.ts";
import { packageRoot } from "./paths.ts";

const require = createRequire(import.meta.url);
const builtins = join(packageRoot, "stdlib-nofloat/es");

/** The same for everything that the engine is to run: Internet Explorer 11 is ES5 with a few names of ES2015. */
function swcOptions(filename: string, usage: boolean, syntax: "ecmascript" | "typescript"): Options {
  return {
    filename,
    configFile: false,
    swcrc: false,
    isModule: true,
    sourceMaps: true,
    env: {
      targets: { ie: "11" },
      // The engine has symbols: the helper would call a function for each `typeof`, and read `constructor`.
      exclude: ["transform-typeof-symbol"],
      ...(usage ? ({ mode: "usage", coreJs: "3.51" } as const) : {}),
    },
    jsc: {
      parser: { syntax },
      externalHelpers: false,
      // A property with a name of its own instead of a WeakMap for each private member.
      assumptions: { privateFieldsAsProperties: true },
    },
    module: { type: "es6" },
  };
}

/**
 * swc makes the body of a loop that functions keep variables of a generator `_loop`, run by `yield*`. But what returns there leaves
 * both, even if it yields in a `finally` on its way: operation 8 of `generators.ts` in the place of 5. No column changes.
 */
const loopBody = /\b5(,\s*_ts_values\(_loop\d*\()/g;
const coreJsImport = /^import "(core-js\/[^"]+)";\n?/gm;

/** Lowers the TypeScript of `stdlib-nofloat/es`, and what it imports, as esbuild loads it. */
const loweringPlugin: Plugin = {
  name: "lower",
  setup(builder) {
    builder.onResolve({ filter: /^core-js\// }, (args) => ({ path: require.resolve(args.path) }));
    builder.onLoad({ filter: /\.ts$/ }, async (args) => {
      const source = readFileSync(args.path, "utf8");
      const result = await transform(source, {
        ...swcOptions(args.path, false, "typescript"),
        sourceMaps: false,
      });
      return { contents: result.code, loader: "js", resolveDir: dirname(args.path) };
    });
  },
};

/** Joins built-ins to one function that is called at once; `inputs` are the files that it was made of. */
async function bundleBuiltins(modules: readonly string[]): Promise<{ code: string; inputs: string[] }> {
  if (modules.length === 0) {
    return { code: "", inputs: [] };
  }
  const imports = modules.map((name) => (name.startsWith("./") ? join(builtins, name) : name));
  const joined = await build({
    absWorkingDir: packageRoot,
    stdin: {
      contents: imports.map((name) => `import ${JSON.stringify(name)};\n`).join(""),
      resolveDir: packageRoot,
      sourcefile: "mirage:entry",
    },
    bundle: true,
    write: false,
    format: "iife",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es5",
    charset: "utf8",
    metafile: true,
    legalComments: "none",
    logLevel: "silent",
    plugins: [loweringPlugin],
  }).catch((error: unknown) => {
    throw new BuildError(`cannot join the program's built-ins: ${messageOf(error)}`);
  });
  const inputs = Object.keys(joined.metafile.inputs).filter((name) => !name.includes("mirage:entry"));
  return {
    code: joined.outputFiles[0]?.text ?? "",
    inputs: inputs.map((name) => resolve(packageRoot, name)),
  };
}

export interface Lowered extends MappedCode {
  /** Modules of core-js and of stdlib-nofloat that were linked in. */
  readonly builtins: readonly string[];
  /** Full paths of all files read. */
  readonly inputs: readonly string[];
}

function locateInBundle(bundle: Bundle): Locate {
  const locate = locator(bundle.map, packageRoot);
  return (line, column) => {
    const place = locate(line, column);
    if (place?.file.startsWith("frame:") !== true) {
      return place;
    }
    // A generated call of frame code: the function's declaration.
    const origin = bundle.bindings.get(place.file.slice("frame:".length))?.[place.line - 1];
    return origin === undefined ? undefined : { ...origin, column: 0 };
  };
}

/**
 * Lowers a bundle to one function of `mirage$native`, in ES5.
 *
 * @param main the file whose code runs last.
 * @throws BuildError with file, line and reason for what cannot be lowered.
 */
export async function lowerProgram(bundle: Bundle, main: string): Promise<Lowered> {
  const inBundle = locateInBundle(bundle);
  const { topLevelAwait, functions } = examine(bundle.code, inBundle);
  // All modules start in one function, and a function has one file in the bytecode: the main one.
  const atStart: Locate = (line, column) => {
    const place = inBundle(line, column);
    if (place === undefined || place.file === main || functions.isInside(line, column)) {
      return place;
    }
    return { ...bundle.importedAt(place.file), column: 0 };
  };
  const prefix = topLevelAwait ? "(async function () {" : "";
  const named = nameClasses(bundle.code);
  // What the program throws at top level is uncaught, whether it awaits there or not.
  const suffix = '\n})().then(undefined, function (e) { mirage$native.fail(e, "uncaught "); });\n';
  const code = topLevelAwait ? `${prefix}${named}${suffix}` : named;

  const swc = await transform(code, swcOptions("bundle.js", true, "ecmascript")).catch((error: unknown) => {
    throw new BuildError(`swc cannot lower the program: ${messageOf(error)}`);
  });
  const suggested = [...swc.code.matchAll(coreJsImport)].map((match) => match[1] as string);
  // Empty lines in their place keep the source map right.
  const lowered = swc.code
    .replace(coreJsImport, (text) => (text.endsWith("\n") ? "\n" : ""))
    .replace(loopBody, "8$1");
  const modules = builtinModules(lowered, suggested);
  const locate = chain(
    locator(swc.map ?? "{}", packageRoot),
    (file) => file.endsWith("/bundle.js"),
    (line, column) => atStart(line, line === 1 ? Math.max(0, column - prefix.length) : column),
  );
  const columns = decodedMappings(new TraceMap(swc.map ?? "{}")).map((line) =>
    line.map((segment) => segment[0]),
  );
  // Joined by us and not by esbuild, which would rename functions whose names it has seen elsewhere.
  const body = splitLines(lowered.trimEnd(), columns, locate);
  const joined = await bundleBuiltins(modules);

  const indices = bundle.frameFiles.map((file, n) => ` var ${frameIndexName(file)} = ${n};`).join("");
  const head = `(function (mirage$native) { "use strict";${indices}\n${joined.code}`;
  return {
    code: `${head}${nameFunctions(body.code)}\n})\n`,
    lines: [...new Array<undefined>(head.split("\n").length - 1).fill(undefined), ...body.lines],
    builtins: modules,
    inputs: joined.inputs,
  };
}
