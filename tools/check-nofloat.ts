/**
 * `node dist/check-nofloat.js [--json] FILE|FOLDER...`: fails if any of these objects, archives, modules, or any such
 * file below these folders, holds floating-point code.
 *
 * Exit codes: 0 none found, 1 some found or nothing to check, 64 bad arguments.
 *
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CheckError, checkNoFloat } from "./check-nofloat-scan.ts";

const usage = `usage: check-nofloat [--json] FILE|FOLDER...

Disassembles ELF objects, archives (.a) and kernel modules (.ko) for amd64 and fails if an instruction
uses floating-point, MMX, SSE or AVX state. Of a folder, all .o, .a and .ko files below it are checked.

  build/nofloat/libmirage.a    checks what programs are linked with
  --json                       prints the whole report as JSON
`;

/** Offenders to print before the rest is only counted. */
const shownOffenders = 20;

function filesIn(path: string): string[] {
  let directory: boolean;
  try {
    directory = statSync(path).isDirectory();
  } catch (error) {
    throw new CheckError(
      `${path}: ${(error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : error}`,
    );
  }
  if (!directory) {
    return [path];
  }
  const found = readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(o|a|ko)$/.test(name))
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
    .sort();
  if (found.length === 0) {
    throw new CheckError(`${path}: no .o, .a or .ko file in this folder: an empty set proves nothing.`);
  }
  return found;
}

async function main(args: readonly string[]): Promise<number> {
  const json = args.includes("--json");
  const paths = args.filter((arg) => arg !== "--json");
  if (paths.includes("--help") || paths.includes("-h")) {
    process.stdout.write(usage);
    return 0;
  }
  const unknown = paths.find((path) => path.startsWith("-"));
  if (unknown !== undefined || paths.length === 0) {
    const what = unknown === undefined ? "name at least one object" : `unknown option ${unknown}`;
    process.stderr.write(`check-nofloat: ${what}\n\n${usage}`);
    return 64;
  }
  const report = await checkNoFloat(paths.flatMap(filesIn));
  if (json) {
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    return report.offenders.length === 0 ? 0 : 1;
  }
  for (const found of report.offenders.slice(0, shownOffenders)) {
    process.stderr.write(
      `check-nofloat: ${found.object}: ${found.function}+0x${found.offset}: ${found.instruction}: ${found.reason}\n`,
    );
  }
  const hidden = report.offenders.length - shownOffenders;
  if (hidden > 0) {
    process.stderr.write(`check-nofloat: and ${hidden} more\n`);
  }
  const looked = `${report.functions} functions (${report.instructions} instructions) in ${report.objects} objects`;
  process.stdout.write(
    report.offenders.length === 0
      ? `check-nofloat: ${looked}: no floating point\n`
      : `check-nofloat: ${looked}: ${report.offenders.length} instructions must not be there\n`,
  );
  return report.offenders.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `check-nofloat: ${error instanceof CheckError ? error.message : (error as Error).stack}\n`,
  );
  process.exitCode = 1;
}
