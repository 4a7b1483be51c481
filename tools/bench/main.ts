/** `make bench`: every figure is measured in this run; exit 1 when a goal is missed. */
import { cpus, release } from "node:os";
import { benchEngine } from "./engine.ts";
import { benchFrames, benchStartup } from "./frames.ts";
import { benchMemory } from "./memory.ts";
import { benchTcp } from "./tcp.ts";

console.log(`${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}, ${process.platform} ${release()}`);
const engine = benchEngine();
benchFrames();
benchStartup();
await benchTcp();
const memory = await benchMemory();
process.exitCode = engine && memory ? 0 : 1;
