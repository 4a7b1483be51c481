/**
 * `node dist/check-programs.js PROGRAM ...`: type checks programs as `mirage build` does, for the linter.
 *
 * @module
 */
import { ExitCode, messageOf } from "./errors.ts";
import { findProgram } from "./sources.ts";
import { typecheck } from "./typecheck.ts";

let failed = false;
for (const program of process.argv.slice(2)) {
  try {
    typecheck(findProgram(program));
  } catch (error) {
    failed = true;
    process.stderr.write(`${messageOf(error)}\n`);
  }
}
process.exitCode = failed ? ExitCode.BuildFailed : ExitCode.Ok;
