/** Opens the keyed hash to its test. */
import { SipHash } from "../../src/stack/siphash";

let hash: SipHash = changetype<SipHash>(0);
let result: u64 = 0;

export function start(): void {
  hash = new SipHash(0, 0);
}
export function rekey(high0: u32, low0: u32, high1: u32, low1: u32): void {
  hash.rekey(((<u64>high0) << 32) | low0, ((<u64>high1) << 32) | low1);
}
export function begin(): void {
  hash.begin();
}
export function add(high: u32, low: u32): void {
  hash.add(((<u64>high) << 32) | low);
}
export function finish(): u32 {
  result = hash.finish();
  return <u32>(result >>> 32);
}
export function low(): u32 {
  return <u32>result;
}
