/** Frames and the Unix platform's captures, in C under the sanitizers. */
import { expect, it } from "vitest";
import { runNative } from "./native.ts";

const FRAME_SOURCES = ["table", "ops", "checksum", "finish", "segment", "merge"].map(
  (name) => `runtime/frame/${name}.c`,
);

it.each([
  ["frames", "keeps frames apart by handle, moves bytes by reference, sums them right in any pieces"],
  ["merge", "merges packets of TCP that follow each other, and none besides, and loses no byte"],
  ["offloads", "fills in checksums and cuts segments that a card was to, and tells a card that can"],
])("%s: %s", (name) => {
  const { status, signal, stderr } = runNative(name, [...FRAME_SOURCES, "test/unix/native/frame_fixture.c"]);
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
});

it("reads 100,000 mutated captures to their end without a stray access or a leak", () => {
  const { status, signal, stdout, stderr } = runNative("captures", [], ["100000"]);
  expect(stderr).not.toMatch(/Sanitizer|runtime error/);
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  const [frames, dropped, refused, broken] = stdout.match(/\d+/g)!.map(Number);
  expect(frames).toBeGreaterThan(10_000);
  expect(dropped).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(1000);
  expect(broken).toBeGreaterThan(1000);
  const complaints = stderr.split("\n").filter((line) => line !== "");
  expect(complaints.length).toBeGreaterThanOrEqual(broken!);
  for (const line of complaints) {
    expect(line).toMatch(/^mirage: .*: malformed capture at offset \d+: ./);
  }
});
