/**
 * Finds running Mirage programs on Linux: processes whose executable has notes of the provider `mirage`.
 *
 * @module
 */
import { existsSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { BuildError, messageOf, UsageError } from "../build/errors.ts";
import { elfSection } from "./elf-section.ts";

/** What a tracer attaches to. */
export interface Traced {
  /** The executable; of a process, by its path in the process's own mount namespace. */
  readonly executable: string;
  /** One process of it; undefined: all, those that start later too. */
  readonly pid: number | undefined;
}

/** The probes of provider `mirage` in an executable's notes, sorted; none if it has no such notes. */
export function probesOf(executable: string): string[] {
  const notes = elfSection(executable, ".note.stapsdt") ?? Buffer.alloc(0);
  try {
    const names: string[] = [];
    // Each: three lengths, "stapsdt\0", three addresses, then provider, name and arguments as C strings.
    for (let at = 0; at + 12 <= notes.length; ) {
      const nameLength = (notes.readUInt32LE(at) + 3) & ~3;
      const textLength = (notes.readUInt32LE(at + 4) + 3) & ~3;
      const start = at + 12 + nameLength;
      const [provider, probe] = notes.toString("latin1", start + 24, start + textLength).split("\0");
      if (provider === "mirage" && probe !== undefined) {
        names.push(probe);
      }
      at = start + textLength;
    }
    return [...new Set(names)].sort();
  } catch {
    // Not what it seemed to be.
    return [];
  }
}

function executableOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}

/** All processes that run a program of Mirage's and that we may look at. */
export function runningPrograms(): { pid: number; executable: string }[] {
  const known = new Map<string, boolean>();
  const found: { pid: number; executable: string }[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = /^\d+$/.test(entry) ? Number(entry) : 0;
    const executable = pid === 0 ? undefined : executableOf(pid);
    if (executable === undefined) {
      continue;
    }
    let is = known.get(executable);
    if (is === undefined) {
      is = probesOf(`/proc/${pid}/exe`).length > 0;
      known.set(executable, is);
    }
    if (is) {
      found.push({ pid, executable });
    }
  }
  return found.sort((a, b) => a.pid - b.pid);
}

const unprobed =
  "it has no probes of Mirage's. They are there if sys/sdt.h was installed when the program was built" +
  " (Debian: systemtap-sdt-dev).";

/** Linux marks a path whose file is another one by now, or none. */
function stillThere(pid: number, executable: string): string {
  if (executable.endsWith(" (deleted)")) {
    throw new BuildError(
      `process ${pid} runs ${executable}: it was built anew since, and a tracer needs the file. Start it again.`,
    );
  }
  return executable;
}

function ofPid(pid: number): Traced {
  if (!existsSync(`/proc/${pid}`)) {
    throw new UsageError(`--program ${pid}: there is no such process.`);
  }
  const executable = executableOf(pid);
  if (executable === undefined) {
    throw new BuildError(
      `--program ${pid}: its executable cannot be read; only root looks at processes of others.`,
    );
  }
  const path = `/proc/${pid}/exe`;
  if (probesOf(path).length === 0) {
    throw new BuildError(`--program ${pid} (${executable}): ${unprobed}`);
  }
  return { executable: stillThere(pid, executable), pid };
}

function ofFile(file: string): Traced {
  let executable: string;
  try {
    executable = realpathSync(file);
  } catch (error) {
    throw new UsageError(
      `--program ${file}: neither the number of a process nor an executable: ${messageOf(error)}`,
    );
  }
  if (probesOf(executable).length === 0) {
    throw new BuildError(`--program ${file}: ${unprobed}`);
  }
  return { executable, pid: undefined };
}

/** The path by which we can read it ourselves. */
export function readable(traced: Traced): string {
  return traced.pid === undefined ? traced.executable : `/proc/${traced.pid}/exe`;
}

/** What `--program` means; without it, the one program that runs. */
export function findTraced(program: string | undefined): Traced {
  if (program !== undefined) {
    return /^\d+$/.test(program) ? ofPid(Number(program)) : ofFile(program);
  }
  const running = runningPrograms();
  const [first] = running;
  if (first === undefined) {
    throw new BuildError(
      "no program of Mirage's runs here, none that may be looked at: start one, or name an executable with --program.",
    );
  }
  if (running.length > 1) {
    const list = running.map(({ pid, executable }) => `  ${pid}  ${executable}\n`).join("");
    throw new UsageError(`which program? --program takes one of these:\n${list.trimEnd()}`);
  }
  return { executable: stillThere(first.pid, first.executable), pid: first.pid };
}
