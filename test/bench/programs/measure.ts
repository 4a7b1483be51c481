/**
 * Runs `body` `rounds` times and prints the best time of five batches, so that a benchmark's number does not
 * depend on one unlucky moment of a shared machine.
 *
 * @param body returns a value that depends on all of its work, checked against `expected`
 */
export function measure(name: string, rounds: number, expected: unknown, body: () => unknown): void {
  let best = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < 5; batch++) {
    const from = performance.now();
    let result: unknown;
    for (let round = 0; round < rounds; round++) {
      result = body();
    }
    best = Math.min(best, performance.now() - from);
    if (result !== expected) {
      throw new Error(`${name}: expected ${String(expected)}, got ${String(result)}`);
    }
  }
  console.log(JSON.stringify({ name, milliseconds: best }));
}
