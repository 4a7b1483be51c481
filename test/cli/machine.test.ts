import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { examineMachine } from "../../src/cli/doctor.ts";
import { mirage, ROOT } from "../support/mirage.ts";
import { scratchFolder, write } from "./scratch.ts";

const folder = scratchFolder();

interface Check {
  name: string;
  found: boolean;
  required: boolean;
  detail: string;
  remedy: string;
}

function which(name: string): string | undefined {
  const { status, stdout } = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

describe("mirage doctor", () => {
  it("says in JSON what is here, and that programs can be built", () => {
    const { status, stdout } = mirage(["doctor", "--json"]);
    const report = JSON.parse(stdout) as { ready: boolean; checks: Check[] };
    expect(status).toBe(0);
    expect(report.ready).toBe(true);
    const names = report.checks.map((check) => check.name);
    for (const name of [
      "node",
      "clang",
      "lld",
      "llvm-objcopy",
      "kernel headers",
      "llvm-objdump",
      "wasm2c",
      "duktape",
      "tap",
      "root",
      "sdt",
      "bmake",
    ]) {
      expect(names).toContain(name);
    }
    expect(report.checks.find((check) => check.name === "node")?.detail).toContain(process.version);
    expect(report.checks.every((check) => check.remedy !== "")).toBe(true);
  });

  it("names FreeBSD's ways on FreeBSD, and nothing that is Linux's", () => {
    const checks = examineMachine("freebsd");
    expect(checks.map((check) => check.name)).toContain("kernel headers");
    expect(checks.map((check) => check.name)).not.toContain("tap");
    expect(checks.filter((check) => /apt-get/.test(check.remedy))).toEqual([]);
  });

  it("names what is missing with the command that gets it, and ends with 1", () => {
    const { CLANG: _, WASM2C: __, ...env } = process.env;
    const { status, stdout } = mirage(["doctor"], { ...env, PATH: folder, DUKTAPE_DIR: folder });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^MISSING +clang .*\n.*apt-get install clang-19$/m);
    expect(stdout).toMatch(/^MISSING +wasm2c .*\n.*apt-get install wabt$/m);
    expect(stdout).toMatch(/^MISSING +duktape .*\n.*apt-get install duktape-dev$/m);
  });

  it("a build says so too", () => {
    const main = write(folder, { "main.ts": "export {};\n" });
    const { CLANG: _, ...env } = process.env;
    const { status, stderr } = mirage(["run", main], { ...env, PATH: folder });
    expect(status).toBe(1);
    expect(stderr).toMatch(/no clang .*\n.*apt-get install clang-19/);
  });
});

describe("tools/setup.sh", () => {
  /** A PATH with the shell's helpers only, and stand-ins for what `fakes` names. */
  function path(name: string, fakes: Record<string, string>): string {
    const bin = join(folder, name);
    mkdirSync(bin);
    for (const tool of ["sh", "dirname", "mkdir", "cat", "tr", "sed", "sort", "tail"]) {
      symlinkSync(which(tool) as string, join(bin, tool));
    }
    for (const [tool, script] of Object.entries(fakes)) {
      chmodSync(write(bin, { [tool]: `#!/bin/sh\n${script}\n` }), 0o755);
    }
    return bin;
  }

  function setup(bin: string): { status: number | null; stderr: string } {
    return spawnSync("/bin/sh", [join(ROOT, "tools/setup.sh"), "run"], {
      encoding: "utf8",
      env: { PATH: bin },
    });
  }

  it("names what it would install where there is no apt", () => {
    const { status, stderr } = setup(path("no-apt", {}));
    expect(status).toBe(1);
    expect(stderr).toMatch(/no apt-get on this machine/);
    expect(stderr).toMatch(/apt-get install .*clang-19 .*wabt/);
  });

  it("gives the command with sudo to who is not root", () => {
    const { status, stderr } = setup(path("not-root", { id: "echo 1000", "apt-get": "exit 99" }));
    expect(status).toBe(1);
    expect(stderr).toMatch(/Not root/);
    expect(stderr).toMatch(/sudo apt-get update && sudo apt-get install .*clang-19/);
  });

  it("shows what apt-get said when it fails", () => {
    const { status, stderr } = setup(
      path("apt-fails", { id: "echo 0", "apt-get": "echo no route to mirror; exit 100" }),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/no route to mirror/);
    expect(stderr).toMatch(/apt-get update && apt-get install/);
  });
});

describe("the Makefile", () => {
  it.skipIf(which("bmake") === undefined)(
    `means the same to GNU make and BSD make${which("bmake") === undefined ? " (skipped: no bmake)" : ""}`,
    () => {
      for (const target of ["run", "test", "bench", "check-nofloat", "lint", "build", "clean", "distclean"]) {
        const [gnu, bsd] = ["make", "bmake"].map((make) =>
          spawnSync(make, ["-n", target], { cwd: ROOT, encoding: "utf8", env: { PATH: process.env.PATH } }),
        );
        expect(gnu?.status, gnu?.stderr).toBe(0);
        expect(gnu?.stdout).not.toBe("");
        const plain = (text = "") =>
          text
            .replace(/\\\n\s*/g, "")
            .replace(/\s+/g, " ")
            .replace(/@/g, "");
        expect(plain(bsd?.stdout)).toBe(plain(gnu?.stdout));
      }
    },
  );
});
