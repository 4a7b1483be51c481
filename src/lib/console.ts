/**
 * The console as an operating system has it: text, nothing formatted. `console` of the globals formats values.
 *
 * @module
 */
import { Level, native } from "./native.ts";

export const Console = {
  /** Writes text as it is; each "\n" ends a line. */
  write(text: string): void {
    native.print(Level.Log, text);
  },
  /** Writes a line. */
  log(line: string): void {
    native.print(Level.Log, `${line}\n`);
  },
  /** Writes a line, as a warning. */
  warn(line: string): void {
    native.print(Level.Warn, `${line}\n`);
  },
  /** Writes a line, as an error. */
  error(line: string): void {
    native.print(Level.Error, `${line}\n`);
  },
  /** Writes a line for developers. */
  debug(line: string): void {
    native.print(Level.Debug, `${line}\n`);
  },
} as const;
