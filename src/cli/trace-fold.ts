/**
 * Folds what `dtrace/flame.d`, its twin and `--profile` of a process print: a stack a line, outermost function first, as
 * docs/reports.md has it.
 *
 * A sample is two stacks, of TypeScript (`js`) and of C. Where the C stack runs the interpreter, the TypeScript functions take
 * the interpreter's place; frame code is C already, and gets its TypeScript names.
 *
 * @module
 */
import { elfSection } from "./elf-section.ts";

/** TypeScript names of C functions, by symbol. */
export type FrameCodeNames = ReadonlyMap<string, string>;

/** From the section `.mirage.functions` of an executable or a `mirage.ko`; empty without one. */
export function frameCodeNames(file: string): FrameCodeNames {
  const text = elfSection(file, ".mirage.functions")?.toString("utf8") ?? "";
  const rows = text.split("\n").map((line) => line.split("\t"));
  return new Map(
    rows.flatMap(([symbol, name, source, line]) =>
      symbol !== undefined && name !== undefined
        ? [[symbol, line === "0" ? `${name} (${source})` : `${name} (${source}:${line})`]]
        : [],
    ),
  );
}

/** The text of a stack comes in pieces of this many bytes; what follows a shorter one is left over of an older text. */
const pieceBytes = 63;

interface Sample {
  readonly pieces: string[];
  /** Innermost first, as tracers print it. */
  readonly frames: string[];
  /** How many of `frames` are above the line `user`: of the kernel. */
  kernel: number;
}

/** `symbol+offset`, as bpftrace prints it, or ``module`symbol+offset``, as dtrace does. */
function frameOf(line: string, inKernel: boolean, names: FrameCodeNames): string {
  const [, module, symbol] = /^(?:([^`]+)`)?(.+?)(?:\+(?:0x)?[0-9a-f]+)?$/.exec(line) ?? [];
  const name = (symbol ?? line).replaceAll(";", ":");
  if (/^0x[0-9a-f]+$/.test(name)) {
    return name;
  }
  if (name.startsWith("fc_")) {
    return `${names.get(name) ?? name}_[f]`;
  }
  // A process and its libraries have no such module.
  const host = module === undefined ? inKernel : /^(?!mirage\.ko$)(?:kernel|.+\.ko)$/.test(module);
  return host ? `${name}_[k]` : name;
}

/** Functions by which C calls TypeScript, and the interpreter calls itself: nothing of them is left. */
const interpreter =
  /^(?:duk__?js_execute_bytecode\w*|duk__?handle_(?:call|safe_call)\w*|duk__executor_\w+|duk_p?call\w*|duk_new|duk_safe_call|enter|run_(?:call|calls|main|microtasks)|mirage_engine_(?:main|call|calls|microtasks))$/;
/** What keeps the text of the stack, and what that calls, is no part of the program. */
const sampler = /^unit_(?:sample|put|entered|left|act_|where|trace)\w*$/;
const address = /^0x[0-9a-f]+$/;

function textOf(pieces: readonly string[]): string {
  // dtrace prints it in one piece.
  const end =
    pieces.length === 1 ? 0 : pieces.findIndex((piece) => Buffer.byteLength(piece, "latin1") < pieceBytes);
  const whole = pieces.slice(0, end < 0 ? pieces.length : end + 1).join("");
  return Buffer.from(whole, "latin1").toString("utf8");
}

function fold(sample: Sample, names: FrameCodeNames): string[] {
  const all = sample.frames.map((line, index) => frameOf(line, index < sample.kernel, names)).reverse();
  // Below the thread's first function is assembler without a name.
  const c = all.slice(
    Math.max(
      0,
      Math.min(
        all.length - 1,
        all.findIndex((name) => !address.test(name)),
      ),
    ),
  );
  const js = textOf(sample.pieces)
    .split(";")
    .filter((name) => name !== "");
  const first = c.findIndex((name) => interpreter.test(name));
  if (js.length === 0) {
    return c;
  }
  // A stack that was too deep shows only its innermost functions: those that TypeScript called.
  const last = c.findLastIndex((name) => interpreter.test(name));
  const above = c.slice(last + 1);
  const keeping = above.findIndex((name) => sampler.test(name));
  return [...c.slice(0, Math.max(0, first)), ...js, ...above.slice(0, keeping < 0 ? undefined : keeping)];
}

/** The executable that `--profile` sampled, if this is what it wrote. */
export function profiledProgram(printed: string): string | undefined {
  return /^program (.+)$/m.exec(printed)?.[1];
}

/**
 * Folded stacks with their counts, the same ones added up.
 *
 * @param printed What the script printed, read as latin1: it may be cut in the middle of a character
 */
export function foldSamples(printed: string, names: FrameCodeNames): string {
  const counts = new Map<string, number>();
  let sample: Sample = { pieces: [], frames: [], kernel: 0 };
  for (const line of printed.split("\n")) {
    const text = line.trim();
    const count = /^count ([0-9]+)$/.exec(text)?.[1];
    if (line === "js" || line.startsWith("js ")) {
      sample.pieces.push(line.slice(3));
    } else if (text === "user") {
      sample.kernel = sample.frames.length;
    } else if (count !== undefined) {
      const stack = fold(sample, names).join(";");
      if (stack !== "") {
        counts.set(stack, (counts.get(stack) ?? 0) + Number(count));
      }
      sample = { pieces: [], frames: [], kernel: 0 };
    } else if (profiledProgram(line) !== undefined) {
      sample = { pieces: [], frames: [], kernel: 0 };
    } else if (text !== "" && !text.startsWith("#")) {
      sample.frames.push(text);
    }
  }
  return [...counts].map(([stack, count]) => `${stack} ${count}\n`).join("");
}
