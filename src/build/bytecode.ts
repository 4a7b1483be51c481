/**
 * From ES5 to bytecode: runs `mirage-bytecode` with the map of lines to TypeScript.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import type { MappedCode } from "./line-map.ts";
import { type ProgramSource, tracePath } from "./sources.ts";

/**
 * The line map as `mirage-bytecode` reads it: text, a line for each line of the code, "file:line" in TypeScript, or
 * empty where there is none.
 */
export function lineMapText(mapped: MappedCode, program: ProgramSource): string {
  const names = new Map<string, string>();
  const nameOf = (file: string): string => {
    const name = names.get(file) ?? tracePath(file, program);
    names.set(file, name);
    return name;
  };
  return mapped.lines
    .map((place) => (place === undefined ? "\n" : `${nameOf(place.file)}:${place.line}\n`))
    .join("");
}

/** Compiles to Duktape bytecode. `directory` keeps what the tool reads and writes. */
export async function compileBytecode(
  tool: string,
  mapped: MappedCode,
  program: ProgramSource,
  directory: string,
): Promise<Uint8Array> {
  const script = join(directory, "program.js");
  const lines = join(directory, "program.lines");
  const output = join(directory, "program.bin");
  writeFileSync(script, mapped.code);
  writeFileSync(lines, lineMapText(mapped, program));
  await run(tool, ["-o", output, "-l", lines, script]);
  return readFileSync(output);
}
