import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { currentPage, parseProbes } from "../../tools/probes-doc.ts";
import { ROOT } from "../support/mirage.ts";

it("docs/probes.md is what the table says now", () => {
  expect(readFileSync(join(ROOT, "docs/probes.md"), "utf8")).toBe(currentPage());
});

it("each probe is fired by the files that its row names, and by no other", () => {
  const sources = ["kmod", "runtime", "src/stack"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(c|h|ts)$/.test(file) && !file.startsWith("addon"))
      .map((file) => join(folder, file)),
  );
  const texts = new Map(sources.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
  for (const { name, family, where } of parseProbes(readFileSync(join(ROOT, "dtrace/probes.def"), "utf8"))) {
    const inC = new RegExp(`MIRAGE_PROBE\\(\\s*${name}\\b`);
    const inFrameCode = new RegExp(`probe_enabled\\(StackProbe\\.${name.replaceAll("_", "")}\\b`, "i");
    const found = sources.filter((file) =>
      (family === "stack" && file.endsWith(".ts") ? inFrameCode : inC).test(texts.get(file)!),
    );
    // The platform in memory is for tests; runtime/wasm/probes.c fires for frame code.
    const fired = found.filter(
      (file) => !file.startsWith("runtime/memory/") && file !== "runtime/wasm/probes.c",
    );
    expect(fired.sort(), name).toEqual([...where].sort());
  }
});

it.each([
  ["without arguments", 'MIRAGE_PROBE_ROW(one, frames, "0.1.0", "a.c", "when")', /one.*0 arguments/],
  [
    "with too many arguments",
    `MIRAGE_PROBE_ROW(one, frames, "0.1.0", "a.c", "when"${', (int, a, "what")'.repeat(7)})`,
    /one.*7 arguments/,
  ],
  [
    "whose argument has no text",
    'MIRAGE_PROBE_ROW(one, frames, "0.1.0", "a.c", "when", (int, a))',
    /one: not an argument: \(int, a\)/,
  ],
  [
    "of a family that there is not",
    'MIRAGE_PROBE_ROW(one, other, "0.1.0", "a.c", "when", (int, a, "what"))',
    /one: there is no family other/,
  ],
  [
    "with an argument that nothing defines",
    'MIRAGE_PROBE_ROW(one, frames, "0.1.0", "a.c", "when", SOME)',
    /one: nothing defines SOME/,
  ],
  ["that it does not understand", 'MIRAGE_PROBE_ROW(one, "when", (int, a))', /0 of 1/],
])("refuses a row %s", (_, row, message) => {
  expect(() => parseProbes(row)).toThrow(message);
});

describe("the library of D", () => {
  const read = (folder: string): string => readFileSync(join(ROOT, "dtrace", folder, "mirage.d"), "utf8");

  it("is the same for 10.x, but for what tcpsinfo_t lacks there", () => {
    // The comments differ too.
    const rows = (text: string): string[] => text.slice(text.indexOf("#pragma")).split("\n");
    const only10 = rows(read("lib10"));
    const missing = rows(read("lib")).filter((line) => !only10.includes(line));
    expect(only10.filter((line) => !rows(read("lib")).includes(line))).toEqual([]);
    expect(missing.filter((line) => !/^\ttcps_\w+ =|^\/\* .* \*\/$/.test(line))).toEqual([]);
  });

  it("has the structures of the C header", () => {
    const header = readFileSync(join(ROOT, "runtime/include/mirage/probe_types.h"), "utf8");
    const fields = (text: string, name: string): string[] => {
      const body = new RegExp(`^struct ${name} \\{\n([^}]*)\\}`, "m").exec(text);
      return [...body![1]!.matchAll(/^\t(?:const )?(.*?);/gm)].map(([, field]) => field!);
    };
    for (const name of ["mirage_probe_netif", "mirage_probe_udp", "mirage_probe_tcp"]) {
      expect(fields(header, name).length).toBeGreaterThan(3);
      expect(fields(read("lib"), name)).toEqual(fields(header, name));
    }
  });
});
