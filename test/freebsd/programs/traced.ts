/** Comes to where each probe is that an echo server does not come to: prints, collects garbage, copies, and fails. */
import { Netif, sleep } from "mirage";

interface Ring {
  next: Ring | undefined;
  readonly text: string;
}

/** Cycles, which only a collection frees. */
function garbage(count: number): number {
  let length = 0;
  for (let i = 0; i < count; i++) {
    const ring: Ring = { next: undefined, text: `garbage ${i}` };
    ring.next = ring;
    length += ring.text.length;
  }
  return length;
}

function fail(why: string): never {
  throw new Error(`traced: ${why}`);
}

console.log("traced: begins");
console.log(`traced: ${garbage(20_000)} characters`);
console.log(new Function("return 'traced: compiled'")());
await sleep(10);
// Bytes of JavaScript's own are copied into the host's memory.
Netif.open().write(new Uint8Array(60));
await sleep(10);
fail("enough");
