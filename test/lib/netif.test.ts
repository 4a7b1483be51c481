/** Raw frames: who owns them, and what is left of them after release. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as FrameModule from "../../src/lib/frame.ts";
import type * as NetifModule from "../../src/lib/netif.ts";
import { type FakeNative, installFakeNative } from "./fake-native.ts";

let native: FakeNative;
let Netif: typeof NetifModule.Netif;
type Frame = FrameModule.Frame;

beforeEach(async () => {
  vi.resetModules();
  native = installFakeNative();
  ({ Netif } = await import("../../src/lib/netif.ts"));
});

const bytes = (...values: number[]) => new Uint8Array(values);

describe("Netif", () => {
  it("is found by name and by number", () => {
    expect(Netif.open().name).toBe("mirage0");
    expect(Netif.open("mirage0")).toBe(Netif.open(0));
    expect(Netif.all().map((netif) => netif.mtu)).toEqual([1500]);
  });

  it("says which ones there are when it is not found", () => {
    expect(() => Netif.open("tap9")).toThrow(/no network interface tap9: there are mirage0 \(ENXIO\)/);
  });

  it("names the option when there is none", () => {
    native.interfaces = [];
    expect(() => Netif.open()).toThrow(/--net/);
  });

  it("releases a frame when the listener has returned", () => {
    const kept: Frame[] = [];
    Netif.open().listen((frame) => {
      expect([...frame.bytes]).toEqual([1, 2, 3]);
      kept.push(frame);
    });
    native.receive(bytes(1, 2, 3));
    expect(native.frames.size).toBe(0);
    expect(kept[0]?.released).toBe(true);
    expect(() => kept[0]?.bytes).toThrow(/frame 0x10001 of mirage0 \(3 bytes\) was released/);
    expect(() => kept[0]?.dataView).toThrow(/was released/);
    expect(() => kept[0]?.retain()).toThrow(/was released/);
  });

  it("releases a frame when the listener throws", () => {
    Netif.open().listen(() => {
      throw new Error("listener");
    });
    expect(() => native.receive(bytes(1))).toThrow("listener");
    expect(native.frames.size).toBe(0);
  });

  it("keeps a retained frame until it is released, once", () => {
    const kept: Frame[] = [];
    Netif.open().listen((frame) => void kept.push(frame.retain()));
    native.receive(bytes(7));
    const frame = kept[0] as Frame;
    expect(frame.bytes[0]).toBe(7);
    frame.release();
    expect(native.frames.size).toBe(0);
    expect(() => frame.release()).toThrow(/was released/);
  });

  it("reads frames in order, whether they came before or after the call", async () => {
    const netif = Netif.open();
    const first = netif.read();
    native.receive(bytes(1));
    native.receive(bytes(2));
    const frames = [await first, await netif.read()];
    expect(frames.map((frame) => frame.bytes[0])).toEqual([1, 2]);
    expect(native.frames.size).toBe(2);
    for (const frame of frames) frame[Symbol.dispose]();
    expect(native.frames.size).toBe(0);
  });

  it("releases the frame before when iteration goes on, and the last when it ends", async () => {
    const netif = Netif.open();
    const loop = (async () => {
      const seen: number[] = [];
      for await (const frame of netif) {
        expect(native.frames.size).toBe(3 - seen.length);
        seen.push(frame.bytes[0] as number);
        if (seen.length === 3) break;
      }
      return seen;
    })();
    await Promise.resolve();
    for (const value of [1, 2, 3]) native.receive(bytes(value));
    expect(await loop).toEqual([1, 2, 3]);
    expect(native.frames.size).toBe(0);
  });

  it("drops and counts what finds the queue full", async () => {
    const netif = Netif.open();
    const first = netif.read();
    for (let i = 0; i < 300; i++) native.receive(bytes(i & 0xff));
    (await first).release();
    expect(netif.dropped).toBe(300 - 1 - 256);
    expect(native.frames.size).toBe(256);
    netif.stop();
    expect(native.frames.size).toBe(0);
  });

  it("keeps the program alive while it listens", async () => {
    const netif = Netif.open();
    const pending = netif.read();
    netif.listen(() => {});
    await expect(pending).rejects.toMatchObject({ code: "ECANCELED" });
    expect(native.alive).toBe(1);
    netif.stop();
    netif.stop();
    expect(native.alive).toBe(0);
  });

  it("writes one view or many as one frame", () => {
    Netif.open().write(bytes(1, 2));
    Netif.open().write([bytes(1), bytes(2, 3)]);
    expect(native.written).toEqual([bytes(1, 2), bytes(1, 2, 3)]);
  });
});
