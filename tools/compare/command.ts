/**
 * `mirage compare`: the same work on Mirage and on the native network stack, in turns in one run; or their sources.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { cpus, loadavg, release, tmpdir } from "node:os";
import { join } from "node:path";
import { BuildError, ExitCode } from "../../src/build/errors.ts";
import { packageVersion } from "../../src/build/paths.ts";
import { checkWritable, compareReport, writeReport, writeResults } from "../../src/report/index.ts";
import { formatTable } from "../bench/table.ts";
import { atEnd } from "../cleanup.ts";
import { against, isJson, readResults } from "./earlier.ts";
import { compareInGuest } from "./guest.ts";
import { type Job, jobsOf } from "./jobs.ts";
import { LinuxRig, linuxScenario, whyNoOffloads, whyNotLinux } from "./linux.ts";
import { jailScenario, readMeasured } from "./measured.ts";
import { type CompareArguments, type CompareOptions, checkOptions } from "./options.ts";
import { type CompareResults, type Machine, SCHEMA, type Scenario, type Settings } from "./results.ts";
import { alternate } from "./rounds.ts";
import { formatResults, markdownTable } from "./tables.ts";
import { workloads } from "./workloads/index.ts";

const METHOD =
  "Figures are medians of the rounds; a ratio is the median of the rounds' ratios, with the narrowest pair of rounds " +
  "between which the true median lies with 95 % (order statistics, any distribution; below six rounds all of them). " +
  "Both sides take turns, and the order changes with each round.";

let said = "";

/** On a terminal one line that changes; else a line for each round. */
function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001b[K${text}`);
    return;
  }
  const part = text.split(":")[0]!;
  if (part !== said) {
    said = part;
    process.stderr.write(`${part}\n`);
  }
}

function progressEnds(): void {
  if (process.stderr.isTTY) {
    process.stderr.write("\r\u001b[K");
  }
}

function loads(): [number, number, number] {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return [one, five, fifteen];
}

async function onLinux(options: CompareOptions, folder: string): Promise<Scenario> {
  const reason = whyNotLinux();
  if (reason !== undefined) {
    throw new BuildError(
      `mirage compare makes network namespaces, a veth pair and a tap, and cannot here: ${reason}.\n  sudo mirage compare, or --image IMG for a FreeBSD guest, or --source.`,
    );
  }
  const noOffloads = whyNoOffloads();
  const jobs: Job[] = jobsOf(
    options.workloads,
    noOffloads === undefined || options.offloads !== "both" ? options.offloads : "on",
  );
  if (noOffloads !== undefined && jobs.some((job) => !job.offloads)) {
    throw new BuildError(
      `--offloads off: ${noOffloads}, which turns the native side's off.\n  apt-get install ethtool`,
    );
  }
  const rig = new LinuxRig(folder);
  try {
    progress("building the programs");
    await rig.prepare(jobs);
    const samples = await alternate(rig, jobs, options.settings, progress);
    return linuxScenario(
      jobs,
      samples,
      noOffloads === undefined ? [] : [`Nothing was measured without offloads: ${noOffloads}.`],
    );
  } finally {
    progressEnds();
    rig.remove();
  }
}

async function measured(options: CompareOptions): Promise<readonly Scenario[]> {
  const folder = mkdtempSync(join(tmpdir(), `mirage-compare-${process.pid}-`));
  const remove = atEnd(() => rmSync(folder, { recursive: true, force: true }));
  try {
    return options.image === undefined
      ? [await onLinux(options, folder)]
      : await compareInGuest(options, folder, progress);
  } finally {
    remove();
  }
}

function processor(): string {
  return `${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}`;
}

function thisMachine(loadBefore: Machine["loadBefore"]): Machine {
  return {
    processor: processor(),
    cpus: cpus().length,
    system: `${process.platform === "linux" ? "Linux" : process.platform} ${release()}`,
    loadBefore,
    loadAfter: loads(),
  };
}

async function measureHere(options: CompareOptions): Promise<CompareResults> {
  const loadBefore = loads();
  const began = new Date().toISOString();
  const scenarios = await measured(options);
  return { ...head(began, options.settings), machine: thisMachine(loadBefore), scenarios };
}

/** What was written by --json, or measured on FreeBSD by compare.sh alone; when that was is not in it, but that it is over. */
function readThere(file: string): CompareResults {
  const text = readFileSync(file, "utf8");
  if (isJson(text)) {
    return readResults(file);
  }
  const there = readMeasured(text, file);
  const { settings, machine } = there;
  const began = statSync(file).mtime.toISOString();
  return {
    ...head(began, settings),
    ended: began,
    machine,
    scenarios: [jailScenario(there, jobsOf(workloads, "both"), there.emulated)],
  };
}

/** Nothing runs: the sources are measured. */
async function compareSources(options: CompareOptions): Promise<CompareResults> {
  const { measureSources } = await import("./source/report.ts");
  const began = new Date().toISOString();
  const loadBefore = loads();
  const source = measureSources(options.sysdir);
  return { ...head(began, options.settings), machine: thisMachine(loadBefore), scenarios: [], source };
}

function head(began: string, settings: Settings) {
  const ended = new Date().toISOString();
  return { schema: SCHEMA, version: packageVersion(), began, ended, settings, method: METHOD } as const;
}

/** @returns the exit code. */
export async function compareStacks(args: CompareArguments): Promise<number> {
  const options = checkOptions(args);
  const earlier = options.against === undefined ? undefined : readResults(options.against);
  for (const file of [options.json, options.html]) if (file !== undefined) checkWritable(file);
  const results = options.source
    ? await compareSources(options)
    : options.read === undefined
      ? await measureHere(options)
      : readThere(options.read);
  // What was measured is shown first: a disk that is full by now takes nothing of it away.
  process.stdout.write(`${formatResults(results, options.markdown ? markdownTable : formatTable)}\n`);
  if (earlier !== undefined) {
    process.stdout.write(`\n${against(results, earlier).join("\n")}\n`);
  }
  if (options.json !== undefined) {
    writeResults(options.json, `${JSON.stringify(results, undefined, 1)}\n`);
  }
  if (options.html !== undefined) {
    await writeReport(options.html, compareReport(results));
  }
  return ExitCode.Ok;
}
