import { beforeAll, describe, expect, it } from "vitest";
import { type Addon, loadAddon, program } from "./addon.ts";

let addon: Addon;
beforeAll(async () => {
  addon = await loadAddon();
});

const run = (rtparams: string) => addon.run({ source: program(""), rtparams });

const NAMES = "at most 8 different names of interfaces, joined by +, as in em0 or em0:steal+mirage0";
const MAC = "the MAC address of one interface, as in 02:00:00:00:00:02";

describe("rtparams", () => {
  it.each([
    "",
    "h=32M",
    "h=4M,i=1G,s=64k,d=500,f=16,q=1,e=1024",
    "i=1000000",
    "h=1M,h=64M",
    "n=em0",
    "n=em0:steal+mirage0+vlan.12,h=4M",
    "m=02:00:00:00:00:Fe,n=a",
  ])("takes %j", async (text) => {
    expect(await run(text)).toMatchObject({ state: "returned", error: "" });
  });

  it.each([
    ["h=", 2, "a number from 1M to 64G (bytes)"],
    ["h=4Q", 3, 'a digit, k, M, G, "," or the end'],
    ["h=4MB", 4, '"," or the end'],
    ["z=1", 0, "one of the letters h i s d f q e n m"],
    ["h=4M,,i=1M", 5, "one of the letters h i s d f q e n m"],
    ["h=4M,", 5, "one of the letters h i s d f q e n m"],
    ["i=-1", 2, "a number from 10k to 1048576G (instructions)"],
    ["h=1", 2, "a number from 1M to 64G (bytes)"],
    ["d=1G", 2, "a number from 100 to 1000000 (calls)"],
    ["h=99999999999999999999", 2, "a number from 1M to 64G (bytes)"],
    ["h=18446744073709551615G", 2, "a number from 1M to 64G (bytes)"],
    ["n=", 2, NAMES],
    ["n=em0+", 6, NAMES],
    ["h=4M,n=em0+em0:steal", 11, NAMES],
    ["n=em0:stale", 2, NAMES],
    ["n=em0 ,h=4M", 2, NAMES],
    ["n=abcdefghijklmnop", 2, NAMES],
    ["n=a+b+c+d+e+f+g+h+i", 18, NAMES],
    ["n", 1, '"=" and a text'],
    ["m=", 2, MAC],
    ["m=00:00:00:00:00:00", 2, MAC],
    ["m=01:00:00:00:00:01", 2, MAC],
    ["m=02:00:00:00:00", 2, MAC],
    ["m=02-00-00-00-00-01", 2, MAC],
    ["m=02:00:00:00:00:01:02", 19, "a shorter text"],
    ["h4M", 1, '"=" and a number'],
    [" h=4M", 0, "one of the letters h i s d f q e n m"],
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
