/**
 * Folded stacks: one line is a stack, outermost function first, and a count. docs/reports.md has the form.
 *
 * @module
 */
import { BuildError } from "../build/errors.ts";
import type { Stack } from "./model.ts";

/** What kind of code a function is, by the end of its name. */
export type FrameKind = "javascript" | "frame-code" | "kernel" | "c" | "unnamed";

const suffixes: Readonly<Record<string, FrameKind>> = {
  "_[j]": "javascript",
  "_[f]": "frame-code",
  "_[k]": "kernel",
};

/** An address with no name, or what tracers write for one. */
const unnamed = /^(0x[0-9a-f]+|\[?unknown\]?|\?+|)$/i;

export interface Frame {
  /** Without the suffix. */
  readonly name: string;
  readonly kind: FrameKind;
}

export function frameOf(text: string): Frame {
  const suffix = text.slice(-4);
  const kind = suffixes[suffix];
  const name = (kind === undefined ? text : text.slice(0, -4)).trim();
  return unnamed.test(name) ? { name: name || "?", kind: "unnamed" } : { name, kind: kind ?? "c" };
}

/** Not a folded stack: says in which line, and what would be right. */
export class FoldedError extends BuildError {}

/**
 * Stacks of `text`, the same ones added up. Fails on a line without a count, and when there is no stack at all.
 *
 * @param source Named in errors: the file, or "standard input".
 */
export function parseFolded(text: string, source: string): Stack[] {
  const counts = new Map<string, number>();
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return;
    const match = /^(.*\S)\s+([0-9]+)\s*$/.exec(line);
    const count = Number(match?.[2]);
    if (match?.[1] === undefined || !Number.isSafeInteger(count)) {
      throw new FoldedError(
        `${source}:${index + 1}: no count at the end of "${line.slice(0, 60)}"; a folded stack is "outer;inner 12"`,
      );
    }
    counts.set(match[1], (counts.get(match[1]) ?? 0) + count);
  });
  const stacks = [...counts]
    .filter(([, count]) => count > 0)
    .map(([stack, count]) => ({ frames: stack.split(";"), count }));
  if (stacks.length === 0) {
    throw new FoldedError(`${source}: no samples; lines of "outer;inner 12" were expected`);
  }
  return stacks;
}

/** Samples by the innermost function, the most first, and how many have a name there. */
export interface FlameSummary {
  readonly samples: number;
  readonly named: number;
  readonly kinds: Readonly<Record<FrameKind, number>>;
  /** Samples in the function itself, and in it or what it calls. */
  readonly functions: readonly (Frame & { readonly self: number; readonly total: number })[];
}

export function summarize(stacks: readonly Stack[]): FlameSummary {
  const kinds: Record<FrameKind, number> = { javascript: 0, "frame-code": 0, kernel: 0, c: 0, unnamed: 0 };
  const functions = new Map<string, Frame & { self: number; total: number }>();
  let samples = 0;
  for (const { frames, count } of stacks) {
    samples += count;
    kinds[frameOf(frames.at(-1) ?? "").kind] += count;
    // A function that calls itself has the sample once.
    for (const text of new Set(frames)) {
      const entry = functions.get(text) ?? { ...frameOf(text), self: 0, total: 0 };
      entry.total += count;
      functions.set(text, entry);
    }
    const innermost = functions.get(frames.at(-1) ?? "");
    if (innermost !== undefined) innermost.self += count;
  }
  return {
    samples,
    named: samples - kinds.unnamed,
    kinds,
    functions: [...functions.values()].sort(
      (a, b) => b.self - a.self || b.total - a.total || (a.name < b.name ? -1 : 1),
    ),
  };
}
