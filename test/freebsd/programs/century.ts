/** Waits for longer than a kernel's clocks count: a hundred years. */
import { sleep } from "mirage";

console.log("waiting");
await sleep(100 * 365 * 86_400_000);
console.log("the century is over");
