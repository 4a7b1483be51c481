import { describe, expect, it } from "vitest";
import { errno } from "./kernel.ts";
import { CARD, CARD_MAC, STRANGER, useRig } from "./rig.ts";
import { arpRequest, datagram, pattern } from "./traffic.ts";

const rig = useRig("udp-echo", "asan");

describe("unloading", () => {
  it("is refused while the host holds the program's memory, and works when it has given it back", async () => {
    await rig.load();
    await rig.start();
    const peer = await rig.peer();
    const program = (await peer.resolve())!;
    await rig.kernel.hold(true);
    // Payload by reference: the answer's bytes stay those of the packet that came.
    expect(await peer.echoes(program, 1000, { cut: [14, 28, 300, 300] })).toBe(true);
    expect((await rig.kernel.things()).map((one) => one.name)).toContain("mirage references");
    expect(await rig.kernel.unload()).toBe(errno.EBUSY);
    expect((await rig.kernel.console()).map(([, text]) => text).join()).toMatch(
      /packets of the program wait/,
    );
    expect(await rig.kernel.read("kern.mirage.state")).toBe("idle");
    await rig.start();
    expect(await peer.pings((await peer.resolve())!)).toBe(true);
    await rig.kernel.hold(false);
    expect(await rig.kernel.unload()).toBe(0);
  });

  it("works at any moment, under traffic from several senders", async () => {
    await rig.kernel.card(CARD, CARD_MAC);
    for (let round = 0; round < 200; round++) {
      await rig.load();
      const peer = await rig.peer();
      await rig.kernel.write("kern.mirage.rtparams", `n=${CARD}+mirage0`);
      await rig.kernel.flood("mirage0", arpRequest(peer.mac));
      await rig.kernel.flood("mirage0", datagram(peer.mac, 0xffff_ffff_ffffn, pattern(1200)));
      await rig.kernel.flood(CARD, arpRequest(STRANGER), "wire");
      expect(await rig.kernel.write("kern.mirage.run", 1)).toBe(0);
      if (round % 3 === 0) {
        await rig.kernel.settle();
      } else if (round % 3 === 1) {
        await rig.kernel.write("kern.mirage.run", 0);
      }
      expect(await rig.kernel.unload()).toBe(0);
      await rig.kernel.stopFloods();
      await rig.kernel.stack("mirage0");
      await rig.kernel.stack(CARD);
      await rig.kernel.wire(CARD);
      await rig.kernel.tap();
      expect(await rig.kernel.violations(), `round ${round}`).toEqual([]);
    }
  });
});

describe("unloading while somebody runs ifconfig(8)", () => {
  it("waits for those who create and destroy interfaces, and leaves none", async () => {
    for (let round = 0; round < 60; round++) {
      await rig.load();
      await rig.kernel.churn("mirage1");
      await rig.kernel.churn("mirage2");
      await rig.kernel.advance(round);
      expect(await rig.kernel.unload(), `round ${round}`).toBe(0);
      expect((await rig.kernel.interfaces()).map((one) => one.name)).toEqual([]);
      await rig.kernel.stopFloods();
      expect(await rig.kernel.violations(), `round ${round}`).toEqual([]);
    }
  });
});

describe("starting and stopping", () => {
  it("1,000 times under traffic leaves nothing behind", async () => {
    await rig.load();
    const peer = await rig.peer();
    await rig.kernel.flood("mirage0", arpRequest(peer.mac));
    for (let round = 0; round < 1000; round++) {
      expect(await rig.kernel.write("kern.mirage.run", 1), `round ${round}`).toBe(0);
      expect(await rig.kernel.write("kern.mirage.run", 0), `round ${round}`).toBe(0);
      if (round % 100 === 0) {
        await rig.kernel.stack("mirage0");
        await rig.kernel.tap();
      }
    }
    await rig.kernel.stopFloods();
    await rig.start();
    expect(await peer.pings((await peer.resolve())!)).toBe(true);
  });
});
