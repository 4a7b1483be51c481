/**
 * Sends 100 MB by TCP over each of many bad links in memory, one way and then the other, and compares every byte.
 *
 *     node dist/transfers.js [megabytes [part-of-a-name]]
 *
 * The clock is a fake one: what is printed about time is what the stack and the link would have taken. Exit 1 if a
 * transfer failed.
 */
import { join } from "node:path";
import { argv } from "node:process";
import { compileFrameCode } from "../src/build/frame-code.ts";
import { packageRoot } from "../src/build/paths.ts";
import { transfer } from "../test/support/transfer.ts";
import { CONDITIONS } from "../test/support/transfer-matrix.ts";

const [, , megabytes = "100", part = ""] = argv;
const bytes = Number(megabytes) * 1_000_000;
if (!(bytes > 0)) throw new Error(`not a number of megabytes: ${megabytes}`);
const { wasm } = await compileFrameCode(join(packageRoot, "src/stack/stack.frame.ts"));
const module = new WebAssembly.Module(new Uint8Array(wasm));

let failed = 0;
const chosen = CONDITIONS.filter(({ name }) => name.includes(part));
for (const { name, options } of chosen) {
  for (const [direction, load] of [
    ["->", { up: bytes }],
    ["<-", { down: bytes }],
  ] as const) {
    const began = process.hrtime.bigint();
    let result: string;
    try {
      const done = await transfer(module, { limitSeconds: 1_000_000, ...load, ...options });
      const rate = (done.bytesPerSecond / 1e6).toPrecision(3);
      result = `${done.seconds.toFixed(1)} s, ${rate} MB/s, ${done.frames} frames, ${done.retransmitted} sent again, ${done.timeouts} timeouts`;
    } catch (error) {
      failed++;
      result = `FAILED: ${error instanceof Error ? error.message : String(error)}`;
    }
    const took = Number(process.hrtime.bigint() - began) / 1e9;
    console.log(`${direction} ${name}: ${result} (${took.toFixed(1)} s of ours)`);
  }
}
console.log(
  `${2 * chosen.length - failed} of ${2 * chosen.length} transfers of ${megabytes} MB arrived whole`,
);
process.exitCode = failed === 0 ? 0 : 1;
