/**
 * `make bench`: every figure is measured in this run; exit 1 when a goal is missed. `node dist/bench.js PART ...`
 * measures some parts only; `mirage bench` does the same and writes reports.
 */
import { messageOf, UsageError } from "../../src/build/errors.ts";
import { runBench } from "./command.ts";

try {
  process.exitCode = (await runBench({ only: process.argv.slice(2) })) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exitCode = 64;
}
