/** `mirage netstat`: a running process tells its owner what it does on its networks, at its control socket. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, mirage, ROOT, runExecutable } from "../support/mirage.ts";
import { RunningProgram } from "../support/program.ts";

let executable: string;
let folder: string;
const running: RunningProgram[] = [];

beforeAll(() => {
  executable = buildProgram(join(ROOT, "test/unix/programs/netstat"));
  folder = mkdtempSync(join(tmpdir(), "mirage-netstat-"));
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop("SIGKILL");
});

async function start(path: string, ...words: string[]): Promise<RunningProgram> {
  const program = new RunningProgram(
    spawn(executable, ["--control", path, "--rtparams", "i=1000G", "--", ...words]),
  );
  running.push(program);
  await program.output(/ready/);
  return program;
}

describe("mirage netstat", () => {
  it("prints the stack's tables and the counters of a running program, again and again", async () => {
    const path = join(folder, "a.sock");
    const program = await start(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (let i = 0; i < 3; i++) {
      const { status, stdout, stderr } = mirage(["netstat", path]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^TCP connections\nProto Local address/m);
      expect(stdout).toMatch(/^UDP sockets\nProto .*\nIPv4 addresses$/m);
      expect(stdout).toMatch(/^Counters\n(.+ \d+\n)*turns? +\d+$/m);
    }
    expect(await program.stop("SIGTERM")).toBe(143);
    expect(existsSync(path)).toBe(false);
    expect(mirage(["netstat", path])).toMatchObject({
      stderr: expect.stringContaining("there is no such socket"),
    });
  });

  it("says that a program is busy which does not come to it, and does not wait for ever", async () => {
    const path = join(folder, "b.sock");
    await start(path, "spin");
    const { status, stdout } = mirage(["netstat", path]);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: "The program is busy and has not answered within 5 seconds.\n",
    });
  });

  it("takes the place of a socket that was left behind, and of nothing else", async () => {
    const path = join(folder, "c.sock");
    const first = await start(path);
    const second = runExecutable(executable, ["--control", path]);
    expect(second).toMatchObject({ status: 70, stderr: expect.stringContaining("Address already in use") });
    await first.stop("SIGKILL");
    expect(existsSync(path)).toBe(true);
    expect(mirage(["netstat", path]).stderr).toContain("the program has ended");
    const third = await start(path);
    expect(mirage(["netstat", path]).status).toBe(0);
    await third.stop("SIGTERM");
    const file = join(folder, "a-file");
    writeFileSync(file, "precious");
    expect(runExecutable(executable, ["--control", file]).status).toBe(70);
    expect(statSync(file).size).toBe(8);
  });

  it("refuses what cannot be", () => {
    expect(runExecutable(executable, ["--control", "x".repeat(200)]).status).toBe(64);
    expect(mirage(["netstat"])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining("mirage run --control PATH"),
    });
  });

  it("does not print what another program at that path does not say", async () => {
    const path = join(folder, "d.sock");
    const server = await new Promise<Server>((resolve) => {
      const made = createServer((socket) => socket.end());
      made.listen(path, () => resolve(made));
    });
    const asking = new RunningProgram(
      spawn(process.execPath, [join(ROOT, "dist/mirage.js"), "netstat", path]),
    );
    expect((await asking.ended).status).not.toBe(0);
    expect(asking.stderr).toContain("ended without an answer");
    server.close();
  });
});
