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
import { NEIGHBOURS_MAX } from "../neighbours";
import { IPV4_ADDRESSES_MAX, NETIFS_MAX, Netif, Netifs } from "../netif";
import { ArpCache, ArpEntry, ArpState } from "./cache";
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
/** One for each address that we can have. */
const ANNOUNCERS: u32 = NETIFS_MAX * IPV4_ADDRESSES_MAX;
const FRAME_BYTES: u32 = LINK_HEADER_BYTES + ARP_PACKET_BYTES;

/** What ARP remembers about one of our own addresses. */
class Announcer {
  netif: u32 = 0;
  /** 0: not in use. */
  address: u32 = 0;
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
  readonly cache: ArpCache = new ArpCache();
  private readonly announcers: StaticArray<Announcer>;
  private readonly line: Line = new Line();
  /** When there is something to do for `timer`. */
  private nextNs: u64 = u64.MAX_VALUE;
  private readonly dropMalformed: u32 = counter("drop.arp.malformed");
  private readonly dropSender: u32 = counter("drop.arp.sender");
  private readonly dropOwn: u32 = counter("drop.arp.own");
  private readonly dropConflict: u32 = counter("drop.arp.conflict");
  private readonly dropNoMemory: u32 = counter("drop.arp.no-memory");
  private readonly dropQueueFull: u32 = counter("drop.arp.queue-full");
  private readonly dropEvicted: u32 = counter("drop.arp.evicted");
  private readonly dropUnresolved: u32 = counter("drop.arp.unresolved");
  private readonly dropDown: u32 = counter("drop.arp.interface-down");
  private readonly ignored: u32 = counter("arp.strangers-ignored");
  private readonly requestsReceived: u32 = counter("arp.requests-received");
  private readonly repliesReceived: u32 = counter("arp.replies-received");
  private readonly requestsSent: u32 = counter("arp.requests-sent");
  private readonly repliesSent: u32 = counter("arp.replies-sent");

  constructor(
    private readonly netifs: Netifs,
    private readonly below: Below,
    private readonly above: Above,
    private readonly alarm: Alarm,
  ) {
    this.announcers = new StaticArray<Announcer>(ANNOUNCERS);
    for (let i: u32 = 0; i < ANNOUNCERS; i++) this.announcers[i] = new Announcer();
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
    if (netif.owns(sender)) {
      // Some links hand our own broadcasts back to us.
      if (macHigh === netif.macHigh && macLow === netif.macLow) {
        this.drop(frame, this.dropOwn);
        return;
      }
      this.conflict(netif, sender, macHigh, macLow);
      this.drop(frame, this.dropConflict);
      return;
    }
    // 0 is a probe (RFC 5227 section 1.1): it wants an answer but tells nothing.
    const forUs = netif.owns(target);
    if (sender !== 0 && netif.onLink(sender)) this.learn(netif, sender, macHigh, macLow, forUs);
    if (request && forUs) this.reply(netif, frame, macHigh, macLow, sender, target);
    else frame_release(frame);
  }

  /** Turns the request into its answer, in place. */
  private reply(netif: Netif, frame: u32, macHigh: u32, macLow: u32, address: u32, own: u32): void {
    if (!frame_writable(frame, FRAME_BYTES)) {
      this.drop(frame, this.dropNoMemory);
      return;
    }
    frame_truncate(frame, FRAME_BYTES);
    const at = LINK_HEADER_BYTES;
    arp.setOperation(frame, at, ARP_REPLY);
    arp.setSender(frame, at, netif.macHigh, netif.macLow, own);
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
      entry = this.vacate(netif.index, address, false);
      if (entry === null) {
        count(this.ignored);
        return;
      }
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
      entry.used = true;
      if (entry.state === <u32>ArpState.Ageing) {
        entry.state = ArpState.Refreshing;
        this.request(netif, neighbour, entry.macHigh, entry.macLow);
      }
      return this.below.send(netif, frame, entry.macHigh, entry.macLow, LINK_TYPE_IPV4);
    }
    entry = this.vacate(netif.index, neighbour, true);
    if (entry === null) {
      this.drop(frame, this.dropEvicted);
      return StackError.ENOBUFS;
    }
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
  announce(netif: Netif, address: u32): void {
    const announcer = this.announcerFor(netif.index, 0);
    if (announcer === null) return;
    announcer.netif = netif.index;
    announcer.address = address;
    announcer.remaining = ARP_ANNOUNCEMENTS;
    announcer.defendNs = 0;
    this.announceNext(netif, announcer, clock_ns());
  }

  /** An interface loses an address: forgets the neighbours there, and the frames that wait for them. */
  withdraw(netif: Netif, address: u32): void {
    const announcer = this.announcerFor(netif.index, address);
    if (announcer !== null) announcer.address = 0;
    for (let i: u32 = 0; i < NEIGHBOURS_MAX; i++) {
      const entry = this.cache.at(i);
      if (entry.netif === netif.index) this.free(entry, this.dropDown);
    }
  }

  /** What is remembered about an address of ours; `address` 0: one that is not in use. */
  private announcerFor(netif: u32, address: u32): Announcer | null {
    for (let i: u32 = 0; i < ANNOUNCERS; i++) {
      const announcer = this.announcers[i];
      if (announcer.address === address && (address === 0 || announcer.netif === netif)) return announcer;
    }
    return null;
  }

  /** Deadlines have passed. The alarm was reset: sets it for all that are still to come. */
  timer(nowNs: u64): void {
    const dueNs = this.nextNs;
    if (dueNs > nowNs) {
      if (dueNs !== u64.MAX_VALUE) this.alarm.at(dueNs);
      return;
    }
    this.nextNs = u64.MAX_VALUE;
    for (let i: u32 = 0; i < NEIGHBOURS_MAX; i++) {
      const entry = this.cache.at(i);
      if (entry.state === <u32>ArpState.Free) continue;
      if (entry.deadlineNs > nowNs) this.wake(entry.deadlineNs);
      else this.expire(entry, nowNs);
    }
    for (let i: u32 = 0; i < ANNOUNCERS; i++) {
      const announcer = this.announcers[i];
      if (announcer.address === 0 || announcer.remaining === 0) continue;
      const netif = this.netifs.active(announcer.netif);
      if (netif === null) continue;
      if (announcer.nextNs > nowNs) this.wake(announcer.nextNs);
      else this.announceNext(netif, announcer, nowNs);
    }
  }

  private expire(entry: ArpEntry, nowNs: u64): void {
    if (entry.state === <u32>ArpState.Fresh) {
      entry.state = ArpState.Ageing;
      entry.used = false;
      this.arm(entry, nowNs + ARP_AGEING_SECONDS * NANOSECONDS_PER_SECOND);
      return;
    }
    const netif = this.netifs.active(entry.netif);
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
    this.wake(deadlineNs);
  }

  private wake(deadlineNs: u64): void {
    this.nextNs = min(this.nextNs, deadlineNs);
    this.alarm.at(deadlineNs);
  }

  /** An empty entry for the address, if need be at the cost of another. Null: only if it is not `urgent`. */
  private vacate(netif: u32, address: u32, urgent: bool): ArpEntry | null {
    const entry = this.cache.victim(netif, address, urgent);
    if (entry === null) return null;
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
    const own = netif.covering(target);
    this.requestFrom(netif, own !== null ? own.address : netif.primary, target, macHigh, macLow);
  }

  private requestFrom(netif: Netif, own: u32, target: u32, macHigh: u32, macLow: u32): void {
    const frame = frame_alloc(FRAME_BYTES);
    if (frame === 0) {
      count(this.dropNoMemory);
      return;
    }
    const at = LINK_HEADER_BYTES;
    arp.setOperation(frame, at, ARP_REQUEST);
    arp.setSender(frame, at, netif.macHigh, netif.macLow, own);
    arp.setTarget(frame, at, 0, 0, target);
    if (this.below.send(netif, frame, macHigh, macLow, LINK_TYPE_ARP) === StackError.None) {
      count(this.requestsSent);
    }
  }

  private announceNext(netif: Netif, announcer: Announcer, nowNs: u64): void {
    this.requestFrom(netif, announcer.address, announcer.address, BROADCAST_HIGH, BROADCAST_LOW);
    announcer.remaining--;
    if (announcer.remaining === 0) return;
    announcer.nextNs = nowNs + ARP_ANNOUNCE_INTERVAL_SECONDS * NANOSECONDS_PER_SECOND;
    this.wake(announcer.nextNs);
  }

  /** Somebody else uses our address. We keep it, and say so at most every DEFEND_INTERVAL (RFC 5227 section 2.4, (c)). */
  private conflict(netif: Netif, own: u32, macHigh: u32, macLow: u32): void {
    const announcer = this.announcerFor(netif.index, own);
    const now = clock_ns();
    if (announcer === null || now < announcer.defendNs) return;
    announcer.defendNs = now + ARP_DEFEND_INTERVAL_SECONDS * NANOSECONDS_PER_SECOND;
    this.line.text("arp: address conflict: ").mac(macHigh, macLow).text(" uses our ").ipv4(own).print();
    this.requestFrom(netif, own, own, BROADCAST_HIGH, BROADCAST_LOW);
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}
