import { expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host } from "../support/host.ts";

async function pool(): Promise<Host> {
  return new Host().load(await compileFrameCode("test/stack/pool.frame.ts"));
}

test("a pool starts empty and grows to what is asked for, not over its limit", async () => {
  const host = await pool();
  expect(host.call("take", 0)).toBe(0);
  expect(host.call("reserve", 10)).toBe(1);
  expect(host.call("free")).toBe(10);
  expect(host.call("reserve", 5)).toBe(1);
  expect(host.call("free")).toBe(10);
  expect(host.call("reserve", 4_000_000_000)).toBe(1);
  expect(host.call("free")).toBe(100_000);
});

test("objects are distinct and come back", async () => {
  const host = await pool();
  host.call("reserve", 500);
  const addresses = new Set<number>();
  for (let i = 0; i < 500; i++) addresses.add(host.call("take", i));
  expect(addresses.size).toBe(500);
  expect([...addresses].every((address) => address > 1)).toBe(true);
  expect(host.call("take", 500)).toBe(0);
  expect(host.call("used")).toBe(500);
  for (let i = 0; i < 500; i++) expect(host.call("give", i)).toBe(1);
  for (let i = 0; i < 500; i++) expect(addresses.has(host.call("take", i))).toBe(true);
  expect(host.call("used")).toBe(500);
});

test("memory grows by little more than what the objects take", async () => {
  const host = await pool();
  const before = host.memoryBytes;
  for (let size = 100; size <= 100_000; size += 100) host.call("reserve", size);
  const needed = host.call("bytes") * 100_000;
  expect(host.memoryBytes - before).toBeGreaterThan(needed - 65_536);
  expect(host.memoryBytes - before).toBeLessThan(needed * 1.08 + 65_536);
});
