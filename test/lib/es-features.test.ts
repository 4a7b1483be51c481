/** Programs that use what Duktape lacks print, compiled by the whole pipeline, what the same programs print in Node. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { buildProgram, ROOT, runExecutable } from "../support/mirage.ts";

const folder = join(ROOT, "test/lib/es-features");
const programs = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "show.ts");
const scratch = mkdtempSync(join(tmpdir(), "mirage-es-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function inNode(program: string): string[] {
  const outfile = join(scratch, `${program}.mjs`);
  buildSync({
    entryPoints: [join(folder, program)],
    bundle: true,
    format: "esm",
    target: "es2022",
    outfile,
    logLevel: "error",
  });
  const { stdout, stderr } = spawnSync(process.execPath, [outfile], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", TZ: "UTC" },
  });
  expect(stderr).toBe("");
  return stdout.split("\n");
}

describe("ES built-ins", () => {
  it.each(programs)("%s prints what Node prints", (program) => {
    const { status, stdout, stderr } = runExecutable(buildProgram(join(folder, program)), []);
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual(inNode(program));
    expect(status).toBe(0);
  });
});
