/** Programs that were written to break Mirage: each once hung it, or crashed it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PcapWriter } from "../support/fuzz.ts";
import { buildProgram, ROOT, runExecutable } from "../support/mirage.ts";
import { cases } from "./programs/hostile/cases.ts";

describe("work that one native or operator does at length", () => {
  let executable: string;

  beforeAll(() => {
    executable = buildProgram(join(ROOT, "test/adversary/programs/hostile"));
  });

  it.each(Object.keys(cases))("ends with a budget: %s", (name) => {
    // Large enough for what comes before the loop.
    const { status, signal, stderr } = runExecutable(executable, ["--rtparams", "i=10M", "--", name]);
    expect({ status, signal }, stderr).toEqual({ status: 70, signal: null });
    expect(stderr).toMatch(/^mirage: .* budget exceeded/);
    expect(stderr).toMatch(/at hostile \(main\.ts:\d+\)/);
    expect(stderr.match(/^mirage: /gm), stderr).toHaveLength(1);
  });

  it("keeps timers' callbacks, whatever setters Array.prototype has", () => {
    const { status, stdout, stderr } = runExecutable(executable, ["--", "setters"]);
    expect(status, stderr).toBe(0);
    expect(stdout.split("\n")).toEqual([...Array.from({ length: 40 }, (_, i) => `timer ${i}`), ""]);
  });
});

it("survives programs that release and send while the runtime looks at a view", () => {
  const folder = mkdtempSync(join(tmpdir(), "mirage-views-"));
  try {
    const capture = new PcapWriter(join(folder, "in.pcap"), 2000);
    for (let i = 0; i < 7; i++) capture.frame(new Uint8Array(60).fill(0x41 + i));
    capture.close();
    const executable = buildProgram(join(ROOT, "test/adversary/programs/stale"));
    const { status, stdout, stderr } = runExecutable(executable, [
      "--net",
      `pcap:${join(folder, "in.pcap")}`,
    ]);
    expect(status, stderr).toBe(0);
    expect(stdout.trim().split("\n")).toEqual([
      "write in a getter: sent ",
      "failed write in a getter: sent ",
      expect.stringMatching(/^release in a getter: .*a view is of a frame that was released$/),
      "fill from: 0 ",
      "fill with text: 0 ",
      expect.stringMatching(/^decode: (""|.*buffer)/),
      "views with a setter: 0",
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
