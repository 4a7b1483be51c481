/** The runtime's bindings, faked: frames in a table, a clock that tests turn, a console that keeps lines. */
import type { FrameEventListener, Native, NativePromise } from "../../src/lib/native.ts";

interface FakeFrame {
  bytes: Uint8Array;
  references: number;
}

function withResolvers() {
  let resolve: (value: unknown) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function lengthOf(views: readonly Uint8Array[]): number {
  return views.reduce((sum, { length }) => sum + length, 0);
}

/** The view in which the byte at `at` lies, and where in it. */
function placeOf(views: readonly Uint8Array[], at: number): [number, number] {
  const view = views.findIndex((_, i) => at < lengthOf(views.slice(0, i + 1)));
  return [view, at - lengthOf(views.slice(0, view))];
}

export class FakeNative {
  readonly frames = new Map<number, FakeFrame>();
  readonly written: Uint8Array[] = [];
  readonly printed: string[] = [];
  readonly listeners = new Map<number, (frame: number, length: number) => void>();
  readonly settlers = new WeakMap<
    Promise<unknown>,
    { resolve: (value: unknown) => void; reject: (reason: unknown) => void }
  >();
  frameCodeListener: FrameEventListener | undefined;
  alive = 0;
  nowNs = 5_000_000;
  wall: [number, number] = [1_700_000_000, 123_456_789];
  timers: { callback: () => void; atNs: number }[] = [];
  interfaces = [{ name: "mirage0", mac: "02:00:5e:10:00:02", mtu: 1500 }];
  ipv4: string | undefined = "10.0.0.2/24";
  gateway: string | undefined = "10.0.0.1";
  sockets = false;
  ipv6: string | undefined;
  gateway6: string | undefined;
  private nextHandle = 0x10001;

  /** A frame that the caller owns one reference on. */
  frame(bytes: Uint8Array): number {
    const handle = this.nextHandle++;
    this.frames.set(handle, { bytes, references: 1 });
    return handle;
  }

  receive(bytes: Uint8Array, netif = 0): number {
    const handle = this.frame(bytes);
    const listener = this.listeners.get(netif);
    if (listener === undefined) throw new Error("nobody listens");
    listener(handle, bytes.length);
    return handle;
  }

  /** Turns the clock and fires what is due. */
  advance(ns: number): void {
    this.nowNs += ns;
    const due = this.timers.filter((timer) => timer.atNs <= this.nowNs);
    this.timers = this.timers.filter((timer) => timer.atNs > this.nowNs);
    for (const timer of due) timer.callback();
  }

  private known(handle: number): FakeFrame {
    const frame = this.frames.get(handle);
    if (frame === undefined) throw new TypeError(`stale frame ${handle}`);
    return frame;
  }

  private release(handle: number): void {
    const frame = this.known(handle);
    if (--frame.references === 0) this.frames.delete(handle);
  }

  readonly bindings: Native = ((self: FakeNative) => ({
    print: (_level, text) => void self.printed.push(text),
    monotonicNs: () => self.nowNs,
    wallClock: () => self.wall,
    timerSet: (callback, delayNs) => self.timers.push({ callback, atNs: self.nowNs + delayNs }),
    timerClear: () => {},
    queueMicrotask: (job, a, b) => queueMicrotask(() => job(a as never, b as never)),
    whenDrained: (callback) => void setTimeout(callback),
    asyncJob: () => () => {},
    asyncWait: () => 0,
    fail: (error) => {
      throw error;
    },
    thrownHere: () => {},
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
    keepAlive: (delta) => {
      self.alive += delta;
    },
    random: (view) => {
      for (let i = 0; i < view.length; i++) view[i] = (i * 37 + 200) & 0xff;
    },
    get config() {
      return {
        ipv4: self.ipv4,
        gateway: self.gateway,
        sockets: self.sockets,
        ipv6: self.ipv6,
        gateway6: self.gateway6,
        args: ["one"],
        program: "test",
        buildId: "0",
        version: "0.1.0",
        target: "fake",
      };
    },
    netifCount: () => self.interfaces.length,
    netifInfo: (netif) => self.interfaces[netif] as (typeof self.interfaces)[0],
    netifListen: (netif, listener) => {
      if (listener === null) self.listeners.delete(netif);
      else self.listeners.set(netif, listener);
    },
    netifWrite: (_netif, views) =>
      void self.written.push(new Uint8Array(Buffer.concat(ArrayBuffer.isView(views) ? [views] : views))),
    frameLength: (handle) => self.known(handle).bytes.length,
    frameViews: (handle, offset, length) => [self.known(handle).bytes.subarray(offset, offset + length)],
    frameView: (handle, offset, length) => self.known(handle).bytes.subarray(offset, offset + length),
    frameRetain: (handle) => void self.known(handle).references++,
    frameRelease: (handle) => self.release(handle),
    frameFrom: (views) => self.frame(new Uint8Array(Buffer.concat(views))),
    frameTimestampNs: () => self.nowNs,
    frameCodeFunction: () => () => 0,
    frameGive: (take, first, views, view, offset) => {
      const all = ArrayBuffer.isView(views) ? [views] : (views as readonly Uint8Array[]);
      const bytes = Buffer.concat(all);
      let at = offset + lengthOf(all.slice(0, view));
      while (at < bytes.length) {
        const part = new Uint8Array(bytes.subarray(at, at + 65_536));
        const handle = self.frame(part);
        const taken = take(first, handle, 0, part.length);
        self.release(handle);
        if (taken < 0) return taken;
        at += taken;
        if (taken < part.length) return placeOf(all, at);
      }
      return true;
    },
    frameCodeListen: (_module, listener) => {
      self.frameCodeListener = listener ?? undefined;
    },
    stats: () => ({ copies: 0 }),
    promise: {
      Pending: function Pending() {
        const { promise, resolve, reject } = withResolvers();
        self.settlers.set(promise, { resolve, reject });
        return promise;
      } as unknown as NativePromise["Pending"],
      settle: (promise, how, value) => {
        const settler = self.settlers.get(promise);
        if (how === 1) settler?.resolve(value);
        else settler?.reject(value);
      },
    },
  }))(this);
}

/** Puts the fake where the library looks for the real one. To be called before the library is imported. */
export function installFakeNative(): FakeNative {
  const fake = new FakeNative();
  (globalThis as Record<string, unknown>).mirage$native = fake.bindings;
  return fake;
}
