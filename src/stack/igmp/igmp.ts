import {
  Alarm,
  checksumOf,
  clock_ns,
  count,
  counter,
  frame_alloc,
  frame_release,
  frame_set16,
  frame_set32,
  frame_sum,
  NANOSECONDS_PER_MILLISECOND,
  NANOSECONDS_PER_SECOND,
  random_u32,
} from "mirage/framecode";
import { Neighbours } from "../arp/interface";
import { LINK_HEADER_BYTES } from "../ethernet/interface";
import { StackError } from "../interface";
import { PROTOCOL_IGMP } from "../ipv4/interface";
import { NETIFS_MAX, Netif, Netifs } from "../netif";
import { Packet } from "../network";
import { ALL_HOSTS_GROUP, Group4, Groups4, IPV4_GROUPS_MAX } from "./groups";
import { Membership4 } from "./interface";
import {
  IGMP_BYTES,
  IGMP_IS_EXCLUDE,
  IGMP_QUERY,
  IGMP_TO_EXCLUDE,
  IGMP_TO_INCLUDE,
  IGMP_V1_REPORT,
  IGMP_V2_LEAVE,
  IGMP_V2_REPORT,
  IGMP_V3_QUERY_BYTES,
  IGMP_V3_REPORT_BYTES,
  igmp,
} from "./wire";

/** RFC 3376 section 8.1: a change is told so often, since a report may get lost. */
export const IGMP_ROBUSTNESS: u32 = 2;
/** RFC 3376 section 8.11: at random, within so long. */
export const IGMP_CHANGE_INTERVAL_MILLISECONDS: u32 = 1000;
/** RFC 3376 section 8.12, of the default intervals: so long an old router is believed to be there. */
export const IGMP_OLD_QUERIER_SECONDS: u64 = 260;
/** RFC 2236 section 8.10: version 1 says no maximum. */
const V1_RESPONSE_MILLISECONDS: u32 = 10_000;

/** Between two answers about a group, at least: see `MLD_REST_MILLISECONDS`. */
const REST_MILLISECONDS: u64 = 200;

/** All routers that speak version 3 (RFC 3376 section 4.2.14), and all routers. */
const V3_ROUTERS_GROUP: u32 = 0xe0000016;
const ALL_ROUTERS_GROUP: u32 = 0xe0000002;
const AT: u32 = LINK_HEADER_BYTES;
/** The header with the Router Alert option (RFC 2113). */
const HEADER_BYTES: u32 = 24;
const ROUTER_ALERT: u32 = 0x94040000;
/** Internetwork control (RFC 791): RFC 3376 section 4. */
const TYPE_OF_SERVICE: u32 = 0xc0;
const DONT_FRAGMENT: u32 = 0x4000;

/**
 * The host's side of IGMPv3 (RFC 3376) without sources: membership of a group is all or nothing. Where a router of
 * version 2 (RFC 2236) or 1 (RFC 1112) asks, its version is spoken.
 */
export class Igmp<Below extends Neighbours> implements Membership4 {
  private readonly groups: Groups4 = new Groups4();
  /** When the older routers of each interface are forgotten. */
  private readonly v1UntilNs: StaticArray<u64> = new StaticArray<u64>(NETIFS_MAX);
  private readonly v2UntilNs: StaticArray<u64> = new StaticArray<u64>(NETIFS_MAX);
  private nextNs: u64 = u64.MAX_VALUE;
  private readonly dropShort: u32 = counter("drop.igmp.short");
  private readonly dropChecksum: u32 = counter("drop.igmp.checksum");
  private readonly dropType: u32 = counter("drop.igmp.unhandled-type");
  private readonly noMemory: u32 = counter("igmp.no-memory");
  private readonly queries: u32 = counter("igmp.queries-received");
  private readonly reportsHeard: u32 = counter("igmp.reports-received");
  private readonly reportsSent: u32 = counter("igmp.reports-sent");
  private readonly leavesSent: u32 = counter("igmp.leaves-sent");

  constructor(
    private readonly netifs: Netifs,
    private readonly below: Below,
    private readonly alarm: Alarm,
  ) {}

  has(netif: Netif, group: u32): bool {
    return this.groups.has(netif, group);
  }

  join(netif: Netif, address: u32): bool {
    let group = this.groups.find(netif.index, address);
    if (group === null) group = this.groups.add(netif.index, address);
    if (group === null) return false;
    group.references++;
    if (group.references === 1 && address !== ALL_HOSTS_GROUP) this.change(netif, group);
    return true;
  }

  leave(netif: Netif, address: u32): void {
    const group = this.groups.find(netif.index, address);
    if (group === null || group.references === 0) return;
    group.references--;
    if (group.references !== 0) return;
    group.answerNs = u64.MAX_VALUE;
    if (address === ALL_HOSTS_GROUP) this.groups.remove(group);
    else this.change(netif, group);
  }

  /** The interface got its first address, or another primary one: who is in groups says so. */
  announce(netif: Netif): void {
    for (let i: u32 = 0; i < IPV4_GROUPS_MAX; i++) {
      const group = this.groups.at(i);
      if (group.address === 0 || group.netif !== netif.index || group.address === ALL_HOSTS_GROUP) continue;
      if (group.references !== 0) this.change(netif, group);
    }
  }

  /** A received message. Takes the reference on its frame. */
  input(packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    // Routers are on a link.
    if (!igmp.check(packet.length) || packet.netif.index >= NETIFS_MAX) {
      this.drop(frame, this.dropShort);
      return;
    }
    if (!igmp.checksumIsGood(frame, at, packet.length)) {
      this.drop(frame, this.dropChecksum);
      return;
    }
    switch (igmp.type(frame, at)) {
      case IGMP_QUERY:
        count(this.queries);
        this.query(packet);
        frame_release(frame);
        return;
      case IGMP_V1_REPORT:
      case IGMP_V2_REPORT:
        count(this.reportsHeard);
        this.reported(packet.netif, igmp.group(frame, at));
        frame_release(frame);
        return;
      default:
        this.drop(frame, this.dropType);
        return;
    }
  }

  /** Deadlines have passed. The alarm was reset: sets it for the next one. */
  timer(nowNs: u64): void {
    if (this.nextNs > nowNs) {
      if (this.nextNs !== u64.MAX_VALUE) this.alarm.at(this.nextNs);
      return;
    }
    this.nextNs = u64.MAX_VALUE;
    for (let i: u32 = 0; i < IPV4_GROUPS_MAX; i++) {
      const group = this.groups.at(i);
      if (group.address === 0) continue;
      const netif = this.netifs.active(group.netif);
      if (group.changeNs <= nowNs) this.tellChange(netif, group, nowNs);
      if (group.answerNs <= nowNs) {
        group.answerNs = u64.MAX_VALUE;
        group.restNs = nowNs + REST_MILLISECONDS * NANOSECONDS_PER_MILLISECOND;
        if (netif !== null) this.report(netif, group, IGMP_IS_EXCLUDE);
      }
      this.arm(min(group.changeNs, group.answerNs));
      if (group.references === 0 && group.changes === 0) this.groups.remove(group);
    }
  }

  /** A group was joined or left: tells it now and, in case that gets lost, again. */
  private change(netif: Netif, group: Group4): void {
    group.changes = IGMP_ROBUSTNESS;
    this.tellChange(netif, group, clock_ns());
    this.arm(group.changeNs);
  }

  private tellChange(netif: Netif | null, group: Group4, nowNs: u64): void {
    group.changes--;
    group.changeNs = group.changes !== 0 ? nowNs + delayNs(IGMP_CHANGE_INTERVAL_MILLISECONDS) : u64.MAX_VALUE;
    if (netif !== null) this.report(netif, group, group.references !== 0 ? IGMP_TO_EXCLUDE : IGMP_TO_INCLUDE);
  }

  /** RFC 3376 section 5.2, RFC 2236 section 3: answers later, at random within what the router allows. */
  private query(packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    const index = packet.netif.index;
    const now = clock_ns();
    const code = igmp.responseCode(frame, at);
    let milliseconds = code * 100;
    if (packet.length < IGMP_V3_QUERY_BYTES) {
      const until = now + IGMP_OLD_QUERIER_SECONDS * NANOSECONDS_PER_SECOND;
      if (code === 0) {
        this.v1UntilNs[index] = until;
        milliseconds = V1_RESPONSE_MILLISECONDS;
      } else {
        this.v2UntilNs[index] = until;
      }
    } else if (code >= 128) {
      // A mantissa of 4 bits and an exponent of 3 (section 4.1.1).
      milliseconds = (((code & 15) | 16) << (((code >>> 4) & 7) + 3)) * 100;
    }
    const asked = igmp.group(frame, at);
    for (let i: u32 = 0; i < IPV4_GROUPS_MAX; i++) {
      const group = this.groups.at(i);
      if (group.address === 0 || group.netif !== index || group.references === 0) continue;
      if (group.address === ALL_HOSTS_GROUP || (asked !== 0 && asked !== group.address)) continue;
      group.answerNs = min(group.answerNs, max(now + delayNs(milliseconds), group.restNs));
      this.arm(group.answerNs);
    }
  }

  /** RFC 2236 section 3: one member's answer is enough for the older versions. */
  private reported(netif: Netif, address: u32): void {
    const group = this.groups.find(netif.index, address);
    if (group === null || this.versionOn(netif, clock_ns()) === 3) return;
    group.answerNs = u64.MAX_VALUE;
    group.reportedLast = false;
  }

  private versionOn(netif: Netif, nowNs: u64): u32 {
    if (this.v1UntilNs[netif.index] > nowNs) return 1;
    return this.v2UntilNs[netif.index] > nowNs ? 2 : 3;
  }

  private report(netif: Netif, group: Group4, record: u32): void {
    const version = this.versionOn(netif, clock_ns());
    const leaving = record === IGMP_TO_INCLUDE;
    // Version 1 has no leave; in version 2 it is for who reported last (RFC 2236 section 6).
    if (leaving && (version === 1 || (version === 2 && !group.reportedLast))) return;
    const bytes = version === 3 ? IGMP_V3_REPORT_BYTES : IGMP_BYTES;
    const frame = frame_alloc(AT + HEADER_BYTES + bytes);
    if (frame === 0) {
      count(this.noMemory);
      return;
    }
    const at = AT + HEADER_BYTES;
    let destination = group.address;
    if (version === 3) {
      destination = V3_ROUTERS_GROUP;
      igmp.buildReport(frame, at, record, group.address);
    } else if (leaving) {
      destination = ALL_ROUTERS_GROUP;
      igmp.build(frame, at, IGMP_V2_LEAVE, group.address);
    } else {
      igmp.build(frame, at, version === 2 ? IGMP_V2_REPORT : IGMP_V1_REPORT, group.address);
    }
    group.reportedLast = !leaving;
    buildHeader(frame, bytes, netif.primary, destination);
    if (this.below.multicast(netif, frame, destination) === StackError.None) {
      count(leaving ? this.leavesSent : this.reportsSent);
    }
  }

  private arm(deadlineNs: u64): void {
    if (deadlineNs === u64.MAX_VALUE) return;
    this.nextNs = min(this.nextNs, deadlineNs);
    this.alarm.at(deadlineNs);
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}

/** RFC 3376 section 4: a hop limit of 1, and an option that has routers look at what is not for them. */
function buildHeader(frame: u32, bytes: u32, source: u32, destination: u32): void {
  frame_set16(frame, AT, 0x4600 | TYPE_OF_SERVICE);
  frame_set16(frame, AT + 2, HEADER_BYTES + bytes);
  frame_set16(frame, AT + 4, 0);
  frame_set16(frame, AT + 6, DONT_FRAGMENT);
  frame_set16(frame, AT + 8, (1 << 8) | PROTOCOL_IGMP);
  frame_set16(frame, AT + 10, 0);
  frame_set32(frame, AT + 12, source);
  frame_set32(frame, AT + 16, destination);
  frame_set32(frame, AT + 20, ROUTER_ALERT);
  frame_set16(frame, AT + 10, checksumOf(frame_sum(frame, AT, HEADER_BYTES, 0)));
}

/** At random, more than nothing and at most so long. */
function delayNs(milliseconds: u32): u64 {
  return <u64>(1 + (random_u32() % max<u32>(milliseconds, 1))) * NANOSECONDS_PER_MILLISECOND;
}
