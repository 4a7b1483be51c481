/** mirage compare in a FreeBSD kernel, both ways. About 90 seconds in emulation. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { CompareResults } from "../../tools/compare/results.ts";
import { mirage } from "../support/mirage.ts";
import { whyNoTap } from "../support/netns.ts";

const image = process.env.MIRAGE_VM_IMAGE ?? "";
const tree = process.env.MIRAGE_VM_SYSDIR ?? "";
const skipped =
  image === "" || tree === ""
    ? "MIRAGE_VM_IMAGE and MIRAGE_VM_SYSDIR name no FreeBSD image and the kernel source that it was built of"
    : whyNoTap();

const folder = mkdtempSync(join(tmpdir(), "compare-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.skipIf(skipped !== undefined)(
  `compares in a guest, and from outside of it${skipped === undefined ? "" : `: skipped: ${skipped}`}`,
  { timeout: 900_000 },
  () => {
    const json = join(folder, "results.json");
    const { status, stdout, stderr } = mirage(
      [
        ...["compare", "--image", image, "--sysdir", tree, "--quick", "--rounds", "1"],
        ...["--only", "icmp-echo,tcp-in,tcp-request", "--json", json],
      ],
      process.env,
      800_000,
    );
    expect(status, stderr).toBe(0);
    const { scenarios } = JSON.parse(readFileSync(json, "utf8")) as CompareResults;
    expect(scenarios.map(({ id }) => id)).toEqual(["jail", "outside"]);
    for (const { system, cpus, comparisons } of scenarios) {
      expect(system).toMatch(/^FreeBSD 1\d\.\d\S* \(1\d{6}\)$/);
      expect(cpus).toBeGreaterThan(0);
      expect(new Set(comparisons.map(({ workload }) => workload))).toEqual(
        new Set(["icmp-echo", "tcp-in", "tcp-request"]),
      );
      for (const { metric, native, mirage } of comparisons) {
        // CPU time comes in the clock's ticks, of which so short a run may have none.
        const least = metric.id === "cpu" ? -1 : 0;
        expect(native.median, metric.title).toBeGreaterThan(least);
        expect(mirage.median, metric.title).toBeGreaterThan(least);
      }
    }
    expect(scenarios[0]!.facts.map(({ unit }) => unit)).toEqual(["ms", "KiB", "KiB"]);
    expect(stdout).toMatch(
      /^TCP, bulk to the server, no offloads: goodput, Gbit\/s( +[\d.]+){3} +[\d.]+-[\d.]+$/m,
    );
  },
);
