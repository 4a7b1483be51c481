/** `mirage bench` as a command: what it refuses, and what it writes. What the parts measure is for who runs them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mirage } from "../support/mirage.ts";
import { scratchFolder } from "./scratch.ts";

const folder = scratchFolder();

describe("mirage bench", () => {
  it.each([
    [
      ["--only", "latency,nix"],
      64,
      "the benchmarks have no part nix: there is engine, frames, sizes, latency",
    ],
    [["--only", "latency,"], 64, "--only: names with commas between"],
    [["--reprot", "x.html"], 64, "unknown option --reprot. Did you mean --report?"],
    [["--report", "/nonexistent/x.html"], 1, "/nonexistent/x.html: cannot be written: ENOENT"],
    [["--json", "/nonexistent/x.json"], 1, "/nonexistent/x.json: cannot be written: ENOENT"],
  ])("%j is refused before anything is measured", (args, code, message) => {
    const { status, stdout, stderr } = mirage(["bench", ...args]);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(status).toBe(code);
  });

  it("prints a table, and writes a page and the figures", () => {
    const [report, json] = [join(folder, "bench.html"), join(folder, "bench.json")];
    const { status, stdout, stderr } = mirage([
      "bench",
      "--only",
      "memory",
      "--report",
      report,
      "--json",
      json,
    ]);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/idle \(one timer\) +\d+ +< 8192/);
    const { schema, figures, machine } = JSON.parse(readFileSync(json, "utf8")) as {
      schema: string;
      figures: { memory: { idleResidentKib: number } };
      machine: Record<string, string>;
    };
    expect(schema).toBe("mirage-bench/1");
    expect(figures.memory.idleResidentKib).toBeGreaterThan(500);
    expect(Object.keys(machine)).toEqual(["machine", "kernel", "date", "load", "load before", "mirage"]);
    const page = readFileSync(report, "utf8");
    expect(page.includes("<h2>Memory</h2>")).toBe(true);
    expect(page.includes(`<td>${figures.memory.idleResidentKib}</td>`)).toBe(true);
  });
});
