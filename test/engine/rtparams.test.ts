import { beforeAll, describe, expect, it } from "vitest";
import { type Addon, loadAddon, program } from "./addon.ts";

let addon: Addon;
beforeAll(async () => {
  addon = await loadAddon();
});

const run = (rtparams: string) => addon.run({ source: program(""), rtparams });

describe("rtparams", () => {
  it.each(["", "h=32M", "h=4M,i=1G,s=64k,d=500,f=16,q=1,e=1024", "i=1000000", "h=1M,h=64M"])(
    "takes %j",
    async (text) => {
      expect(await run(text)).toMatchObject({ state: "returned", error: "" });
    },
  );

  it.each([
    ["h=", 2, "a number from 1M to 64G (bytes)"],
    ["h=4Q", 3, 'a digit, k, M, G, "," or the end'],
    ["h=4MB", 4, '"," or the end'],
    ["z=1", 0, "one of the letters h i s d f q e"],
    ["h=4M,,i=1M", 5, "one of the letters h i s d f q e"],
    ["h=4M,", 5, "one of the letters h i s d f q e"],
    ["i=-1", 2, "a number from 10k to 1048576G (instructions)"],
    ["h=1", 2, "a number from 1M to 64G (bytes)"],
    ["d=1G", 2, "a number from 100 to 1000000 (calls)"],
    ["h=99999999999999999999", 2, "a number from 1M to 64G (bytes)"],
    ["h=18446744073709551615G", 2, "a number from 1M to 64G (bytes)"],
    ["h4M", 1, '"=" and a number'],
    [" h=4M", 0, "one of the letters h i s d f q e"],
    ["h = 4M", 1, '"=" and a number'],
  ])("refuses %j at position %i", async (text, position, expected) => {
    expect(await run(text)).toMatchObject({
      state: "refused",
      error: `rtparams "${text}": position ${position}: expected ${expected}`,
    });
  });

  it("refuses a long text without repeating all of it", async () => {
    const { state, error } = await run(`h=4M,${"x".repeat(10000)}`);
    expect(state).toBe("refused");
    expect(error).toContain("position 5");
    expect(error.length).toBeLessThan(256);
  });

  it("have a table with a default inside of each range", () => {
    const rows = addon.rtparams();
    expect(rows.map((row) => row.letter).join("")).toBe("hisdfqe");
    for (const row of rows) {
      expect(row.default, row.name).toBeGreaterThanOrEqual(row.min);
      expect(row.default, row.name).toBeLessThanOrEqual(row.max);
      expect(row.text).not.toBe("");
    }
  });
});
