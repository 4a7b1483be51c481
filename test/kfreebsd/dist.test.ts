import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findKernelHeaders } from "../../src/build/kernel-headers.ts";
import { checkUndefined } from "../../src/build/kernel-symbols.ts";
import { silent } from "../../src/build/progress.ts";
import { findClang, findLlvmTool, which } from "../../src/build/toolchain.ts";
import { mirage, ROOT } from "../support/mirage.ts";

const parent = join(ROOT, "build/test-programs");
mkdirSync(parent, { recursive: true });
const folder = mkdtempSync(join(parent, "dist-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = join(ROOT, "examples/udp-echo");
const dist = join(folder, "udp-echo");
const common = ["build", "-q", "-t", "kfreebsd", "--headers", "14.2"];

function llvm(tool: string, ...args: string[]): string {
  return execFileSync(findLlvmTool(tool) as string, args, { encoding: "utf8", maxBuffer: 64 << 20 });
}

/** Names of the functions that a module defines. */
function functions(module: string): string[] {
  const lines = llvm("llvm-nm", "--defined-only", module).split("\n");
  return [...new Set(lines.flatMap((line) => /^[0-9a-f]+ [tT] (\w+)$/.exec(line)?.[1] ?? []))].sort();
}

describe("mirage build --dist", () => {
  beforeAll(() => {
    const { status, stderr } = mirage([...common, "--dist", dist, program]);
    expect(status, stderr).toBe(0);
  });

  it("leaves C, headers, a makefile and licences, and nothing that names this machine", () => {
    const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const names = files.map((one) => relative(dist, join(one.parentPath, one.name)));
    const kinds = names.filter((name) => !/\.(?:c|h|S|def)$/.test(name)).sort();
    expect(kinds).toEqual([
      "LICENSE",
      "Makefile",
      "README",
      "licences/README",
      "licences/assemblyscript",
      "licences/assemblyscript-notice",
      "licences/core-js",
      "licences/duktape",
      "licences/swc",
    ]);
    expect(names).toContain("program/program.c");
    expect(names).toContain("duktape/duktape.c");
    expect(readFileSync(join(dist, "licences/duktape"), "utf8")).toMatch(
      /Permission is hereby granted[\s\S]*Sami Vaarala/,
    );
    for (const name of names) {
      expect(readFileSync(join(dist, name), "utf8").includes(ROOT), name).toBe(false);
    }
  });

  it("becomes the module that mirage build makes, by make and a compiler alone", {
    timeout: 300_000,
  }, async (context) => {
    context.skip(which("bmake") === undefined, "skipped: no bmake");
    const headers = await findKernelHeaders({ headers: "14.2" }, silent);
    // Where FreeBSD's own makefile has the kernel's source, ours reads the version only.
    const sysdir = join(folder, "sys");
    mkdirSync(join(sysdir, "sys"), { recursive: true });
    writeFileSync(join(sysdir, "sys/param.h"), `#define __FreeBSD_version ${headers.version}\n`);
    const made = spawnSync(
      which("bmake") as string,
      [
        "-r",
        "-j2",
        "-m",
        join(ROOT, "test/kfreebsd/mk"),
        `SYSDIR=${sysdir}`,
        `CC=${findClang().path}`,
        `LD=${findLlvmTool("ld.lld")}`,
        `HEADERS=${[
          `-D__FreeBSD_version=${headers.version}`,
          ...[...headers.folders, join(ROOT, "kmod/headers")].map((one) => `-I${one}`),
        ].join(" ")}`,
      ],
      // No Node, no npm.
      { cwd: dist, encoding: "utf8", env: { PATH: "/usr/bin:/bin" } },
    );
    expect(made.status, made.stdout + made.stderr).toBe(0);
    const module = join(dist, "mirage.ko");
    const output = join(folder, "usual");
    const usual = mirage([...common, "-o", output, program]);
    expect(usual.status, usual.stderr).toBe(0);

    await checkUndefined(findLlvmTool("llvm-nm") as string, module, headers);
    const sets = (file: string) =>
      [...new Set(llvm("llvm-readelf", "-S", "-W", file).match(/set_\w+/g))].sort();
    expect(sets(module)).toEqual(sets(join(output, "mirage.ko")));
    // Also what no program needs is linked in: there is no archive to choose from.
    const linked = new Set(functions(module));
    expect(functions(join(output, "mirage.ko")).filter((name) => !linked.has(name))).toEqual([]);
    const gate = spawnSync(process.execPath, [join(ROOT, "dist/check-nofloat.js"), module], {
      encoding: "utf8",
    });
    expect(gate.stderr).toBe("");
    expect(gate.status).toBe(0);
  });

  it("replaces what it wrote, and nothing else", () => {
    const hello = join(ROOT, "examples/hello");
    const again = mirage([...common, "--dist", dist, hello]);
    expect(again.status, again.stderr).toBe(0);
    expect(existsSync(join(dist, "program/stack.frame.c"))).toBe(false);
    expect(readFileSync(join(dist, "README"), "utf8")).toContain("the program hello");
    const other = join(folder, "other");
    mkdirSync(other);
    writeFileSync(join(other, "Makefile"), "all:\n");
    for (const [target, message] of [
      [other, /has files that are not ours/],
      [join(other, "Makefile"), /is no folder/],
    ] as const) {
      const { status, stderr } = mirage([...common, "--dist", target, hello]);
      expect(stderr).toMatch(message);
      expect(status).toBe(64);
    }
    expect(readFileSync(join(other, "Makefile"), "utf8")).toBe("all:\n");
  });

  it("has no use for -o, nor for the target unix", () => {
    expect(mirage([...common, "--dist", dist, "-o", folder, program])).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/-o has no use/),
    });
    expect(mirage(["build", "--dist", dist, program])).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/--dist is for -t kfreebsd/),
    });
  });
});
