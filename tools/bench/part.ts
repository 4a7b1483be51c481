/** What each part of the benchmarks hands back beside what it prints. */
import type { Section } from "../../src/report/model.ts";

export interface PartResult {
  /** False: a goal was missed. */
  readonly passed: boolean;
  /** For the report. */
  readonly sections: readonly Section[];
  /** For `--json`: numbers with their units in their names. */
  readonly figures: unknown;
}
