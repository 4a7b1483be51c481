/**
 * Folds sampled stacks: from what `dtrace/flame.d` prints, and `--profile FILE` of a process, to the text that a flame
 * graph is drawn of (docs/reports.md).
 *
 * A sample has two stacks: the TypeScript functions that run in the interpreter, and the C functions of the thread, the
 * interpreter's among them. In place of the interpreter's stand the TypeScript functions; on them what the innermost
 * one called: built-ins, frame code, the kernel.
 *
 * @module
 */
import { type FrameFunctions, frameLabel } from "./frame-functions.ts";

/** Functions by which C calls TypeScript, and the interpreter calls itself. */
const interpreter =
  /^(duk__?js_execute_bytecode\w*|duk__?handle_(call|safe_call)\w*|duk__executor_\w+|duk_p?call\w*|duk_new|duk_safe_call|enter|run_(call|calls|main|microtasks)|mirage_engine_(main|call|calls|microtasks)|unit_setup_act|unit_unwind)$/;

/** What keeps the folded stack: part of the sampling, not of the program. */
const sampler = /^(unit_(sample|put|entered|left|act_|where|trace)\w*)$/;

interface Sample {
  readonly typescript: readonly string[];
  /** Innermost first: "mirage.ko`fc_stack__input+0x12". */
  readonly native: readonly string[];
  readonly count: number;
}

/** "mirage.ko`fc_stack__input+0x12" -> module and function; an address has no module. */
function split(frame: string): { module: string; name: string } {
  const tick = frame.indexOf("`");
  const name = frame.slice(tick + 1).replace(/\+0x[0-9a-f]+$/, "");
  return { module: tick < 0 ? "" : frame.slice(0, tick), name };
}

function isAddress(name: string): boolean {
  return /^(0x)?[0-9a-f]{6,}$/i.test(name);
}

/** A C function as the flame graph has it. */
function label(frame: string, functions: FrameFunctions): string {
  const { module, name } = split(frame);
  if (name.startsWith("fc_")) {
    return `${frameLabel(name, functions)}_[f]`;
  }
  // What a signal of a compiler's made of it says nothing to a reader.
  const plain = name.replace(/\.(cold|part|constprop|isra|llvm)[.\d]*$/, "").replaceAll(";", "_");
  const kernel = module === "kernel" || (module.endsWith(".ko") && module !== "mirage.ko");
  return kernel && !isAddress(plain) ? `${plain}_[k]` : plain;
}

function foldOne(sample: Sample, functions: FrameFunctions): string {
  const frames = sample.native.map(split);
  // Below the thread's first function is assembler without a name.
  let outermost = frames.length;
  while (outermost > 1 && isAddress((frames[outermost - 1] as { name: string }).name)) {
    outermost--;
  }
  const native = sample.native.slice(0, outermost);
  const names = frames.slice(0, outermost).map(({ name }) => name);
  if (sample.typescript.length === 0) {
    return native
      .map((frame) => label(frame, functions))
      .reverse()
      .join(";");
  }
  const innermost = names.findIndex((name) => interpreter.test(name));
  const first = names.length - 1 - [...names].reverse().findIndex((name) => interpreter.test(name));
  // A stack that was too deep shows only its innermost functions.
  const below = innermost < 0 ? [] : native.slice(first + 1);
  const above = (innermost < 0 ? native : native.slice(0, innermost)).filter(
    (frame) => !sampler.test(split(frame).name),
  );
  return [
    ...below.map((frame) => label(frame, functions)).reverse(),
    ...sample.typescript,
    ...above.map((frame) => label(frame, functions)).reverse(),
  ].join(";");
}

function* samplesOf(text: string): Generator<Sample> {
  let typescript: string[] | undefined;
  let native: string[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === "js" || line.startsWith("js ")) {
      typescript = line.slice(3) === "" ? [] : line.slice(3).split(";");
      native = [];
    } else if (typescript !== undefined && /^count \d+$/.test(line)) {
      yield { typescript, native, count: Number(line.slice("count ".length)) };
      typescript = undefined;
    } else if (typescript !== undefined && line !== "") {
      native.push(line);
    }
  }
}

/** The executable that a profile of a process is of, or undefined. */
export function profiledProgram(text: string): string | undefined {
  return /^program (.+)$/m.exec(text)?.[1];
}

/**
 * @param text blocks of "js STACK", C functions from the innermost on, and "count N"; anything else is left out.
 * @param functions of frame code, by symbol; without them their names show class and method, but no line.
 * @returns folded stacks, a line each, most samples first; "" if there is no sample.
 */
export function foldSamples(text: string, functions: FrameFunctions = new Map()): string {
  const counts = new Map<string, number>();
  for (const sample of samplesOf(text)) {
    const stack = foldOne(sample, functions);
    if (stack !== "") {
      counts.set(stack, (counts.get(stack) ?? 0) + sample.count);
    }
  }
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([stack, count]) => `${stack} ${count}\n`)
    .join("");
}
