/**
 * What a build says while it works: one line per step on stderr.
 *
 * @module
 */

export interface Progress {
  /** Adds steps to the total. */
  expect(steps: number): void;
  /** Says that a step begins. */
  step(what: string): void;
}

/** Says nothing. */
export const silent: Progress = {
  expect: () => undefined,
  step: () => undefined,
};

/** Prints "[3/41] cc runtime/loop.c" lines through `write`. */
export function counting(
  write: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Progress {
  let done = 0;
  let total = 0;
  return {
    expect(steps) {
      total += steps;
    },
    step(what) {
      done++;
      total = Math.max(total, done);
      write(`[${done}/${total}] ${what}`);
    },
  };
}

/** "0.42 s" */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
