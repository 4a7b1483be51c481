/**
 * `make bench`: every figure is measured in this run; exit 1 when a goal is missed. `node dist/bench.js PART ...`
 * measures some parts only.
 */
import { cpus, release } from "node:os";
import { benchEngine } from "./engine.ts";
import { benchFrames, benchStartup } from "./frames.ts";
import { benchMemory } from "./memory.ts";
import { benchTcp } from "./tcp.ts";

/** Each answers false if a goal was missed. */
const parts: Readonly<Record<string, () => boolean | Promise<boolean>>> = {
  engine: benchEngine,
  frames: () => {
    benchFrames();
    return true;
  },
  startup: () => {
    benchStartup();
    return true;
  },
  tcp: benchTcp,
  memory: benchMemory,
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
const unknown = wanted.find((name) => parts[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`bench: there is no part ${unknown}: there is ${Object.keys(parts).join(", ")}\n`);
  process.exit(64);
}
console.log(`${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}, ${process.platform} ${release()}`);
for (const name of wanted) if (!(await parts[name]?.())) process.exitCode = 1;
