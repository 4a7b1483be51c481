import {
  Alarm,
  clock_ns,
  count,
  counter,
  frame_alloc,
  frame_release,
  frame_truncate,
  frame_writable,
  Line,
  NANOSECONDS_PER_SECOND,
} from "mirage/framecode";
import { LINK_HEADER_BYTES, LINK_TYPE_ARP, LINK_TYPE_IPV4, Link } from "../ethernet/interface";
import { StackError } from "../interface";
import { Netif, Netifs } from "../netif";
import { ARP_ENTRIES_MAX, ArpCache, ArpEntry, ArpState } from "./cache";
import { Neighbours, NeighboursClient } from "./interface";
import { ARP_PACKET_BYTES, ARP_REPLY, ARP_REQUEST, arp } from "./wire";

/** A neighbour is believed for this long without a look (RFC 1122 section 2.3.2.1 suggests a minute). */
export const ARP_FRESH_SECONDS: u64 = 60;
/** Then a use asks it again, and without an answer it is forgotten after so long. */
export const ARP_AGEING_SECONDS: u64 = 30;
/** Not more often than once a second for one address (RFC 1122 section 2.3.2.1). */
export const ARP_RETRY_SECONDS: u64 = 1;
/** Requests without an answer after which the neighbour counts as unreachable. */
export const ARP_REQUESTS_MAX: u32 = 3;
/** RFC 5227 section 1.1: ANNOUNCE_NUM and ANNOUNCE_INTERVAL. */
export const ARP_ANNOUNCEMENTS: u32 = 2;
export const ARP_ANNOUNCE_INTERVAL_SECONDS: u64 = 2;
/** RFC 5227 section 1.1: DEFEND_INTERVAL. */
export const ARP_DEFEND_INTERVAL_SECONDS: u64 = 10;

const BROADCAST_HIGH: u32 = 0xffff;
const BROADCAST_LOW: u32 = 0xffffffff;
const FRAME_BYTES: u32 = LINK_HEADER_BYTES + ARP_PACKET_BYTES;

/** What ARP remembers about one of our own interfaces. */
class Announcer {
  remaining: u32 = 0;
  nextNs: u64 = 0;
  /** Not before: another defence of our address against a conflict. */
  defendNs: u64 = 0;
}

/**
 * Address resolution (RFC 826) with ageing and queues (RFC 1122 section 2.3.2), announcements and the defence of our
 * addresses (RFC 5227 sections 2.3 and 2.4; the addresses are not probed before use).
 */
export class Arp<Below extends Link, Above extends NeighboursClient> implements Neighbours {
  private readonly cache: ArpCache = new ArpCache();
  private readonly announcers: StaticArray<Announcer>;
  private readonly line: Line = new Line();
  private readonly dropMalformed: u32 = counter("drop.arp.malformed");
  private readonly dropSender: u32 = counter("drop.arp.sender");
  private readonly dropOwn: u32 = counter("drop.arp.own");
  private readonly dropConflict: u32 = counter("drop.arp.conflict");
  private readonly dropNoMemory: u32 = counter("drop.arp.no-memory");
  private readonly dropQueueFull: u32 = counter("drop.arp.queue-full");
  private readonly dropEvicted: u32 = counter("drop.arp.evicted");
  private readonly dropUnresolved: u32 = counter("drop.arp.unresolved");
  private readonly dropDown: u32 = counter("drop.arp.interface-down");
  private readonly requestsReceived: u32 = counter("arp.requests-received");
  private readonly repliesReceived: u32 = counter("arp.replies-received");
  private readonly requestsSent: u32 = counter("arp.requests-sent");
  private readonly repliesSent: u32 = counter("arp.replies-sent");

  constructor(
    private readonly netifs: Netifs,
    private readonly below: Below,
    private readonly above: Above,
    private readonly alarm: Alarm,
    netifsMax: u32,
  ) {
    this.announcers = new StaticArray<Announcer>(netifsMax);
    for (let i: u32 = 0; i < netifsMax; i++) this.announcers[i] = new Announcer();
  }

  /** A received ARP packet. Takes the reference. */
  input(netif: Netif, frame: u32): void {
    const at = LINK_HEADER_BYTES;
    if (!arp.check(frame, at)) {
      this.drop(frame, this.dropMalformed);
      return;
    }
    const macHigh = arp.senderMacHigh(frame, at);
    const macLow = arp.senderMacLow(frame, at);
    const sender = arp.senderAddress(frame, at);
    // Nobody sends from a group address, and no MAC address is all zeros.
    if ((macHigh & 0x0100) !== 0 || (macHigh | macLow) === 0 || netif.isDirectedBroadcast(sender)) {
      this.drop(frame, this.dropSender);
      return;
    }
    const target = arp.targetAddress(frame, at);
    const request = arp.operation(frame, at) === ARP_REQUEST;
    count(request ? this.requestsReceived : this.repliesReceived);
    if (sender === netif.address) {
      // Some links hand our own broadcasts back to us.
      if (macHigh === netif.macHigh && macLow === netif.macLow) {
        this.drop(frame, this.dropOwn);
        return;
      }
      this.conflict(netif, macHigh, macLow);
      this.drop(frame, this.dropConflict);
      return;
    }
    // 0 is a probe (RFC 5227 section 1.1): it wants an answer but tells nothing.
    if (sender !== 0 && netif.onLink(sender)) {
      this.learn(netif, sender, macHigh, macLow, target === netif.address);
    }
    if (request && target === netif.address) this.reply(netif, frame, macHigh, macLow, sender);
    else frame_release(frame);
  }

  /** Turns the request into its answer, in place. */
  private reply(netif: Netif, frame: u32, macHigh: u32, macLow: u32, address: u32): void {
    if (!frame_writable(frame, FRAME_BYTES)) {
      this.drop(frame, this.dropNoMemory);
      return;
    }
    frame_truncate(frame, FRAME_BYTES);
    const at = LINK_HEADER_BYTES;
    arp.setOperation(frame, at, ARP_REPLY);
    arp.setSender(frame, at, netif.macHigh, netif.macLow, netif.address);
    arp.setTarget(frame, at, macHigh, macLow, address);
    if (this.below.send(netif, frame, macHigh, macLow, LINK_TYPE_ARP) === StackError.None) {
      count(this.repliesSent);
    }
  }

  /** RFC 826, "Packet Reception": an entry is always brought up to date, but made only by who wants to talk to us. */
  private learn(netif: Netif, address: u32, macHigh: u32, macLow: u32, forUs: bool): void {
    let entry = this.cache.find(netif.index, address);
    if (entry === null) {
      if (!forUs) return;
      entry = this.vacate(netif.index, address);
    }
    this.cache.touch(entry);
    entry.macHigh = macHigh;
    entry.macLow = macLow;
    entry.requests = 0;
    entry.state = ArpState.Fresh;
    this.arm(entry, clock_ns() + ARP_FRESH_SECONDS * NANOSECONDS_PER_SECOND);
    for (let frame = entry.dequeue(); frame !== 0; frame = entry.dequeue()) {
      this.below.send(netif, frame, macHigh, macLow, LINK_TYPE_IPV4);
    }
  }

  send(netif: Netif, frame: u32, neighbour: u32): i32 {
    let entry = this.cache.find(netif.index, neighbour);
    if (entry !== null) {
      if (!entry.usable) {
        const dropped = entry.enqueue(frame);
        if (dropped !== 0) this.drop(dropped, this.dropQueueFull);
        return StackError.None;
      }
      if (entry.state === <u32>ArpState.Ageing) {
        entry.state = ArpState.Refreshing;
        this.request(netif, neighbour, entry.macHigh, entry.macLow);
      }
      return this.below.send(netif, frame, entry.macHigh, entry.macLow, LINK_TYPE_IPV4);
    }
    entry = this.vacate(netif.index, neighbour);
    entry.state = ArpState.Pending;
    entry.requests = 1;
    this.arm(entry, clock_ns() + ARP_RETRY_SECONDS * NANOSECONDS_PER_SECOND);
    entry.enqueue(frame);
    this.request(netif, neighbour, BROADCAST_HIGH, BROADCAST_LOW);
    return StackError.None;
  }

  broadcast(netif: Netif, frame: u32): i32 {
    return this.below.send(netif, frame, BROADCAST_HIGH, BROADCAST_LOW, LINK_TYPE_IPV4);
  }

  multicast(netif: Netif, frame: u32, group: u32): i32 {
    return this.below.send(netif, frame, 0x0100, 0x5e000000 | (group & 0x7fffff), LINK_TYPE_IPV4);
  }

  /** The interface got an address: tell everyone (RFC 5227 section 2.3). */
  announce(netif: Netif): void {
    this.flush(netif);
    const announcer = this.announcers[netif.index];
    announcer.remaining = ARP_ANNOUNCEMENTS;
    announcer.defendNs = 0;
    this.announceNext(netif, announcer, clock_ns());
  }

  /** Forgets all neighbours on an interface, and the frames that wait for them. */
  flush(netif: Netif): void {
    this.announcers[netif.index].remaining = 0;
    for (let i: u32 = 0; i < ARP_ENTRIES_MAX; i++) {
      const entry = this.cache.at(i);
      if (entry.netif === netif.index) this.free(entry, this.dropDown);
    }
  }

  /** Deadlines have passed. The alarm was reset: sets it for all that are still to come. */
  timer(nowNs: u64): void {
    for (let i: u32 = 0; i < ARP_ENTRIES_MAX; i++) {
      const entry = this.cache.at(i);
      if (entry.state === <u32>ArpState.Free) continue;
      if (entry.deadlineNs > nowNs) this.alarm.at(entry.deadlineNs);
      else this.expire(entry, nowNs);
    }
    for (let i: u32 = 0; i < <u32>this.announcers.length; i++) {
      const netif = this.netifs.configured(i);
      const announcer = this.announcers[i];
      if (netif === null || announcer.remaining === 0) continue;
      if (announcer.nextNs > nowNs) this.alarm.at(announcer.nextNs);
      else this.announceNext(netif, announcer, nowNs);
    }
  }

  private expire(entry: ArpEntry, nowNs: u64): void {
    if (entry.state === <u32>ArpState.Fresh) {
      entry.state = ArpState.Ageing;
      this.arm(entry, nowNs + ARP_AGEING_SECONDS * NANOSECONDS_PER_SECOND);
      return;
    }
    const netif = this.netifs.configured(entry.netif);
    if (entry.state === <u32>ArpState.Pending && netif !== null) {
      if (entry.requests < ARP_REQUESTS_MAX) {
        entry.requests++;
        this.arm(entry, nowNs + ARP_RETRY_SECONDS * NANOSECONDS_PER_SECOND);
        this.request(netif, entry.address, BROADCAST_HIGH, BROADCAST_LOW);
        return;
      }
      // The entry is free before anybody hears of it, so that what they do about it finds none.
      entry.state = ArpState.Free;
      for (let frame = entry.dequeue(); frame !== 0; frame = entry.dequeue()) {
        this.above.unresolved(netif, frame);
        this.drop(frame, this.dropUnresolved);
      }
      return;
    }
    this.free(entry, this.dropUnresolved);
  }

  private arm(entry: ArpEntry, deadlineNs: u64): void {
    entry.deadlineNs = deadlineNs;
    this.alarm.at(deadlineNs);
  }

  /** An empty entry for the address, if need be at the cost of the oldest. */
  private vacate(netif: u32, address: u32): ArpEntry {
    const entry = this.cache.victim(netif, address);
    this.free(entry, this.dropEvicted);
    this.cache.begin(entry, netif, address);
    return entry;
  }

  private free(entry: ArpEntry, reason: u32): void {
    for (let frame = entry.dequeue(); frame !== 0; frame = entry.dequeue()) this.drop(frame, reason);
    entry.state = ArpState.Free;
  }

  /** Asks for an address: everyone, or (RFC 1122 section 2.3.2.1, "unicast poll") the neighbour that had it. */
  private request(netif: Netif, target: u32, macHigh: u32, macLow: u32): void {
    const frame = frame_alloc(FRAME_BYTES);
    if (frame === 0) {
      count(this.dropNoMemory);
      return;
    }
    const at = LINK_HEADER_BYTES;
    arp.setOperation(frame, at, ARP_REQUEST);
    arp.setSender(frame, at, netif.macHigh, netif.macLow, netif.address);
    arp.setTarget(frame, at, 0, 0, target);
    if (this.below.send(netif, frame, macHigh, macLow, LINK_TYPE_ARP) === StackError.None) {
      count(this.requestsSent);
    }
  }

  private announceNext(netif: Netif, announcer: Announcer, nowNs: u64): void {
    this.request(netif, netif.address, BROADCAST_HIGH, BROADCAST_LOW);
    announcer.remaining--;
    if (announcer.remaining === 0) return;
    announcer.nextNs = nowNs + ARP_ANNOUNCE_INTERVAL_SECONDS * NANOSECONDS_PER_SECOND;
    this.alarm.at(announcer.nextNs);
  }

  /** Somebody else uses our address. We keep it, and say so at most every DEFEND_INTERVAL (RFC 5227 section 2.4, (c)). */
  private conflict(netif: Netif, macHigh: u32, macLow: u32): void {
    const announcer = this.announcers[netif.index];
    const now = clock_ns();
    if (now < announcer.defendNs) return;
    announcer.defendNs = now + ARP_DEFEND_INTERVAL_SECONDS * NANOSECONDS_PER_SECOND;
    this.line
      .text("arp: address conflict: ")
      .mac(macHigh, macLow)
      .text(" uses our ")
      .ipv4(netif.address)
      .print();
    this.request(netif, netif.address, BROADCAST_HIGH, BROADCAST_LOW);
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}
