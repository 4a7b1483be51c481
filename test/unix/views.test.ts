/** Views of frames in JavaScript, under the sanitizers: they die with the frame, whatever was made of them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { PcapWriter, readPcap } from "../support/fuzz.ts";
import { buildProgram, runExecutable } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "mirage-views-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const after = [
  "after: nothing,nothing,0",
  /^DataView: (Type|Range)Error/,
  /^write of a stale view: TypeError.*(released|detached)/,
  /^write of a stale part: TypeError.*released/,
  /^frameView: Error: frame \d+ was released$/,
  /^frameRelease: Error: frame \d+ was released$/,
  /^frameRetain: Error: frame \d+ was released$/,
];

it("shows no frame's bytes through a view of another, and names what is wrong", () => {
  const executable = buildProgram(new URL("./programs/views/main.ts", import.meta.url).pathname, {
    ...process.env,
    MIRAGE_VARIANT: "asan",
  });
  const input = join(folder, "in.pcap");
  const output = join(folder, "out.pcap");
  const writer = new PcapWriter(input);
  writer.frame(new Uint8Array(60).fill(0x11));
  writer.frame(new Uint8Array(60).fill(0x22));
  writer.close();
  const { status, stdout, stderr } = runExecutable(executable, ["--net", `pcap:${input},${output}`]);
  expect(status, stderr).toBe(0);
  const expected = [
    "views kept across a turn: ",
    "before: 17,17,1111,60",
    ...after,
    "views kept across a turn: nothing,nothing",
    "before: 34,34,2222,60",
    ...after,
    /^write too long: RangeError.*1514/,
    /^write too short: RangeError.*13 bytes.*14/,
    /^write of no view: TypeError/,
    /^no interface: RangeError: there is no network interface 1/,
    "pieces: 123,23",
    "by reference: 193,93",
    /^outside: RangeError: 2 bytes at offset 4 of a frame of 5 bytes/,
    "not ours to empty: 193",
  ];
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(expected.length);
  lines.forEach((line, i) => {
    const wanted = expected[i]!;
    expect(line).toEqual(typeof wanted === "string" ? wanted : expect.stringMatching(wanted));
  });
  const sent = readPcap(readFileSync(output)).map((bytes) => [...bytes]);
  expect(sent).toEqual([[1, 9, 3, ...new Array(20).fill(0), 1, 9, 3]]);
  expect(statistic(stderr, "frames.live")).toBe(0);
  // The link's header, which lay in pieces.
  expect(statistic(stderr, "copies")).toBe(1);
  expect(statistic(stderr, "copies.bytes")).toBe(14);
});
