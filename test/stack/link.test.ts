import { describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import { type Faults, Link } from "../support/link.ts";
import * as packets from "../support/packets.ts";
import { bareStack, bind, PREFIX, SECOND_NS, send, text, words } from "./fixture.ts";

const CLIENT = packets.ip("10.0.0.1");
const SERVER = packets.ip("10.0.0.2");

async function pair(faults: Faults = {}, seed = 1): Promise<{ link: Link; client: Host; server: Host }> {
  const link = new Link(faults, seed);
  const client = await bareStack({ mac: 0x02005e100001n });
  const server = await bareStack({ mac: 0x02005e100002n });
  for (const host of [client, server]) link.attach(host);
  client.call("configure", 0, CLIENT, PREFIX, 0);
  server.call("configure", 0, SERVER, PREFIX, 0);
  link.run(5n * SECOND_NS);
  return { link, client, server };
}

/** The application of an echo server: each datagram back to where it came from, by reference. */
function echo(host: Host, socket: number): number {
  const events = host.events.splice(0);
  for (const event of events) {
    if (event.kind === 1) {
      host.call("udp_send", socket, event.frame, event.offset, event.length, ...words(event.b), event.c);
      host.release(event.frame);
    }
  }
  return events.length;
}

const decode = (payload: Uint8Array) => new TextDecoder().decode(payload);

describe("two stacks on a link", () => {
  test("resolve each other and exchange datagrams", async () => {
    const { link, client, server } = await pair();
    const clientSocket = bind(client, 0, 0);
    const serverSocket = bind(server, 0, 7);
    for (let i = 0; i < 100; i++) {
      send(client, clientSocket, text(`message ${i}`), SERVER, 7);
      link.run(SECOND_NS / 100n);
      echo(server, serverSocket);
      link.run(SECOND_NS / 100n);
    }
    const answers = client.takeEvents();
    expect(answers.map(({ payload }) => decode(payload))).toEqual(
      Array.from({ length: 100 }, (_, i) => `message ${i}`),
    );
    expect(answers.every(({ b, c }) => b === SERVER && c === 7)).toBe(true);
    expect(client.copies + server.copies).toBe(0);
    // One resolution each way is all that it takes.
    expect(client.counter("arp.requests-sent")).toBe(3);
    expect(server.counter("arp.requests-sent")).toBe(2);
  });

  test("RFC 1122 section 4.1.3.3: the sender hears that nobody listens", async () => {
    const { link, client } = await pair();
    const socket = bind(client, 0, 0);
    send(client, socket, text("hello?"), SERVER, 9);
    link.run(SECOND_NS);
    expect(client.takeEvents()).toMatchObject([
      { kind: 2, a: socket, b: SERVER, c: (9 << 16) | (3 << 8) | 3 },
    ]);
  });

  test("a broadcast reaches all", async () => {
    const { link, client, server } = await pair();
    const third = await bareStack({ mac: 0x02005e100003n });
    link.attach(third);
    third.nowNs = client.nowNs;
    third.call("configure", 0, packets.ip("10.0.0.3"), PREFIX, 0);
    for (const host of [server, third]) bind(host, 0, 7);
    send(client, bind(client, 0, 0), text("all"), packets.ip("255.255.255.255"), 7);
    link.run(SECOND_NS);
    for (const host of [server, third])
      expect(host.takeEvents()).toMatchObject([{ payload: text("all"), b: CLIENT }]);
  });

  test("two stacks with one address notice it", async () => {
    const { link, client, server } = await pair();
    server.call("configure", 0, CLIENT, PREFIX, 0);
    link.run(20n * SECOND_NS);
    expect(client.lines).toEqual(["arp: address conflict: 02:00:5e:10:00:02 uses our 10.0.0.1"]);
    expect(server.lines).toEqual(["arp: address conflict: 02:00:5e:10:00:01 uses our 10.0.0.1"]);
  });

  test.each([1, 2, 3, 4, 5])("a bad link never changes what arrives (seed %i)", async (seed) => {
    const faults = { loss: 0.1, duplication: 0.1, reordering: 0.2, truncation: 0.1, corruption: 0.2 };
    const { link, client, server } = await pair(faults, seed);
    const clientSocket = bind(client, 0, 0);
    const serverSocket = bind(server, 0, 7);
    const messages = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const message = `message ${i} ${"x".repeat(i % 200)}`;
      messages.add(message);
      send(client, clientSocket, text(message), SERVER, 7);
      link.run(SECOND_NS / 10n);
      echo(server, serverSocket);
    }
    link.run(5n * SECOND_NS);
    const arrived = client.takeEvents().filter(({ kind }) => kind === 1);
    // A flipped bit is always noticed; a datagram can be lost or come twice.
    for (const { payload } of arrived) expect(messages).toContain(decode(payload));
    expect(new Set(arrived.map(({ payload }) => decode(payload))).size).toBeGreaterThan(200);
    expect(server.counted("drop.")).toBeGreaterThan(0);
  });
});
