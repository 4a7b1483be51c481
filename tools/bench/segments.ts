/**
 * What TCP's frame code executes for a segment, an acknowledgement, a request, a connection: callgrind counts the
 * instructions of the stack by itself (`segments/segments.c`), so that the figures are the same in each run.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/build/paths.ts";
import { countInstructions, WORK } from "./build.ts";
import type { PartResult } from "./part.ts";
import { formatTable } from "./table.ts";

/** Segments that one merged frame, or one that the card cuts, holds: 44 of 1,448 bytes. */
const SEGMENTS = 44;
/** Start-up is taken out by the difference of two runs. */
const FEW = 500;
const MANY = 2_500;
/** All of frame code is entered through this. */
const ENTRANCE = "mirage_wasm_call";

const SCENARIOS = [
  "in",
  "in-unsummed",
  "in-merged",
  "out",
  "out-offloads",
  "acknowledgements",
  "requests",
  "connections",
] as const;
type Scenario = (typeof SCENARIOS)[number];

interface Measured {
  readonly instructions: number;
  readonly bytes: number;
  readonly copied: number;
}

interface Row {
  readonly work: string;
  readonly per: string;
  readonly instructions: number;
  readonly copiedPerByte: number | undefined;
}

function measure(tool: string, scenario: Scenario): Measured | undefined {
  const count = (times: number): number | undefined =>
    countInstructions([tool, scenario, String(times)], ENTRANCE);
  const [few, many] = [count(FEW), count(MANY)];
  if (few === undefined || many === undefined) return undefined;
  const { bytes, copied } = JSON.parse(
    execFileSync(tool, [scenario, String(MANY)], { encoding: "utf8" }),
  ) as Measured;
  return { instructions: (many - few) / (MANY - FEW), bytes, copied };
}

function rowsOf(tool: string): Row[] | undefined {
  const rows: Row[] = [];
  const row = (work: string, per: string, measured: Measured, instructions: number): void => {
    const { bytes, copied } = measured;
    rows.push({ work, per, instructions, copiedPerByte: bytes === 0 ? undefined : copied / bytes });
  };
  const all = new Map<Scenario, Measured>();
  for (const scenario of SCENARIOS) {
    const measured = measure(tool, scenario);
    if (measured === undefined) return undefined;
    all.set(scenario, measured);
  }
  const of = (scenario: Scenario): Measured => all.get(scenario) as Measured;
  row("bulk in, the card has summed", "segment", of("in"), of("in").instructions);
  row("bulk in, summed here", "segment", of("in-unsummed"), of("in-unsummed").instructions);
  const merged = of("in-merged");
  row(`bulk in, ${SEGMENTS} segments merged (LRO)`, "segment", merged, merged.instructions / SEGMENTS);
  row("bulk out, cut and summed here", "segment", of("out"), of("out").instructions / SEGMENTS);
  const cut = of("out-offloads");
  row(`bulk out, ${SEGMENTS} segments cut by the card (TSO)`, "segment", cut, cut.instructions / SEGMENTS);
  const acks = of("acknowledgements");
  row(
    "acknowledgement of one segment",
    "segment",
    acks,
    (acks.instructions - cut.instructions) / (SEGMENTS - 1),
  );
  row("request of 64 bytes and its echo", "request", of("requests"), of("requests").instructions);
  const connections = of("connections");
  row("connection, opened and closed", "connection", connections, connections.instructions);
  return rows;
}

export function benchSegments(): PartResult {
  const title = "Instructions of TCP's frame code";
  console.log(`\n${title} (callgrind; the stack by itself, without an interpreter)\n`);
  mkdirSync(WORK, { recursive: true });
  const tool = execFileSync(process.execPath, [join(packageRoot, "dist/harness-build.js"), "segments"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
  const rows = rowsOf(tool);
  if (rows === undefined) {
    const skipped = "no valgrind";
    console.log(`skipped: ${skipped}`);
    return { passed: true, figures: null, sections: [{ title, skipped }] };
  }
  // Nothing of a segment's payload is ever copied: see docs/frame-code.md.
  const passed = rows.every(({ copiedPerByte }) => copiedPerByte === undefined || copiedPerByte === 0);
  const table = {
    head: ["work", "instructions", "per", "copies per byte"],
    rows: rows.map(({ work, instructions, per, copiedPerByte }) => [
      work,
      instructions.toFixed(0),
      per,
      copiedPerByte === undefined ? "" : String(copiedPerByte),
    ]),
  };
  console.log(formatTable(table.head, table.rows));
  return {
    passed,
    figures: rows,
    sections: [
      {
        title,
        text: [
          "The stack by itself, with a peer that has timestamps and sends 1,448 bytes in a segment: what callgrind counts in frame code and in what it calls.",
        ],
        table,
      },
    ],
  };
}
