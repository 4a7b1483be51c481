/**
 * Packets of many segments between host, program and card: a program that sends back what it gets, and hosts and cards
 * that can or cannot take them.
 */
import { describe, expect, it } from "vitest";
import { cut, tcpFrame } from "../support/segments.ts";
import type { Arrival } from "./kernel.ts";
import { CARD, CARD_MAC, STRANGER, useRig } from "./rig.ts";
import { macOf, LONG_SEGMENT_BYTES as SEGMENT, uncut as uncutOf } from "./traffic.ts";

const rig = useRig("../test/kpi/programs/mirror");

const BYTES = 20_000;
const CSUM = { tcp: 0x4, tso: 0x10, vouched: 0x0c000000 } as const;
const CAP = { rxcsum: 0x1, txcsum: 0x2, tso4: 0x100, tso6: 0x200, lro: 0x400 } as const;
const PROGRAM_MAC = 0x02aabbccddeen;

const uncut = (from: bigint, to: bigint, bytes = BYTES): Uint8Array => uncutOf(from, to, bytes);

const swapped = (frame: Uint8Array): Uint8Array =>
  Uint8Array.from([...frame.subarray(6, 12), ...frame.subarray(0, 6), ...frame.subarray(12)]);

/** What a card would send for it. */
const packetsOf = (frame: Uint8Array): Uint8Array[] => cut(frame, SEGMENT, { start: 34, offset: 16 });

const fromHost = { csum: [CSUM.tcp | CSUM.tso, 16], tso: SEGMENT } as const;
const bytesOf = (arrivals: Arrival[]): Uint8Array[] => arrivals.map(({ bytes }) => bytes);

const statistic = async (name: string): Promise<number> =>
  Number(await rig.kernel.read(`kern.mirage.stats.${name}`));

describe("mirage0", () => {
  const exchange = async (bytes = BYTES, options: object = fromHost): Promise<Arrival[]> => {
    const peer = await rig.peer();
    await rig.kernel.stack("mirage0");
    expect(await rig.kernel.send("mirage0", uncut(peer.mac, PROGRAM_MAC, bytes), options)).toBe(0);
    await rig.kernel.settle();
    return rig.kernel.stack("mirage0");
  };

  it("carries what the host's TCP never cut, both ways, without a copy of its payload", async () => {
    await rig.load();
    await rig.start();
    const peer = await rig.peer();
    const arrived = await exchange();
    expect(bytesOf(arrived)).toEqual([swapped(uncut(peer.mac, PROGRAM_MAC))]);
    expect(arrived[0]).toMatchObject({
      csumFlags: CSUM.vouched,
      csumData: 0xffff,
      tso: Math.ceil(BYTES / SEGMENT),
    });
    expect(await statistic("frames_in_merged")).toBe(1);
    expect(await statistic("frames_out_segmented")).toBe(1);
    expect(await statistic("copies")).toBe(0);
    // The longest, in pieces, its headers among them.
    const longest = 65535 - 20 - 32;
    const cuts = { ...fromHost, cut: [14, 30, 22, 2048, 100, 4096] };
    expect((await exchange(longest, cuts))[0]?.bytes.length).toBe(65549);
  });

  it.each([
    ["LRO is off", () => rig.kernel.ifconfig("mirage0", "cap", CAP.txcsum | CAP.tso4)],
    ["the host routes", () => rig.kernel.forwarding(true, false)],
    ["it is bridged", () => rig.kernel.ifconfig("mirage0", "bridge", 1)],
  ])("gives the host packets of the MTU while %s", async (_why, arrange) => {
    await rig.load();
    await rig.start();
    expect(await arrange()).toBe(0);
    const peer = await rig.peer();
    const arrived = await exchange();
    expect(bytesOf(arrived)).toEqual(packetsOf(swapped(uncut(peer.mac, PROGRAM_MAC))));
    expect(await statistic("frames_cut")).toBe(1);
    await rig.kernel.forwarding(false, false);
    await rig.kernel.ifconfig("mirage0", "bridge", 0);
    await rig.kernel.ifconfig("mirage0", "cap", CAP.lro | CAP.txcsum | CAP.tso4);
    expect(await exchange()).toHaveLength(1);
  });

  it("routes of the other version change nothing", async () => {
    await rig.load();
    await rig.start();
    await rig.kernel.forwarding(false, true);
    expect(await exchange()).toHaveLength(1);
    await rig.kernel.forwarding(false, false);
  });

  it("offers the host segmentation as long as checksums are on", async () => {
    await rig.load();
    const assist = async () => ((await rig.kernel.interface("mirage0"))?.hwassist ?? 0) & 0x3010;
    const enabled = async () => ((await rig.kernel.interface("mirage0"))?.capenable ?? 0) & 0x700;
    expect(await enabled()).toBe(CAP.tso4 | CAP.tso6 | CAP.lro);
    expect(await assist()).toBe(0x2010);
    await rig.kernel.ifconfig("mirage0", "cap", CAP.tso4 | CAP.tso6 | CAP.txcsum);
    expect(await assist()).toBe(0x10);
    expect(await enabled()).toBe(CAP.tso4);
    await rig.kernel.ifconfig("mirage0", "cap", CAP.tso4 | CAP.tso6);
    expect(await assist()).toBe(0);
  });

  it("drops what is longer than the MTU and not of many segments", async () => {
    await rig.load();
    await rig.start();
    const peer = await rig.peer();
    const frame = uncut(peer.mac, PROGRAM_MAC, 3000);
    expect(await rig.kernel.send("mirage0", frame)).not.toBe(0);
    frame[23] = 17;
    expect(await rig.kernel.send("mirage0", frame, fromHost)).not.toBe(0);
    expect(await statistic("drop_oversize")).toBe(2);
  });
});

describe("a card", () => {
  const merged = { csum: [CSUM.vouched, 0xffff], tso: Math.ceil(BYTES / SEGMENT) } as const;

  async function attached(capabilities: number): Promise<void> {
    await rig.kernel.card(CARD, CARD_MAC);
    await rig.kernel.ifconfig(CARD, "cap", capabilities);
    await rig.load();
    await rig.start(`n=${CARD},m=02:aa:bb:cc:dd:ee`);
  }

  const wire = async (frame: Uint8Array, options: object = merged): Promise<Arrival[]> => {
    await rig.kernel.wire(CARD);
    expect(await rig.kernel.receive(CARD, frame, options)).toBe(0);
    await rig.kernel.settle();
    return rig.kernel.wire(CARD);
  };

  it("with TSO cuts what the program sends; what it merged comes as one frame", async () => {
    await attached(CAP.rxcsum | CAP.txcsum | CAP.tso4 | CAP.lro);
    const frame = uncut(STRANGER, PROGRAM_MAC);
    const [sent, ...more] = await wire(frame);
    expect(more).toEqual([]);
    // The card fills in the header checksum of each packet.
    const expected = swapped(frame);
    expected.fill(0, 24, 26);
    expect(sent?.bytes).toEqual(expected);
    expect(sent).toMatchObject({ csumFlags: CSUM.tcp | CSUM.tso | 1, csumData: 16, tso: SEGMENT });
    expect(await statistic("frames_in_merged")).toBe(1);
    expect(await statistic("frames_out_segmented")).toBe(1);
  });

  it("without TSO gets packets of the MTU", async () => {
    await attached(CAP.rxcsum | CAP.txcsum | CAP.lro);
    const frame = uncut(STRANGER, PROGRAM_MAC);
    const sent = await wire(frame);
    expect(sent.map(({ bytes }) => bytes)).toEqual(packetsOf(swapped(frame)));
  });

  it("whose TSO was turned off meanwhile gets packets of the MTU", async () => {
    await attached(CAP.rxcsum | CAP.txcsum | CAP.tso4 | CAP.lro);
    await rig.kernel.ifconfig(CARD, "cap", CAP.rxcsum | CAP.txcsum | CAP.lro);
    expect(await wire(uncut(STRANGER, PROGRAM_MAC))).toHaveLength(Math.ceil(BYTES / SEGMENT));
  });

  it("does for the host what it did before, when the program has gone, unless that was turned off meanwhile", async () => {
    const assist = async () => (await rig.kernel.interface(CARD))?.hwassist;
    const all = CAP.rxcsum | CAP.txcsum | CAP.tso4;
    await rig.kernel.card(CARD, CARD_MAC);
    await rig.kernel.ifconfig(CARD, "cap", all);
    const before = await assist();
    expect(before).not.toBe(0);
    await rig.load();
    for (let round = 0; round < 2; round++) {
      await rig.start(`n=${CARD},m=02:aa:bb:cc:dd:ee`);
      expect(await assist()).toBe(0);
      expect((await wire(uncut(STRANGER, PROGRAM_MAC))).length).toBe(1);
      await rig.stop();
      expect(await assist()).toBe(before);
    }
    await rig.start(`n=${CARD},m=02:aa:bb:cc:dd:ee`);
    await rig.kernel.ifconfig(CARD, "cap", CAP.rxcsum | CAP.txcsum);
    await rig.stop();
    expect(await assist()).toBe(before! & ~CSUM.tso);
  });

  it("gets no more pieces at once than it takes", async () => {
    await attached(CAP.rxcsum | CAP.txcsum | CAP.tso4 | CAP.lro);
    const cuts = { ...merged, cut: [200, ...Array.from({ length: 45 }, () => 400)] };
    expect(await wire(uncut(STRANGER, PROGRAM_MAC), cuts)).toHaveLength(Math.ceil(BYTES / SEGMENT));
  });

  it("that merged a few bytes each does not make the program hold a piece of memory for each", async () => {
    await attached(CAP.rxcsum | CAP.txcsum | CAP.tso4 | CAP.lro);
    const send = (frame: Uint8Array, pieces: number, bytes: number) => {
      const cuts = [14 + 20 + 32, ...Array.from({ length: pieces - 1 }, () => bytes)];
      return wire(frame, { csum: merged.csum, tso: pieces, cut: cuts });
    };
    const short = uncut(STRANGER, PROGRAM_MAC, 1000);
    await send(short, 50, 20);
    expect(await statistic("copies")).toBe(1);
    expect(await statistic("copies_bytes")).toBe(short.length);
    await send(uncut(STRANGER, PROGRAM_MAC, 2000), 40, 50);
    expect(await statistic("copies")).toBe(2);
    await send(uncut(STRANGER, PROGRAM_MAC, 2500), 5, 500);
    await send(uncut(STRANGER, PROGRAM_MAC, 2500), 50, 2000);
    expect(await statistic("copies")).toBe(2);
  });

  it("of the host's gives the host one packet, or many while it routes", async () => {
    await attached(CAP.rxcsum | CAP.txcsum | CAP.tso4 | CAP.lro);
    const host = macOf(CARD_MAC);
    const frame = uncut(host, PROGRAM_MAC);
    const toHost = async (): Promise<Arrival[]> => {
      await rig.kernel.stack(CARD);
      expect(await rig.kernel.send(CARD, frame, fromHost)).toBe(0);
      await rig.kernel.settle();
      return rig.kernel.stack(CARD);
    };
    const [one, ...more] = await toHost();
    expect(more).toEqual([]);
    expect(one).toMatchObject({ csumFlags: CSUM.vouched, tso: Math.ceil(BYTES / SEGMENT) });
    expect(one?.bytes).toEqual(swapped(frame));
    await rig.kernel.forwarding(true, true);
    expect(bytesOf(await toHost())).toEqual(packetsOf(swapped(frame)));
    await rig.kernel.forwarding(false, false);
  });

  it("does not say how long its packets were: they are as long as the MTU allows, or alike", async () => {
    await attached(CAP.rxcsum | CAP.txcsum | CAP.tso4 | CAP.lro);
    const [short] = await wire(uncut(STRANGER, PROGRAM_MAC), { csum: [CSUM.vouched, 0xffff], tso: 20 });
    expect(short?.tso).toBe(BYTES / 20);
    const [unknown] = await wire(uncut(STRANGER, PROGRAM_MAC), { csum: [CSUM.vouched, 0xffff] });
    expect(unknown?.tso).toBe(SEGMENT);
    expect(tcpFrame(unknown!.bytes)?.payloadAt).toBe(66);
  });

  it("that did not verify the checksum does not get a long frame through", async () => {
    await attached(CAP.rxcsum | CAP.txcsum | CAP.tso4 | CAP.lro);
    expect(await wire(uncut(STRANGER, PROGRAM_MAC), { tso: 14 })).toEqual([]);
    expect(await statistic("drop_oversize")).toBe(1);
  });
});
