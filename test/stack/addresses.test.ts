import { describe, expect, test } from "vitest";
import type { Host } from "../support/host.ts";
import * as packets from "../support/packets.ts";
import {
  arpFrom,
  bareStack,
  bind,
  GATEWAY,
  learnPeer,
  newStackWithPeer,
  OWN,
  PEER,
  PEER_MAC,
  PREFIX,
  ping,
  SECOND_NS,
  send,
  sent,
  text,
  udpFromPeer,
  words,
} from "./fixture.ts";

const { ip } = packets;
const SECOND = ip("10.0.0.3");
const ELSEWHERE = ip("192.168.5.2");

const add = (host: Host, address: number, prefix = PREFIX, netif = 0) =>
  host.call("address_add", netif, ...words(address), prefix);
const remove = (host: Host, address: number, netif = 0) =>
  host.call("address_remove", netif, ...words(address));
const routeAdd = (host: Host, prefix: number, bits: number, netif: number, gateway: number) =>
  host.call("route_add", 0, 0, 0xffff, prefix, bits, netif, ...words(gateway));
const routeRemove = (host: Host, prefix: number, bits: number, netif = 0) =>
  host.call("route_remove", 0, 0, 0xffff, prefix, bits, netif);
const sourceFor = (host: Host, address: number) => host.call("source_for", ...words(address), 3) >>> 0;

describe("several addresses", () => {
  test("each is announced, answered for, and answers", async () => {
    const host = await newStackWithPeer();
    expect(add(host, SECOND)).toBe(0);
    expect(sent(host).map(({ arp }) => [arp?.sender, arp?.target])).toEqual([[SECOND, SECOND]]);
    host.advance(3n * SECOND_NS);
    host.takeTransmitted();
    for (const own of [OWN, SECOND]) {
      arpFrom(host, { operation: 1, senderMac: PEER_MAC, sender: PEER, targetMac: 0n, target: own });
      host.input(ping(text("x"), { destination: own }));
      const [reply, echo] = sent(host);
      expect(reply?.arp?.sender).toBe(own);
      expect(echo?.ipv4).toMatchObject({ source: own, destination: PEER });
    }
    host.input(ping(text("x"), { destination: ip("10.0.0.4") }));
    expect(host.counter("drop.ipv4.not-for-us")).toBe(1);
  });

  test("what is sent comes from the one in the net that it goes to; that of the gateway's net for the rest", async () => {
    const host = await newStackWithPeer();
    add(host, ELSEWHERE);
    expect(sourceFor(host, PEER)).toBe(OWN);
    expect(sourceFor(host, ip("192.168.5.77"))).toBe(ELSEWHERE);
    expect(sourceFor(host, ip("8.8.8.8"))).toBe(OWN);
    host.takeTransmitted();
    send(host, bind(host, 0, 7), text("x"), ip("192.168.5.77"));
    expect(sent(host)[0]?.arp).toMatchObject({ sender: ELSEWHERE, target: ip("192.168.5.77") });
  });

  test("a socket speaks from the one that it is bound to, and hears only that", async () => {
    const host = await newStackWithPeer();
    add(host, SECOND);
    host.takeTransmitted();
    const [first, second, any] = [bind(host, OWN, 7), bind(host, SECOND, 7), bind(host, 0, 8)];
    for (const socket of [first, second, any, first]) send(host, socket, text("x"));
    expect(sent(host).map(({ ipv4 }) => ipv4?.source)).toEqual([OWN, SECOND, OWN, OWN]);
    for (const destination of [SECOND, OWN]) host.input(udpFromPeer(text("x"), {}, { destination }));
    expect(host.takeEvents().map(({ a }) => a)).toEqual([second, first]);
  });

  test("a conflict about any of them is noticed and that one defended", async () => {
    const host = await newStackWithPeer();
    add(host, SECOND);
    host.advance(3n * SECOND_NS);
    host.takeTransmitted();
    arpFrom(host, { operation: 2, senderMac: PEER_MAC, sender: SECOND, targetMac: 0n, target: SECOND });
    expect(sent(host).map(({ arp }) => arp?.sender)).toEqual([SECOND]);
    expect(host.lines).toEqual(["arp: address conflict: 02:00:5e:10:00:01 uses our 10.0.0.3"]);
  });

  test("one that is removed is gone, the next becomes the first, and so does its route", async () => {
    const host = await newStackWithPeer();
    add(host, ELSEWHERE);
    const socket = bind(host, 0, 7);
    expect(remove(host, OWN)).toBe(0);
    expect(host.call("address", 0) >>> 0).toBe(ELSEWHERE);
    host.takeTransmitted();
    host.input(ping(text("x")));
    expect(sent(host)).toEqual([]);
    expect(send(host, socket, text("x"), PEER)).toBe(-51); // ENETUNREACH: the gateway went with its net
    expect(remove(host, OWN)).toBe(-49); // EADDRNOTAVAIL
    expect(remove(host, ELSEWHERE)).toBe(0);
    expect(send(host, socket, text("x"), PEER)).toBe(-50); // ENETDOWN
    expect(host.input(ping(text("x")))).toBe(false);
  });

  test("a net with two addresses stays reachable when one goes", async () => {
    const host = await newStackWithPeer();
    add(host, SECOND);
    remove(host, OWN);
    learnPeer(host);
    arpFrom(host, { operation: 2, senderMac: PEER_MAC, sender: PEER, targetMac: 0n, target: SECOND });
    expect(sourceFor(host, PEER)).toBe(SECOND);
    expect(sourceFor(host, ip("8.8.8.8"))).toBe(SECOND);
    expect(host.call("gateway", 0) >>> 0).toBe(GATEWAY);
  });

  test("four on an interface, no more, none twice, none that is no host's", async () => {
    const host = await bareStack({}, { mac: 0x02005e100003n });
    for (let i = 0; i < 4; i++) expect(add(host, ip("10.0.0.10") + i)).toBe(0);
    expect(add(host, ip("10.0.0.20"))).toBe(-55); // ENOBUFS
    expect(add(host, ip("10.0.0.11"))).toBe(-48); // EADDRINUSE
    expect(add(host, ip("10.0.0.11"), PREFIX, 1)).toBe(-48);
    expect(add(host, ip("10.1.0.255"), PREFIX, 1)).toBe(-22); // EINVAL
    expect(add(host, ip("10.1.0.1"), 33, 1)).toBe(-22);
    expect(add(host, ip("10.1.0.1"), PREFIX, 2)).toBe(-6); // ENXIO
  });
});

describe("routes", () => {
  /** Which MAC address or ARP target a datagram goes to. */
  const hopTo = (host: Host, socket: number, destination: string) => {
    host.takeTransmitted();
    const result = send(host, socket, text("x"), ip(destination));
    const [frame] = host.takeTransmitted();
    if (result !== 0 || !frame) return result;
    return packets.parse(frame.bytes).arp?.target;
  };

  test("the longest prefix that covers the destination is taken", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    expect(routeAdd(host, ip("172.16.0.0"), 12, 0, ip("10.0.0.20"))).toBe(0);
    expect(routeAdd(host, ip("172.16.9.0"), 24, 0, ip("10.0.0.30"))).toBe(0);
    expect(routeAdd(host, ip("192.0.2.0"), 24, 0, 0)).toBe(0);
    expect(hopTo(host, socket, "172.16.1.1")).toBe(ip("10.0.0.20"));
    expect(hopTo(host, socket, "172.16.9.1")).toBe(ip("10.0.0.30"));
    expect(hopTo(host, socket, "192.0.2.9")).toBe(ip("192.0.2.9"));
    host.advance(5n * SECOND_NS); // nobody answers
    expect(routeRemove(host, ip("172.16.9.0"), 24)).toBe(0);
    expect(hopTo(host, socket, "172.16.9.2")).toBe(ip("10.0.0.20"));
  });

  test("a change is noticed by who sends already", async () => {
    const host = await newStackWithPeer();
    const socket = bind(host, 0, 7);
    learnPeer(host, ip("10.0.0.20"), 0x020000000020n);
    const macTo = () => {
      send(host, socket, text("x"), ip("172.16.1.1"));
      return sent(host).map(({ destination }) => destination);
    };
    expect(macTo()).toEqual([PEER_MAC]);
    routeAdd(host, ip("172.16.0.0"), 12, 0, ip("10.0.0.20"));
    expect(macTo()).toEqual([0x020000000020n]);
    routeRemove(host, ip("172.16.0.0"), 12);
    expect(macTo()).toEqual([PEER_MAC]);
  });

  test("what makes no sense is refused", async () => {
    const host = await newStackWithPeer();
    expect(routeAdd(host, ip("172.16.0.0"), 33, 0, 0)).toBe(-22); // EINVAL
    expect(routeAdd(host, ip("224.0.0.0"), 4, 0, 0)).toBe(-22);
    expect(routeAdd(host, ip("172.16.0.0"), 12, 0, ip("11.0.0.1"))).toBe(-22);
    expect(routeAdd(host, ip("172.16.0.0"), 12, 0, OWN)).toBe(-22);
    expect(routeAdd(host, ip("172.16.0.0"), 12, 0, ip("10.0.0.255"))).toBe(-22);
    expect(routeAdd(host, ip("172.16.0.0"), 12, 1, 0)).toBe(-6); // ENXIO
    expect(routeAdd(host, ip("172.16.0.0"), 12, 0, PEER)).toBe(0);
    expect(routeAdd(host, ip("172.16.99.0"), 12, 0, PEER)).toBe(-17); // EEXIST: the same prefix
    expect(routeRemove(host, ip("172.16.0.0"), 16)).toBe(-3); // ESRCH
    expect(routeRemove(host, ip("10.0.0.0"), 24)).toBe(-3); // goes with its address only
    expect(routeRemove(host, 0, 0)).toBe(0);
    expect(host.call("gateway", 0)).toBe(0);
  });

  test("the table holds 32, and goes with the interface's address", async () => {
    const host = await newStackWithPeer();
    const results = Array.from({ length: 40 }, (_, i) =>
      routeAdd(host, ip("172.16.0.0") + (i << 8), 24, 0, PEER),
    );
    expect(results.filter((result) => result === 0).length).toBe(30);
    expect(results.at(-1)).toBe(-55); // ENOBUFS
    host.call("configure", 0, 0, 0, 0);
    expect(host.call("configure", 0, OWN, PREFIX, GATEWAY)).toBe(0);
    expect(routeAdd(host, ip("172.16.0.0"), 24, 0, PEER)).toBe(0);
  });
});
