/** About a minute of the stack's fuzzer, from the inputs that longer runs have found. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findClang } from "../../src/build/toolchain.ts";
import { ROOT } from "../support/mirage.ts";

/** Inputs tried: about 50 seconds of a processor where this was written. The limit by time is for slower machines. */
const RUNS = 20_000;
const SECONDS = 75;

const corpus = join(ROOT, "test/fuzz/corpus");
const work = mkdtempSync(join(tmpdir(), "mirage-fuzz-"));

/** libFuzzer is a part of clang's runtime that some packages leave out. */
function libFuzzer(): boolean {
  const resources = execFileSync(findClang().path, ["-print-resource-dir"], { encoding: "utf8" }).trim();
  return (
    existsSync(resources) &&
    readdirSync(resources, { recursive: true, encoding: "utf8" }).some((name) =>
      /libclang_rt\.fuzzer(-x86_64)?\.a$/.test(name),
    )
  );
}

const missing = !libFuzzer();

let fuzzer = "";

beforeAll(() => {
  if (!missing) {
    fuzzer = execFileSync(process.execPath, [join(ROOT, "dist/harness-build.js"), "fuzz"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  }
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

function fuzz(args: readonly string[]): { status: number | null; stderr: string } {
  // Findings stay in the folder of builds, so that they can be looked at.
  const artifacts = `-artifact_prefix=${join(ROOT, "build/fuzz/")}`;
  return spawnSync(fuzzer, [artifacts, ...args], { encoding: "utf8", maxBuffer: 64 << 20 });
}

test("all inputs kept from before do no harm", (context) => {
  context.skip(missing, "skipped: clang has no libFuzzer here (apt-get install libclang-rt-19-dev)");
  const files = readdirSync(corpus).map((name) => join(corpus, name));
  expect(files.length).toBeGreaterThan(0);
  const { status, stderr } = fuzz(files);
  expect(status, stderr.slice(-4000)).toBe(0);
});

test("new inputs do no harm: no trap, no leak, no malformed or wrong byte sent or delivered", (context) => {
  context.skip(missing, "skipped: clang has no libFuzzer here (apt-get install libclang-rt-19-dev)");
  const { status, stderr } = fuzz([
    `-runs=${RUNS}`,
    `-max_total_time=${SECONDS}`,
    "-max_len=1500",
    "-timeout=20",
    "-rss_limit_mb=1024",
    work,
    corpus,
  ]);
  expect(status, stderr.slice(-4000)).toBe(0);
  expect(stderr).toMatch(/Done \d+ runs/);
}, 240_000);
