import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fetchHeaders, headerReleases, headersDirectory } from "../../src/build/freebsd-headers.ts";
import { findKernelHeaders } from "../../src/build/kernel-headers.ts";
import { checkUndefined, parseSymbols, tableSymbols } from "../../src/build/kernel-symbols.ts";
import { silent } from "../../src/build/progress.ts";
import { findClang, findLlvmTool } from "../../src/build/toolchain.ts";
import { unzip } from "../../src/build/zip.ts";
import { mirage, ROOT } from "../support/mirage.ts";

const parent = join(ROOT, "build/test-programs");
mkdirSync(parent, { recursive: true });
const folder = mkdtempSync(join(parent, "headers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hello = join(ROOT, "examples/hello");

function build(args: string[], env: NodeJS.ProcessEnv = {}): ReturnType<typeof mirage> {
  return mirage(["build", "-t", "kfreebsd", ...args, "-o", join(folder, "out"), hello], {
    ...process.env,
    ...env,
  });
}

/** Some text files in folders, by path. */
function files(name: string, texts: Record<string, string>): string {
  const root = join(folder, name);
  for (const [path, text] of Object.entries(texts)) {
    const file = join(root, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  }
  return root;
}

const [release] = headerReleases;
if (release === undefined) {
  throw new Error("no headers at all");
}

describe("mirage build -t kfreebsd", () => {
  const empty = files("empty", { "readme.txt": "" });
  const old = files("old", { "sys/param.h": "#define __FreeBSD_version 903000\n", "kern/x.c": "" });
  const future = files("future", { "sys/param.h": "#define __FreeBSD_version 1700001\n", "kern/x.c": "" });
  const installed = {
    "sys/param.h": "/* the compiler says which */\n",
    "sys/mbuf.h": "",
    "net/if_var.h": "",
    "machine/param.h": '#define MACHINE "amd64"\n',
  };
  const unversioned = files("unversioned", installed);
  const arm = files("arm", { ...installed, "machine/param.h": '#define MACHINE "arm64"\n' });

  it.each([
    ["no source", ["--sysdir", empty], {}, /no kernel source in .*sys\/param\.h/],
    ["installed headers as source", ["--sysdir", unversioned], {}, /--headers/],
    ["a kernel that is too old", ["--sysdir", old], {}, /903000; Mirage knows kernels from 1004000 on/],
    ["a kernel that is too new", ["--sysdir", future], {}, /1700001; Mirage knows kernels up to FreeBSD 15/],
    ["no headers", ["--headers", empty], {}, /no FreeBSD headers in .*14\.2, 15\.0/],
    ["an unknown release", ["--headers", "9.9"], {}, /--headers 9\.9: .*14\.2, 15\.0/],
    ["another architecture", ["--headers", arm], {}, /not for amd64/],
    ["headers without a version", ["--headers", unversioned], {}, /OSVERSION=N/],
    ["a version that is none", ["--headers", unversioned], { OSVERSION: "14" }, /OSVERSION=14 .*not a/],
    [
      "another major version than the headers'",
      ["--headers", release.name],
      { OSVERSION: "1300139" },
      /OSVERSION=1300139.*those of FreeBSD 14\.2/,
    ],
    ["both", ["--headers", empty, "--sysdir", empty], {}, /only one of them/],
    ["a KERNBUILDDIR that is none", [], { KERNBUILDDIR: empty }, /KERNBUILDDIR=.*no opt_global\.h/],
  ])("refuses %s", (_, args, env, message) => {
    const { status, stderr } = build(args, env);
    expect(stderr).toMatch(message);
    expect(status).toBe(64);
  });

  it("keeps --headers and --sysdir for the kernel", () => {
    for (const option of ["--headers", "--sysdir"]) {
      const { status, stderr } = mirage(["build", option, empty, hello]);
      expect(stderr).toContain(`${option} is for -t kfreebsd`);
      expect(status).toBe(64);
    }
  });

  it("knows an unpacked wheel, in its own layout, without being told the version", async () => {
    await fetchHeaders(release, silent);
    const wheel = join(folder, "wheel");
    mkdirSync(join(wheel, "x86_64-freebsd-none"), { recursive: true });
    symlinkSync(join(headersDirectory(release), "machine"), join(wheel, "x86_64-freebsd-none/machine"));
    symlinkSync(headersDirectory(release), join(wheel, "generic-freebsd"));
    const found = await findKernelHeaders({ headers: wheel }, silent);
    expect(found.version).toBe(release.version);
    const older = await findKernelHeaders({ headers: wheel, osversion: "1400097" }, silent);
    expect(older.version).toBe(1400097);
  });

  it("says why headers cannot be fetched, and what else there is", async () => {
    process.env.PIP_NO_INDEX = "1";
    process.env.PIP_FIND_LINKS = empty;
    try {
      const missing = { ...release, name: "0.0", wheel: "0.0.0.1" };
      await expect(fetchHeaders(missing, silent)).rejects.toThrow(
        /FreeBSD 0\.0's headers .*cannot be fetched\.[\s\S]*ziglang==0\.0\.0\.1[\s\S]*--sysdir[\s\S]*--headers/,
      );
    } finally {
      delete process.env.PIP_NO_INDEX;
      delete process.env.PIP_FIND_LINKS;
    }
  });
});

describe("zip archives", () => {
  it("are read: stored and compressed files, by name", () => {
    const archive = join(folder, "a.zip");
    const script = `import zipfile
z = zipfile.ZipFile(${JSON.stringify(archive)}, "w")
z.writestr("a/stored", "one")
z.writestr("a/packed", "two" * 1000, zipfile.ZIP_DEFLATED)
z.writestr("b/other", "three")
z.close()`;
    execFileSync("python3", ["-c", script]);
    const bytes = readFileSync(archive);
    const found: Record<string, string> = {};
    unzip(
      bytes,
      (name) => name.startsWith("a/"),
      (name, content) => {
        found[name] = content.toString();
      },
    );
    expect(found).toEqual({ "a/stored": "one", "a/packed": "two".repeat(1000) });
    for (const cut of [0, 10, bytes.length - 30]) {
      expect(() =>
        unzip(
          bytes.subarray(0, cut),
          () => true,
          () => undefined,
        ),
      ).toThrow(/not a zip archive/);
    }
  });
});

describe("names that a module refers to", () => {
  const nm = findLlvmTool("llvm-nm") as string;

  function object(name: string, text: string, ...flags: string[]): string {
    const source = join(folder, `${name}.c`);
    const output = join(folder, `${name}.o`);
    writeFileSync(source, text);
    execFileSync(findClang().path, [
      "--target=x86_64-unknown-freebsd",
      "-O1",
      "-w",
      ...flags,
      source,
      "-o",
      output,
    ]);
    return output;
  }

  it("must be the kernel's", async () => {
    const headers = await findKernelHeaders({ headers: release.name }, silent);
    const good = object("good", "void *malloc(); void f(void) { malloc(1); }", "-c");
    await checkUndefined(nm, good, headers);
    const bad = object(
      "bad",
      "void strtod(), malloc(), fopen(); void f(void) { strtod(), malloc(), fopen(); }",
      "-c",
    );
    await expect(checkUndefined(nm, bad, headers)).rejects.toThrow(
      /FreeBSD 14\.2 \(1402000\) refers to what kernels of FreeBSD 14.* do not have: fopen, strtod\./,
    );
  });

  it("are those of the kernel in KERNBUILDDIR, if there is one", () => {
    const builddir = files("kernel-build", {
      "opt_global.h": "#define SMP 1\n#define VIMAGE 1\n#define MAC 1\n",
    });
    execFileSync(findLlvmTool("ld.lld") as string, [
      "-m",
      "elf_x86_64_fbsd",
      "-shared",
      "-o",
      join(builddir, "kernel"),
      object("kernel", "void malloc(void) {}", "-c", "-fPIC"),
    ]);
    const { status, stderr } = build(["--headers", release.name], { KERNBUILDDIR: builddir });
    expect(stderr).toMatch(/refers to what .*kernel-build\/kernel does not have: .*m_freem/);
    expect(stderr).not.toMatch(/have: .*\bmalloc\b/);
    expect(status).toBe(1);
  });

  it("differ between versions", () => {
    expect(tableSymbols(12).has("nstosbt")).toBe(false);
    expect(tableSymbols(10).has("arc4random_buf")).toBe(false);
    expect(tableSymbols(12).has("arc4random_buf")).toBe(true);
    expect(tableSymbols(14, "kernel").has("ng_make_node_common")).toBe(false);
    expect(tableSymbols(14, "modules").has("ng_make_node_common")).toBe(true);
    expect([...parseSymbols("[kernel 12 14]\na b\n[kernel 14]\nc\n", 12)]).toEqual(["a", "b"]);
    expect(() => parseSymbols("a\n[kernel 12]\n", 12)).toThrow(/no section/);
  });
});
