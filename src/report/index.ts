/**
 * Reports: `writeReport("out.html", { title, environment: thisMachine(), sections: [...] })`. docs/reports.md says what is drawn.
 *
 * Importing this loads no plotting library; writing a report does.
 *
 * @module
 */
import { accessSync, constants, existsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { BuildError, messageOf } from "../build/errors.ts";
import type { Report } from "./model.ts";

export { compareReport } from "./compare.ts";
export { FoldedError, frameOf, parseFolded, summarize } from "./folded.ts";
export { flameReport, latencyPlot, quantiles } from "./kinds.ts";
export { thisMachine } from "./machine.ts";
export * from "./model.ts";

/** Fails with a BuildError that names the file if it cannot be written later. Makes no file. */
export function checkWritable(file: string): void {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new Error("it is a folder");
    }
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw new BuildError(`${file}: cannot be written: ${messageOf(error)}`);
  }
}

/** Writes a file of results. Fails with a BuildError that names the file when it cannot be written. */
export function writeResults(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new BuildError(`${file}: cannot be written: ${messageOf(error)}`);
  }
}

/** Writes the HTML page. Fails with a BuildError that names the file when it cannot be written. */
export async function writeReport(file: string, report: Report): Promise<void> {
  const { reportHtml } = await import("./html.ts");
  writeResults(file, await reportHtml(report));
}
