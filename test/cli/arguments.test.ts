import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mirage, ROOT } from "../support/mirage.ts";
import { scratchFolder, write } from "./scratch.ts";

const folder = scratchFolder();

describe("--help", () => {
  it.each([
    [[], ["build", "run", "vm-test", "doctor", "70"]],
    [["build"], ["-t", "-o", "PROGRAM", "mirage build -t unix examples/hello"]],
    [["run"], ["--net", "--ipv4", "--gateway", "--rtparams", "tap:NAME", "mirage run examples/hello"]],
    [["doctor"], ["--json", "mirage doctor --json"]],
  ])("of %j explains and gives examples", (command, words) => {
    const { status, stdout, stderr } = mirage([...command, "--help"]);
    expect(status).toBe(0);
    expect(stderr).toBe("");
    for (const word of [...words, "Examples:"]) {
      expect(stdout).toContain(word);
    }
  });
});

it("--version prints the package's version", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  expect(mirage(["--version"])).toMatchObject({ status: 0, stdout: `${version}\n` });
});

describe("wrong arguments end with 64, and", () => {
  it.each([
    [
      "a misspelt option",
      ["run", "--ipv5", "10.0.0.2/24", "x.ts"],
      /unknown option --ipv5\. Did you mean --ipv4\?/,
    ],
    ["another", ["build", "--ouptut=x", "x.ts"], /unknown option --ouptut\. Did you mean --output\?/],
    ["an option of another command", ["doctor", "--net", "tap:x"], /unknown option --net/],
    ["a short one", ["build", "-x", "x.ts"], /unknown option -x\./],
    ["a misspelt command", ["biuld", "x.ts"], /unknown command biuld\. Did you mean build\?/],
    ["no command", [], /which command\?/],
    ["no program", ["run"], /which program\?.*main\.ts/],
    ["an option without its value", ["run", "x.ts", "--net"], /net/],
    ["an unknown target", ["build", "-t", "unxi", "x.ts"], /unknown target unxi\. Did you mean unix\?/],
    [
      "a kernel's source for another target",
      ["build", "--sysdir", "/usr/src/sys", "x.ts"],
      /--sysdir is for -t kfreebsd/,
    ],
    [
      "a folder that is no kernel's source",
      ["build", "-t", "kfreebsd", "--sysdir", "/dev", "examples/hello"],
      /no kernel source in \/dev: it has no sys\/param\.h/,
    ],
    ["running what only a kernel runs", ["run", "-t", "kfreebsd", "x.ts"], /mirage run is for -t unix/],
    ["a program that is not there", ["run", "no-such-program"], /no such program: no-such-program/],
  ])("%s is named", (_, args, message) => {
    const { status, stdout, stderr } = mirage(args);
    expect(stderr).toMatch(message);
    expect(status).toBe(64);
    expect(stdout).toBe("");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("a program without its extension is recognised", () => {
    const program = write(folder, { "echo.ts": "export {};\n" });
    const { status, stderr } = mirage(["run", program.slice(0, -3)]);
    expect(status).toBe(64);
    expect(stderr).toMatch(/Did you mean .*echo\.ts\?/);
  });

  it("a folder without main.ts is named", () => {
    const { status, stderr } = mirage(["run", folder]);
    expect(status).toBe(64);
    expect(stderr).toContain("without main.ts");
  });

  it.each(["filter.frame.ts", "script.js"])("%s is no program", (name) => {
    const { status, stderr } = mirage(["build", write(folder, { [name]: "" })]);
    expect(status).toBe(64);
    expect(stderr).toContain("PROGRAM is");
  });
});
