import { counter_add, counter_define } from "./mirage";

/**
 * Defines a statistic and returns its id. Call it in `start()`, once for each name. Names are lower case, parts joined
 * by dots; they begin `drop.` if and only if each count is one dropped frame: `drop.ipv4.checksum`.
 */
export function counter(name: string): u32 {
  return counter_define(changetype<usize>(name), name.length);
}

/** Adds one to a statistic. */
export function count(id: u32): void {
  counter_add(id, 1);
}
