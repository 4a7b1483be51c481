import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compileFrameCode } from "../../src/build/frame-code.ts";
import { instrument } from "../../src/build/wasm-c.ts";
import { readDisassembly } from "../../src/build/wasm-code.ts";
import { ROOT } from "../support/mirage.ts";
import { scratchFolder, write } from "./scratch.ts";

const folder = scratchFolder();

async function compile(file: string, name: string) {
  const { wasm, map } = await compileFrameCode(file);
  const path = join(folder, `${name}.wasm`);
  writeFileSync(path, wasm);
  execFileSync("wasm2c", ["-n", name, path, "-o", join(folder, `${name}.c`)]);
  const functions = readDisassembly(
    execFileSync("wasm-objdump", ["-d", path], { encoding: "utf8", maxBuffer: 256 << 20 }),
    map,
  );
  const text = (suffix: string) => readFileSync(join(folder, `${name}${suffix}`), "utf8");
  const names = { module: name, file: `${name}.ts`, stack: false, sourceName: (source: string) => source };
  return { functions, ...instrument(text(".c"), text(".h"), functions, names) };
}

it("finds the TypeScript line of every operation of the network stack that can trap", async () => {
  const { functions, unmatched } = await compile(join(ROOT, "src/stack/stack.frame.ts"), "stack");
  expect(unmatched).toEqual([]);
  expect(functions.length).toBeGreaterThan(20);
});

it("tells operations of one function apart by their lines, and charges loops at their head", async () => {
  const file = write(folder, {
    "sites.frame.ts": `export function work(n: u32, p: usize): u32 {
  let total: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    total += load<u32>(p + (i << 2));
    if (total == 7) continue;
    total ^= i;
  }
  store<u32>(p, total);
  switch (total) {
    case 0:
      return 100 / n;
    case 1:
      return 200 / total;
    case 2:
      unreachable();
    default:
      return total % n;
  }
}
`,
  });
  const { code, unmatched } = await compile(file, "sites");
  expect(unmatched).toEqual([]);
  const lines = code.split("\n");
  const at = (pattern: RegExp) =>
    lines.flatMap((line, n) =>
      pattern.test(line) && /^#line/.test(lines[n - 1] ?? "") ? [lines[n - 1]] : [],
    );
  expect(at(/i32_load\(/)).toEqual(['#line 4 "sites.frame.ts"']);
  expect(at(/i32_store\(/)).toEqual(['#line 8 "sites.frame.ts"']);
  expect(at(/DIV_U\(/)).toEqual(['#line 11 "sites.frame.ts"', '#line 13 "sites.frame.ts"']);
  expect(at(/UNREACHABLE/)).toEqual(['#line 15 "sites.frame.ts"']);
  expect(at(/REM_U\(/)).toEqual(['#line 17 "sites.frame.ts"']);
  for (const line of at(/MIRAGE_LOOP/)) {
    expect(line).toMatch(/^#line [34] "sites\.frame\.ts"$/);
  }
  expect(code.match(/MIRAGE_LOOP\(\)/g)?.length).toBeGreaterThan(0);
});
