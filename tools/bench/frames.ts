/** What a frame costs: application code against frame code, instructions per echoed frame. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { arp, icmpEcho, PcapWriter, udpDatagram } from "../../test/support/fuzz.ts";
import { build, buildTool, countInstructions, WORK } from "./build.ts";
import type { PartResult } from "./part.ts";
import { formatTable, median } from "./table.ts";

const MAC = [0x02, 0, 0, 0, 0, 0x02];
/** Payload bytes of the frames measured: small ones show the cost of a frame, not of its bytes. */
const PAYLOAD = 64;
const OPTIONS = ["--ipv4", "10.0.0.2/24", "--mac", "02:00:00:00:00:02"];

interface Subject {
  readonly label: string;
  readonly program: string;
  readonly frame: Uint8Array;
}

const udp = udpDatagram(MAC, 7, PAYLOAD);
const icmp = icmpEcho(MAC, 1, PAYLOAD - 8);

const SUBJECTS: readonly Subject[] = [
  { label: "check and swap, frame code", program: "test/bench/programs/swap-frame-code", frame: udp },
  { label: "check and swap, application code", program: "test/bench/programs/swap-application", frame: udp },
  { label: "ICMP echo, the stack (frame code)", program: "examples/udp-echo", frame: icmp },
  {
    label: "UDP echo, socket.listen() in application code",
    program: "test/bench/programs/udp-listen",
    frame: udp,
  },
  { label: "UDP echo, for await in application code", program: "examples/udp-echo", frame: udp },
  { label: "ICMP echo, examples/reflector (raw frames)", program: "examples/reflector", frame: icmp },
];

function capture(frame: Uint8Array, frames: number): string {
  const file = join(WORK, `frames-${frames}.pcap`);
  const writer = new PcapWriter(file);
  writer.frame(arp(1));
  for (let i = 0; i < frames; i++) {
    writer.frame(frame);
  }
  writer.close();
  return file;
}

/** Differences of two runs take start-up and end out of the figure. */
function perFrame(
  run: (frames: number) => number | undefined,
  few: number,
  many: number,
): number | undefined {
  const small = run(few);
  const large = run(many);
  return small === undefined || large === undefined ? undefined : (large - small) / (many - few);
}

/** Instructions for each frame of a capture that `executable` answers; undefined without valgrind. */
export function instructionsPerFrame(executable: string, frame: Uint8Array): number | undefined {
  return perFrame(
    (frames) =>
      countInstructions([executable, "--net", `pcap:${capture(frame, frames)},/dev/null`, ...OPTIONS]),
    2_000,
    6_000,
  );
}

export function benchFrames(): PartResult {
  const rows = SUBJECTS.map((subject) => {
    const executable = build(subject.program);
    const instructions = instructionsPerFrame(executable, subject.frame);
    const wall = (frames: number): number => {
      const file = capture(subject.frame, frames);
      const times = Array.from({ length: 5 }, () => {
        const from = process.hrtime.bigint();
        execFileSync(executable, ["--net", `pcap:${file},/dev/null`, ...OPTIONS], { stdio: "ignore" });
        return Number(process.hrtime.bigint() - from);
      });
      return Math.min(...times);
    };
    return { label: subject.label, instructions, nanoseconds: perFrame(wall, 2_000, 102_000)! };
  });
  const base = rows[0]!;
  console.log("\nPer echoed frame, from a capture (wall clock: best of 5; instructions: callgrind)\n");
  const table = {
    head: ["frame", "ns", "instructions", "against frame code"],
    rows: rows.map((row) => [
      row.label,
      row.nanoseconds.toFixed(0),
      row.instructions?.toFixed(0) ?? "no valgrind",
      row.instructions !== undefined && base.instructions !== undefined
        ? `${(row.instructions / base.instructions).toFixed(1)} x`
        : `${(row.nanoseconds / base.nanoseconds).toFixed(1)} x`,
    ]),
  };
  console.log(formatTable(table.head, table.rows));
  return {
    passed: true,
    figures: { frameBytes: SUBJECTS[0]?.frame.length, rows },
    sections: [
      {
        title: "What a frame costs",
        text: [
          "Frames read from a capture: wall clock, the best of 5, and instructions as callgrind counts them.",
        ],
        table,
      },
    ],
  };
}

function hex(frame: Uint8Array): string {
  return Buffer.from(frame).toString("hex");
}

/** Start-up to the first answer, and echoes per second through a socket pair with a live peer. */
export function benchStartup(): PartResult {
  const peer = buildTool("fdpeer");
  const executable = build("examples/udp-echo");
  const rows = (
    [
      ["ICMP echo", icmp],
      ["UDP echo", udp],
    ] as const
  ).map(([label, frame]) => {
    const runs = Array.from({ length: 9 }, () => {
      const output = execFileSync(
        peer,
        ["20000", hex(arp(1)), hex(frame), "--", executable, "--net", "fd:3", ...OPTIONS],
        { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
      );
      return JSON.parse(output) as { firstAnswerNs: number; streamNs: number; answers: number };
    });
    return [
      label,
      (median(runs.map((run) => run.firstAnswerNs)) / 1e6).toFixed(1),
      median(runs.map((run) => ((run.answers - 1) / run.streamNs) * 1e9)).toFixed(0),
    ];
  });
  console.log("\nWith a live peer on a socket pair (medians of 9)\n");
  const head = ["frame", "start to first answer, ms", "echoes per second"];
  console.log(formatTable(head, rows));
  return {
    passed: true,
    figures: rows.map(([frame, ms, rate]) => ({
      frame,
      firstAnswerMs: Number(ms),
      echoesPerSecond: Number(rate),
    })),
    sections: [
      {
        title: "Start-up",
        text: ["With a live peer on a socket pair; medians of 9."],
        table: { head, rows },
      },
    ],
  };
}
