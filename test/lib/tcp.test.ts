/** TCP flows over a stack that only remembers what it was told. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { StackError, StackEvent, TcpField, TcpOption } from "../../src/stack/interface.ts";
import { type FakeNative, installFakeNative } from "./fake-native.ts";

const LISTENER = 0x40000001;
const FLOW = 0x10005;
const PEER = [0, 0, 0xffff, 0x0a000001] as const;

const stack = vi.hoisted(() => ({
  frameModule: 0,
  configure: vi.fn(() => 0),
  ip6_configure: vi.fn(() => 0),
  ip6_router: vi.fn(() => 0),
  ip6_address: vi.fn(() => 0),
  tcp_listen: vi.fn((..._args: number[]) => 0),
  tcp_unlisten: vi.fn((_listener: number) => 0),
  tcp_listener_port: vi.fn((_listener: number) => 7),
  tcp_connect: vi.fn((..._args: number[]) => 0),
  tcp_write: vi.fn((_flow: number, _frame: number, _offset: number, length: number) => length),
  tcp_consume: vi.fn((_flow: number, _bytes: number) => 0),
  tcp_shutdown: vi.fn((_flow: number) => 0),
  tcp_close: vi.fn((_flow: number) => 0),
  tcp_abort: vi.fn((_flow: number) => 0),
  tcp_set: vi.fn((_flow: number, _option: number, _value: number) => 0),
  tcp_get: vi.fn((_flow: number, _field: number) => 0),
}));
vi.mock("../../src/stack/stack.frame.ts", () => stack);

// The library's own types would have tsc read the stack, whose types are AssemblyScript's.
interface Chunk {
  length: number;
  data: Uint8Array;
  released: boolean;
  toText(): string;
  retain(): Chunk;
  release(): void;
}
interface Flow extends AsyncIterable<Chunk> {
  remote: { address: string; port: number };
  closed: boolean;
  backlog: number;
  read(): Promise<Chunk | undefined>;
  listen(onChunk: (chunk: Chunk) => void, onEnd?: (error?: Error) => void): void;
  write(data: Uint8Array | string | Uint8Array[] | Chunk): Promise<void>;
  shutdown(): Promise<void>;
  close(): Promise<void>;
  abort(): void;
  set(options: Record<string, unknown>): void;
  info(): Record<string, unknown>;
}
interface Listener extends AsyncIterable<Flow> {
  port: number;
  dropped: number;
  accept(): Promise<Flow>;
  serve(serve: (flow: Flow) => Promise<void>): void;
  close(): void;
}
interface Library {
  Tcp: {
    listen(options?: Record<string, unknown>): Listener;
    connect(options: Record<string, unknown>): Promise<Flow>;
  };
}
const library: string = "../../src/lib/tcp.ts";

let native: FakeNative;
let Tcp: Library["Tcp"];

beforeEach(async () => {
  vi.resetModules();
  vi.clearAllMocks();
  stack.tcp_listen.mockReturnValue(LISTENER);
  stack.tcp_connect.mockReturnValue(FLOW);
  stack.tcp_write.mockImplementation((_flow, _frame, _offset, length) => length);
  stack.tcp_get.mockImplementation((_flow, field) => {
    if (field >= TcpField.RemoteWord0 && field <= TcpField.RemoteWord3) {
      return PEER[field - TcpField.RemoteWord0] as number;
    }
    return field === TcpField.RemotePort ? 4242 : 0;
  });
  native = installFakeNative();
  ({ Tcp } = (await import(library)) as Library);
});

function say(kind: StackEvent, a = FLOW, b = 0): void {
  native.frameCodeListener?.(kind, 0, 0, 0, a, b, 0);
}

/** Bytes for a flow: they lie 54 bytes into a frame. */
function arrive(text: string, flow = FLOW): void {
  const payload = new TextEncoder().encode(text);
  const frame = native.frame(new Uint8Array([...new Array<number>(54).fill(0xee), ...payload]));
  native.frameCodeListener?.(StackEvent.TcpData, frame, 54, payload.length, flow, 0, 0);
}

async function connected(options: Record<string, unknown> = {}): Promise<Flow> {
  const promise = Tcp.connect({ address: "10.0.0.1", port: 80, ...options });
  say(StackEvent.TcpConnected);
  return promise;
}

/** Lets everything run that a settled promise has set off. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const code = (expected: string) => expect.objectContaining({ name: "NetworkError", code: expected });

describe("Tcp.connect", () => {
  it("says where to, and waits for the answer", async () => {
    const flow = await connected({ local: { address: "10.0.0.2", port: 99 } });
    expect(stack.tcp_connect.mock.lastCall).toEqual([...PEER, 80, 0, 0, 0xffff, 0x0a000002, 99]);
    expect(flow.remote).toEqual({ address: "10.0.0.1", port: 80 });
    expect(native.alive).toBe(1);
  });

  it.each([
    [61, "ECONNREFUSED"],
    [60, "ETIMEDOUT"],
    [65, "EHOSTUNREACH"],
  ])("rejects with errno %i as %s, and lets the program end", async (errno, name) => {
    const promise = Tcp.connect({ address: "10.0.0.1", port: 80 });
    say(StackEvent.TcpClosed, FLOW, errno);
    await expect(promise).rejects.toEqual(code(name));
    await expect(promise).rejects.toThrow(/connect to 10\.0\.0\.1:80/);
    expect(native.alive).toBe(0);
    expect(stack.tcp_close).toHaveBeenCalledTimes(1);
  });

  it("gives up after timeoutMs", async () => {
    const promise = Tcp.connect({ address: "10.0.0.1", port: 80, timeoutMs: 500 });
    native.advance(500e6);
    expect(stack.tcp_abort.mock.lastCall).toEqual([FLOW]);
    say(StackEvent.TcpClosed, FLOW, 53);
    await expect(promise).rejects.toEqual(code("ETIMEDOUT"));
  });

  it.each([
    [{ port: 0 }, "EINVAL"],
    [{ port: 65_536 }, "EINVAL"],
    [{ timeoutMs: -1 }, "EINVAL"],
    [{ readTimeoutMs: 0.5 }, "EINVAL"],
    [{ local: { port: -1 } }, "EINVAL"],
  ])("refuses %j before anything is sent", async (options, name) => {
    await expect(Tcp.connect({ address: "10.0.0.1", port: 80, ...options })).rejects.toEqual(code(name));
    expect(stack.tcp_connect).not.toHaveBeenCalled();
  });

  it("throws what the stack says at once", async () => {
    stack.tcp_connect.mockReturnValue(StackError.ENETUNREACH);
    await expect(Tcp.connect({ address: "192.0.2.1", port: 80 })).rejects.toEqual(code("ENETUNREACH"));
    expect(native.alive).toBe(0);
  });
});

describe("reading", () => {
  it("gives chunks in place, opens the window on release, and ends with undefined", async () => {
    const flow = await connected();
    arrive("one");
    const chunk = (await flow.read()) as Chunk;
    expect(chunk.toText()).toBe("one");
    expect(stack.tcp_consume).not.toHaveBeenCalled();
    chunk.release();
    expect(stack.tcp_consume.mock.lastCall).toEqual([FLOW, 3]);
    expect(native.frames.size).toBe(0);
    expect(() => chunk.data).toThrow(/released/);
    expect(() => chunk.release()).toThrow(/released/);
    const waiting = flow.read();
    arrive("two");
    say(StackEvent.TcpEnd);
    (await waiting)?.release();
    expect(await flow.read()).toBeUndefined();
    expect(await flow.read()).toBeUndefined();
  });

  it("iterates until the peer's end, releasing what was not retained", async () => {
    const flow = await connected();
    const kept: Chunk[] = [];
    const loop = (async () => {
      for await (const chunk of flow) if (chunk.toText() === "keep") kept.push(chunk.retain());
    })();
    for (const text of ["a", "keep", "b"]) arrive(text);
    say(StackEvent.TcpEnd);
    await loop;
    expect(native.frames.size).toBe(1);
    expect(stack.tcp_consume.mock.calls.map(([, bytes]) => bytes)).toEqual([1, 1]);
    kept[0]?.release();
    expect(native.frames.size).toBe(0);
    expect(stack.tcp_consume.mock.lastCall).toEqual([FLOW, 4]);
  });

  it("hands out what had arrived before it says what went wrong", async () => {
    const flow = await connected();
    arrive("last words");
    say(StackEvent.TcpClosed, FLOW, 54);
    expect((await flow.read())?.toText()).toBe("last words");
    await expect(flow.read()).rejects.toEqual(code("ECONNRESET"));
    await expect(
      (async () => {
        for await (const chunk of flow) chunk.release();
      })(),
    ).rejects.toEqual(code("ECONNRESET"));
  });

  it("calls a listener for each chunk, and once at the end", async () => {
    const flow = await connected();
    const seen: unknown[] = [];
    arrive("before");
    flow.listen(
      (chunk) => seen.push(chunk.toText()),
      (error) => seen.push(error),
    );
    arrive("after");
    say(StackEvent.TcpEnd);
    await settle();
    expect(seen).toEqual(["before", "after", undefined]);
    expect(native.frames.size).toBe(0);
  });

  it("rejects a read that waits longer than readTimeoutMs, and goes on", async () => {
    const flow = await connected({ readTimeoutMs: 100 });
    const waiting = flow.read();
    native.advance(100e6);
    await expect(waiting).rejects.toEqual(code("ETIMEDOUT"));
    arrive("late");
    expect((await flow.read())?.toText()).toBe("late");
  });
});

describe("writing", () => {
  it("sends a chunk in the frame that it came in, and keeps no frame", async () => {
    const flow = await connected();
    arrive("echo");
    const chunk = (await flow.read()) as Chunk;
    await flow.write(chunk);
    expect(stack.tcp_write.mock.lastCall?.slice(2)).toEqual([54, 4]);
    chunk.release();
    await flow.write("text");
    await flow.write([new Uint8Array(3), new Uint8Array(4)]);
    expect(stack.tcp_write.mock.calls.map(([, , , length]) => length)).toEqual([4, 4, 7]);
    expect(native.frames.size).toBe(0);
  });

  it("waits for room, in order, and resolves when all was taken", async () => {
    const flow = await connected();
    const done: string[] = [];
    stack.tcp_write.mockReturnValueOnce(2);
    const first = flow.write("first").then(() => done.push("first"));
    const second = flow.write("second").then(() => done.push("second"));
    await settle();
    expect([done, flow.backlog]).toEqual([[], 2]);
    stack.tcp_write.mockReturnValueOnce(1);
    say(StackEvent.TcpWritable, FLOW, 1);
    await settle();
    expect(done).toEqual([]);
    say(StackEvent.TcpWritable, FLOW, 100);
    await Promise.all([first, second]);
    expect(done).toEqual(["first", "second"]);
    // Offset in its frame and length of each try: the rest of the first, then the second.
    expect(stack.tcp_write.mock.calls.map((call) => call.slice(2))).toEqual([
      [0, 5],
      [0, 3],
      [0, 2],
      [0, 6],
    ]);
    expect(native.frames.size).toBe(0);
  });

  it("cuts what is longer than a frame into pieces", async () => {
    const flow = await connected();
    await flow.write(new Uint8Array(150_000));
    expect(stack.tcp_write.mock.calls.map(([, , , length]) => length)).toEqual([65_536, 65_536, 18_928]);
    expect(native.frames.size).toBe(0);
  });

  it("rejects what waits when the flow is reset, and what comes after", async () => {
    const flow = await connected();
    stack.tcp_write.mockReturnValue(0);
    const waiting = flow.write("x");
    say(StackEvent.TcpClosed, FLOW, 54);
    await expect(waiting).rejects.toEqual(code("ECONNRESET"));
    await expect(flow.write("y")).rejects.toEqual(code("ECONNRESET"));
    expect(native.frames.size).toBe(0);
  });

  it("rejects with EPIPE after shutdown, which waits for what was written before", async () => {
    const flow = await connected();
    stack.tcp_write.mockReturnValueOnce(0);
    const write = flow.write("x");
    const shut = flow.shutdown();
    expect(stack.tcp_shutdown).not.toHaveBeenCalled();
    await expect(flow.write("y")).rejects.toEqual(code("EPIPE"));
    say(StackEvent.TcpWritable, FLOW, 100);
    await Promise.all([write, shut]);
    expect(stack.tcp_shutdown).toHaveBeenCalledTimes(1);
    arrive("still read");
    expect((await flow.read())?.toText()).toBe("still read");
  });

  it("aborts when a write makes no progress for writeTimeoutMs", async () => {
    const flow = await connected({ writeTimeoutMs: 100 });
    stack.tcp_write.mockReturnValue(0);
    const write = flow.write("x");
    native.advance(100e6);
    await expect(write).rejects.toEqual(code("ETIMEDOUT"));
    expect(stack.tcp_abort.mock.calls).toEqual([[FLOW]]);
    expect(native.frames.size).toBe(0);
  });
});

describe("closing", () => {
  it("waits for what was written, then for the flow's end, and lets the program end", async () => {
    const flow = await connected();
    stack.tcp_write.mockReturnValueOnce(0);
    const write = flow.write("x");
    const closed = flow.close();
    expect(stack.tcp_close).not.toHaveBeenCalled();
    say(StackEvent.TcpWritable, FLOW, 100);
    await write;
    expect(stack.tcp_close.mock.calls).toEqual([[FLOW]]);
    expect(native.alive).toBe(1);
    say(StackEvent.TcpClosed);
    await closed;
    expect(native.alive).toBe(0);
    await flow.close();
    expect(stack.tcp_close).toHaveBeenCalledTimes(1);
  });

  it("counts as consumed what the program was given, and not what it never saw", async () => {
    const flow = await connected();
    arrive("seen");
    arrive("unseen");
    const chunk = await flow.read();
    void flow.close();
    expect(stack.tcp_consume.mock.calls).toEqual([[FLOW, 4]]);
    expect(native.frames.size).toBe(1);
    chunk?.release();
    expect(stack.tcp_consume).toHaveBeenCalledTimes(1);
    expect(native.frames.size).toBe(0);
  });

  it("rejects readers with ECANCELED, ends iteration, drops late data", async () => {
    const flow = await connected();
    const read = flow.read();
    const next = flow[Symbol.asyncIterator]().next();
    void flow.close();
    await expect(read).rejects.toEqual(code("ECANCELED"));
    expect(await next).toEqual({ value: undefined, done: true });
    arrive("late");
    say(StackEvent.TcpClosed);
    arrive("later");
    expect(native.frames.size).toBe(0);
  });

  it("abort rejects everything with ECONNABORTED", async () => {
    const flow = await connected();
    stack.tcp_write.mockReturnValueOnce(0);
    const write = flow.write("x");
    const read = flow.read();
    flow.abort();
    await expect(write).rejects.toEqual(code("ECONNABORTED"));
    await expect(read).rejects.toEqual(code("ECONNABORTED"));
    expect(stack.tcp_abort.mock.calls).toEqual([[FLOW]]);
    say(StackEvent.TcpClosed, FLOW, 53);
    expect(stack.tcp_close).not.toHaveBeenCalled();
    expect([native.alive, native.frames.size]).toEqual([0, 0]);
  });

  it("gives a number back by itself when both sides have ended", async () => {
    const flow = await connected();
    say(StackEvent.TcpEnd);
    await flow.shutdown();
    say(StackEvent.TcpClosed);
    expect(stack.tcp_close.mock.calls).toEqual([[FLOW]]);
    await flow.close();
    expect(stack.tcp_close).toHaveBeenCalledTimes(1);
    expect(flow.closed).toBe(true);
  });
});

describe("Tcp.listen", () => {
  it("accepts flows in order, and says whose they are", async () => {
    const listener = Tcp.listen({ port: 7, address: "10.0.0.2", backlog: 5 });
    expect(stack.tcp_listen.mock.lastCall).toEqual([0, 0, 0xffff, 0x0a000002, 7, 5]);
    say(StackEvent.TcpAccepted, LISTENER, FLOW);
    const flow = await listener.accept();
    expect(flow.remote).toEqual({ address: "10.0.0.1", port: 4242 });
    const next = listener.accept();
    say(StackEvent.TcpAccepted, LISTENER, FLOW + 1);
    arrive("two", FLOW + 1);
    expect((await (await next).read())?.toText()).toBe("two");
  });

  it("does not count idle flows that were accepted against the backlog", async () => {
    const asked = (flow: number): boolean => stack.tcp_get.mock.calls.some(([id]) => id === flow);
    const listener = Tcp.listen({ port: 7 });
    say(StackEvent.TcpAccepted, LISTENER, FLOW);
    expect(asked(FLOW)).toBe(false);
    await listener.accept();
    expect(asked(FLOW)).toBe(true);
    const next = listener.accept();
    say(StackEvent.TcpAccepted, LISTENER, FLOW + 1);
    await next;
    expect(asked(FLOW + 1)).toBe(true);
    listener.serve(async (flow) => void (await flow.read()));
    say(StackEvent.TcpAccepted, LISTENER, FLOW + 2);
    expect(asked(FLOW + 2)).toBe(true);
  });

  it("resets what finds the backlog full, and what waits when it is closed", async () => {
    const listener = Tcp.listen({ backlog: 1 });
    for (let i = 0; i < 3; i++) say(StackEvent.TcpAccepted, LISTENER, FLOW + i);
    expect(listener.dropped).toBe(2);
    const loop = (async () => {
      let flows = 0;
      for await (const _flow of listener) flows++;
      return flows;
    })();
    await settle();
    say(StackEvent.TcpAccepted, LISTENER, FLOW + 3);
    await settle();
    listener.close();
    expect(await loop).toBe(2);
    say(StackEvent.TcpAccepted, LISTENER, FLOW + 4);
    expect(stack.tcp_abort.mock.calls).toEqual([[FLOW + 1], [FLOW + 2], [FLOW + 4]]);
    await expect(listener.accept()).rejects.toEqual(code("ECANCELED"));
  });

  it("closes what it served, and ends a flow by its own error only", async () => {
    const listener = Tcp.listen();
    listener.serve(async (flow) => {
      for await (const chunk of flow) await flow.write(chunk);
    });
    say(StackEvent.TcpAccepted, LISTENER, FLOW);
    say(StackEvent.TcpAccepted, LISTENER, FLOW + 1);
    say(StackEvent.TcpClosed, FLOW, 54);
    arrive("x", FLOW + 1);
    say(StackEvent.TcpEnd, FLOW + 1);
    await settle();
    expect(stack.tcp_write.mock.calls.map(([flow]) => flow)).toEqual([FLOW + 1]);
    expect(stack.tcp_close.mock.calls).toEqual([[FLOW], [FLOW + 1]]);
    expect(native.frames.size).toBe(0);
  });

  it("throws the stack's errors with their codes, and gives the port back when an option is wrong", () => {
    stack.tcp_listen.mockReturnValueOnce(StackError.EADDRINUSE);
    expect(() => Tcp.listen({ port: 7 })).toThrow(code("EADDRINUSE"));
    for (const options of [
      { port: 65_536 },
      { backlog: 0 },
      { hopLimit: 0 },
      { receiveBuffer: 1 },
      { congestion: "vegas" },
      { keepAlive: { idleMs: 0 } },
    ]) {
      expect(() => Tcp.listen(options), JSON.stringify(options)).toThrow(code("EINVAL"));
    }
    expect(stack.tcp_unlisten).toHaveBeenCalledTimes(4);
    expect(native.alive).toBe(0);
  });
});

describe("options and information", () => {
  it("are the stack's own", async () => {
    const flow = await connected({ noDelay: true, keepAlive: { idleMs: 10, probes: 3 }, lingerMs: Infinity });
    flow.set({ congestion: "newreno", keepAlive: false });
    expect(stack.tcp_set.mock.calls.map(([, option, value]) => [option, value])).toEqual([
      [TcpOption.NoDelay, 1],
      [TcpOption.KeepAliveProbes, 3],
      [TcpOption.KeepAliveIdleMilliseconds, 10],
      [TcpOption.LingerMilliseconds, 0xffffffff],
      [TcpOption.KeepAliveIdleMilliseconds, 0],
      [TcpOption.Congestion, 1],
    ]);
    stack.tcp_get.mockImplementation((_flow, field) => (field === TcpField.State ? 4 : field));
    expect(flow.info()).toMatchObject({
      state: "ESTABLISHED",
      mss: TcpField.Mss,
      sendQueueBytes: TcpField.SendQueueBytes,
    });
  });
});
