/**
 * console.table: a table of rows and columns in box-drawing characters, as in Node.
 *
 * @module
 */
import { hasOwn } from "./define.ts";
import { inspect } from "./inspect.ts";

type Row = Record<string, unknown>;

function cell(value: unknown): string {
  return inspect(value, 0);
}

function line(cells: string[], widths: number[]): string {
  const padded: string[] = [];
  for (let i = 0; i < widths.length; i++) {
    const text = cells[i] ?? "";
    padded.push(` ${text}${" ".repeat(Math.max((widths[i] as number) - text.length, 0))} `);
  }
  return `│${padded.join("│")}│`;
}

function rule(left: string, middle: string, right: string, widths: number[]): string {
  return left + widths.map((width) => "─".repeat(width + 2)).join(middle) + right;
}

/** The table, or undefined if `data` has no rows to show. */
export function table(data: unknown, columns: readonly string[] | undefined): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const rows = Object.keys(data);
  const heads: string[] = columns === undefined ? [] : columns.slice();
  let hasValues = false;
  for (let i = 0; i < rows.length; i++) {
    const row = (data as Row)[rows[i] as string];
    if (typeof row !== "object" || row === null) hasValues = true;
    else if (columns === undefined) {
      const keys = Object.keys(row);
      for (let k = 0; k < keys.length; k++)
        if (heads.indexOf(keys[k] as string) < 0) heads.push(keys[k] as string);
    }
  }
  const header = ["(index)"].concat(heads, hasValues ? ["Values"] : []);
  const body: string[][] = [];
  for (let i = 0; i < rows.length; i++) {
    const key = rows[i] as string;
    const row = (data as Row)[key];
    const isObject = typeof row === "object" && row !== null;
    const cells = [key];
    for (let h = 0; h < heads.length; h++) {
      const head = heads[h] as string;
      const has = isObject && hasOwn(row, head);
      cells.push(has ? cell((row as Row)[head]) : "");
    }
    if (hasValues) cells.push(isObject ? "" : cell(row));
    body.push(cells);
  }
  const widths = header.map((text, column) => {
    let width = text.length;
    for (let i = 0; i < body.length; i++)
      width = Math.max(width, ((body[i] as string[])[column] as string).length);
    return width;
  });
  const lines = [rule("┌", "┬", "┐", widths), line(header, widths), rule("├", "┼", "┤", widths)];
  for (let i = 0; i < body.length; i++) lines.push(line(body[i] as string[], widths));
  lines.push(rule("└", "┴", "┘", widths));
  return lines.join("\n");
}
