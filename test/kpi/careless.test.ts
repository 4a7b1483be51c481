/** Programs that give away frames that are not theirs, under the sanitizers: the kernel's memory is none the worse for it. */
import { describe, expect, it } from "vitest";
import { useRig } from "./rig.ts";
import { LEFT_UNCUT, LONG_SEGMENT_BYTES, Peer, uncut } from "./traffic.ts";

const rig = useRig("../test/kpi/programs/careless", "asan");

const PROGRAM_MAC = 0x02005e100000n;
const BYTES = 20_000;
const PACKETS = Math.ceil(BYTES / LONG_SEGMENT_BYTES);

/** Sends one frame of many packets whose destination address ends in `how`; how many frames came back. */
async function send(how: number, bytes = BYTES): Promise<number> {
  const peer = await Peer.of(rig.kernel, "mirage0");
  await rig.kernel.stack("mirage0");
  const frame = uncut(peer.mac, PROGRAM_MAC + BigInt(how), bytes);
  expect(await rig.kernel.send("mirage0", frame, LEFT_UNCUT)).toBe(0);
  await rig.kernel.settle();
  return (await rig.kernel.stack("mirage0")).length;
}

describe("a frame of many packets", () => {
  it.each([
    ["that frame code released and says it left is gone", 1, 0],
    ["that frame code sent and says it left is gone", 2, 0],
    ["that a listener releases while it gets its packets is gone", 3, 1],
  ])("%s", async (_, how, back) => {
    await rig.load();
    await rig.start();
    expect(await send(0)).toBe(PACKETS);
    expect(await send(how)).toBe(back);
    expect(await send(0)).toBe(PACKETS);
    expect(await rig.kernel.read("kern.mirage.state")).toBe("running");
    await rig.stop();
  });
});

describe("a counter of drops", () => {
  it("that frame code raises beyond all bounds ends the program, not the kernel's time, while it is traced", async () => {
    await rig.load();
    await rig.kernel.trace(true);
    await rig.start();
    await send(4);
    expect(await rig.kernel.read("kern.mirage.state")).toBe("over-budget");
    expect(await rig.kernel.read("kern.mirage.error")).toContain("careless.frame.ts");
    await rig.kernel.trace(false);
  });
});
