/** Echo over a socket pair, in frame code and in application code: throughput by frame size, and the distribution of round trips. */
import { execFileSync } from "node:child_process";
import { latencyPlot, quantiles, type Series } from "../../src/report/index.ts";
import { arp, icmpEcho, udpDatagram } from "../../test/support/fuzz.ts";
import { build, buildTool } from "./build.ts";
import type { PartResult } from "./part.ts";
import { formatTable, median } from "./table.ts";

const MAC = [0x02, 0, 0, 0, 0, 0x02];
export const OPTIONS = ["--net", "fd:3", "--ipv4", "10.0.0.2/24", "--mac", "02:00:00:00:00:02"];
/** Ethernet, IPv4, UDP or ICMP. */
const HEADERS = 42;
const SIZES = [64, 128, 256, 512, 1024, 1514];
const ROUNDS = 5;
const FRAMES = 10_000;
/** Round trips of each subject in each round. */
const TRIPS = 10_000;
const LATENCY_BYTES = 64;

/** Frames of so many bytes that a program answers. */
export const udp = (bytes: number) => udpDatagram(MAC, 7, bytes - HEADERS);
export const icmp = (bytes: number) => icmpEcho(MAC, 1, bytes - HEADERS);

interface Subject {
  readonly name: string;
  /** Undefined: a C process that sends back what comes, which is what the socket pair alone costs. */
  readonly program: string | undefined;
  readonly frame: (bytes: number) => Uint8Array;
}

const SUBJECTS: readonly Subject[] = [
  { name: "C, a recv and a send for each frame", program: undefined, frame: udp },
  { name: "frame code, check and swap", program: "test/bench/programs/swap-frame-code", frame: udp },
  { name: "frame code, the stack's ICMP", program: "examples/udp-echo", frame: icmp },
  { name: "application code, check and swap", program: "test/bench/programs/swap-application", frame: udp },
  { name: "application code, a UDP socket", program: "examples/udp-echo", frame: udp },
];

interface Answers {
  readonly streamNs: number;
  readonly answers: number;
  readonly roundTripNs?: readonly number[];
}

export const hex = (frame: Uint8Array) => Buffer.from(frame).toString("hex");

/** The commands of all subjects, built. */
function commands(peer: string): (Subject & { command: string[] })[] {
  return SUBJECTS.map((subject) => ({
    ...subject,
    command: subject.program === undefined ? [peer, "-e"] : [build(subject.program), ...OPTIONS],
  }));
}

function exchange(
  peer: string,
  options: string[],
  frame: Uint8Array,
  frames: number,
  command: string[],
): Answers {
  const output = execFileSync(peer, [...options, String(frames), hex(arp(1)), hex(frame), "--", ...command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 64 << 20,
  });
  return JSON.parse(output) as Answers;
}

/** Sizes and subjects take turns within a round, so that what else the machine does hits all of them. */
export function benchSizes(): PartResult {
  const peer = buildTool("fdpeer");
  const subjects = commands(peer);
  const rates = subjects.map(() => SIZES.map((): number[] => []));
  for (let round = 0; round < ROUNDS; round++)
    SIZES.forEach((bytes, j) => {
      subjects.forEach(({ frame, command }, i) => {
        const { answers, streamNs } = exchange(peer, [], frame(bytes), FRAMES, command);
        rates[i]?.[j]?.push(((answers - 1) / streamNs) * 1e9);
      });
    });
  const series: Series[] = subjects.map(({ name }, i) => ({
    name,
    points: SIZES.map((x, j) => {
      const values = rates[i]?.[j] ?? [];
      return { x, y: median(values), low: Math.min(...values), high: Math.max(...values) };
    }),
  }));
  console.log(`\nEchoes a second by frame size, over a socket pair (medians of ${ROUNDS} x ${FRAMES})\n`);
  console.log(
    formatTable(
      ["frame, bytes", ...SIZES.map(String)],
      series.map(({ name, points }) => [name, ...points.map(({ y }) => y.toFixed(0))]),
    ),
  );
  return {
    passed: true,
    figures: { unit: "echoes/s", rounds: ROUNDS, echoesEachRound: FRAMES, series },
    sections: [
      {
        title: "Throughput against frame size",
        text: [
          `UDP or ICMP echo over a socket pair on one machine, up to 32 frames under way; medians of ${ROUNDS} rounds of ${FRAMES.toLocaleString("en-US")} echoes, with the least and the greatest. The C process does nothing but a system call for each direction of each frame. Whether both processes run on one CPU or on two is the kernel's choice, and shows in the spread.`,
        ],
        plot: {
          kind: "lines",
          x: {
            title: "frame, bytes",
            scale: "log",
            ticks: SIZES.map((value) => ({ value, label: String(value) })),
          },
          y: { title: "echoes a second", scale: "linear" },
          series,
        },
      },
    ],
  };
}

export function benchLatency(): PartResult {
  const peer = buildTool("fdpeer");
  const subjects = commands(peer);
  const trips = subjects.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    subjects.forEach(({ frame, command }, i) => {
      const { roundTripNs = [] } = exchange(peer, ["-l"], frame(LATENCY_BYTES), TRIPS, command);
      for (const ns of roundTripNs) trips[i]?.push(ns / 1000);
    });
  const series = subjects.map(({ name }, i) => ({ name, quantiles: quantiles(trips[i] ?? []) }));
  const shares = series[0]?.quantiles.map(([share]) => share) ?? [];
  console.log(
    `\nRound trips over a socket pair, µs, frames of ${LATENCY_BYTES} bytes (${ROUNDS} x ${TRIPS} of each, one at a time)\n`,
  );
  console.log(
    formatTable(
      ["share of requests", ...shares.map((share) => `${Number((share * 100).toFixed(2))} %`)],
      series.map(({ name, quantiles: values }) => [name, ...values.map(([, value]) => value.toFixed(1))]),
    ),
  );
  return {
    passed: true,
    figures: { unit: "us", frameBytes: LATENCY_BYTES, roundTrips: ROUNDS * (TRIPS - 1), series },
    sections: [
      {
        title: "Latency",
        text: [
          `Round trips of frames of ${LATENCY_BYTES} bytes over a socket pair, one at a time, from the peer's send to its receive: ${(ROUNDS * (TRIPS - 1)).toLocaleString("en-US")} of each. Two processes are woken for each. What the machine does beside shows in the tail.`,
        ],
        plot: latencyPlot("round trip, µs", series),
      },
    ],
  };
}
