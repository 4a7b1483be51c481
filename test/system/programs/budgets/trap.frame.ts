/** Frame code that goes wrong in each way it can. */

let depth: u32 = 0;

function descend(n: u32): u32 {
  depth++;
  return n == 0xffffffff ? 0 : descend(n + 1) + depth;
}

export function unreachableCode(): void {
  unreachable();
}

export function outOfBounds(): u32 {
  return load<u32>(0xfffffff0);
}

export function divideByZero(divisor: u32): u32 {
  return 7 / divisor;
}

export function assertFails(value: u32): void {
  assert(value == 42, "value must be 42");
}

export function spin(): u32 {
  let n: u32 = 1;
  while (n != 0) {
    n = (n * 5 + 1) | 1;
  }
  return n;
}

export function recurse(): u32 {
  return descend(0);
}
