/**
 * What a running program does on its networks: asks a process at its control socket, or FreeBSD's kernel.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { connect } from "node:net";
import { BuildError, ExitCode, messageOf, UsageError } from "../build/errors.ts";

/** The text that a process hands out at its control socket. */
function askProcess(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(path);
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => {
      text += part;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "ENOENT"
          ? "there is no such socket; start the program with --control PATH"
          : error.code === "ECONNREFUSED"
            ? "nobody listens there any more: the program has ended"
            : error.code === "EACCES"
              ? "not allowed: only its owner may ask"
              : messageOf(error);
      reject(new BuildError(`${path}: ${why}`));
    });
    socket.on("close", () => resolve(text));
  });
}

/** `kern.mirage.netstat`, which is readable without this command, too. */
function askKernel(): string {
  try {
    return execFileSync("sysctl", ["-n", "kern.mirage.netstat"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 1 << 20,
    });
  } catch (error) {
    throw new BuildError(`sysctl kern.mirage.netstat: ${messageOf(error).trim().split("\n").at(-1)}`);
  }
}

/** Prints it; the exit code. `path`: of a process's control socket; without it, the kernel's program. */
export async function netstat(path: string | undefined): Promise<number> {
  if (path === undefined && process.platform !== "freebsd") {
    throw new UsageError("which program? Give the path that it was started with: mirage run --control PATH.");
  }
  const text = path === undefined ? askKernel() : await askProcess(path);
  if (text === "") {
    throw new BuildError(`${path ?? "kern.mirage.netstat"}: the program ended without an answer, or refused`);
  }
  process.stdout.write(text);
  return ExitCode.Ok;
}
