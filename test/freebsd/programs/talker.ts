/**
 * Prints as its words say: `burst N [end]`: N lines, and then waits until it is stopped, or returns; `levels`: a line of each
 * level, and lines that are not as a log wants them; `spin`: nothing, for ever.
 */
import { args } from "mirage";

const [mode, count, last] = args;
if (mode === "burst") {
  for (let i = 1; i <= Number(count); i++) {
    console.log(`line ${i}.`);
  }
  if (last !== "end") {
    await new Promise<void>((resolve) => setTimeout(() => resolve(), 3600_000));
  }
} else if (mode === "levels") {
  console.debug("level debug");
  console.log("level log");
  console.warn("level warn");
  console.error("level error\nand its second line");
  console.log("bell \u0007, escape \u001b[31m, tab \t.");
  console.log(`long ${"ü".repeat(600)}.`);
} else if (mode === "spin") {
  for (;;) {}
}
