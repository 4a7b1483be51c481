/** discard, chargen, proxy and chat with peers of their own host, on the host's sockets and on a tap. */
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { type Network, networks } from "../support/networks.ts";
import { type RunningProgram, statistic } from "../support/program.ts";

const BYTES = 5_000_000;

const executables: Record<string, string> = {};

beforeAll(() => {
  for (const name of ["discard", "chargen", "proxy", "chat", "tcp-echo"]) {
    executables[name] = buildProgram(join(ROOT, "examples", name));
  }
});

/** The characters that RFC 864 shows, from the line `first` on. */
function generated(length: number): Buffer {
  const ring = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
  const lines = Array.from({ length: 95 }, (_, i) => `${(ring + ring).slice(i, i + 72)}\r\n`).join("");
  return Buffer.from(lines.repeat(Math.ceil(length / lines.length)).slice(0, length), "latin1");
}

async function portOf(program: RunningProgram): Promise<string> {
  return (await program.output(/TCP port (\d+)/))[1] as string;
}

for (const { title, skipped, open } of networks)
  describe(`on ${title}`, () => {
    let network: Network;

    beforeEach(() => {
      if (skipped === undefined) network = open();
    });

    afterEach(() => network?.close());

    function start(name: string, ...args: string[]): RunningProgram {
      return network.start(executables[name] as string, args);
    }

    async function endsClean(program: RunningProgram): Promise<void> {
      expect(await program.stop("SIGINT")).toBe(130);
      expect(statistic(program.stderr, "copies"), program.stderr).toBe(0);
      expect(statistic(program.stderr, "frames.live")).toBe(0);
    }

    it.skipIf(skipped)("discard counts what it throws away", async () => {
      const program = start("discard", "0");
      const port = await portOf(program);
      await network.reachable();
      for (const address of network.addresses) {
        expect(await network.client("sink", address, port, BYTES)).toEqual({
          end: "end",
          received: 0,
          sent: BYTES,
        });
        await program.output(new RegExp(`${BYTES} bytes from \\S+:[1-9]\\d*, \\d+ Mbit/s\n`));
      }
      await endsClean(program);
    });

    it.skipIf(skipped)("chargen sends RFC 864's lines until its peer has enough", async () => {
      const program = start("chargen", "0");
      const port = await portOf(program);
      await network.reachable();
      const expected = generated(BYTES).toString("latin1");
      for (const address of network.addresses) {
        const seen = await network.client("source", address, port, BYTES);
        expect(seen).toEqual({ length: BYTES, head: expected.slice(0, 100), tail: expected.slice(-100) });
        await program.output(/chargen: \d+ bytes to \[?[0-9a-f:.]+[0-9a-f]\]?:[1-9]\d*, \d+ Mbit\/s/);
      }
      await endsClean(program);
    });

    it.skipIf(skipped)("proxy relays both ways, and passes ends on", async () => {
      const address = network.addresses[0] as string;
      const program = start("proxy", "0", await network.echoServer());
      const port = await portOf(program);
      await network.reachable();
      expect(await network.client("echo", address, port, 10, 200_000)).toEqual({ same: 10 });
      expect(await network.peer("nc", ["-N", address, port], "through")).toBe("through");
      await endsClean(program);
    });

    it.skipIf(skipped)("proxy resets its peer when the target cannot be reached", async () => {
      const program = start("proxy", "0", `${network.hostAddresses[0]}:1`);
      const address = network.addresses[0] as string;
      expect(await network.client("echo", address, await portOf(program), 1, 10)).toEqual({ ECONNRESET: 1 });
      expect(program.stderr).toContain("ECONNREFUSED");
      await endsClean(program);
    });

    it.skipIf(skipped)("chat passes lines on to all others", async () => {
      const program = start("chat", "0");
      const port = await portOf(program);
      await network.reachable();
      const address = network.addresses[0] as string;
      const one = network.talk(address, port);
      await one.output(/Welcome/);
      const other = network.talk(address, port);
      await one.output(/\* .* came\n/);
      one.child.stdin?.write("/name ann\nhello, wor");
      await other.output(/\* .* is now ann\n/);
      one.child.stdin?.write("ld\n");
      await other.output(/^ann: hello, world$/m);
      other.child.stdin?.write("/who\n");
      await other.output(/here: ann, .*\d+\n/);
      one.child.stdin?.end();
      await other.output(/\* ann left\n/);
      expect(one.stdout).not.toContain("ann: hello");
      other.child.stdin?.end();
      await other.ended;
      await endsClean(program);
    });
  });
