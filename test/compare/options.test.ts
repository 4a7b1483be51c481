/** Bad values are refused before anything is started, with what would be right. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type CompareArguments, checkOptions } from "../../tools/compare/options.ts";
import { mirage } from "../support/mirage.ts";

const folder = mkdtempSync(join(tmpdir(), "mirage-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "file");
writeFileSync(file, "");

const nothing: CompareArguments = {
  ...{ image: undefined, sysdir: undefined, headers: undefined, accel: undefined, from: undefined },
  ...{ read: undefined, rounds: undefined, seconds: undefined, only: undefined, offloads: undefined },
  ...{ json: undefined, html: undefined, against: undefined, markdown: false, quick: false, source: false },
};

describe("options of mirage compare", () => {
  it("have defaults, and others with --quick, which numbers that are given go before", () => {
    expect(checkOptions(nothing).settings).toMatchObject({ rounds: 9, seconds: 1 });
    expect(checkOptions({ ...nothing, quick: true }).settings).toMatchObject({ rounds: 3, seconds: 0.2 });
    expect(checkOptions({ ...nothing, quick: true, rounds: "9", seconds: "0.5" }).settings).toMatchObject({
      rounds: 9,
      seconds: 0.5,
    });
  });

  it("choose workloads, in the order of the tables", () => {
    const { workloads } = checkOptions({ ...nothing, only: "tcp-out, icmp-echo" });
    expect(workloads.map(({ id }) => id)).toEqual(["icmp-echo", "tcp-out"]);
  });

  it.each<[Partial<CompareArguments>, string]>([
    [{ rounds: "0" }, "--rounds 0: a whole number from 1 to 1000 is wanted"],
    [{ rounds: "2.5" }, "--rounds 2.5: a whole number"],
    [{ rounds: "1001" }, "--rounds 1001: a whole number from 1 to 1000"],
    [{ seconds: "0" }, "--seconds 0: a number from 0.05 to 600"],
    [{ seconds: "2s" }, "--seconds 2s: a number"],
    [{ seconds: "601" }, "--seconds 601: a number from 0.05 to 600"],
    [{ only: "tcp" }, "there is no tcp; there is icmp-echo, udp-echo, tcp-in"],
    [{ only: "tcp-in," }, "there is no empty name"],
    [{ offloads: "maybe" }, "--offloads maybe: there is on, off and both"],
    [{ image: "/nonexistent" }, "--image /nonexistent: no such file"],
    [{ from: "jail" }, "--from is for a FreeBSD guest: --image IMG names one"],
    [{ image: file, from: "inside" }, "there is no inside; there is jail, outside"],
    [{ sysdir: folder }, "--sysdir is for a FreeBSD guest: --image IMG names one. Or --source"],
    [{ source: true, sysdir: folder }, "there is no sys/param.h in it"],
    [{ source: true, rounds: "3" }, "--source measures nothing: --rounds has no use"],
    [{ source: true, quick: true }, "--source measures nothing: --quick has no use"],
    [{ read: file, seconds: "1" }, "--read takes what was measured: --seconds has no use"],
    [{ read: "/nonexistent" }, "--read /nonexistent: no such file"],
    [{ against: "/nonexistent" }, "--against /nonexistent: no such file. It is what --json wrote."],
    [{ json: folder }, "is a folder; a file is wanted"],
    [{ html: "/nonexistent/a.html" }, "there is no folder /nonexistent"],
  ])("%j is refused", (args, message) => {
    expect(() => checkOptions({ ...nothing, ...args })).toThrow(message);
  });

  it.each([
    [["--rounds", "many"], 64, "--rounds many: a whole number from 1 to 1000"],
    [["--round", "3"], 64, "Did you mean --rounds?"],
    [["--against", file], 1, "is not what --json writes"],
    [["--read", file], 1, "has no measurements in it"],
  ])("mirage compare %j says so, with an exit code", (args, code, message) => {
    const { status, stdout, stderr } = mirage(["compare", ...args]);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(status).toBe(code);
  });
});
