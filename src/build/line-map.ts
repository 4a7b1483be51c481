/**
 * Source maps: following a place through several stages back to TypeScript, and the map from lines of the final code
 * to TypeScript lines that `mirage-bytecode` writes into the bytecode.
 *
 * @module
 */
import { isAbsolute, resolve } from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

/** A place in a source file: full path, 1-based line, 0-based column. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Locate = (line: number, column: number) => Place | undefined;

/** Looks places up in one source map; relative sources are relative to `base`. */
export function locator(map: string, base: string): Locate {
  const trace = new TraceMap(map);
  return (line, column) => {
    const found = originalPositionFor(trace, { line, column });
    if (found.source === null) {
      return undefined;
    }
    const scheme = /^([a-z]+):(.*)$/.exec(found.source);
    const path = scheme === null ? found.source : (scheme[2] as string);
    const file = isAbsolute(path) ? path : resolve(base, path);
    return { file: scheme === null ? file : `${scheme[1]}:${file}`, line: found.line, column: found.column };
  };
}

/** Follows a place through stages, last stage first. `through(file)` says whether `file` is an earlier stage's output. */
export function chain(last: Locate, isIntermediate: (file: string) => boolean, earlier: Locate): Locate {
  return (line, column) => {
    const place = last(line, column);
    return place !== undefined && isIntermediate(place.file) ? earlier(place.line, place.column) : place;
  };
}

/** Code and, for each of its lines, where it comes from. */
export interface MappedCode {
  readonly code: string;
  readonly lines: readonly (Place | undefined)[];
}

/** After these a line break would end the statement. */
const restricted = /(?:^|[^\w$.])(?:return|throw|break|continue)\s*$/;

/**
 * Starts a new line wherever the source line changes, as far as JavaScript's grammar lets a line break stand there:
 * the engine knows lines only, and several TypeScript lines in one would all get the name of the first.
 *
 * @param columns for each line (0-based), the columns at which a mapping begins, ascending.
 */
export function splitLines(
  code: string,
  columns: readonly (readonly number[])[],
  locate: Locate,
): MappedCode {
  const out: string[] = [];
  const origins: (Place | undefined)[] = [];
  code.split("\n").forEach((text, n) => {
    let start = 0;
    let current: Place | undefined;
    let known = false;
    for (const column of columns[n] ?? []) {
      const place = locate(n + 1, column);
      if (place === undefined || column >= text.length) {
        continue;
      }
      if (!known) {
        current = place;
        known = true;
        continue;
      }
      if (place.file === current?.file && place.line === current.line) {
        continue;
      }
      const before = text.slice(start, column);
      const after = text.slice(column);
      if (before.trim() === "" || restricted.test(before) || /^(?:\+\+|--|[)\]},;])/.test(after)) {
        continue;
      }
      out.push(before);
      origins.push(current);
      start = column;
      current = place;
    }
    out.push(text.slice(start));
    origins.push(current);
  });
  return { code: out.join("\n"), lines: origins };
}
