import { describe, expect, test } from "vitest";
import * as packets from "../support/packets.ts";
import { bareStack, bind, newStackWithPeer, OWN, PEER, ping, send, sent, text, words } from "./fixture.ts";

const { ip } = packets;

describe("packets from the program to itself", () => {
  test.each(["127.0.0.1", "127.1.2.3", "10.0.0.2"])(
    "a datagram to %s arrives in the next turn",
    async (to) => {
      const host = await newStackWithPeer();
      const [from, at] = [bind(host, 0, 9), bind(host, 0, 7)];
      expect(send(host, from, text("to myself"), ip(to), 7)).toBe(0);
      expect(host.takeEvents()).toEqual([]);
      host.advance(0n);
      expect(host.takeEvents()).toMatchObject([
        { kind: 1, a: at, b: ip(to), c: 9, payload: text("to myself") },
      ]);
      expect(sent(host)).toEqual([]);
      expect(host.copies).toBe(0);
    },
  );

  test("without any interface there is still 127.0.0.1", async () => {
    const host = await bareStack();
    const socket = bind(host, ip("127.0.0.1"), 7);
    expect(socket).toBeGreaterThanOrEqual(0);
    expect(send(host, socket, text("x"), ip("127.0.0.1"), 7)).toBe(0);
    host.advance(0n);
    expect(host.takeEvents()).toMatchObject([{ a: socket }]);
  });

  test("two sockets that answer each other do not hold up the turn", async () => {
    const host = await newStackWithPeer();
    const [a, b] = [bind(host, 0, 7), bind(host, 0, 9)];
    send(host, a, text("ball"), OWN, 9);
    for (let i = 0; i < 10; i++) {
      host.advance(0n);
      const [event, ...more] = host.takeEvents();
      expect(more).toEqual([]);
      expect(event?.a).toBe(i % 2 === 0 ? b : a);
      send(host, event?.a ?? -1, text("ball"), OWN, event?.c);
    }
  });

  test("nobody at the port: the sender hears of it", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 9);
    send(host, socket, text("hello?"), OWN, 7);
    host.advance(0n);
    host.advance(0n);
    const what = (7 << 16) | (3 << 8) | 3;
    expect(host.takeEvents()).toMatchObject([{ kind: 2, a: socket, b: OWN, c: what }]);
  });

  test("65,507 bytes go in fragments of 16,384", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    const payload = Uint8Array.from({ length: 65507 }, (_, i) => i * 7);
    expect(send(host, socket, payload, ip("127.0.0.1"), 7)).toBe(0);
    host.advance(0n);
    expect(host.takeEvents()).toMatchObject([{ payload }]);
    expect(host.counter("ipv4.fragments-sent")).toBe(5);
  });

  test("when too much waits, the sender is told, and nothing leaks", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    const results = Array.from({ length: 300 }, () => send(host, socket, text("x"), OWN, 7));
    expect(results.filter((result) => result === 0).length).toBe(256);
    expect(results.at(-1)).toBe(-55); // ENOBUFS
    expect(host.counter("drop.loopback.queue-full")).toBe(44);
    host.advance(0n);
    expect(host.takeEvents().length).toBe(256);
  });

  test("RFC 1122 section 3.2.1.3: from the link nothing is accepted from or to 127/8", async () => {
    const host = await newStackWithPeer();
    bind(host, ip("127.0.0.1"), 7);
    host.input(ping(text("x"), { source: ip("127.0.0.1") }));
    host.input(ping(text("x"), { destination: ip("127.0.0.1") }));
    expect(host.counter("drop.ipv4.martian-source")).toBe(1);
    expect(host.counter("drop.ipv4.not-for-us")).toBe(1);
    expect(sent(host)).toEqual([]);
  });

  test("127.0.0.1 is no address to speak to others from", async () => {
    const host = await newStackWithPeer();
    expect(send(host, bind(host, ip("127.0.0.1"), 7), text("x"), PEER)).toBe(-49); // EADDRNOTAVAIL
  });

  test("a flow of TCP with both ends here", async () => {
    const host = await newStackWithPeer();
    const listener = host.call("tcp_listen", 0, 0, 0, 0, 80, 5);
    const flow = host.call("tcp_connect", ...words(ip("127.0.0.1")), 80, 0, 0, 0, 0, 0);
    expect(flow).toBeGreaterThanOrEqual(0);
    const turns = (n: number) => {
      for (let i = 0; i < n; i++) host.advance(1_000_000n);
      return host.takeEvents();
    };
    const events = turns(5);
    const accepted = events.find(({ kind, a }) => kind === 16 && a === listener)?.b ?? -1;
    expect(events.some(({ kind, a }) => kind === 17 && a === flow)).toBe(true);
    const payload = Uint8Array.from({ length: 30_000 }, (_, i) => i * 3);
    const frame = host.frame(payload);
    expect(host.call("tcp_write", flow, frame, 0, payload.length)).toBe(payload.length);
    host.release(frame);
    const data = turns(200).filter(({ kind, a }) => kind === 18 && a === accepted);
    expect(packets.bytes(...data.map((one) => one.payload))).toEqual(payload);
    host.call("tcp_abort", flow);
    turns(2);
    host.call("tcp_close", accepted);
    expect(sent(host)).toEqual([]);
  });
});
