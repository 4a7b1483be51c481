/**
 * Makes `docs/goodput.md`: what TCP gets through against loss and buffer size, on a fake clock, so that the same code always gives the
 * same page and a change of behaviour shows as a difference.
 *
 *     node dist/goodput-doc.js
 *
 * writes the page; a test compares it to what this makes.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileFrameCode } from "../src/build/frame-code.ts";
import { packageRoot } from "../src/build/paths.ts";
import type { Faults } from "../test/support/link.ts";
import { type TransferOptions, transfer } from "../test/support/transfer.ts";

const BYTES = 4_000_000;
const SEEDS = [1, 2, 3];
const LOSSES = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3];
const BUFFERS_KIB = [16, 64, 256, 1024];
/** The other algorithm differs where buffers are large. */
const NEW_RENO_BUFFERS_KIB = [64, 1024];
/** 100 Mbit/s, round trips of 20 ms, a queue of 10 ms. */
const PATH: Faults = { latencyNs: 10e6, bitsPerSecond: 100e6, queueBytes: 125_000 };

const CUBIC = 0;
const NEW_RENO = 1;

/** Two significant digits. */
function round(value: number): string {
  const digits = Number(value.toPrecision(2));
  return digits >= 10 ? String(Math.round(digits)) : digits >= 1 ? digits.toFixed(1) : String(digits);
}

/** In Mbit/s of payload, the median of the seeds. */
async function goodput(module: WebAssembly.Module, options: TransferOptions): Promise<number> {
  const rates: number[] = [];
  for (const seed of SEEDS) {
    const { bytesPerSecond } = await transfer(module, {
      up: BYTES,
      seed,
      limitSeconds: 1_000_000,
      ...options,
    });
    rates.push(bytesPerSecond);
  }
  rates.sort((a, b) => a - b);
  return (8 * (rates[1] ?? 0)) / 1e6;
}

async function table(
  head: readonly string[],
  rows: readonly (readonly [string, readonly TransferOptions[]])[],
  module: WebAssembly.Module,
): Promise<string> {
  const lines = [`| ${head.join(" | ")} |`, `|---|${"---:|".repeat(head.length - 1)}`];
  for (const [name, cells] of rows) {
    const values: string[] = [];
    for (const options of cells) values.push(round(await goodput(module, options)));
    lines.push(`| ${[name, ...values].join(" | ")} |`);
  }
  return lines.join("\n");
}

const percent = (chance: number) => `${Number((chance * 100).toPrecision(3))} %`;

async function stackModule(): Promise<WebAssembly.Module> {
  const { wasm } = await compileFrameCode(join(packageRoot, "src/stack/stack.frame.ts"));
  return new WebAssembly.Module(new Uint8Array(wasm));
}

const buffers = (kib: number) => ({ sendBufferBytes: kib * 1024, receiveBufferBytes: kib * 1024 });

/** What is the same in all of `goodputByLoss`. */
export const PATH_IN_WORDS = `${BYTES / 1e6} MB over ${(PATH.bitsPerSecond ?? 0) / 1e6} Mbit/s, round trips of 20 ms and a queue of 10 ms, median of ${SEEDS.length} seeds`;

export interface GoodputSeries {
  /** "CUBIC, 64 KiB": the algorithm and the size of both buffers. */
  readonly name: string;
  /** Of payload, one for each loss. */
  readonly megabits: readonly number[];
}

/** The first two tables as numbers. Takes some seconds. */
export async function goodputByLoss(): Promise<{ losses: readonly number[]; series: GoodputSeries[] }> {
  const module = await stackModule();
  const series: GoodputSeries[] = [];
  for (const [algorithm, congestion, sizes] of [
    ["CUBIC", CUBIC, BUFFERS_KIB],
    ["NewReno", NEW_RENO, NEW_RENO_BUFFERS_KIB],
  ] as const)
    for (const kib of sizes) {
      const megabits: number[] = [];
      for (const loss of LOSSES)
        megabits.push(await goodput(module, { ...buffers(kib), congestion, faults: { ...PATH, loss } }));
      series.push({ name: `${algorithm}, ${kib} KiB`, megabits });
    }
  return { losses: LOSSES, series };
}

/** The page as the code gives it. Takes some seconds. */
export async function currentPage(): Promise<string> {
  const module = await stackModule();
  const lossTable = (congestion: number, sizes: readonly number[]) =>
    table(
      ["loss each way", ...sizes.map((size) => `${size} KiB`)],
      LOSSES.map((loss) => [
        percent(loss),
        sizes.map((kib) => ({ ...buffers(kib), congestion, faults: { ...PATH, loss } })),
      ]),
      module,
    );
  const on = (faults: Faults, rest: TransferOptions = {}) => ({
    ...rest,
    faults: { ...PATH, ...faults },
  });
  const either = (faults: Faults, rest: TransferOptions = {}) => [
    on(faults, { ...rest, congestion: CUBIC }),
    on(faults, { ...rest, congestion: NEW_RENO }),
  ];
  const others = await table(
    ["with buffers as they are without being set", "CUBIC", "NewReno"],
    [
      ["nothing wrong", either({})],
      ["loss 1 %", either({ loss: 0.01 })],
      ["loss 1 %, MTU 576", either({ loss: 0.01 }, { mtu: 576 })],
      ["loss 1 %, MTU 9000", either({ loss: 0.01 }, { mtu: 9000 })],
      ["loss 1 %, IPv6", either({ loss: 0.01 }, { version: 6 })],
      ["reordering of 10 % by 5 ms", either({ reordering: 0.1, overtakenNs: 15e6 })],
      ["reordering of 10 % by 50 ms", either({ reordering: 0.1, overtakenNs: 60e6 })],
      ["duplication 10 %", either({ duplication: 0.1 })],
      ["corruption 1 %", either({ corruption: 0.01 })],
      ["a queue of 1 ms", either({ queueBytes: 12_500 })],
      ["a queue of 100 ms", either({ queueBytes: 1_250_000 })],
      ["round trips of 100 ms", either({ latencyNs: 50e6 })],
      ["round trips of 100 ms, loss 0.1 %", either({ latencyNs: 50e6, loss: 0.001 })],
      ["an outage of 1 s", either({ outages: [[1.2e9, 2.2e9]] })],
    ],
    module,
  );
  return `# Goodput of TCP

<!-- Made by tools/goodput-doc.ts: node dist/goodput-doc.js -->

What a transfer of ${BYTES / 1e6} MB gets through, in Mbit/s of payload, from the first SYN until both sides have closed: the
stack of \`src/stack\` at both ends of a link in memory, on a fake clock. Each figure is the median of ${SEEDS.length} seeds. The link carries
${(PATH.bitsPerSecond ?? 0) / 1e6} Mbit/s with round trips of 20 ms and a queue of 10 ms, unless a row says something else. Faults hit data and
acknowledgements alike. The same code always gives the same page; a test fails when it does not, and \`node dist/goodput-doc.js\`
writes it anew: so a change of TCP's behaviour is seen in review. Every byte of every transfer is compared. \`make transfers\` sends 100 MB
over each of many more links.

## CUBIC, by loss and by the size of both buffers

${await lossTable(CUBIC, BUFFERS_KIB)}

## NewReno

${await lossTable(NEW_RENO, NEW_RENO_BUFFERS_KIB)}

## Other faults

${others}
`;
}

export async function writePage(): Promise<void> {
  writeFileSync(join(packageRoot, "docs/goodput.md"), await currentPage());
}
