/**
 * Results of an earlier run: read again, and held against those of another.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { BuildError, messageOf } from "../../src/build/errors.ts";
import { type CompareResults, type Comparison, SCHEMA } from "./results.ts";
import { checkedResults } from "./results-reader.ts";
import { Misfit } from "./shape.ts";
import { agree } from "./statistics.ts";
import { interval, label } from "./tables.ts";

/** True of what `--json` wrote, and not of what compare.sh prints. */
export function isJson(text: string): boolean {
  return text.trimStart().startsWith("{");
}

/** @throws BuildError if the file is not what `--json` wrote: says where. */
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
  try {
    return checkedResults(value);
  } catch (error) {
    if (error instanceof Misfit) {
      throw new BuildError(`${file}: is not what --json writes: ${error.message}`);
    }
    throw error;
  }
}

function key(scenario: string, { workload, bytes, offloads, metric }: Comparison): string {
  return [scenario, workload, bytes, offloads, metric.id].join(" ");
}

/** Without a figure in one of the two, or where a side came to nothing, there is nothing to agree on. */
function isFigure({ ratio }: Comparison): boolean {
  return [ratio.low, ratio.high].every(Number.isFinite);
}

/**
 * Whether two runs agree: their ratios' intervals of confidence overlap. Lines for a reader: how many do, which do not, and
 * how many only one of the runs has.
 */
export function against(now: CompareResults, then: CompareResults): string[] {
  const flat = ({ scenarios }: CompareResults) =>
    scenarios.flatMap(({ id, comparisons }) =>
      comparisons.filter(isFigure).map((one) => [key(id, one), { id, one }] as const),
    );
  const before = new Map(flat(then));
  const after = new Map(flat(now));
  const pairs = [...after].flatMap(([name, { id, one }]) => {
    const other = before.get(name)?.one;
    return other === undefined ? [] : [{ id, one, other }];
  });
  const single = before.size + after.size - 2 * pairs.length;
  if (pairs.length === 0) {
    return [
      `Nothing is in both this run and that of ${then.began}: neither the same workload on the same way, nor a figure of it.`,
    ];
  }
  const apart = pairs.filter(({ one, other }) => !agree(one.ratio, other.ratio));
  return [
    `${pairs.length - apart.length} of ${pairs.length} ratios agree with the run of ${then.began}: their intervals overlap.`,
    ...apart.map(
      ({ id, one, other }) =>
        `  ${id}: ${label(one)}: ${interval(one.ratio)} now, ${interval(other.ratio)} then`,
    ),
    ...(single === 0 ? [] : [`  ${single} more are in one of the two runs only.`]),
  ];
}
