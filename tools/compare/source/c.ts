/**
 * Lines and functions in C; complexity by lizard, which needs none of a kernel's headers.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildError } from "../../../src/build/errors.ts";
import { packageRoot } from "../../../src/build/paths.ts";
import type { FileSize, FunctionSize } from "./typescript.ts";

/** Where tools/setup.sh puts it. */
const LIZARD = join(packageRoot, "build/lizard");
const LIZARD_VERSION = "1.24.3";

/** The source without what is in comments; strings stay. */
function withoutComments(source: string): string {
  return source.replace(
    /("(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*')|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (comment, literal?: string) => literal ?? comment.replace(/[^\n]+/g, " "),
  );
}

/** Lines with more than comments and blanks. */
export function codeLinesOfC(source: string): number {
  return withoutComments(source)
    .split("\n")
    .filter((line) => line.trim() !== "").length;
}

/**
 * One way through the preprocessor, line for line: the first branch of each #if (of `#if 0` the second), no directives,
 * and the loops that queue(3) hides in macros as what they are.
 */
export function firstBranches(source: string): string {
  const open: { taken: boolean; now: boolean }[] = [];
  let continued = false;
  const kept = withoutComments(source)
    .split("\n")
    .map((line) => {
      const directive = continued ? undefined : /^\s*#\s*(\w+)\s*(.*)/.exec(line);
      const isDirective = continued || directive !== null;
      continued = isDirective && line.trimEnd().endsWith("\\");
      const [, word, rest] = directive ?? [];
      const top = open.at(-1);
      if (word === "if" || word === "ifdef" || word === "ifndef") {
        const now = !(word === "if" && rest?.trim() === "0");
        open.push({ taken: now, now });
      } else if ((word === "else" || word === "elif") && top !== undefined) {
        top.now = !top.taken;
        top.taken = true;
      } else if (word === "endif") {
        open.pop();
      }
      return isDirective || open.some(({ now }) => !now) ? "" : line;
    });
  return kept.join("\n").replace(/\b\w+_FOREACH\w*(?=\s*\()/g, "for");
}

/** Lizard's lines of CSV: file by number, and name and complexity of a function. */
function readCsv(csv: string): [file: number, fn: FunctionSize][] {
  return [...csv.matchAll(/^\d+,(\d+),\d+,\d+,\d+,"[^"]*","[^"]*?(\d+)\.c","([^"]*)",/gm)].map(
    ([, complexity, file, name]) => [Number(file), { name: name!, complexity: Number(complexity) }],
  );
}

function lizard(folder: string): string {
  const own = existsSync(join(LIZARD, "lizard.py"));
  const { status, stdout, error } = spawnSync("python3", ["-m", "lizard", "--csv", "-l", "c", folder], {
    encoding: "utf8",
    maxBuffer: 256 << 20,
    env: { ...process.env, ...(own ? { PYTHONPATH: LIZARD } : {}) },
  });
  // It exits with 1 when a function exceeds its limits.
  if (error !== undefined || (status !== 0 && stdout === "")) {
    throw new BuildError(
      `there is no lizard, which measures the complexity of C.\n  python3 -m pip install --target ${LIZARD} lizard==${LIZARD_VERSION}`,
    );
  }
  return stdout;
}

/** Sizes of files of C, in their order. */
export function measureC(sources: readonly string[]): FileSize[] {
  if (sources.length === 0) {
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), "mirage-lizard-"));
  try {
    sources.forEach((source, i) => {
      writeFileSync(join(folder, `${i}.c`), firstBranches(source));
    });
    const functions: FunctionSize[][] = sources.map(() => []);
    for (const [file, fn] of readCsv(lizard(folder))) {
      functions[file]!.push(fn);
    }
    return sources.map((source, i) => ({ lines: codeLinesOfC(source), functions: functions[i]! }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
