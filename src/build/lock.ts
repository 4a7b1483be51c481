/**
 * One builder at a time in a folder: a lock file that holds its owner's process id.
 *
 * @module
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ensureDirectory } from "./paths.ts";

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function tryLock(file: string): boolean {
  // A link of a complete file: nobody ever sees a lock without its owner's id.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw error;
    }
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Runs `work` while no other process does so in the same folder; a lock whose owner is gone is taken over. */
export async function withLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  ensureDirectory(directory);
  const file = join(directory, ".lock");
  while (!tryLock(file)) {
    const owner = ownerOf(file);
    if (owner !== undefined && !alive(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    await delay(100);
  }
  const release = () => {
    if (ownerOf(file) === process.pid) {
      rmSync(file, { force: true });
    }
  };
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}
