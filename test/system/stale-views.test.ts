/** A view dies with its frame: nothing that a program kept ever shows another frame's bytes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PcapWriter } from "../support/fuzz.ts";
import { buildProgram, ROOT, runExecutable } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";

it("shows no byte through any stale view, and says that the frame was released", () => {
  const folder = mkdtempSync(join(tmpdir(), "mirage-stale-"));
  try {
    const capture = new PcapWriter(join(folder, "in.pcap"), 2000);
    for (let i = 1; i <= 30; i++) {
      capture.frame(new Uint8Array(60).fill(i));
    }
    capture.close();
    const executable = buildProgram(join(ROOT, "test/system/programs/stale"));
    const { status, stdout, stderr } = runExecutable(executable, [
      "--net",
      `pcap:${join(folder, "in.pcap")}`,
    ]);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      count: 20,
      shown: 0,
      wrongWhileAlive: 0,
      errors: [expect.stringMatching(/^frame N of .* was released/)],
    });
    expect(statistic(stderr, "frames.live")).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
