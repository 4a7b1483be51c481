/** Resident memory of a program that waits. */
import { spawn } from "node:child_process";
import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "./build.ts";
import type { PartResult } from "./part.ts";
import { formatTable } from "./table.ts";

/** Resident memory that an idle program must stay below, in KiB. */
const LIMIT_KIB = 8192;

async function residentKib(executable: string): Promise<number> {
  const child = spawn(executable, { stdio: "ignore" });
  // On a busy machine it is a copy of this process for a while.
  const itself = realpathSync(executable);
  while (readlinkSync(`/proc/${child.pid}/exe`) !== itself) await sleep(10);
  await sleep(1000);
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  child.kill("SIGKILL");
  return Number(status.match(/VmRSS:\s+(\d+) kB/)![1]);
}

export async function benchMemory(): Promise<PartResult> {
  const kib = await residentKib(build("test/bench/programs/idle.ts"));
  const passed = kib < LIMIT_KIB;
  const head = ["program", "resident KiB", "goal"];
  const rows = [["idle (one timer)", String(kib), `< ${LIMIT_KIB}${passed ? "" : " MISSED"}`]];
  console.log("\nMemory\n");
  console.log(formatTable(head, rows));
  return {
    passed,
    figures: { idleResidentKib: kib },
    sections: [{ title: "Memory", table: { head, rows } }],
  };
}
