import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compileFloatFree, linkHarness, root, runHarness, scratch, softfloatSources } from "./build.ts";

const pairs = 10_000_000;

const routines = [
  ...["__adddf3", "__subdf3", "__muldf3", "__divdf3", "__negdf2", "__eqdf2", "__nedf2", "__ltdf2", "__ledf2"],
  ...["__gtdf2", "__gedf2", "__unorddf2", "__fixdfsi", "__fixdfdi", "__fixunsdfsi", "__fixunsdfdi"],
  ...["__truncdfsf2", "__extendsfdf2", "__floatsidf", "__floatdidf", "__floatunsidf", "__floatundidf"],
  ...["__addsf3", "__subsf3", "__mulsf3", "__divsf3", "__negsf2", "__eqsf2", "__nesf2", "__ltsf2", "__lesf2"],
  ...["__gtsf2", "__gesf2", "__unordsf2", "__fixsfsi", "__fixsfdi", "__fixunssfsi", "__fixunssfdi"],
  ...["__floatsisf", "__floatdisf", "__floatunsisf", "__floatundisf"],
];

describe("soft float", () => {
  const directory = scratch();
  afterAll(() => directory.remove());

  test(`agrees with the processor in every bit, over ${pairs} random pairs and all hard ones`, () => {
    const objects = compileFloatFree(softfloatSources, directory.path);
    const harness = linkHarness("softfloat", objects, directory.path);
    const seed = String(Math.floor(Math.random() * 2 ** 48));
    const { status, lines } = runHarness(harness, [String(pairs), seed]);
    const expected = routines.map((routine) => `${routine} ${pairs} 0`).sort();
    expect(lines.sort(), `seed ${seed}`).toEqual(expected);
    expect(status).toBe(0);
  }, 120_000);

  test("the comparison notices a wrong last bit", () => {
    const sources = scratch();
    try {
      // Ties go away from zero in this one.
      const header = readFileSync(join(root, "stdlib-nofloat/softfloat/binary64.h"), "utf8");
      const broken = header.replace("(sig & 0x7ff) == 0x400", "(sig & 0x7ff) == 0x401");
      expect(broken).not.toBe(header);
      writeFileSync(join(sources.path, "binary64.h"), broken);
      const copies = softfloatSources.map((source) => {
        const copy = join(sources.path, source.split("/").at(-1) ?? "");
        writeFileSync(copy, readFileSync(source));
        return copy;
      });
      const harness = linkHarness("softfloat", compileFloatFree(copies, sources.path), sources.path);
      const { status, lines } = runHarness(harness, ["1000", "1"]);
      expect(status).toBe(1);
      expect(lines.filter((line) => line.startsWith("MISMATCH __muldf3"))).toHaveLength(1);
    } finally {
      sources.remove();
    }
  }, 60_000);
});
