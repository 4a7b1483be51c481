/**
 * "Did you mean": the nearest of several words.
 *
 * @module
 */

/** Insertions, deletions and substitutions that turn `a` into `b`. */
export function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] as number) + 1, (row[j - 1] as number) + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length] as number;
}

/** The word of `words` that is nearest to `word`, if any is near enough to be meant. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 2)) + 1;
  for (const candidate of words) {
    const far = word.length > 1 && candidate.startsWith(word) ? 1 : distance(word, candidate);
    if (far < least) {
      best = candidate;
      least = far;
    }
  }
  return best;
}
