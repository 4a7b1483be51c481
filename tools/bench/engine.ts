/** The float-free engine against the same engine with hardware floats, benchmark by benchmark. */
import { execFileSync } from "node:child_process";
import type { Ratio } from "../../src/report/model.ts";
import { build } from "./build.ts";
import type { PartResult } from "./part.ts";
import { formatTable, median } from "./table.ts";

/** Integer, string, object and control-flow programs: what application code does. */
const PROGRAMS = ["packet", "crc", "objects", "strings", "json"];
/** Nothing but binary64 arithmetic: shown, and not held to the limit. */
const WORST_CASE = ["floats"];
/** Ratio that each of PROGRAMS must not pass. */
const LIMIT = 1.1;
const PAIRS = 7;

function milliseconds(executable: string): number {
  const line = execFileSync(executable, ["--rtparams", "i=100G"], { encoding: "utf8" });
  return (JSON.parse(line) as { milliseconds: number }).milliseconds;
}

export function benchEngine(): PartResult {
  let passed = true;
  const ratios: Ratio[] = [];
  const rows = [...PROGRAMS, ...WORST_CASE].map((name) => {
    const soft = build(`test/bench/programs/${name}.ts`);
    const hard = build(`test/bench/programs/${name}.ts`, "hardfloat");
    const pairs = Array.from({ length: PAIRS }, () => ({
      soft: milliseconds(soft),
      hard: milliseconds(hard),
    }));
    const each = pairs.map((pair) => pair.soft / pair.hard);
    const ratio = median(each);
    ratios.push({ label: name, ratio, low: Math.min(...each), high: Math.max(...each), better: "lower" });
    const held = PROGRAMS.includes(name);
    passed &&= !held || ratio <= LIMIT;
    return [
      name,
      median(pairs.map((pair) => pair.soft)).toFixed(1),
      median(pairs.map((pair) => pair.hard)).toFixed(1),
      ratio.toFixed(3),
      held ? `<= ${LIMIT.toFixed(2)}${ratio <= LIMIT ? "" : " MISSED"}` : "(worst case)",
    ];
  });
  console.log(
    `\nFloat-free engine against the same engine with hardware floats (medians of ${PAIRS} alternating pairs)\n`,
  );
  console.log(formatTable(["JavaScript benchmark", "float-free ms", "hardware ms", "ratio", "goal"], rows));
  return {
    passed,
    figures: { unit: "time, float-free / hardware", pairs: PAIRS, ratios },
    sections: [
      {
        title: "Float-free engine against hardware floats",
        text: [
          `JavaScript benchmarks in the interpreter without a floating-point instruction, against the same C compiled for SSE: ${PAIRS} alternating pairs. ${WORST_CASE.join(", ")}: nothing but binary64 arithmetic.`,
        ],
        plot: {
          kind: "ratios",
          axis: "time, float-free / hardware",
          spread: "least to greatest pair",
          rows: ratios,
        },
      },
    ],
  };
}
