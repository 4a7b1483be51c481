/**
 * The stack as a library for packetdrill, and our own scripts where that program is installed. It is not among Debian's
 * packages: `PACKETDRILL` names one that was built by hand, else it is looked for in PATH.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { findClang, findLlvmTool, which } from "../../src/build/toolchain.ts";
import { runScript } from "../../tools/packetdrill/runner.ts";
import { ROOT } from "../support/mirage.ts";

const scripts = join(ROOT, "test/packetdrill");
const packetdrill = which(process.env.PACKETDRILL ?? "packetdrill");
let library: string;

beforeAll(() => {
  library = execFileSync(process.execPath, [join(ROOT, "dist/harness-build.js"), "packetdrill"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
});

describe("mirage-packetdrill.so", () => {
  test("offers packetdrill's entry and nothing else", () => {
    const nm = findLlvmTool("llvm-nm", "nm") ?? "nm";
    const symbols = execFileSync(nm, ["-D", "--defined-only", "--format=posix", library], {
      encoding: "utf8",
    });
    expect(symbols.trim().split("\n")).toEqual([expect.stringMatching(/^packetdrill_interface_init T /)]);
  });
});

describe("mirage-packetdrill.so, driven as packetdrill does", () => {
  test("connections both ways, a blocking call on a second thread, datagrams, errors", () => {
    const folder = join(ROOT, "build/packetdrill");
    const check = join(folder, "check");
    const flags = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"];
    execFileSync(
      findClang().path,
      [...flags, "-o", check, join(scripts, "check/check.c"), "-ldl", "-lpthread"],
      {
        stdio: "pipe",
      },
    );
    const { status, stdout, stderr } = spawnSync(check, [library], { encoding: "utf8" });
    expect(stdout + stderr).toMatch(/^\d+ checks\n$/);
    expect(status).toBe(0);
  });
});

describe("packetdrill scripts", () => {
  const names = readdirSync(scripts).filter((name) => name.endsWith(".pkt"));
  test.for(names)("%s", async (name, context) => {
    context.skip(packetdrill === undefined, "skipped: no packetdrill in PATH, nor named by PACKETDRILL");
    const run = await runScript({ packetdrill: packetdrill as string, library }, join(scripts, name));
    expect(run.output).toBe("");
    expect(run.passed).toBe(true);
  });
});
