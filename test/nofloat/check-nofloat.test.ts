import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findClang, findLlvmTool } from "../../src/build/toolchain.ts";
import { checkNoFloat, whyNotAllowed } from "../../tools/check-nofloat-scan.ts";
import { compileFloatFree, libmSources, root, scratch, softfloatSources } from "./build.ts";

const directory = scratch();
afterAll(() => directory.remove());

const command = join(directory.path, "check-nofloat.mjs");

/** Compiles with everything that this processor family has. */
function planted(name: string, source: string): string {
  const file = join(directory.path, `${name}.c`);
  const object = join(directory.path, `${name}.o`);
  writeFileSync(file, source);
  execFileSync(findClang().path, ["-O2", "-c", file, "-o", object]);
  return object;
}

function gate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
}

beforeAll(() => {
  buildSync({
    entryPoints: [join(root, "tools/check-nofloat.ts")],
    outfile: command,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
  });
});

describe("check-nofloat", () => {
  test("passes what ships, and says how much it looked at", () => {
    const objects = compileFloatFree([...libmSources, ...softfloatSources], directory.path);
    const { status, stdout, stderr } = gate(...objects);
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      /^check-nofloat: [1-9]\d+ functions \(\d{4,} instructions\) in 14 objects: no floating point\n$/,
    );
    expect(status).toBe(0);
  }, 60_000);

  test("names function and instruction of one SSE instruction among clean code", () => {
    const object = planted(
      "sse",
      `int clean(int a) { return (a * 3); }
void copy_fast(char *p) { __asm__ __volatile__("movaps %%xmm3, (%0)" : : "r"(p) : "memory"); }
int clean_too(int a) { return (a / 3); }\n`,
    );
    const { status, stdout, stderr } = gate(object);
    expect(stderr).toMatch(/sse\.o: copy_fast\+0x0: movaps %xmm3, ?\(%rdi\): uses %xmm3\n$/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stdout).toMatch(/3 functions .* in 1 objects: 1 instructions must not be there/);
    expect(status).toBe(1);
  });

  test("names function and instruction of one x87 instruction", () => {
    const object = planted(
      "x87",
      `void scale(double *p) { __asm__ __volatile__("fldl (%0)" : : "r"(p)); }\n`,
    );
    const { status, stderr } = gate(object);
    expect(stderr).toMatch(/x87\.o: scale\+0x0: fldl \(%rdi\): touches floating-point state\n$/);
    expect(status).toBe(1);
  });

  test("finds what the compiler itself makes of a double, in a member of an archive, in a folder", () => {
    const object = planted("sum", "double sum(double a, double b) { return (a + b); }\n");
    const folder = join(directory.path, "tree/below");
    mkdirSync(folder, { recursive: true });
    const archive = join(folder, "lib.a");
    const ar = findLlvmTool("llvm-ar", "ar");
    expect(ar).toBeDefined();
    execFileSync(ar ?? "", ["rcs", archive, object, planted("clean", "int clean(int a) { return (a); }\n")]);
    const { status, stdout, stderr } = gate("--json", join(directory.path, "tree"));
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      objects: 2,
      functions: 2,
      offenders: [{ object: `${archive}(sum.o)`, function: "sum", offset: "0", reason: "uses %xmm1" }],
    });
    expect(status).toBe(1);
  });

  test.each([
    ["addsd %xmm1, %xmm0", "uses %xmm1"],
    ["vmovdqu64 (%rdi), %zmm17 {%k1}", "uses %zmm17"],
    ["vpxor %ymm0, %ymm0, %ymm0", "uses %ymm0"],
    ["movq %mm3, %rax", "uses %mm3"],
    ["fadd %st(1), %st", "uses %st(1)"],
    ["kmovq %rax, %k3", "uses %k3"],
    ["fldz", "touches floating-point state"],
    ["wait", "touches floating-point state"],
    ["emms", "touches floating-point state"],
    ["fxsave64 (%rdi)", "touches floating-point state"],
    ["xsaveopt (%rdi)", "touches floating-point state"],
    ["rex.W fxrstor (%rdi)", "touches floating-point state"],
    ["ldmxcsr -4(%rsp)", "touches floating-point state"],
    ["vzeroupper", "touches floating-point state"],
  ])("flags %s", (instruction, reason) => {
    expect(whyNotAllowed(instruction)).toBe(reason);
  });

  test("flags bytes that are no instruction, for they could be anything", () => {
    expect(whyNotAllowed("<unknown>")).toMatch(/cannot be decoded/);
    expect(whyNotAllowed("(bad)")).toMatch(/cannot be decoded/);
  });

  test.each([
    "rep movsb (%rsi), %es:(%rdi)",
    "movsl %ds:(%rsi),%es:(%rdi)",
    "callq 0x40 <copy_xmm0_to_%xmm1>",
    "movq (%rdi), %rax # %xmm0",
    "lock cmpxchgq %rdx, (%rdi)",
    "nopw %cs:(%rax,%rax)",
    "popcntq %rax, %rax",
    "mfence",
    "prefetcht0 (%rdi)",
    "movnti %rax, (%rdi)",
    "xsusldtrk",
    "kernel_entry",
    "movl %fs:40, %eax",
  ])("lets %s be", (instruction) => {
    expect(whyNotAllowed(instruction)).toBeUndefined();
  });

  test("refuses an empty set, a file that is no object, another machine's object, and no argument", async () => {
    await expect(checkNoFloat([])).rejects.toThrow(/no objects to check/);
    const empty = join(directory.path, "empty");
    mkdirSync(empty);
    expect(gate(empty)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("empty set proves nothing"),
    });
    expect(gate(planted("data", "int only_data = 1;\n"))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("0 functions"),
    });
    expect(gate(join(root, "LICENSE"))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("LICENSE"),
    });
    expect(gate(join(directory.path, "none.o"))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no such file"),
    });
    const foreign = join(directory.path, "arm.o");
    writeFileSync(join(directory.path, "arm.c"), "int f(void) { return (1); }\n");
    const flags = ["--target=aarch64-none-elf", "-c", join(directory.path, "arm.c"), "-o", foreign];
    execFileSync(findClang().path, flags);
    expect(gate(foreign)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/aarch64.*not elf64-x86-64/),
    });
    expect(gate()).toMatchObject({ status: 64, stderr: expect.stringContaining("usage:") });
    expect(gate("--jsno", foreign)).toMatchObject({ status: 64, stderr: expect.stringContaining("--jsno") });
  });
});
