/** UDP with real peers of the Linux host: the same on the host's own sockets and on the stack behind a tap. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { type Network, networks } from "../support/networks.ts";
import { type RunningProgram, statistic } from "../support/program.ts";

const CLIENT = join(ROOT, "test/support/datagram-client.mjs");
let executable: string;

beforeAll(() => {
  executable = buildProgram(join(ROOT, "test/system/programs/datagrams.ts"));
});

for (const { title, skipped, open } of networks)
  describe(`UDP on ${title}`, () => {
    let network: Network;
    let program: RunningProgram;
    let port: string;

    beforeAll(async () => {
      if (skipped !== undefined) return;
      network = open();
      program = network.start(executable, ["0"]);
      port = (await program.output(/UDP port (\d+)/))[1] as string;
      await network.reachable();
    });

    afterAll(() => network?.close());

    async function ask(address: string, ...questions: string[]): Promise<unknown> {
      return JSON.parse(await network.peer(process.execPath, [CLIENT, address, port, ...questions]));
    }

    it.skipIf(skipped)("answers datagrams of every size, also in fragments", async () => {
      for (const address of network.addresses) {
        const sizes = ["hello", "", "#1400", "#8000", "#65507"];
        expect(await ask(address, ...sizes), address).toEqual(sizes);
      }
    });

    it.skipIf(skipped)("is told what ICMP says of what it sent", async () => {
      const [four, six] = network.hostAddresses;
      expect(await ask(network.addresses[0] as string, `send ${four}:1`)).toEqual(["sent"]);
      await program.output(new RegExp(`unreachable ${four} 1 3/3`));
      expect(await ask(network.addresses[0] as string, `send [${six}]:1`)).toEqual(["sent"]);
      await program.output(new RegExp(`unreachable ${six} 1 1/4`));
    });

    it.skipIf(skipped)("speaks to one peer over a connected socket", async () => {
      const address = network.addresses[0] as string;
      const server = network.datagramEcho();
      const [, its] = await server.output(/port (\d+)/);
      expect(await ask(address, `connected ${network.hostAddresses[0]}:${its}`)).toEqual(["sent"]);
      await program.output(new RegExp(`answer over a connected socket from port ${its}`));
    });

    it.skipIf(skipped)("hears a multicast group from join to leave", async () => {
      const group = "239.5.6.7";
      const address = network.addresses[0] as string;
      const loud = `@${group},${network.hostAddresses[0]} in the group`;
      expect(await ask(address, `join ${group}`, `join ${group}`)).toEqual(["joined", "EADDRINUSE"]);
      expect(await ask(address, loud)).toEqual(["in the group"]);
      expect(await ask(address, `leave ${group}`, loud, `leave ${group}`)).toEqual([
        "left",
        null,
        "EADDRNOTAVAIL",
      ]);
      expect(await ask(address, `join 10.0.0.9`)).toEqual(["EINVAL"]);
    });

    it.skipIf(skipped)("copies no byte and keeps no frame", async () => {
      expect(await program.stop("SIGINT")).toBe(130);
      expect(statistic(program.stderr, "frames.live"), program.stderr).toBe(0);
      expect(statistic(program.stderr, "copies")).toBe(0);
    });
  });
