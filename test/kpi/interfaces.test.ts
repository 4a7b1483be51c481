import { describe, expect, it } from "vitest";
import { BROADCAST_MAC, ethernet, parse } from "../support/packets.ts";
import { errno } from "./kernel.ts";
import { CARD, CARD_MAC, STRANGER, useRig } from "./rig.ts";
import { arpRequest, macOf, Peer, pattern } from "./traffic.ts";

const rig = useRig();

const statistic = async (name: string): Promise<number> =>
  Number(await rig.kernel.read(`kern.mirage.stats.${name}`));

/** An Ethernet frame of so many bytes after the header. */
const frameOf = (to: bigint, from: bigint, bytes: number): Uint8Array =>
  ethernet({ destination: to, source: from, type: 0x88b5 }, pattern(bytes));

describe("mirage0", () => {
  it("carries packets however they are made", async () => {
    await rig.load();
    await rig.start();
    const peer = await rig.peer();
    const program = (await peer.resolve())!;
    expect(await peer.pings(program, 300, { cut: [14, 20, 8] })).toBe(true);
    expect(await peer.pings(program, 300, { cut: [14, ...Array.from({ length: 40 }, () => 7)] })).toBe(true);
    expect(await peer.pings(program, 1400, { cut: Array.from({ length: 90 }, () => 15) })).toBe(true);
    expect(await peer.echoes(program, 1000, { cut: [42], kind: "unmapped" })).toBe(true);
    expect(await peer.echoes(program, 1000, { kind: "shared" })).toBe(true);
  });

  it("puts a VLAN tag back into the frame", async () => {
    await rig.load();
    await rig.start();
    const peer = await rig.peer();
    await rig.kernel.trace(true);
    await rig.kernel.send("mirage0", frameOf(BROADCAST_MAC, peer.mac, 100), { vlan: 5 });
    await rig.kernel.settle();
    await rig.kernel.trace(false);
    const frames = (await rig.kernel.fired()).filter((one) => one.probe === "netif__rx");
    // 14 + 100 bytes, and 4 of the tag.
    expect(frames.map((one) => one.args[3])).toContain("118");
  });

  it("drops what is longer than the MTU allows, and counts it", async () => {
    await rig.load();
    await rig.start();
    const peer = await rig.peer();
    const error = await rig.kernel.send("mirage0", frameOf(BROADCAST_MAC, peer.mac, 1505));
    expect(error).toBe(errno.EMSGSIZE);
    expect(await statistic("drop_oversize")).toBe(1);
    expect(await rig.kernel.send("mirage0", frameOf(BROADCAST_MAC, peer.mac, 1504))).toBe(0);
  });

  it("drops with ENOBUFS when the program's queue is full, counts it, and goes on", async () => {
    await rig.load();
    await rig.start();
    const peer = await rig.peer();
    await rig.kernel.freeze(true);
    const frame = frameOf(BROADCAST_MAC, peer.mac, 100);
    expect(await rig.kernel.send("mirage0", frame, { times: 1024 })).toBe(0);
    expect(await rig.kernel.send("mirage0", frame, { times: 10 })).toBe(errno.ENOBUFS);
    await rig.kernel.freeze(false);
    await rig.kernel.settle();
    expect(await statistic("drop_queue_full")).toBe(10);
    expect(await statistic("frames_in")).toBeGreaterThanOrEqual(1024);
    expect(await peer.pings((await peer.resolve())!)).toBe(true);
  });

  it("answers ENETDOWN while no program runs", async () => {
    await rig.load();
    const peer = await rig.peer();
    expect(await rig.kernel.send("mirage0", arpRequest(peer.mac))).toBe(errno.ENETDOWN);
    expect(await rig.kernel.read("kern.mirage.not_running")).toBe("1");
  });

  it("keeps its MTU while a program has it, and within bounds", async () => {
    await rig.load();
    expect(await rig.kernel.ifconfig("mirage0", "mtu", 9000)).toBe(0);
    expect(await rig.kernel.ifconfig("mirage0", "mtu", 9001)).toBe(errno.EINVAL);
    expect(await rig.kernel.ifconfig("mirage0", "mtu", 45)).toBe(errno.EINVAL);
    await rig.start();
    expect(await rig.kernel.ifconfig("mirage0", "mtu", 1500)).toBe(errno.EBUSY);
    expect((await rig.kernel.interface("mirage0"))?.mtu).toBe(9000);
    const peer = await rig.peer();
    expect(await peer.pings((await peer.resolve())!, 8000)).toBe(true);
    await rig.stop();
    expect(await rig.kernel.ifconfig("mirage0", "mtu", 1500)).toBe(0);
  });

  it("shows both ways to bpf(4)", async () => {
    await rig.load();
    await rig.start();
    const peer = await rig.peer();
    await rig.kernel.tap();
    await peer.resolve();
    const seen = (await rig.kernel.tap()).map((one) => parse(one.bytes).arp?.operation);
    expect(seen).toEqual([1, 2]);
  });

  it("may be destroyed while the program runs, and made again for the next start", async () => {
    await rig.load();
    await rig.start();
    expect(await rig.kernel.ifconfig("mirage0", "destroy")).toBe(0);
    await rig.kernel.settle();
    expect(await rig.kernel.read("kern.mirage.state")).toBe("running");
    expect(await rig.kernel.read("kern.mirage.netif")).toMatch(/ gone\b/);
    await rig.stop();
    expect(await rig.kernel.ifconfig("mirage0", "create")).toBe(0);
    expect(await rig.kernel.ifconfig("mirage0", "up")).toBe(0);
    await rig.start();
    const peer = await rig.peer();
    expect(await peer.pings((await peer.resolve())!)).toBe(true);
  });

  it("has brothers, each with a program's address of its own", async () => {
    await rig.load();
    expect(await rig.kernel.ifconfig("mirage7", "create")).toBe(0);
    expect(await rig.kernel.ifconfig("mirage7", "create")).toBe(errno.EEXIST);
    expect(await rig.kernel.ifconfig("mirage7", "up")).toBe(0);
    await rig.start("n=mirage7");
    const peer = await Peer.of(rig.kernel, "mirage7");
    expect(await peer.pings((await peer.resolve())!)).toBe(true);
    await rig.stop();
    expect(await rig.kernel.ifconfig("mirage7", "destroy")).toBe(0);
  });
});

describe("another interface", () => {
  const host = macOf(CARD_MAC);

  it("that is not there fails the start with a message, and the next one works", async () => {
    await rig.load();
    await rig.start("n=em7");
    expect(await rig.kernel.read("kern.mirage.state")).toBe("failed");
    expect(await rig.kernel.read("kern.mirage.error")).toMatch(/em7: no such interface/);
    await rig.start("n=mirage0");
    expect(await rig.kernel.read("kern.mirage.state")).toBe("running");
  });

  it("is shared: the program has a MAC address of its own, the host keeps its traffic, groups go to both", async () => {
    await rig.kernel.card(CARD, CARD_MAC);
    await rig.load();
    await rig.start(`n=${CARD}`);
    expect((await rig.kernel.interface(CARD))?.promiscuous).toBe(1);
    const stranger = rig.stranger();
    const program = (await stranger.resolve())!;
    expect(program).not.toBe(host);
    expect(await stranger.pings(program)).toBe(true);
    expect(await stranger.echoes(program, 1000)).toBe(true);
    // The host has got what ARP asks and announces to all, and nothing else.
    expect(new Set((await rig.kernel.stack(CARD)).map((one) => parse(one.bytes).type))).toEqual(
      new Set([0x0806]),
    );
    await rig.kernel.receive(CARD, frameOf(host, STRANGER, 60));
    await rig.kernel.settle();
    expect(await rig.kernel.stack(CARD)).toHaveLength(1);
    // What the host sends leaves by the wire, unless it is for the program.
    await rig.kernel.send(CARD, frameOf(STRANGER, host, 60));
    expect(await rig.kernel.wire(CARD)).toHaveLength(1);
    await rig.kernel.send(CARD, arpRequest(host));
    await rig.kernel.settle();
    const answer = (await rig.kernel.stack(CARD)).map((one) => parse(one.bytes).arp);
    expect(answer.at(-1)).toMatchObject({ operation: 2, senderMac: program });
    await rig.stop();
    expect((await rig.kernel.interface(CARD))?.promiscuous).toBe(0);
  });

  it("is the program's alone with steal", async () => {
    await rig.kernel.card(CARD, CARD_MAC);
    await rig.load();
    await rig.start(`n=${CARD}:steal`);
    const stranger = rig.stranger();
    expect(await stranger.pings((await stranger.resolve())!)).toBe(true);
    await rig.kernel.receive(CARD, frameOf(host, STRANGER, 60));
    expect(await rig.kernel.send(CARD, frameOf(STRANGER, host, 60))).toBe(errno.ENETDOWN);
    await rig.kernel.settle();
    expect(await rig.kernel.stack(CARD)).toEqual([]);
    expect(await rig.kernel.wire(CARD)).toEqual([]);
  });

  it("takes the address that rtparam m gives", async () => {
    await rig.kernel.card(CARD, CARD_MAC);
    await rig.load();
    await rig.start(`n=${CARD},m=02:11:22:33:44:55`);
    expect(await rig.stranger().resolve()).toBe(0x021122334455n);
  });

  it("may go while the program runs: the program goes on, and stops", async () => {
    await rig.kernel.card(CARD, CARD_MAC);
    await rig.load();
    await rig.start(`n=${CARD}+mirage0`);
    const stranger = rig.stranger();
    const program = (await stranger.resolve())!;
    await rig.kernel.flood(CARD, arpRequest(STRANGER), "wire");
    expect(await rig.kernel.cardGone(CARD)).toBe(0);
    await rig.kernel.stopFloods();
    await rig.kernel.settle();
    expect(await rig.kernel.read("kern.mirage.state")).toBe("running");
    expect(await rig.kernel.read("kern.mirage.netif")).toMatch(new RegExp(`^${CARD} .* gone`, "m"));
    await rig.stop();
    // It comes back, and with it the program.
    await rig.kernel.card(CARD, CARD_MAC);
    await rig.start(`n=${CARD}`);
    expect(await stranger.resolve()).toBe(program);
  });

  it("whose link is down takes nothing until it is up", async () => {
    await rig.kernel.card(CARD, CARD_MAC);
    await rig.load();
    await rig.start(`n=${CARD}`);
    await rig.kernel.ifconfig(CARD, "link", 1);
    await rig.kernel.settle();
    const stranger = rig.stranger();
    expect(await stranger.resolve()).toBeUndefined();
    await rig.kernel.ifconfig(CARD, "link", 2);
    expect(await stranger.resolve()).toBeDefined();
  });
});
