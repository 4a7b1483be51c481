/**
 * Runs all packetdrill scripts below a folder against the stack and counts, by folder and version of IP, how many pass:
 *
 *     node dist/packetdrill.js --packetdrill BIN --scripts DIR [--only TEXT] [--jobs N] [--json FILE] [--verbose]
 *
 * `--only`: scripts whose path contains TEXT. The library is `make packetdrill-so`'s, or `--library FILE`. The exit code
 * is 1 if a script failed.
 *
 * @module
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { parseArgs } from "node:util";
import { buildRoot } from "../../src/build/paths.ts";
import { formatTable } from "../bench/table.ts";
import { type Run, runScript } from "./runner.ts";

const { values } = parseArgs({
  options: {
    packetdrill: { type: "string", default: process.env.PACKETDRILL ?? "packetdrill" },
    library: { type: "string", default: join(buildRoot(), "packetdrill/mirage-packetdrill.so") },
    scripts: { type: "string", default: "." },
    only: { type: "string", default: "" },
    jobs: { type: "string", default: "1" },
    json: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

/** First folder of a script's path, and the version of IP. */
function groupOf(run: Run): string {
  const parts = run.script.split(sep);
  return `${parts.length > 1 ? parts[0] : "."} ${run.version}`;
}

/** What most of one group's failures have in common stands first: the message without what differs by script. */
function reasonOf(run: Run): string {
  const line = run.output.split("\n").find((one) => one.includes("error") || one.startsWith("mirage: "));
  return (line ?? run.output.trim()).replace(/^\S+:\d+: /, "").slice(0, 150);
}

const scripts = readdirSync(values.scripts, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".pkt") && name.includes(values.only))
  .sort();
const runs: Run[] = [];
const waiting = [...scripts];

async function work(): Promise<void> {
  for (let script = waiting.shift(); script !== undefined; script = waiting.shift()) {
    const run = await runScript(values, join(values.scripts, script));
    runs.push({ ...run, script });
    if (!run.passed && values.verbose) {
      process.stdout.write(`FAILED ${script}\n${run.output}`);
    }
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work));
runs.sort((a, b) => (a.script < b.script ? -1 : 1));

const groups = [...new Set(runs.map(groupOf))].sort();
const counts = groups.map((group) => {
  const own = runs.filter((run) => groupOf(run) === group);
  return { group, scripts: own.length, passed: own.filter((run) => run.passed).length };
});
const percent = (passed: number, all: number): string => `${((100 * passed) / all).toFixed(1)} %`;
process.stdout.write(
  `${formatTable(
    ["group", "scripts", "passed", ""],
    counts.map(({ group, scripts: all, passed }) => [
      group,
      String(all),
      String(passed),
      percent(passed, all),
    ]),
  )}\n`,
);
const reasons = new Map<string, string[]>();
for (const run of runs.filter((one) => !one.passed)) {
  const reason = reasonOf(run);
  reasons.set(reason, [...(reasons.get(reason) ?? []), run.script]);
}
for (const [reason, failed] of [...reasons].sort((a, b) => b[1].length - a[1].length)) {
  process.stdout.write(`${failed.length} x ${reason}\n    ${failed[0]}\n`);
}
if (values.json !== undefined) {
  const report = { groups: counts, failed: runs.filter((run) => !run.passed) };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
process.exitCode = runs.every((run) => run.passed) ? 0 : 1;
