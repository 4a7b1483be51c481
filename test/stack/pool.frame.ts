/** A pool, for `pool.test.ts`. */
import { objectBytes, Pool } from "../../src/stack/pool";

class Inner {
  a: u64 = 1;
}

class Item {
  link: u32 = 0;
  mark: u32 = 7;
  inner: Inner = new Inner();
}

let pool: Pool<Item> = changetype<Pool<Item>>(0);
let taken: StaticArray<Item> = changetype<StaticArray<Item>>(0);

export function start(): void {
  pool = new Pool<Item>(100_000, objectBytes<Item>() + objectBytes<Inner>());
  taken = new StaticArray<Item>(100_000);
}

export function reserve(size: u32): bool {
  return pool.reserve(size);
}

export function bytes(): u32 {
  return <u32>(objectBytes<Item>() + objectBytes<Inner>());
}

/** The object's address, 0 for none. Its number is kept in it. */
export function take(number: u32): u32 {
  const item = pool.take();
  if (item === null) return 0;
  if (item.mark !== 7 || item.inner.a !== 1) return 1;
  taken[number] = item;
  item.link = number;
  return <u32>changetype<usize>(item);
}

/** True if the object still has its number. */
export function give(number: u32): bool {
  const item = taken[number];
  if (item.link !== number) return false;
  pool.give(item);
  return true;
}

export function free(): u32 {
  return pool.free;
}

export function used(): u32 {
  return pool.used;
}
