/**
 * Finds floating-point state in machine code: disassembles objects, archives and kernel modules and names every
 * instruction of x87, MMX, SSE, AVX or AMX, and those that save, load or clear such state.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { resolve as resolvePath } from "node:path";
import { createInterface } from "node:readline";

/** An instruction that must not be there. */
export interface Offender {
  /** File, or `archive(member)`. */
  readonly object: string;
  /** Symbol that the instruction lies behind; `?` if there is none. */
  readonly function: string;
  /** Bytes from the function's start (without a function: from the section's), hexadecimal. */
  readonly offset: string;
  /** As disassembled, in AT&T syntax. */
  readonly instruction: string;
  /** What is wrong with it, e.g. `uses %xmm0`. */
  readonly reason: string;
}

/** What {@link checkNoFloat} saw. */
export interface Report {
  /** Objects looked at; members of archives count one each. */
  readonly objects: number;
  /** Functions (symbols in executable sections) looked at. */
  readonly functions: number;
  readonly instructions: number;
  readonly offenders: readonly Offender[];
}

/** The files cannot be checked at all. */
export class CheckError extends Error {
  override readonly name = "CheckError";
}

/** Vector, MMX, x87, mask and tile registers, as AT&T syntax writes them. */
const floatRegister = /%(?:[xyz]mm\d+|mm[0-7]|st(?:\(\d\))?|k[0-7]|tmm\d+)(?![\w(])|%st\(\d\)/;

/**
 * Instructions that touch the state without naming a register. All of x87 begins with f, as no integer instruction
 * does. (prefetch, fences, movnti, crc32 and popcnt came with SSE, but only use general registers.)
 */
const stateMnemonic =
  /^(?:f.+|wait|emms|v?(?:ld|st)mxcsr|xsave\w*|xrstor\w*|xsetbv|vzero(?:upper|all)|(?:ld|st)tilecfg|tilerelease)$/;

const prefixes = new Set([
  ...["lock", "rep", "repe", "repz", "repne", "repnz", "data16", "data32", "addr32", "notrack", "bnd"],
  ...["xacquire", "xrelease", "cs", "ds", "es", "fs", "gs", "ss"],
]);

/**
 * Why an instruction, as disassembled in AT&T syntax, may not be there.
 *
 * @returns undefined if it may.
 */
export function whyNotAllowed(instruction: string): string | undefined {
  // Symbols, in <>, may be named like anything.
  const text = instruction
    .replace(/#.*$/, "")
    .replace(/<[^>]*>/g, (name) => (name === "<unknown>" ? name : ""));
  if (/^\s*(?:<unknown>|\(bad\)|\.byte\b)/.test(text)) {
    return "cannot be decoded (data among the code, or an instruction newer than the disassembler)";
  }
  const register = floatRegister.exec(text);
  if (register !== null) {
    return `uses ${register[0]}`;
  }
  const words = text.trim().split(/\s+/);
  const mnemonic = words.find((word) => !prefixes.has(word) && !/^rex\b/.test(word)) ?? "";
  return stateMnemonic.test(mnemonic) ? "touches floating-point state" : undefined;
}

/** A disassembler: `LLVM_OBJDUMP` of the environment, `llvm-objdump-19`, `llvm-objdump`, `objdump`. */
export function findObjdump(): string {
  const chosen = process.env.LLVM_OBJDUMP;
  const names =
    chosen !== undefined && chosen !== "" ? [chosen] : ["llvm-objdump-19", "llvm-objdump", "objdump"];
  for (const name of names) {
    if (spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0) {
      return name;
    }
  }
  throw new CheckError(`no disassembler found (looked for ${names.join(", ")}).\n  apt-get install llvm-19`);
}

const objectLine = /^(.+):\s+file format (\S+)\s*$/;
/** How GNU objdump announces members; LLVM's writes `archive(member)`. */
const archiveLine = /^In archive (.+):$/;
const functionLine = /^([0-9a-f]+) <(.*)>:$/;
const instructionLine = /^\s*([0-9a-f]+):\s+(\S.*)$/;

/**
 * Disassembles ELF objects for amd64, archives of them, or linked modules, and looks at every instruction.
 *
 * @param files paths; at least one.
 * @throws CheckError if there is nothing to look at, or a file is not what it should be.
 */
export async function checkNoFloat(files: readonly string[]): Promise<Report> {
  if (files.length === 0) {
    throw new CheckError("no objects to check: an empty set proves nothing.");
  }
  const objdump = findObjdump();
  // A path from the root is no option, whatever its name.
  const paths = files.map((file) => resolvePath(file));
  const child = spawn(objdump, ["-d", "--no-show-raw-insn", ...paths], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });

  const offenders: Offender[] = [];
  let objects = 0;
  let functions = 0;
  let instructions = 0;
  let archive: string | undefined;
  let object = "?";
  let symbol = "?";
  let start = 0n;
  let foreign: string | undefined;
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
    const instruction = instructionLine.exec(line);
    if (instruction !== null) {
      instructions++;
      const text = (instruction[2] ?? "").replace(/\s+/g, " ").trim();
      const reason = whyNotAllowed(text);
      if (reason !== undefined) {
        const offset = (BigInt(`0x${instruction[1]}`) - start).toString(16);
        offenders.push({ object, function: symbol, offset, instruction: text, reason });
      }
      continue;
    }
    const label = functionLine.exec(line);
    if (label !== null) {
      start = BigInt(`0x${label[1]}`);
      symbol = label[2] ?? "?";
      functions++;
      continue;
    }
    archive = archiveLine.exec(line)?.[1] ?? archive;
    const header = objectLine.exec(line);
    if (header !== null) {
      const name = header[1] ?? "?";
      archive = paths.includes(name) ? undefined : archive;
      object = archive === undefined ? name : `${archive}(${name})`;
      symbol = "?";
      start = 0n;
      objects++;
      if (!(header[2] ?? "").startsWith("elf64-x86-64")) {
        foreign ??= `${object}: is ${header[2]}, not elf64-x86-64`;
      }
    }
  }
  const status = await ended;
  if (status !== 0 || foreign !== undefined) {
    throw new CheckError(foreign ?? `cannot disassemble:\n${complaints.trim()}`);
  }
  if (objects < files.length || functions === 0) {
    throw new CheckError(
      `${objects} objects with ${functions} functions in ${files.length} files: an empty set proves nothing.`,
    );
  }
  return { objects, functions, instructions, offenders };
}
