/**
 * Results of an earlier run: read again, and held against those of another.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { BuildError, messageOf } from "../../src/build/errors.ts";
import { type CompareResults, type Comparison, SCHEMA } from "./results.ts";
import { agree } from "./statistics.ts";
import { label } from "./tables.ts";

/** True of what `--json` wrote, and not of what compare.sh prints. */
export function isJson(text: string): boolean {
  return text.trimStart().startsWith("{");
}

/** @throws BuildError if the file is not what `--json` wrote. */
export function readResults(file: string): CompareResults {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new BuildError(`${file}: is not what --json writes: ${messageOf(error)}`);
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema !== SCHEMA) {
    throw new BuildError(
      `${file}: is not what --json of this version writes: its schema is ${String(schema)}, not ${SCHEMA}.`,
    );
  }
  return value as CompareResults;
}

function key(scenario: string, { workload, bytes, offloads, metric }: Comparison): string {
  return [scenario, workload, bytes, offloads, metric.id].join(" ");
}

/**
 * Whether two runs agree: their ratios' intervals of confidence overlap. Lines for a reader: how many do, and which do not.
 */
export function against(now: CompareResults, then: CompareResults): string[] {
  const before = new Map(
    then.scenarios.flatMap(({ id, comparisons }) => comparisons.map((one) => [key(id, one), one] as const)),
  );
  const pairs = now.scenarios.flatMap(({ id, comparisons }) =>
    comparisons.flatMap((one) => {
      const other = before.get(key(id, one));
      return other === undefined ? [] : [{ id, one, other }];
    }),
  );
  const apart = pairs.filter(({ one, other }) => !agree(one.ratio, other.ratio));
  return [
    `${pairs.length - apart.length} of ${pairs.length} ratios agree with the run of ${then.began}: their intervals overlap.`,
    ...apart.map(({ id, one, other }) => {
      const show = ({ low, high }: Comparison["ratio"]): string => `${low.toFixed(2)}-${high.toFixed(2)}`;
      return `  ${id}: ${label(one)}: ${show(one.ratio)} now, ${show(other.ratio)} then`;
    }),
  ];
}
