/**
 * The scripts of `mirage trace`: `dtrace/NAME.d` for dtrace(1), `dtrace/bpftrace/NAME.bt` for bpftrace(8).
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../build/errors.ts";
import { packageRoot } from "../build/paths.ts";
import { nearest } from "./nearest.ts";

/** One script, as its header describes it. */
export interface Script {
  readonly name: string;
  /** What it shows, in one line. */
  readonly summary: string;
  /** Names of its arguments: numbers, none of which need be given. */
  readonly arguments: readonly string[];
  /** The D script. */
  readonly file: string;
  /** Its twin for Linux, if there is one. */
  readonly twin: string | undefined;
  /** Why there is none, in the header's words. */
  readonly withoutTwin: string | undefined;
}

/** The folder of the D scripts; beside them `lib/` (translators) and `bpftrace/` (twins). */
export const scriptFolder: string = join(packageRoot, "dtrace");

/** The comment at a script's top, without the stars; the empty string if it has none. */
export function headerOf(text: string): string {
  const comment = /^(?:#!.*\n)?\/\*-?\n((?: \*.*\n)*?) \*\//.exec(text)?.[1] ?? "";
  return comment.replace(/^ \* ?/gm, "");
}

/** A part of a header: what follows `WORD:` up to the next empty line, on one line. */
export function headerField(header: string, word: string): string | undefined {
  const found = new RegExp(`^${word}:([\\s\\S]*?)(?:\\n\\s*\\n|$(?![\\s\\S]))`, "m").exec(header)?.[1];
  return found?.replace(/\s+/g, " ").trim();
}

/** Of `USAGE: mirage trace NAME [SECONDS [LINES]], or ...`. */
function argumentsOf(name: string, header: string): string[] {
  const usage = headerField(header, "USAGE") ?? "";
  return new RegExp(`mirage trace ${name} ([^,;]*)`).exec(usage)?.[1]?.match(/[A-Z]+/g) ?? [];
}

function readScript(name: string): Script {
  const file = join(scriptFolder, `${name}.d`);
  const header = headerOf(readFileSync(file, "utf8"));
  const twin = join(scriptFolder, "bpftrace", `${name}.bt`);
  return {
    name,
    // The line that begins with the script's own name.
    summary:
      new RegExp(`^${name}\\.d - ((?:.+\\n?)+)`, "m").exec(header)?.[1]?.replace(/\s+/g, " ").trim() ?? "",
    arguments: argumentsOf(name, header),
    file,
    twin: existsSync(twin) ? twin : undefined,
    withoutTwin: headerField(header, "LINUX"),
  };
}

/** All scripts, by name. */
export function allScripts(): Script[] {
  return readdirSync(scriptFolder)
    .filter((file) => file.endsWith(".d"))
    .map((file) => readScript(file.slice(0, -2)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The script of that name; throws a {@link UsageError} that names the nearest. */
export function findScript(name: string): Script {
  const scripts = allScripts();
  const found = scripts.find((script) => script.name === name);
  if (found === undefined) {
    const names = scripts.map((script) => script.name);
    const near = nearest(name, names);
    throw new UsageError(
      `no such script: ${name}.${near === undefined ? "" : ` Did you mean ${near}?`}\n  mirage trace --list names all.`,
    );
  }
  return found;
}

/** Fails with a {@link UsageError} on words that the script does not take. */
export function checkArguments({ name, arguments: known }: Script, words: readonly string[]): void {
  const takes = known.length === 0 ? "no arguments" : `${known.map((one) => `[${one}]`).join(" ")} only`;
  if (words.length > known.length) {
    throw new UsageError(`${name} takes ${takes}: ${words[known.length]} is one too many.`);
  }
  words.forEach((word, index) => {
    if (!/^[1-9][0-9]{0,4}$/.test(word)) {
      throw new UsageError(`${name} ${word}: ${known[index]} is a number from 1 to 99999.`);
    }
  });
}

/** What `mirage trace --list` prints: a line for each. */
export function describeScripts(): string {
  const scripts = allScripts();
  const width = Math.max(...scripts.map((script) => script.name.length));
  return scripts.map((script) => `${script.name.padEnd(width)}  ${script.summary}\n`).join("");
}
