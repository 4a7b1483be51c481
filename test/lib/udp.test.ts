/** UDP sockets over a stack that only remembers what it was told. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { StackError, StackEvent } from "../../src/stack/interface.ts";
import { type FakeNative, installFakeNative } from "./fake-native.ts";

const stack = vi.hoisted(() => ({
  frameModule: 0,
  configure: vi.fn(() => 0),
  udp_bind: vi.fn((..._args: number[]) => 4),
  udp_port: vi.fn((_socket: number) => 7),
  udp_connect: vi.fn((..._args: number[]) => 0),
  udp_close: vi.fn((_socket: number) => 0),
  udp_send: vi.fn((..._args: number[]) => 0),
  udp_max_payload: vi.fn((..._address: number[]) => 1472),
}));
vi.mock("../../src/stack/stack.frame.ts", () => stack);

// The library's own types would have tsc read the stack, whose types are AssemblyScript's.
interface Endpoint {
  address: string;
  port: number;
}
interface Datagram extends Endpoint {
  length: number;
  data: Uint8Array;
  toText(): string;
  retain(): Datagram;
  release(): void;
}
interface Unreachable extends Endpoint {
  type: number;
  code: number;
}
interface Socket extends AsyncIterable<Datagram> {
  listen(callback: (datagram: Datagram) => void): void;
  dropped: number;
  unreachable: number;
  receive(): Promise<Datagram>;
  send(data: Uint8Array | string | Uint8Array[], to?: Endpoint): void;
  connect(to: Endpoint): void;
  disconnect(): void;
  remote: Endpoint | undefined;
  close(): void;
}
interface Library {
  Udp: {
    bind(options?: { port?: number; queue?: number; onUnreachable?: (event: Unreachable) => void }): Socket;
  };
}
const library: string = "../../src/lib/udp.ts";

let native: FakeNative;
let Udp: Library["Udp"];
const sender = 0x0a000001;

beforeEach(async () => {
  vi.resetModules();
  vi.clearAllMocks();
  native = installFakeNative();
  ({ Udp } = (await import(library)) as Library);
});

/** A datagram for the socket: its payload lies 42 bytes into a frame. */
function arrive(text: string): number {
  const payload = new TextEncoder().encode(text);
  const frame = native.frame(new Uint8Array([...new Array<number>(42).fill(0xee), ...payload]));
  native.frameCodeListener?.(StackEvent.UdpDatagram, frame, 42, payload.length, 4, sender, 4242);
  return frame;
}

describe("Udp.bind", () => {
  it("configures the stack once, from the command line", () => {
    Udp.bind({ port: 7 });
    Udp.bind({ port: 8 });
    expect(stack.configure.mock.calls).toEqual([[0, 0x0a000002, 24, 0x0a000001]]);
    expect(stack.udp_bind.mock.calls).toEqual([
      [0, 0, 0, 0, 7],
      [0, 0, 0, 0, 8],
    ]);
  });

  it("names the option that is missing", () => {
    native.ipv4 = undefined;
    expect(() => Udp.bind()).toThrow(
      /--ipv4 10\.0\.0\.2\/24, or --ipv6 auto .*kern\.mirage\.ipv4=10\.0\.0\.2\/24\) \(ENETDOWN\)/,
    );
    native.interfaces = [];
    expect(() => Udp.bind()).toThrow(/give one with --net.*--net socket \(ENETDOWN\)/);
  });

  it("says that address and gateway do not go together", () => {
    stack.configure.mockReturnValueOnce(StackError.EINVAL);
    native.gateway = "10.9.9.9";
    expect(() => Udp.bind()).toThrow(/10\.0\.0\.2\/24 and gateway 10\.9\.9\.9 .* in one network \(EINVAL\)/);
    stack.configure.mockReturnValueOnce(StackError.EINVAL);
    native.gateway = undefined;
    expect(() => Udp.bind()).toThrow(/10\.0\.0\.2\/24 is not the address of a host/);
  });

  it("throws the stack's errors with their codes", () => {
    stack.udp_bind.mockReturnValueOnce(StackError.EADDRINUSE);
    expect(() => Udp.bind({ port: 7 })).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
    expect(native.alive).toBe(0);
  });

  it.each([-1, 65536, 1.5, Number.NaN])("refuses port %s", (port) => {
    expect(() => Udp.bind({ port })).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });
});

describe("UdpSocket", () => {
  it("receives payloads in place, and gives the frame back on release", async () => {
    const socket = Udp.bind({ port: 7 });
    const frame = arrive("hello");
    const datagram = await socket.receive();
    expect([datagram.address, datagram.port, datagram.length, datagram.toText()]).toEqual([
      "10.0.0.1",
      4242,
      5,
      "hello",
    ]);
    expect(datagram.data.buffer).toBe(native.frames.get(frame)?.bytes.buffer);
    datagram.release();
    expect(native.frames.size).toBe(0);
    expect(() => datagram.data).toThrow(/datagram from 10\.0\.0\.1, port 4242 in frame 0x10001 was released/);
  });

  it("sends a received payload back in the frame it came in", async () => {
    const socket = Udp.bind({ port: 7 });
    const frame = arrive("echo");
    const datagram = await socket.receive();
    socket.send(datagram.data, datagram);
    expect(stack.udp_send.mock.calls).toEqual([[4, frame, 42, 4, 0, 0, 0xffff, sender, 4242]]);
    expect(native.frames.size).toBe(1);
  });

  it("sends text and lists of views as one datagram, and keeps no frame", () => {
    const socket = Udp.bind();
    const sent: string[] = [];
    stack.udp_send.mockImplementation((_socket, frame, offset, length) => {
      const bytes = native.frames.get(frame as number)?.bytes ?? new Uint8Array(0);
      sent.push(new TextDecoder().decode(bytes.subarray(offset, (offset as number) + (length as number))));
      return 0;
    });
    const to = { address: "10.0.0.9", port: 53 };
    socket.send("é", to);
    socket.send([new Uint8Array([97]), new Uint8Array([98])], to);
    socket.send("", to);
    expect(sent).toEqual(["é", "ab", ""]);
    expect(stack.udp_send.mock.calls[2]).toEqual([4, 0, 0, 0, 0, 0, 0xffff, 0x0a000009, 53]);
    expect(native.frames.size).toBe(0);
    stack.udp_send.mockReset().mockReturnValue(0);
  });

  it("throws what the stack says, and keeps no frame", () => {
    const socket = Udp.bind();
    stack.udp_send.mockReturnValueOnce(StackError.EHOSTUNREACH);
    expect(() => socket.send("x", { address: "10.0.0.9", port: 1 })).toThrow(
      expect.objectContaining({ code: "EHOSTUNREACH", message: expect.stringContaining("10.0.0.9:1") }),
    );
    expect(() => socket.send(new Uint8Array(65_528), { address: "10.0.0.9", port: 1 })).toThrow(
      expect.objectContaining({ code: "EMSGSIZE", message: expect.stringContaining("65527") }),
    );
    expect(() => socket.send("x", { address: "10.0.0.9", port: 0 })).toThrow(
      expect.objectContaining({ code: "EINVAL" }),
    );
    expect(() => socket.send("x", { address: "10.0.0.256", port: 1 })).toThrow(/not an IPv4 address/);
    expect(native.frames.size).toBe(0);
  });

  it("drops and counts what finds the queue full", async () => {
    const socket = Udp.bind({ queue: 2 });
    for (const text of ["a", "b", "c", "d"]) arrive(text);
    expect(socket.dropped).toBe(2);
    expect(native.frames.size).toBe(2);
    expect((await socket.receive()).toText()).toBe("a");
    expect((await socket.receive()).toText()).toBe("b");
  });

  it("iterates until it is closed, releasing what was not retained", async () => {
    const socket = Udp.bind();
    const kept: Datagram[] = [];
    const loop = (async () => {
      const seen: string[] = [];
      for await (const datagram of socket) {
        seen.push(datagram.toText());
        if (seen.length === 2) kept.push(datagram.retain());
        if (seen.length === 3) socket.close();
      }
      return seen;
    })();
    for (const text of ["a", "b", "c"]) arrive(text);
    expect(await loop).toEqual(["a", "b", "c"]);
    expect(native.frames.size).toBe(1);
    kept[0]?.release();
    expect(native.frames.size).toBe(0);
    expect(native.alive).toBe(0);
  });

  it("calls a listener for what was queued and what comes, and releases what it did not retain", () => {
    const socket = Udp.bind();
    const seen: string[] = [];
    const kept: Datagram[] = [];
    arrive("early");
    socket.listen((datagram) => {
      seen.push(datagram.toText());
      if (seen.length === 2) kept.push(datagram.retain());
      if (seen.length === 3) datagram.release();
    });
    arrive("kept");
    arrive("released by itself");
    expect(seen).toEqual(["early", "kept", "released by itself"]);
    expect(native.frames.size).toBe(1);
    kept[0]?.release();
    expect(native.frames.size).toBe(0);
  });

  it("lets a listener take the place of another, and stop it all", () => {
    const socket = Udp.bind();
    const seen: string[] = [];
    socket.listen(() => seen.push("first"));
    arrive("a");
    socket.listen(() => {
      seen.push("second");
      socket.close();
    });
    arrive("b");
    arrive("c");
    expect(seen).toEqual(["first", "second"]);
    expect(native.frames.size).toBe(0);
    expect(native.alive).toBe(0);
    expect(() => socket.listen(() => {})).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  it("releases a datagram when the listener throws", () => {
    Udp.bind().listen(() => {
      throw new Error("listener");
    });
    expect(() => arrive("x")).toThrow("listener");
    expect(native.frames.size).toBe(0);
  });

  it("ends iteration that waits when it is closed", async () => {
    const socket = Udp.bind();
    const next = socket[Symbol.asyncIterator]().next();
    socket.close();
    expect(await next).toEqual({ value: undefined, done: true });
  });

  it("serves those who wait in the order in which they came", async () => {
    const socket = Udp.bind();
    const waiting = [socket.receive(), socket.receive(), socket.receive()];
    for (const text of ["a", "b", "c"]) arrive(text);
    expect((await Promise.all(waiting)).map((datagram) => datagram.toText())).toEqual(["a", "b", "c"]);
  });

  it("rejects who waits when it is closed, and drops what arrives late", async () => {
    const socket = Udp.bind();
    const waiting = socket.receive();
    socket.close();
    socket.close();
    await expect(waiting).rejects.toMatchObject({ code: "ECANCELED" });
    await expect(socket.receive()).rejects.toMatchObject({ code: "ECANCELED" });
    arrive("late");
    expect(native.frames.size).toBe(0);
    expect(() => socket.send("x", { address: "10.0.0.1", port: 1 })).toThrow(
      expect.objectContaining({ code: "EBADF" }),
    );
    expect(stack.udp_close.mock.calls).toEqual([[4]]);
  });

  it("tells who asked what could not be delivered", () => {
    const events: Unreachable[] = [];
    const socket = Udp.bind({ onUnreachable: (event) => events.push(event) });
    native.frameCodeListener?.(StackEvent.UdpUnreachable, 0, 0, 0, 4, sender, (9 << 16) | (3 << 8) | 3);
    expect(events).toEqual([{ address: "10.0.0.1", port: 9, type: 3, code: 3 }]);
    expect(socket.unreachable).toBe(1);
  });

  it("knows IPv6 senders by the header that their datagram came in, and answers them", async () => {
    const socket = Udp.bind();
    const payload = new TextEncoder().encode("six");
    const bytes = new Uint8Array(14 + 40 + 8 + payload.length);
    bytes.set([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], 14 + 8);
    bytes.set(payload, 62);
    native.frameCodeListener?.(
      StackEvent.UdpDatagram6,
      native.frame(bytes),
      62,
      payload.length,
      4,
      0,
      4242 | (14 << 16),
    );
    const datagram = await socket.receive();
    expect([datagram.toText(), datagram.address, datagram.port]).toEqual(["six", "2001:db8::9", 4242]);
    socket.send(datagram.data, datagram);
    expect(stack.udp_send.mock.lastCall?.slice(2)).toEqual([62, 3, 0x20010db8, 0, 0, 9, 4242]);
    socket.send("x", { address: "2001:db8::a", port: 5 });
    expect(stack.udp_send.mock.lastCall?.slice(2)).toEqual([0, 1, 0x20010db8, 0, 0, 10, 5]);
    datagram.release();
    expect(native.frames.size).toBe(0);
  });

  it("tells what of IPv6 could not be delivered, and gives the frame back", () => {
    const events: Unreachable[] = [];
    Udp.bind({ onUnreachable: (event) => events.push(event) });
    const bytes = new Uint8Array(40);
    bytes.set([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 24);
    native.frameCodeListener?.(StackEvent.UdpUnreachable6, native.frame(bytes), 0, 0, 4, (1 << 8) | 4, 9);
    expect(events).toEqual([{ address: "fe80::1", port: 9, type: 1, code: 4 }]);
    expect(native.frames.size).toBe(0);
  });

  it("sends without an endpoint once it is connected, and not before", () => {
    const socket = Udp.bind();
    expect(() => socket.send("x")).toThrow(expect.objectContaining({ code: "ENOTCONN" }));
    socket.connect({ address: "10.0.0.1", port: 9 });
    expect(stack.udp_connect.mock.lastCall).toEqual([4, 0, 0, 0xffff, 0x0a000001, 9]);
    expect(socket.remote).toEqual({ address: "10.0.0.1", port: 9 });
    socket.send("x");
    expect(stack.udp_send.mock.lastCall?.slice(2)).toEqual([0, 1, 0, 0, 0, 0, 0]);
    socket.disconnect();
    expect(stack.udp_connect.mock.lastCall).toEqual([4, 0, 0, 0, 0, 0]);
    expect(socket.remote).toBeUndefined();
  });
});
