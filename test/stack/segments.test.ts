/** Frames of several packets, as frame code asks for them and receives them, on the tests' host. */
import { beforeAll, describe, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { Host, onesComplementSum, Trap } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import { cut, merge, tcpFrame } from "../support/segments.ts";

const [source, destination] = [packets.ip("10.0.0.2"), packets.ip("10.0.0.1")];
const payload = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
const CWR_PSH_FIN = 0x99;

function frame(fields: Partial<packets.TcpFields> = {}, data = payload): Uint8Array {
  const segment = packets.tcp(
    { source, destination, sourcePort: 80, destinationPort: 4000, sequence: 0xfffff000, ...fields },
    data,
  );
  const packet = packets.ipv4({ source, destination, protocol: 6, identification: 7 }, segment);
  return packets.ethernet({ destination: 0x04n, source: 0x02n, type: 0x0800 }, packet);
}

/** With the sum of the pseudo header in place of the checksum, as transmit offload wants it. */
function unsummed(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint16(34 + 16, onesComplementSum(bytes.subarray(26, 34), 6 + bytes.length - 34));
  return bytes;
}

describe("segmentation offload", () => {
  let wasm: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    wasm = await compileFrameCode("test/stack/sdk.frame.ts");
  });
  const load = async () => {
    const host = await new Host().load(wasm);
    host.netifs[0] = { mac: 0x02n, mtu: 1500, offload: 0x10 | 0x20, segmentMax: 65549 };
    return host;
  };

  test("a frame leaves as packets with headers of their own", async () => {
    const host = await load();
    const handle = host.frame(unsummed(frame({ flags: CWR_PSH_FIN })));
    expect(host.call("send_segmented", handle, 34, 1460)).toBe(1);
    const sent = host.takeTransmitted();
    expect(sent.map(({ segment }) => segment)).toEqual(
      Array.from({ length: 7 }, (_, index) => ({ index, count: 7 })),
    );
    const views = sent.map(({ bytes }) => new DataView(bytes.buffer, bytes.byteOffset));
    for (const { bytes } of sent) {
      expect(packets.parse(bytes).ipv4).toMatchObject({ protocol: 6 });
      const pseudo = onesComplementSum(bytes.subarray(26, 34), 6 + bytes.length - 34);
      expect(onesComplementSum(bytes.subarray(34), pseudo)).toBe(0xffff);
    }
    expect(views.map((view) => view.getUint16(18))).toEqual([7, 8, 9, 10, 11, 12, 13]);
    expect(views.map((view) => view.getUint32(38))).toEqual(
      Array.from({ length: 7 }, (_, i) => (0xfffff000 + i * 1460) >>> 0),
    );
    expect(views.map((view) => view.getUint8(47))).toEqual([0x90, 0x10, 0x10, 0x10, 0x10, 0x10, 0x19]);
    expect(Buffer.concat(sent.map(({ bytes }) => bytes.subarray(54)))).toEqual(Buffer.from(payload));
    host.assertNoLeaks();
  });

  test("an interface refuses what it does not cut, and what no card could", async () => {
    const host = await load();
    const send = (bytes: Uint8Array, at = 34) => host.call("send_segmented", host.frame(bytes), at, 1460);
    expect(() => send(frame())).toThrow("wrong sum of the pseudo header");
    expect(() => send(unsummed(frame()), 30)).toThrow("without frame_checksum of the TCP header");
    expect(() => send(unsummed(frame()).subarray(0, 9000))).toThrow("not TCP, or whose IP length is wrong");
    host.netifs[0] = { mac: 0x02n, mtu: 1500, offload: 0x10 | 0x20, segmentMax: 8000 };
    expect(send(unsummed(frame()))).toBe(0);
  });

  test("packets that follow on each other arrive as one frame", async () => {
    const host = await load();
    const whole = frame();
    const sent = cut(unsummed(frame()), 1460, { start: 34, offset: 16 });
    // Identification is that of each packet: a frame has that of the first.
    const [one, ...more] = merge(sent);
    expect(more).toEqual([]);
    expect(one).toEqual({ bytes: whole, segmentBytes: 1460 });
    const handle = host.frame(one!.bytes, 0, one);
    expect(host.call("segment_bytes", handle)).toBe(1460);
    expect(host.call("segment_bytes", host.frame(whole))).toBe(0);
  });

  test("packets that do not follow, or differ, stay apart", () => {
    const at = (sequence: number, length = 100, fields: Partial<packets.TcpFields> = {}) =>
      frame({ sequence, ...fields }, payload.subarray(0, length));
    const sizes = (...frames: Uint8Array[]) =>
      merge(frames).map(({ bytes }) => bytes.length - tcpFrame(bytes)!.payloadAt);
    expect(sizes(at(0), at(100), at(200, 50), at(250))).toEqual([250, 100]);
    expect(sizes(at(0), at(200))).toEqual([100, 100]);
    expect(sizes(at(0), at(100, 101))).toEqual([100, 101]);
    expect(sizes(at(0), at(100, 100, { acknowledgment: 1 }))).toEqual([100, 100]);
    expect(sizes(at(0), at(100, 100, { flags: 0x11 }))).toEqual([100, 100]);
    expect(sizes(at(0), at(100, 100, { flags: 0x18 }), at(200))).toEqual([200, 100]);
    expect(sizes(at(0, 0), at(0))).toEqual([0, 100]);
    const damaged = at(100);
    damaged[60] = ~damaged[60]!;
    expect(sizes(at(0), damaged)).toEqual([100, 100]);
  });

  test("more bytes than 16 bits hold are refused", async () => {
    const host = await load();
    expect(() => host.call("send_segmented", host.frame(frame()), 34, 65536)).toThrow(Trap);
  });
});
