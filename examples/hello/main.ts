/** The console, waiting, and recursion. */
import { Clock, Program, sleep } from "mirage";

function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

console.log(`hello from ${Program.name} on ${Program.target}`);

const startNs = Clock.elapsedNs();
await sleep(500);
const sleptMs = (Clock.elapsedNs() - startNs) / 1e6;
console.log(sleptMs >= 500 ? "slept for half a second" : `woke too early, after ${sleptMs} ms`);

console.log("fibonacci(20) = %d", fibonacci(20));
