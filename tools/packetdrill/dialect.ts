/**
 * Scripts of the FreeBSD dialect of packetdrill, for the original program: two programs that read the same language but
 * for a few words.
 *
 * @module
 */

/** States as snippets call them, and as `sockstat` does. */
const STATES: Readonly<Record<string, string>> = {
  SYN_RECEIVED: "SYN_RCVD",
  FIN_WAIT_1: "FIN_WAIT_1",
  FIN_WAIT_2: "FIN_WAIT_2",
};

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
        // The original has names for the codes of "unreachable" only.
        .replace(/\bttl_exceeded_in_transit\b/, "code_0")
        .replace(/\bfrag_reass_exceeded\b/, "code_1")
        // Options that the host does not have: FreeBSD's numbers, and one more bit. See options.c of the library.
        .replace(/\bTCP_NOOPT\b/, String(0x10000 + 8))
        .replace(/\bTCP_KEEPINIT\b/, String(0x10000 + 128))
        // Snippets ask the kernel even where a library is driven.
        .replace(/%\{ *assert tcpi_state == TCPI_(\w+) *\}%/, (_, state: string) => {
          return `\`sockstat | grep -q ${STATES[state] ?? state}\``;
        }),
    )
    .join("\n");
}

/** The value of `--NAME=VALUE` in a script. */
export function optionOf(script: string, name: string): string | undefined {
  return new RegExp(`^--${name}=(\\S+)`, "m").exec(script)?.[1];
}
