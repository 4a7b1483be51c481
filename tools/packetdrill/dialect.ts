/**
 * Scripts of the FreeBSD dialect of packetdrill, for the original program: two programs that read the same language but
 * for a few words.
 *
 * @module
 */

/** Keeps the lines of `#ifdef FreeBSD`, whose behaviour this stack is modelled on, and drops those of others. */
function resolveConditions(lines: readonly string[]): string[] {
  const open: boolean[] = [];
  return lines.map((line) => {
    const condition = /^#(ifdef|ifndef|else|endif)\b\s*(\w*)/.exec(line);
    if (condition === null) {
      return open.every((kept) => kept) ? line : "";
    }
    const [, word, name] = condition;
    if (word === "ifdef" || word === "ifndef") {
      open.push((name === "FreeBSD") === (word === "ifdef"));
    } else if (word === "else") {
      open.push(!(open.pop() ?? true));
    } else {
      open.pop();
    }
    return "";
  });
}

/** The script with as many lines, so that messages name the right one. */
export function translate(script: string): string {
  const lines = resolveConditions(script.split("\n"));
  return lines
    .map((line) =>
      line
        // The original has names for the codes of "unreachable" only; none stands for 0.
        .replace(/\btime_exceeded ttl_exceeded_in_transit\b/, "time_exceeded"),
    )
    .join("\n");
}

/** The value of `--NAME=VALUE` in a script. */
export function optionOf(script: string, name: string): string | undefined {
  return new RegExp(`^--${name}=(\\S+)`, "m").exec(script)?.[1];
}
