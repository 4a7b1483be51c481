import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pltToPc32 } from "../../src/build/kfreebsd-relocations.ts";
import { findClang, findLlvmTool } from "../../src/build/toolchain.ts";
import { mirage, ROOT } from "../support/mirage.ts";

const parent = join(ROOT, "build/test-programs");
mkdirSync(parent, { recursive: true });
const folder = mkdtempSync(join(parent, "kfreebsd-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function llvm(tool: string, ...args: string[]): string {
  const path = findLlvmTool(tool);
  if (path === undefined) {
    throw new Error(`no ${tool}: apt-get install llvm-19`);
  }
  return execFileSync(path, args, { encoding: "utf8", maxBuffer: 64 << 20 });
}

/** Types of relocation in an object, with how many of each. */
function relocations(object: string): Record<string, number> {
  const types = llvm("llvm-readelf", "-r", "-W", object).match(/R_X86_64_\w+/g) ?? [];
  const count: Record<string, number> = {};
  for (const type of types) {
    count[type] = (count[type] ?? 0) + 1;
  }
  return count;
}

describe("kernels that know no PLT32", () => {
  it("get PC32 in its place, and nothing else changes", () => {
    const source = join(folder, "calls.c");
    const object = join(folder, "calls.o");
    writeFileSync(
      source,
      "extern int f(int), g;\nint (*table)(int) = f;\nint a(int x) { return f(x) + g; }\nint b(int x) { return f(a(x)) + 1; }\n",
    );
    execFileSync(findClang().path, [
      "--target=x86_64-unknown-freebsd",
      "-O1",
      "-mcmodel=kernel",
      "-c",
      source,
      "-o",
      object,
    ]);
    const before = relocations(object);
    const plt = before.R_X86_64_PLT32 ?? 0;
    expect(plt).toBeGreaterThanOrEqual(2);
    const bytes = readFileSync(object);
    expect(pltToPc32(bytes)).toBe(plt);
    writeFileSync(object, bytes);
    const { R_X86_64_PLT32: _, ...rest } = before;
    expect(relocations(object)).toEqual({ ...rest, R_X86_64_PC32: (before.R_X86_64_PC32 ?? 0) + plt });
  });
});

interface Kernel {
  readonly label: string;
  /** What the command line says. */
  readonly args: readonly string[];
  /** `__FreeBSD_version`, where it is known beforehand. */
  readonly version?: number;
}

/** What modules are built against: fetched headers, and the folders of kernel source that the environment names. */
const kernels: readonly Kernel[] = [
  { label: "the headers of 14.2", args: ["--headers", "14.2"], version: 1402000 },
  { label: "the headers of 15.0", args: ["--headers", "15.0"], version: 1500068 },
  ...(process.env.MIRAGE_SYSDIR ?? "")
    .split(":")
    .filter((tree) => tree !== "")
    .map((tree) => ({ label: tree, args: ["--sysdir", tree] })),
];

if (kernels.length === 2) {
  it("mirage.ko against source trees", (context) => {
    context.skip("skipped: MIRAGE_SYSDIR names no sys tree of FreeBSD");
  });
}

/** Compiles C for the kernel's ABI, with floating point unless flags forbid it; the object's path. */
function compile(name: string, text: string): string {
  const source = join(folder, `${name}.c`);
  const object = join(folder, `${name}.o`);
  writeFileSync(source, text);
  execFileSync(findClang().path, ["--target=x86_64-unknown-freebsd", "-O1", "-c", source, "-o", object]);
  return object;
}

function gate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(ROOT, "dist/check-nofloat.js"), ...args], { encoding: "utf8" });
}

describe.each(kernels)("mirage.ko against $label", ({ args, version }) => {
  let module = "";
  let report: { freebsdVersion: number };

  beforeAll(() => {
    const output = mkdtempSync(join(folder, "ko-"));
    const { status, stderr, stdout } = mirage([
      "build",
      "--json",
      "-t",
      "kfreebsd",
      ...args,
      "-o",
      output,
      join(ROOT, "examples/udp-echo"),
    ]);
    expect(status, stderr).toBe(0);
    report = JSON.parse(stdout);
    expect(stderr).not.toMatch(/warning/);
    expect(readdirSync(output)).toEqual(["mirage.ko"]);
    module = join(output, "mirage.ko");
  });

  it("says which kernel it was built for", () => {
    if (version !== undefined) {
      expect(report.freebsdVersion).toBe(version);
    }
    // What the kernel's linker reads: oldest and newest version of the kernel that the module depends on.
    const bytes = readFileSync(module);
    const range = Buffer.alloc(8);
    range.writeInt32LE(report.freebsdVersion, 0);
    range.writeInt32LE(report.freebsdVersion, 4);
    expect(bytes.includes(range)).toBe(true);
  });

  it("has the sections by which a kernel knows a module, and no note of a user process", () => {
    const sections = llvm("llvm-readelf", "-S", "-W", module);
    for (const name of [
      "set_modmetadata_set",
      "set_sysinit_set",
      "set_sysuninit_set",
      "set_sdt_argtypes_set",
      "set_sdt_probes_set",
      "set_sdt_providers_set",
    ]) {
      expect(sections).toContain(name);
    }
    // From 15 on the places where probes fire are known to the tracer, which patches them.
    expect(sections.includes("set_sdt_tracepoint_set")).toBe(report.freebsdVersion >= 1500000);
    expect(sections).not.toMatch(/stapsdt|\.got|\.tdata|\.tbss|\.eh_frame|\.debug/);
  });

  it("has only relocations that the kernel's linker knows", () => {
    const old = report.freebsdVersion < 1200000;
    const allowed = ["R_X86_64_32S", "R_X86_64_64", "R_X86_64_PC32", ...(old ? [] : ["R_X86_64_PLT32"])];
    expect(Object.keys(relocations(module)).filter((type) => !allowed.includes(type))).toEqual([]);
  });

  it("has no floating-point instruction", () => {
    const { status, stderr } = gate(module);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it("frees external storage with a jump, so that none of its code runs when the last piece is given back", (context) => {
    context.skip(report.freebsdVersion < 1200000, "skipped: before 12 the callback returns a value");
    const code = llvm(
      "llvm-objdump",
      "-d",
      "-r",
      "--no-show-raw-insn",
      "--disassemble-symbols=ext_free",
      module,
    );
    const instructions = code
      .split("\n")
      .filter((line) => /^\s+[0-9a-f]+:\s/.test(line) && !/\bnop/.test(line));
    expect(instructions.filter((line) => /\sret/.test(line))).toEqual([]);
    // The last instruction, and what it refers to.
    expect(instructions.at(-2)).toMatch(/\sjmp\s/);
    expect(instructions.at(-1)).toMatch(/uma_zfree_arg/);
  });

  it("is not let through with floating point", () => {
    const double = compile("double", "double half(double x) { return x / 2; }\n");
    const planted = join(folder, "planted.ko");
    execFileSync(findLlvmTool("ld.lld") as string, [
      "-r",
      "-m",
      "elf_x86_64_fbsd",
      "-o",
      planted,
      module,
      double,
    ]);
    const { status, stderr } = gate(planted);
    expect(stderr).toMatch(/planted\.ko: half\+0x[0-9a-f]+: .*xmm0/);
    expect(status).toBe(1);
  });

  it("brings everything that a kernel lacks, and shows it to no other module", () => {
    const missing = llvm("llvm-nm", "-u", module)
      .split("\n")
      .map((line) => line.trim().replace(/^U /, ""))
      .filter((name) => name !== "");
    expect(missing).toEqual(expect.arrayContaining(["malloc", "sysctl_add_oid", "module_register_init"]));
    // Runtime support of compilers, mathematics, C library functions that no kernel has, and our own.
    const foreign =
      /^(mirage_.*|duk_.*|Z_.*|w2c_.*|fc_.*|__\w+[dsti]f\d?|__\w+[td]i\d?|pow|fmod|strtod|sqrt|abort)$/;
    expect(missing.filter((name) => foreign.test(name))).toEqual([]);
    expect(llvm("llvm-nm", "-g", "--defined-only", module).trim()).toBe("");
    // Names stay, for stack() and fbt.
    expect(llvm("llvm-nm", "--defined-only", module)).toMatch(/ t mirage_instance_run$/m);
  });

  it("is built again only when something has changed", () => {
    const again = mirage([
      "build",
      "--json",
      "-q",
      "-t",
      "kfreebsd",
      ...args,
      "-o",
      join(folder, "again"),
      join(ROOT, "examples/udp-echo"),
    ]);
    expect(JSON.parse(again.stdout)).toMatchObject({ cached: true });
    expect(readFileSync(join(folder, "again/mirage.ko")).equals(readFileSync(module))).toBe(true);
  });
});
