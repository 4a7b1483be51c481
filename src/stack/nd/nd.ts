import {
  Alarm,
  clock_ns,
  count,
  counter,
  frame_get16,
  frame_get32,
  frame_release,
  Line,
  NANOSECONDS_PER_MILLISECOND,
  NANOSECONDS_PER_SECOND,
} from "mirage/framecode";
import { LINK_HEADER_BYTES, LINK_TYPE_IPV6, Link } from "../ethernet/interface";
import { icmp6 } from "../icmp6/wire";
import { StackError } from "../interface";
import {
  ALL_NODES_LOW,
  GROUP_MAC_HIGH,
  groupMacLow,
  isMulticast,
  isUnspecified,
  LINK_GROUP_HIGH,
} from "../ipv6/address";
import { Address6, AddressState, Interface6, Interfaces6, NEVER_NS } from "../ipv6/interfaces";
import { Routes6 } from "../ipv6/routes";
import { sourceToward } from "../ipv6/selection";
import { ipv6 } from "../ipv6/wire";
import { NEIGHBOURS_MAX } from "../neighbours";
import { Packet } from "../network";
import { Neighbour, NeighbourCache, NeighbourState } from "./cache";
import { Neighbours6, Neighbours6Client } from "./interface";
import { NdOutput } from "./output";
import {
  NA_OVERRIDE,
  NA_ROUTER,
  NA_SOLICITED,
  ND_HOP_LIMIT_HOPS,
  NdOptions,
  NEIGHBOUR_MESSAGE_BYTES,
  neighbourMessage,
} from "./wire";

/** RFC 4861 section 10. */
export const ND_MULTICAST_SOLICIT_MAX: u32 = 3;
export const ND_UNICAST_SOLICIT_MAX: u32 = 3;
export const ND_DELAY_FIRST_PROBE_SECONDS: u64 = 5;
/** Not more often than this the console hears that somebody uses our address. */
const CONFLICT_LINE_SECONDS: u64 = 10;

/**
 * Address resolution and neighbour unreachability detection (RFC 4861 section 7). Messages that came in fragments were
 * dropped before (RFC 6980).
 */
export class Nd<Below extends Link, Above extends Neighbours6Client> implements Neighbours6 {
  readonly cache: NeighbourCache = new NeighbourCache();
  private readonly options: NdOptions = new NdOptions();
  private readonly line: Line = new Line();
  /** No deadline of an entry is earlier: the table is looked through only when this has passed. */
  private nextNs: u64 = NEVER_NS;
  private conflictLineNs: u64 = 0;
  private readonly dropMalformed: u32 = counter("drop.nd.malformed");
  private readonly dropHopLimit: u32 = counter("drop.nd.hop-limit");
  private readonly dropTarget: u32 = counter("drop.nd.target");
  private readonly dropNotForUs: u32 = counter("drop.nd.not-for-us");
  private readonly dropNotNeighbour: u32 = counter("drop.nd.not-a-neighbour");
  private readonly dropTentative: u32 = counter("drop.nd.tentative");
  private readonly dropLooped: u32 = counter("drop.nd.looped-back");
  private readonly dropConflict: u32 = counter("drop.nd.conflict");
  private readonly dropUnasked: u32 = counter("drop.nd.unasked");
  private readonly dropCacheFull: u32 = counter("drop.nd.cache-full");
  private readonly dropQueueFull: u32 = counter("drop.nd.queue-full");
  private readonly dropEvicted: u32 = counter("drop.nd.evicted");
  private readonly dropUnresolved: u32 = counter("drop.nd.unresolved");
  private readonly dropDown: u32 = counter("drop.nd.interface-down");
  private readonly dropNoSource: u32 = counter("drop.nd.no-source");
  private readonly solicitations: u32 = counter("nd.solicitations-received");
  private readonly advertisements: u32 = counter("nd.advertisements-received");
  private readonly unreachable: u32 = counter("nd.neighbours-unreachable");

  constructor(
    private readonly interfaces: Interfaces6,
    private readonly routes: Routes6,
    private readonly below: Below,
    private readonly output: NdOutput<Below>,
    private readonly above: Above,
    private readonly alarm: Alarm,
  ) {}

  /** A neighbour solicitation; checksum and fixed header were checked. Takes the reference. */
  solicitation(on: Interface6, packet: Packet): void {
    count(this.solicitations);
    const frame = packet.frame;
    const at = packet.at;
    if (!this.isValid(packet)) return;
    const unspecified = isUnspecified(packet.sourceHigh, packet.sourceLow);
    if (unspecified && (this.options.sourceLinkAt !== 0 || !packet.group)) {
      this.drop(frame, this.dropMalformed);
      return;
    }
    const high = neighbourMessage.targetHigh(frame, at);
    const low = neighbourMessage.targetLow(frame, at);
    if (isMulticast(high)) {
      this.drop(frame, this.dropTarget);
      return;
    }
    const address = this.interfaces.find(on, high, low);
    if (address === null) {
      this.drop(frame, this.dropNotForUs);
      return;
    }
    if (!address.usable) {
      // Who asks from an address of its own resolves; who asks from none wants the address too (RFC 4862 section 5.4.3).
      if (address.state !== <u32>AddressState.Tentative || !unspecified) {
        this.drop(frame, this.dropTentative);
      } else if (this.isOwnNonce(address, frame)) {
        this.drop(frame, this.dropLooped);
      } else {
        frame_release(frame);
        this.above.duplicate(address);
      }
      return;
    }
    if (unspecified) {
      frame_release(frame);
      const answer = this.output.advertisement(address, NA_OVERRIDE, LINK_GROUP_HIGH, ALL_NODES_LOW);
      if (answer !== 0) this.multicast(on, answer, ALL_NODES_LOW);
      return;
    }
    this.answer(on, packet, address);
  }

  /** To who asks from an address of its own: straight to the MAC address that it gave, so that a flood of questions cannot push anyone out. */
  private answer(on: Interface6, packet: Packet, address: Address6): void {
    const frame = packet.frame;
    const high = packet.sourceHigh;
    const low = packet.sourceLow;
    // RFC 4861 section 7.2.3 leaves it open, but nobody off the link has a business here.
    if (!this.routes.isOnLink(on, high, low) || this.interfaces.find(on, high, low) !== null) {
      this.drop(frame, this.dropNotNeighbour);
      return;
    }
    const linkAt = this.options.sourceLinkAt;
    const macHigh = linkAt !== 0 ? frame_get16(frame, linkAt) : 0;
    const macLow = linkAt !== 0 ? frame_get32(frame, linkAt + 2) : 0;
    frame_release(frame);
    const known = linkAt !== 0 && (macHigh & 0x0100) === 0;
    if (known) this.learn(on, high, low, macHigh, macLow, false);
    const answer = this.output.advertisement(address, NA_SOLICITED | NA_OVERRIDE, high, low);
    if (answer === 0) return;
    if (known) this.below.send(on.netif, answer, macHigh, macLow, LINK_TYPE_IPV6);
    else this.send(on, answer, high, low);
  }

  /** A neighbour advertisement. Takes the reference. */
  advertisement(on: Interface6, packet: Packet): void {
    count(this.advertisements);
    const frame = packet.frame;
    const at = packet.at;
    if (!this.isValid(packet)) return;
    const flags = neighbourMessage.flags(frame, at);
    const high = neighbourMessage.targetHigh(frame, at);
    const low = neighbourMessage.targetLow(frame, at);
    if (isMulticast(high) || (packet.group && (flags & NA_SOLICITED) !== 0)) {
      this.drop(frame, this.dropTarget);
      return;
    }
    const linkAt = this.options.targetLinkAt;
    const macHigh = linkAt !== 0 ? frame_get16(frame, linkAt) : 0;
    const macLow = linkAt !== 0 ? frame_get32(frame, linkAt + 2) : 0;
    const own = this.interfaces.find(on, high, low);
    if (own !== null) {
      this.conflict(on, own, frame, macHigh, macLow);
      return;
    }
    const entry = this.cache.find(on.index, high, low);
    if (entry === null) {
      this.drop(frame, this.dropUnasked);
      return;
    }
    frame_release(frame);
    this.update(on, entry, flags, linkAt !== 0 && (macHigh & 0x0100) === 0, macHigh, macLow);
  }

  /** RFC 4861 section 7.2.5. */
  private update(
    on: Interface6,
    entry: Neighbour,
    flags: u32,
    hasMac: bool,
    macHigh: u32,
    macLow: u32,
  ): void {
    const wasRouter = entry.isRouter;
    const isRouter = (flags & NA_ROUTER) !== 0;
    const solicited = (flags & NA_SOLICITED) !== 0;
    if (entry.state === <u32>NeighbourState.Incomplete) {
      if (!hasMac) return;
      entry.isRouter = isRouter;
      this.resolved(on, entry, macHigh, macLow, solicited);
      return;
    }
    const changed = hasMac && (macHigh !== entry.macHigh || macLow !== entry.macLow);
    if (changed && (flags & NA_OVERRIDE) === 0) {
      if (entry.state === <u32>NeighbourState.Reachable) entry.state = NeighbourState.Stale;
      return;
    }
    if (changed) {
      entry.macHigh = macHigh;
      entry.macLow = macLow;
    }
    if (solicited) this.reachable(on, entry);
    else if (changed) entry.state = NeighbourState.Stale;
    entry.isRouter = isRouter;
    if (wasRouter && !isRouter) this.above.routerGone(on, entry.high, entry.low);
  }

  /** An entry has got its MAC address: what waits for it goes. */
  private resolved(on: Interface6, entry: Neighbour, macHigh: u32, macLow: u32, reachable: bool): void {
    entry.macHigh = macHigh;
    entry.macLow = macLow;
    this.cache.touch(entry);
    if (reachable) this.reachable(on, entry);
    else entry.state = NeighbourState.Stale;
    if (entry.queued !== 0 && !reachable) this.delay(entry);
    for (let frame = entry.dequeue(); frame !== 0; frame = entry.dequeue()) {
      this.below.send(on.netif, frame, macHigh, macLow, LINK_TYPE_IPV6);
    }
  }

  private reachable(on: Interface6, entry: Neighbour): void {
    entry.state = NeighbourState.Reachable;
    entry.probes = 0;
    entry.deadlineNs = clock_ns() + <u64>on.reachableMilliseconds * NANOSECONDS_PER_MILLISECOND;
    this.cache.touch(entry);
    this.above.neighbourReachable(on, entry.high, entry.low);
  }

  /** A message of its own told a neighbour's MAC address (RFC 4861 sections 6.3.4, 7.2.3 and 8.3). */
  learn(on: Interface6, high: u64, low: u64, macHigh: u32, macLow: u32, isRouter: bool): void {
    if ((macHigh & 0x0100) !== 0) return;
    let entry = this.cache.find(on.index, high, low);
    if (entry === null) {
      entry = this.cache.victim(on.index, high, low, false);
      if (entry === null) {
        count(this.dropCacheFull);
        return;
      }
      this.free(entry, this.dropEvicted);
      this.cache.begin(entry, on.index, high, low);
      entry.macHigh = macHigh;
      entry.macLow = macLow;
      entry.state = NeighbourState.Stale;
    } else if (entry.state === <u32>NeighbourState.Incomplete) {
      this.resolved(on, entry, macHigh, macLow, false);
    } else if (entry.macHigh !== macHigh || entry.macLow !== macLow) {
      entry.macHigh = macHigh;
      entry.macLow = macLow;
      entry.state = NeighbourState.Stale;
    }
    if (isRouter) entry.isRouter = true;
  }

  /** Lengths, hop limit, code and options of a neighbour message; drops it otherwise. */
  private isValid(packet: Packet): bool {
    const frame = packet.frame;
    if (ipv6.hopLimit(frame, packet.headerAt) !== ND_HOP_LIMIT_HOPS) {
      this.drop(frame, this.dropHopLimit);
      return false;
    }
    if (
      packet.length < NEIGHBOUR_MESSAGE_BYTES ||
      icmp6.code(frame, packet.at) !== 0 ||
      !this.options.parse(frame, packet.at + NEIGHBOUR_MESSAGE_BYTES)
    ) {
      this.drop(frame, this.dropMalformed);
      return false;
    }
    return true;
  }

  private isOwnNonce(address: Address6, frame: u32): bool {
    const at = this.options.nonceAt;
    if (at === 0 || (address.nonceHigh | address.nonceLow) === 0) return false;
    return frame_get16(frame, at) === address.nonceHigh && frame_get32(frame, at + 2) === address.nonceLow;
  }

  /** Somebody advertises an address of ours. One that is in use stays in use, as with IPv4 (RFC 4862 section 5.4.4). */
  private conflict(on: Interface6, own: Address6, frame: u32, macHigh: u32, macLow: u32): void {
    if (macHigh === on.netif.macHigh && macLow === on.netif.macLow) {
      this.drop(frame, this.dropLooped);
      return;
    }
    this.drop(frame, this.dropConflict);
    if (own.state === <u32>AddressState.Tentative) {
      this.above.duplicate(own);
      return;
    }
    const now = clock_ns();
    if (now < this.conflictLineNs) return;
    this.conflictLineNs = now + CONFLICT_LINE_SECONDS * NANOSECONDS_PER_SECOND;
    this.line.text("nd: address conflict: ").mac(macHigh, macLow).text(" uses one of ours").print();
  }

  send(on: Interface6, frame: u32, high: u64, low: u64): i32 {
    const entry = this.cache.find(on.index, high, low);
    if (entry === null) return this.resolve(on, frame, high, low);
    const state = entry.state;
    if (state === <u32>NeighbourState.Incomplete) {
      const dropped = entry.enqueue(frame);
      if (dropped !== 0) this.drop(dropped, this.dropQueueFull);
      return StackError.None;
    }
    if (state === <u32>NeighbourState.Stale) {
      this.delay(entry);
    } else if (state === <u32>NeighbourState.Reachable && clock_ns() >= entry.deadlineNs) {
      this.delay(entry);
    }
    return this.below.send(on.netif, frame, entry.macHigh, entry.macLow, LINK_TYPE_IPV6);
  }

  private resolve(on: Interface6, frame: u32, high: u64, low: u64): i32 {
    const entry = this.cache.victim(on.index, high, low, true);
    const source = this.sourceOf(on, frame, high, low);
    if (entry === null || source === null) {
      this.drop(frame, this.dropNoSource);
      return StackError.EADDRNOTAVAIL;
    }
    this.free(entry, this.dropEvicted);
    this.cache.begin(entry, on.index, high, low);
    entry.state = NeighbourState.Incomplete;
    entry.probes = 1;
    entry.enqueue(frame);
    this.arm(entry, clock_ns() + retransmitNs(on));
    this.output.solicit(on, source, high, low);
    return StackError.None;
  }

  /** The source of the packet that asks, if it is an address of this interface (RFC 4861 section 7.2.2). */
  private sourceOf(on: Interface6, frame: u32, high: u64, low: u64): Address6 | null {
    if (frame !== 0) {
      const at = LINK_HEADER_BYTES;
      const own = this.interfaces.find(on, ipv6.sourceHigh(frame, at), ipv6.sourceLow(frame, at));
      if (own !== null && own.usable) return own;
    }
    return sourceToward(on, high, low);
  }

  multicast(on: Interface6, frame: u32, groupLow: u64): i32 {
    return this.below.send(on.netif, frame, GROUP_MAC_HIGH, groupMacLow(groupLow), LINK_TYPE_IPV6);
  }

  confirm(on: Interface6, high: u64, low: u64): void {
    const entry = this.cache.find(on.index, high, low);
    if (entry === null || !entry.usable) return;
    entry.state = NeighbourState.Reachable;
    entry.deadlineNs = clock_ns() + <u64>on.reachableMilliseconds * NANOSECONDS_PER_MILLISECOND;
  }

  knows(on: Interface6, high: u64, low: u64): bool {
    return this.cache.find(on.index, high, low) !== null;
  }

  /** Forgets all neighbours on an interface, and the frames that wait for them. */
  flush(on: Interface6): void {
    for (let i: u32 = 0; i < NEIGHBOURS_MAX; i++) {
      const entry = this.cache.at(i);
      if (entry.netif === on.index) this.free(entry, this.dropDown);
    }
  }

  /** Deadlines have passed. The alarm was reset: sets it for all that are still to come. */
  timer(nowNs: u64): void {
    if (nowNs >= this.nextNs) {
      this.nextNs = NEVER_NS;
      for (let i: u32 = 0; i < NEIGHBOURS_MAX; i++) {
        const entry = this.cache.at(i);
        const state = entry.state;
        if (
          state !== <u32>NeighbourState.Incomplete &&
          state !== <u32>NeighbourState.Delay &&
          state !== <u32>NeighbourState.Probe
        ) {
          continue;
        }
        if (entry.deadlineNs > nowNs) this.arm(entry, entry.deadlineNs);
        else this.expire(entry, nowNs);
      }
    }
    if (this.nextNs !== NEVER_NS) this.alarm.at(this.nextNs);
  }

  private expire(entry: Neighbour, nowNs: u64): void {
    const on = this.interfaces.at(entry.netif);
    const limit =
      entry.state === <u32>NeighbourState.Incomplete ? ND_MULTICAST_SOLICIT_MAX : ND_UNICAST_SOLICIT_MAX;
    if (entry.state === <u32>NeighbourState.Delay) {
      entry.state = NeighbourState.Probe;
      entry.probes = 0;
    }
    if (entry.probes >= limit) {
      this.fail(on, entry);
      return;
    }
    entry.probes++;
    this.arm(entry, nowNs + retransmitNs(on));
    const source = this.sourceOf(on, entry.head, entry.high, entry.low);
    if (source === null) return;
    if (entry.state === <u32>NeighbourState.Incomplete)
      this.output.solicit(on, source, entry.high, entry.low);
    else this.output.probe(on, source, entry.high, entry.low, entry.macHigh, entry.macLow);
  }

  /** Nobody answers. The entry is free before anybody hears of it, so that what they do about it finds none. */
  private fail(on: Interface6, entry: Neighbour): void {
    count(this.unreachable);
    entry.state = NeighbourState.Free;
    this.above.neighbourFailed(on, entry.high, entry.low);
    for (let frame = entry.dequeue(); frame !== 0; frame = entry.dequeue()) {
      this.above.unresolved(on, frame);
      this.drop(frame, this.dropUnresolved);
    }
  }

  private delay(entry: Neighbour): void {
    entry.state = NeighbourState.Delay;
    this.arm(entry, clock_ns() + ND_DELAY_FIRST_PROBE_SECONDS * NANOSECONDS_PER_SECOND);
  }

  private arm(entry: Neighbour, deadlineNs: u64): void {
    entry.deadlineNs = deadlineNs;
    if (deadlineNs < this.nextNs) this.nextNs = deadlineNs;
    this.alarm.at(deadlineNs);
  }

  private free(entry: Neighbour, reason: u32): void {
    for (let frame = entry.dequeue(); frame !== 0; frame = entry.dequeue()) this.drop(frame, reason);
    entry.state = NeighbourState.Free;
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}

function retransmitNs(on: Interface6): u64 {
  return <u64>on.retransmitMilliseconds * NANOSECONDS_PER_MILLISECOND;
}
