import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findDuktape, findLlvmTool } from "../../src/build/toolchain.ts";
import {
  compileFloatFree,
  libcSources,
  linkHarness,
  parseFloatFree,
  root,
  runHarness,
  scratch,
} from "./build.ts";

const directory = scratch();
afterAll(() => directory.remove());

describe("libc", () => {
  test("memory, strings, numbers, formats and jumps do what the host's do", () => {
    const harness = linkHarness("libc", compileFloatFree(libcSources, directory.path), directory.path);
    const { status, lines } = runHarness(harness, []);
    expect(lines).toEqual([expect.stringMatching(/^[1-9]\d{4,} checks, 0 failed$/)]);
    expect(status).toBe(0);
  }, 60_000);
});

describe("shim headers", () => {
  test("each compiles by itself and twice", () => {
    const headers = readdirSync(join(root, "stdlib-nofloat/include"), {
      recursive: true,
      encoding: "utf8",
    }).filter((name) => name.endsWith(".h"));
    expect(headers).toContain("stdio.h");
    for (const header of headers) {
      const source = join(directory.path, `header-${header.replace(/\W/g, "-")}.c`);
      writeFileSync(source, `#include <${header}>\n#include <${header}>\n`);
      parseFloatFree(source);
    }
  }, 60_000);

  test("leave the host's names alone, but for those that the compiler calls", () => {
    const objects = compileFloatFree(libcSources, directory.path);
    const symbols = execFileSync(
      findLlvmTool("llvm-nm", "nm") ?? "nm",
      ["-g", "--defined-only", ...objects],
      { encoding: "utf8" },
    )
      .split("\n")
      .map((line) => /^[0-9a-f]+ [A-Z] (\S+)$/.exec(line)?.[1])
      .filter((name) => name !== undefined);
    expect(symbols.length).toBeGreaterThan(20);
    const bare = symbols.filter((name) => !name.startsWith("mirage_")).sort();
    expect(bare).toEqual(["memcmp", "memcpy", "memmove", "memset"]);
  }, 60_000);

  test("suffice for Duktape, unmodified and in its stock configuration", () => {
    const source = join(directory.path, "engine.c");
    // On a machine that it does not know, that configuration calls C's date functions undeclared.
    writeFileSync(
      source,
      `#pragma clang diagnostic ignored "-Weverything"\n#include "${findDuktape()}/duktape.c"\n`,
    );
    parseFloatFree(source);
  }, 60_000);

  test("have all that math.h's users call", () => {
    const source = join(directory.path, "uses.c");
    writeFileSync(
      source,
      `#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>
#include <alloca.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdarg.h>
#include <limits.h>
#include <inttypes.h>
int f(double x, float y);
int f(double x, float y)
{
	assert(x == x);
	return (fpclassify(x) + fpclassify(y) + isnan(x) + isnan(y) + isinf(x) +
	    signbit(x) + signbit(y) + isfinite(x) + (INFINITY > x) + (NAN == y) +
	    (int)(floorf(y) + ceilf(y) + truncf(y) + nearbyintf(y) + sqrtf(y) +
	    fabsf(y) + copysignf(y, y) + nearbyint(x) + copysign(x, y)));
}
`,
    );
    compileFloatFree([source], directory.path);
  }, 60_000);
});
