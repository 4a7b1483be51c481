/** --net socket: the host's own sockets in the stack's place, under the sanitizers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as interfaceNumbers from "../../src/stack/interface.ts";
import { buildProgram, ROOT, runExecutable } from "../support/mirage.ts";
import { statistic } from "../support/program.ts";

const PROGRAM = new URL("./programs/sockets/main.ts", import.meta.url).pathname;
const EXPECTED = `
interfaces: 0
addresses: undefined
port taken: EADDRINUSE
not ours: EADDRNOTAVAIL
not ours, IPv6: EADDRNOTAVAIL
UDP not ours: EADDRNOTAVAIL
nobody there: ECONNREFUSED
too long: EMSGSIZE
connected: EISCONN
ends meet: true
other ends meet: true
state: ESTABLISHED
set: undefined
write: undefined
read: one two
held: 7
consumed: 0
waits: true
bounded: true
all came: 3000000
end: undefined
after shutdown: EPIPE
half open: undefined
half open read: still
both ended: undefined
closed: EPIPE
state at the end: CLOSED
aborted: ECONNABORTED
reset: ECONNRESET
write after reset: ECONNRESET
closed with unread bytes: ECONNRESET
gave up the rest: ECONNRESET
port free again: undefined
closed listener: ECANCELED
`;

describe("--net socket", () => {
  let executable: string;

  beforeAll(() => {
    executable = buildProgram(PROGRAM, { ...process.env, MIRAGE_VARIANT: "asan" });
  });

  it("behaves as the stack does, errors and backpressure included", () => {
    const { stdout, stderr } = runExecutable(executable, ["--net", "socket"]);
    expect(stderr).not.toMatch(/Sanitizer|runtime error/);
    expect(stdout.trim().split("\n")).toEqual(EXPECTED.trim().split("\n"));
    expect(statistic(stderr, "frames.live"), stderr).toBe(0);
  });

  it.each([
    ["another --net", ["--net", "tap:mirage0"]],
    ["--ipv4", ["--ipv4", "10.0.0.2/24"]],
    ["--ipv6", ["--ipv6", "auto"]],
    ["--mac", ["--mac", "02:00:00:00:00:02"]],
  ])("does not go with %s", (name, options) => {
    const { status, stderr } = runExecutable(executable, ["--net", "socket", ...options]);
    expect(status).toBe(64);
    expect(stderr).toContain(
      `--net socket: the program has the host's addresses then, so ${name} does not go with it`,
    );
  });

  it("speaks in the numbers of src/stack/interface.ts", () => {
    const header = readFileSync(join(ROOT, "runtime/unix/stack_numbers.h"), "utf8");
    const found = [...header.matchAll(/^#define STACK_(\w+)\s+(\d+)$/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]);
    expect(found.length).toBeGreaterThan(30);
    const { StackEvent, TcpField, TcpOption, UdpOption } = interfaceNumbers;
    const snake = (name: string) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
    /** An option and a field may have one name. */
    const known = new Set<string>();
    for (const [prefix, numbers] of [
      ["", StackEvent],
      ["", TcpOption],
      ["", TcpField],
      ["UDP_", UdpOption],
    ] as const) {
      for (const [name, value] of Object.entries(numbers)) {
        if (typeof value === "number") known.add(`${prefix}${snake(name)} ${value}`);
      }
    }
    for (const [name, value] of found) expect(known, "src/stack/interface.ts").toContain(`${name} ${value}`);
  });
});
