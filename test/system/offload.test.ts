/**
 * Segmentation and checksum offloads of a tap, with Linux's own TCP at both ends: two network namespaces, and a program of
 * frame code between them that hands on what it gets.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { NetworkNamespace, whyNoTap } from "../support/netns.ts";
import { RunningProgram, statistic } from "../support/program.ts";

const skipped = whyNoTap();
const title = `TCP between two taps${skipped === undefined ? "" : `: skipped: ${skipped}`}`;

const BYTES = 20_000_000;
const BULK = join(ROOT, "test/support/tcp-bulk.mjs");

interface Setting {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  /** Frames of many packets come. */
  readonly merged: boolean;
  /** They are cut in software. */
  readonly cut: boolean;
}

const settings: Setting[] = [
  { name: "offloads at both", left: "", right: "", merged: true, cut: false },
  { name: "offloads at one end only", left: "", right: ",novnet", merged: true, cut: true },
  { name: "no offloads", left: ",novnet", right: ",novnet", merged: false, cut: false },
];

describe.skipIf(skipped !== undefined)(title, () => {
  let executable: string;
  beforeAll(() => {
    executable = buildProgram(join(ROOT, "test/system/programs/cable"));
  });

  describe.each(settings)("$name", ({ left, right, merged, cut }) => {
    let near: NetworkNamespace;
    let far: NetworkNamespace;
    let program: RunningProgram;
    const servers: RunningProgram[] = [];

    beforeAll(async () => {
      near = new NetworkNamespace();
      far = new NetworkNamespace();
      program = new RunningProgram(
        near.spawn(executable, ["--net", `tap:left${left}`, "--net", `tap:right${right}`]),
      );
      await program.output(/connected/);
      near.run("ip", ["link", "set", "right", "netns", far.name]);
      for (const [namespace, name, address] of [
        [near, "left", "1"],
        [far, "right", "2"],
      ] as const) {
        namespace.run("ip", ["address", "add", `10.0.0.${address}/24`, "dev", name]);
        namespace.run("ip", ["address", "add", `fd00::${address}/64`, "dev", name, "nodad"]);
        namespace.run("ip", ["link", "set", name, "up"]);
        const server = new RunningProgram(namespace.spawn(process.execPath, [BULK, "serve", "5000"]));
        await server.output(/listening/);
        servers.push(server);
      }
    });

    afterAll(async () => {
      for (const one of [...servers, program]) await one?.stop("SIGKILL");
      near?.remove();
      far?.remove();
    });

    it.each(["10.0.0.2", "fd00::2"])("carries 20 MB to %s, byte for byte", (address) => {
      const output = near.run(process.execPath, [BULK, "send", address, "5000", String(BYTES)]);
      expect(JSON.parse(output)).toMatchObject({ bytes: BYTES, same: true });
    });

    it.each(["10.0.0.1", "fd00::1"])("carries 20 MB to %s, byte for byte", (address) => {
      const output = far.run(process.execPath, [BULK, "send", address, "5000", String(BYTES)]);
      expect(JSON.parse(output)).toMatchObject({ bytes: BYTES, same: true });
    });

    it("ends with frames merged and cut as the taps can, and none kept", async () => {
      expect(await program.stop("SIGINT")).toBe(130);
      const count = (name: string) => statistic(program.stderr, name) ?? 0;
      expect(count("frames.in.merged") > 0, program.stderr).toBe(merged);
      expect(count("frames.cut") > 0, program.stderr).toBe(cut);
      expect(count("frames.out.segmented") > 0, program.stderr).toBe(merged && !cut);
      // The headers of packets that were cut here are copies; nothing else is.
      if (!cut) expect(count("copies"), program.stderr).toBe(0);
      expect(count("frames.live")).toBe(0);
      expect(count("drop.oversize")).toBe(0);
      expect(near.interfaces()).not.toContain("left");
    });
  });
});
