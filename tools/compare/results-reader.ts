/**
 * {@link CompareResults} out of what was parsed: all of it is looked at, so that who uses it meets no surprise.
 *
 * @module
 */
import {
  type CodeReport,
  type CompareResults,
  type Comparison,
  type Fact,
  type LayerReport,
  type Machine,
  type Metric,
  type Round,
  SCHEMA,
  type Scenario,
  type Settings,
  type SourceReport,
  type Summary,
} from "./results.ts";
import { list, maybe, number, oneOf, record, type Shape, text, three, truth } from "./shape.ts";

/** As `record`; of fields that need not be there TypeScript wants no `undefined`, and gets none. */
function loose<T>(fields: { readonly [K in keyof T]-?: Shape<T[K] | undefined> }): Shape<T> {
  return record(fields as { readonly [K in keyof T]-?: Shape<T[K]> });
}

const summary = record<Summary>({ median: number, low: number, high: number, confidence: number });
const metric = record<Metric>({ id: text, title: text, unit: text, better: oneOf("higher", "lower") });
const round = record<Round>({ native: number, mirage: number, first: oneOf("native", "mirage") });

const comparison = loose<Comparison>({
  workload: text,
  title: text,
  bytes: maybe(number),
  offloads: truth,
  metric,
  rounds: list(round),
  native: summary,
  mirage: summary,
  ratio: summary,
});

const scenario = record<Scenario>({
  id: oneOf("linux", "jail", "outside"),
  title: text,
  system: text,
  cpus: number,
  emulated: truth,
  native: text,
  mirage: text,
  notes: list(text),
  comparisons: list(comparison),
  facts: list(record<Fact>({ title: text, value: number, unit: text })),
});

const code = loose<CodeReport>({
  files: list(text),
  lines: number,
  functions: number,
  complexity: record<CodeReport["complexity"]>({ median: number, p90: number, max: number }),
  complex: number,
  worst: maybe(text),
});

const layer = loose<LayerReport>({
  name: text,
  mirage: maybe(code),
  freebsd: maybe(code),
  tests: maybe(
    record<NonNullable<LayerReport["tests"]>>({ files: list(text), cases: number, lines: number }),
  ),
});

const source = loose<SourceReport>({
  freebsd: maybe(record<NonNullable<SourceReport["freebsd"]>>({ sysdir: text, version: text })),
  layers: list(layer),
  notes: list(text),
});

const results = loose<CompareResults>({
  schema: oneOf(SCHEMA),
  version: text,
  began: text,
  ended: text,
  machine: record<Machine>({
    processor: text,
    cpus: number,
    system: text,
    loadBefore: three,
    loadAfter: three,
  }),
  settings: record<Settings>({ rounds: number, seconds: number, warmup: number, quick: truth }),
  method: text,
  scenarios: list(scenario),
  source: maybe(source),
});

/** @throws Misfit that says where it is another. */
export function checkedResults(value: unknown): CompareResults {
  return results(value, "");
}
