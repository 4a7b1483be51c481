/** TCP with real peers of the Linux host: the same on the host's own sockets and on the stack behind a tap. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { whyNoTap } from "../support/netns.ts";
import { type Network, networks, openTapWithoutOffloads } from "../support/networks.ts";
import { type RunningProgram, statistic } from "../support/program.ts";

const BULK_BYTES = 20_000_000;
const FLOWS = 1000;
const MODULUS = 65_521;

/** As the responder's: byte i of what it serves. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + (i >> 8)) & 0xff;
  return bytes;
}

const executables: Record<string, string> = {};

beforeAll(() => {
  executables.responder = buildProgram(join(ROOT, "test/system/programs/responder.ts"));
  executables["mirageos-echo"] = buildProgram(join(ROOT, "test/system/programs/mirageos-echo.ts"));
  executables["tcp-echo"] = buildProgram(join(ROOT, "examples/tcp-echo"));
});

for (const { title, skipped, open } of networks)
  describe(`TCP on ${title}`, () => {
    let network: Network;
    let program: RunningProgram;
    let port: string;

    beforeAll(() => {
      if (skipped === undefined) network = open();
    });

    afterAll(() => network?.close());

    /** At a port that nobody has, or one that the program is told. */
    async function start(name: string, options: string[] = [], at = 0): Promise<void> {
      program = network.start(executables[name] as string, [String(at)], options);
      port = (await program.output(/TCP port (\d+)/))[1] as string;
      await network.reachable();
    }

    async function endsClean(): Promise<void> {
      expect(await program.stop("SIGINT")).toBe(130);
      expect(statistic(program.stderr, "frames.live"), program.stderr).toBe(0);
      expect(statistic(program.stderr, "copies")).toBe(0);
    }

    const url = (address: string, path: string) =>
      `http://${address.includes(":") ? `[${address}]` : address}:${port}${path}`;

    it.skipIf(skipped)(
      "serves curl, several requests on one flow, and bulk both ways unchanged",
      async () => {
        await start("responder");
        for (const address of network.addresses) {
          const hello = url(address, "/hello");
          expect(await network.peer("curl", ["-sS", hello, hello, hello])).toBe("hello\nhello\nhello\n");
          const sum = await network.peer("sh", [
            "-c",
            `curl -sS ${url(address, `/bytes/${BULK_BYTES}`)} | sha256sum`,
          ]);
          expect(sum.split(" ")[0]).toBe(createHash("sha256").update(pattern(BULK_BYTES)).digest("hex"));
          // The chunks are the network's to choose, so the responder's sum is of one chunk here: every 97th byte of it.
          const small = Buffer.from("some bytes that fit into one segment");
          let a = 1;
          for (let i = 0; i < small.length; i += 97) a = (a * 31 + (small[i] as number)) % MODULUS;
          const put = ["-sS", "-X", "PUT", "--data-binary", "@-", url(address, "/sink")];
          expect(await network.peer("curl", put, small)).toBe(`${small.length} ${a}\n`);
          const large = await network.peer("sh", [
            "-c",
            `head -c ${BULK_BYTES} /dev/urandom | curl -sS -T - -H "Content-Length: ${BULK_BYTES}" -H "Transfer-Encoding:" ${url(address, "/sink")}`,
          ]);
          expect(large).toMatch(new RegExp(`^${BULK_BYTES} \\d+\n$`));
          expect(
            await network.peer("curl", [
              "-sS",
              "-o",
              "/dev/null",
              "-w",
              "%{http_code}",
              url(address, "/none"),
            ]),
          ).toBe("404");
        }
        await endsClean();
      },
    );

    it.skipIf(skipped)("sends bulk back unchanged, while both ends read and write at once", async () => {
      await start("tcp-echo");
      for (const address of network.addresses) {
        expect(await network.client("echo", address, port, 1, BULK_BYTES)).toEqual({ same: 1 });
      }
      await endsClean();
    });

    it.skipIf(skipped)(`serves ${FLOWS} flows that are open at the same time`, async () => {
      await start("tcp-echo", ["--rtparams", "h=256M,f=16k"]);
      for (const address of network.addresses) {
        expect(await network.client("echo", address, port, FLOWS, 1000)).toEqual({ same: FLOWS });
      }
      await endsClean();
    });

    it.skipIf(skipped)("lets no peer wait for a program that has ended", async () => {
      await start("tcp-echo");
      const peers = network.addresses.map((address) => network.talk(address, port));
      for (const peer of peers) {
        peer.child.stdin?.write("hello\n");
        await peer.output(/hello/);
      }
      const gone = peers.map(({ child }) => new Promise((resolve) => child.once("exit", resolve)));
      await endsClean();
      for (const { child } of peers) {
        // One that was reset is gone already.
        child.stdin?.on("error", () => {});
        child.stdin?.end();
      }
      await Promise.all(gone);
    });

    it.skipIf(skipped)("serves others while peers take nothing, and when they have gone", async () => {
      await start("tcp-echo", ["--rtparams", "h=256M"]);
      const [address] = network.addresses as [string];
      // More than the program has memory for: of each, the send buffer and the receive buffer are full.
      const greedy = `const { connect } = require("node:net");
      for (let i = 0; i < 400; i++) {
        const socket = connect(${port}, "${address}", () => socket.write(Buffer.alloc(400_000)));
        socket.pause().on("error", () => {});
      }
      setTimeout(() => {
        const other = connect(${port}, "${address}", () => other.write("served"));
        other.on("data", (data) => process.stdout.write(data, () => process.exit()));
      }, 4000);`;
      expect(await network.peer(process.execPath, ["-e", greedy])).toBe("served");
      expect(await network.client("echo", address, port, 1, 20_000)).toEqual({ same: 1 });
      expect(await program.stop("SIGINT")).toBe(130);
    });

    it.skipIf(skipped)("echoes by a program that is MirageOS's, line for line", async () => {
      await start("mirageos-echo", [], 20_000 + (process.pid % 10_000));
      for (const address of network.addresses) {
        expect(await network.peer("nc", ["-N", address, port], "hello\n")).toBe("hello\n");
      }
      expect(
        program.stdout.match(/new tcp connection from IP \S+ on port \d+\nclosing connection/g),
      ).toHaveLength(network.addresses.length);
      await endsClean();
    });
  });

const noTap = whyNoTap();

describe(`TCP on a tap without offloads${noTap === undefined ? "" : `: skipped: ${noTap}`}`, () => {
  let network: Network;
  beforeAll(() => {
    if (noTap === undefined) network = openTapWithoutOffloads();
  });
  afterAll(() => network?.close());

  it.skipIf(noTap)("sends bulk back unchanged, of packets that were merged on their way in", async () => {
    const program = network.start(executables["tcp-echo"] as string, ["7"]);
    await program.output(/TCP port 7/);
    await network.reachable();
    for (const address of network.addresses) {
      expect(await network.client("echo", address, 7, 1, BULK_BYTES)).toEqual({ same: 1 });
    }
    expect(await program.stop("SIGINT")).toBe(130);
    expect(statistic(program.stderr, "frames.in.merged"), program.stderr).toBeGreaterThan(0);
    expect(statistic(program.stderr, "frames.live")).toBe(0);
    expect(statistic(program.stderr, "copies")).toBe(0);
  });
});
