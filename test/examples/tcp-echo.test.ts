/** The tcp-echo example with peers of its own host, on the host's sockets and on a tap. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { type Network, networks } from "../support/networks.ts";
import { type RunningProgram, statistic } from "../support/program.ts";

let executable: string;

beforeAll(() => {
  executable = buildProgram(join(ROOT, "examples/tcp-echo"));
});

for (const { title, skipped, open } of networks)
  describe(`tcp-echo on ${title}`, () => {
    let network: Network;
    let program: RunningProgram;
    let port: string;

    beforeAll(async () => {
      if (skipped !== undefined) return;
      network = open();
      program = network.start(executable, ["0"]);
      [, port] = (await program.output(/TCP port (\d+)/)) as unknown as [string, string];
      await network.reachable();
    });

    afterAll(() => network?.close());

    it.skipIf(skipped)("sends nc's lines back", async () => {
      for (const address of network.addresses) {
        expect(await network.peer("nc", ["-N", address, port], "hello\nworld\n")).toBe("hello\nworld\n");
      }
    });

    it.skipIf(skipped)("sends 4 MB back unchanged, to a peer that ends its side first", async () => {
      for (const address of network.addresses) {
        expect(await network.client("echo", address, port, 1, 4_000_000)).toEqual({ same: 1 });
      }
    });

    it.skipIf(skipped)("serves 50 peers at once", async () => {
      expect(await network.client("echo", network.addresses[0] as string, port, 50, 20_000)).toEqual({
        same: 50,
      });
    });

    it.skipIf(skipped)("goes on after a peer that resets its flow", async () => {
      expect(await network.client("reset", network.addresses[0] as string, port)).toEqual({ end: "close" });
      expect(await network.peer("nc", ["-N", network.addresses[0] as string, port], "still there")).toBe(
        "still there",
      );
    });

    it.skipIf(skipped)("copies no byte and keeps no frame", async () => {
      expect(await program.stop("SIGINT")).toBe(130);
      expect(statistic(program.stderr, "copies"), program.stderr).toBe(0);
      expect(statistic(program.stderr, "frames.live")).toBe(0);
    });
  });
