import {
  Alarm,
  clock_ns,
  count,
  counter,
  frame_alloc,
  frame_release,
  NANOSECONDS_PER_MILLISECOND,
  NANOSECONDS_PER_SECOND,
  random_u32,
} from "mirage/framecode";
import { sumOfAddress } from "../address";
import { LINK_HEADER_BYTES, LINK_TYPE_IPV6, Link } from "../ethernet/interface";
import { ICMP6_MLD_DONE, ICMP6_MLD_QUERY, ICMP6_MLD_REPORT, icmp6, seal } from "../icmp6/wire";
import { StackError } from "../interface";
import {
  ALL_NODES_LOW,
  ALL_ROUTERS_LOW,
  GROUP_MAC_HIGH,
  groupMacLow,
  isLinkLocal,
  isMulticast,
  LINK_GROUP_HIGH,
  MLD2_ROUTERS_LOW,
  Scope,
  scopeOf,
} from "../ipv6/address";
import { Interface6, NEVER_NS } from "../ipv6/interfaces";
import { HEADER_HOP_BY_HOP, IPV6_HEADER_BYTES, Ipv6Header, ipv6 } from "../ipv6/wire";
import { NETIFS_MAX } from "../netif";
import { Packet } from "../network";
import { Group6, Groups6, IP6_GROUPS_MAX } from "./groups";
import { Membership6 } from "./interface";
import {
  MLD_MESSAGE_BYTES,
  MLD2_QUERY_BYTES,
  MLD2_REPORT_BYTES,
  MldRecord,
  mld,
  ROUTER_ALERT_HEADER_BYTES,
} from "./wire";

/** RFC 3810 section 9.1: each change is reported so many times. */
export const MLD_ROBUSTNESS: u32 = 2;
/** RFC 3810 section 9.11, RFC 2710 section 7.10: between these reports, at most. */
export const MLD_REPORT_INTERVAL_MILLISECONDS: u32 = 1000;
export const MLD1_REPORT_INTERVAL_MILLISECONDS: u32 = 10_000;
/**
 * Between two answers about a group, at least: who asks to be answered at once, over and over, hears no more. As FreeBSD, whose timers
 * of MLD and IGMP run five times a second.
 */
export const MLD_REST_MILLISECONDS: u64 = 200;
/** RFC 3810 section 9.12: twice the query interval of 125 s and a response of 10 s. */
export const MLD_OLDER_QUERIER_SECONDS: u64 = 260;

const HEADER_AT: u32 = LINK_HEADER_BYTES;
const MESSAGE_AT: u32 = HEADER_AT + IPV6_HEADER_BYTES + ROUTER_ALERT_HEADER_BYTES;
const MLD_HOP_LIMIT_HOPS: u32 = 1;

/** A multicast listener: MLDv2 (RFC 3810) for groups without source lists, and MLDv1 (RFC 2710) where a router asks so. */
export class Mld<Below extends Link> implements Membership6 {
  private readonly header: Ipv6Header = new Ipv6Header();
  /** By interface: until when a router speaks version 1. */
  private readonly version1UntilNs: StaticArray<u64> = new StaticArray<u64>(NETIFS_MAX);
  private nextNs: u64 = NEVER_NS;
  private readonly dropMalformed: u32 = counter("drop.mld.malformed");
  private readonly dropSender: u32 = counter("drop.mld.sender");
  private readonly dropUnhandled: u32 = counter("drop.mld.unhandled");
  private readonly noMemory: u32 = counter("mld.no-memory");
  private readonly queries: u32 = counter("mld.queries-received");
  private readonly reports: u32 = counter("mld.reports-sent");
  private readonly suppressed: u32 = counter("mld.reports-suppressed");

  constructor(
    private readonly groups: Groups6,
    private readonly below: Below,
    private readonly alarm: Alarm,
  ) {
    this.header.nextHeader = HEADER_HOP_BY_HOP;
    this.header.hopLimit = MLD_HOP_LIMIT_HOPS;
  }

  join(on: Interface6, high: u64, low: u64): bool {
    let group = this.groups.find(on, high, low);
    if (group === null) group = this.groups.add(on, high, low);
    if (group === null) return false;
    if (group.references++ === 0) this.changed(group);
    return true;
  }

  leave(on: Interface6, high: u64, low: u64): bool {
    const group = this.groups.find(on, high, low);
    if (group === null || group.references === 0) return false;
    if (--group.references !== 0) return true;
    group.answerNs = NEVER_NS;
    if (!isReported(group)) {
      this.groups.remove(group);
    } else if (this.speaksVersion1(on)) {
      if (group.reportedLast) this.sendVersion1(group, ICMP6_MLD_DONE);
      this.groups.remove(group);
    } else {
      this.changed(group);
    }
    return true;
  }

  /** The interface is given up: nothing more is sent on it. */
  flush(on: Interface6): void {
    this.version1UntilNs[on.index] = 0;
    for (let i: u32 = 0; i < IP6_GROUPS_MAX; i++) {
      const group = this.groups.at(i);
      if (group.used && group.on === on) this.groups.remove(group);
    }
  }

  /** A message of MLD, its checksum checked. Takes the reference. */
  input(on: Interface6, packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    if (!mld.check(frame, at)) {
      this.drop(frame, this.dropMalformed);
      return;
    }
    // RFC 3810 section 6.2, RFC 2710 section 3.
    if (
      !isLinkLocal(packet.sourceHigh) ||
      ipv6.hopLimit(frame, packet.headerAt) !== MLD_HOP_LIMIT_HOPS ||
      ipv6.nextHeader(frame, packet.headerAt) !== HEADER_HOP_BY_HOP
    ) {
      this.drop(frame, this.dropSender);
      return;
    }
    const type = icmp6.type(frame, at);
    if (type === ICMP6_MLD_QUERY) {
      this.query(on, packet);
    } else if (type === ICMP6_MLD_REPORT && this.speaksVersion1(on)) {
      this.reportHeard(on, mld.groupHigh(frame, at), mld.groupLow(frame, at));
    } else {
      this.drop(frame, this.dropUnhandled);
      return;
    }
    frame_release(frame);
  }

  private query(on: Interface6, packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    const version1 = packet.length === MLD_MESSAGE_BYTES;
    if (!version1 && packet.length < MLD2_QUERY_BYTES) {
      count(this.dropMalformed);
      return;
    }
    count(this.queries);
    const now = clock_ns();
    if (version1) this.version1UntilNs[on.index] = now + MLD_OLDER_QUERIER_SECONDS * NANOSECONDS_PER_SECOND;
    const code = mld.responseCode(frame, at);
    const limit = version1 ? code : mld.responseMilliseconds(code);
    const high = mld.groupHigh(frame, at);
    const low = mld.groupLow(frame, at);
    if ((high | low) === 0) {
      for (let i: u32 = 0; i < IP6_GROUPS_MAX; i++) {
        const group = this.groups.at(i);
        if (group.used && group.on === on) this.answerWithin(group, now, limit);
      }
    } else if (isMulticast(high)) {
      const group = this.groups.find(on, high, low);
      if (group !== null) this.answerWithin(group, now, limit);
    }
  }

  /** At a random time, or earlier if an answer is already due (RFC 3810 section 6.2). */
  private answerWithin(group: Group6, nowNs: u64, milliseconds: u32): void {
    if (group.references === 0 || !isReported(group)) return;
    const atNs = max(nowNs + randomNs(milliseconds), group.restNs);
    if (atNs < group.answerNs) group.answerNs = atNs;
    this.arm(group.answerNs);
  }

  /** Another listener has told a router of version 1 the same (RFC 2710 section 4). */
  private reportHeard(on: Interface6, high: u64, low: u64): void {
    const group = this.groups.find(on, high, low);
    if (group === null) return;
    if (group.answerNs !== NEVER_NS) count(this.suppressed);
    group.answerNs = NEVER_NS;
    group.changes = 0;
    group.changeNs = NEVER_NS;
    group.reportedLast = false;
  }

  /** We have come or gone: says so at once, and again. */
  private changed(group: Group6): void {
    if (!isReported(group)) return;
    group.changes = MLD_ROBUSTNESS;
    this.tellChange(group, clock_ns());
  }

  private tellChange(group: Group6, nowNs: u64): void {
    const version1 = this.speaksVersion1(group.on);
    if (version1) this.sendVersion1(group, ICMP6_MLD_REPORT);
    else this.send(group, group.references !== 0 ? MldRecord.ToExclude : MldRecord.ToInclude);
    if (--group.changes !== 0) {
      const interval = version1 ? MLD1_REPORT_INTERVAL_MILLISECONDS : MLD_REPORT_INTERVAL_MILLISECONDS;
      group.changeNs = nowNs + randomNs(interval);
      this.arm(group.changeNs);
      return;
    }
    group.changeNs = NEVER_NS;
    if (group.references === 0) this.groups.remove(group);
  }

  /** Deadlines have passed. */
  timer(nowNs: u64): void {
    if (nowNs >= this.nextNs) {
      this.nextNs = NEVER_NS;
      for (let i: u32 = 0; i < IP6_GROUPS_MAX; i++) {
        const group = this.groups.at(i);
        if (group.used) this.due(group, nowNs);
      }
    }
    if (this.nextNs !== NEVER_NS) this.alarm.at(this.nextNs);
  }

  private due(group: Group6, nowNs: u64): void {
    if (group.answerNs <= nowNs) {
      group.answerNs = NEVER_NS;
      group.restNs = nowNs + MLD_REST_MILLISECONDS * NANOSECONDS_PER_MILLISECOND;
      if (this.speaksVersion1(group.on)) this.sendVersion1(group, ICMP6_MLD_REPORT);
      else this.send(group, MldRecord.IsExclude);
    }
    if (group.changeNs <= nowNs) this.tellChange(group, nowNs);
    this.arm(group.answerNs);
    this.arm(group.changeNs);
  }

  private send(group: Group6, record: u32): void {
    this.header.destinationHigh = LINK_GROUP_HIGH;
    this.header.destinationLow = MLD2_ROUTERS_LOW;
    const frame = this.begin(group.on, MLD2_REPORT_BYTES);
    if (frame === 0) return;
    mld.buildReport(frame, MESSAGE_AT, record, group.high, group.low);
    this.transmit(group.on, frame);
  }

  private sendVersion1(group: Group6, type: u32): void {
    const done = type === ICMP6_MLD_DONE;
    this.header.destinationHigh = done ? LINK_GROUP_HIGH : group.high;
    this.header.destinationLow = done ? ALL_ROUTERS_LOW : group.low;
    const frame = this.begin(group.on, MLD_MESSAGE_BYTES);
    if (frame === 0) return;
    mld.build(frame, MESSAGE_AT, type, group.high, group.low);
    group.reportedLast = !done;
    this.transmit(group.on, frame);
  }

  /** From the link-local address, or from none before there is one (RFC 3590, RFC 3810 section 5.2.13). */
  private begin(on: Interface6, messageBytes: u32): u32 {
    const frame = frame_alloc(MESSAGE_AT + messageBytes);
    if (frame === 0) {
      count(this.noMemory);
      return 0;
    }
    const source = on.linkLocal;
    this.header.sourceHigh = source === null ? 0 : source.high;
    this.header.sourceLow = source === null ? 0 : source.low;
    this.header.payloadBytes = ROUTER_ALERT_HEADER_BYTES + messageBytes;
    this.header.build(frame, HEADER_AT);
    mld.buildRouterAlert(frame, HEADER_AT + IPV6_HEADER_BYTES);
    return frame;
  }

  private transmit(on: Interface6, frame: u32): void {
    const header = this.header;
    const own = sumOfAddress(header.sourceHigh, header.sourceLow);
    seal(frame, MESSAGE_AT, own + sumOfAddress(header.destinationHigh, header.destinationLow));
    const macLow = groupMacLow(header.destinationLow);
    if (this.below.send(on.netif, frame, GROUP_MAC_HIGH, macLow, LINK_TYPE_IPV6) === StackError.None) {
      count(this.reports);
    }
  }

  private speaksVersion1(on: Interface6): bool {
    const until = this.version1UntilNs[on.index];
    return until !== 0 && clock_ns() < until;
  }

  private arm(deadlineNs: u64): void {
    if (deadlineNs === NEVER_NS) return;
    if (deadlineNs < this.nextNs) this.nextNs = deadlineNs;
    this.alarm.at(deadlineNs);
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}

/** Nobody reports all-nodes, nor groups that no router forwards at all (RFC 3810 section 6). */
function isReported(group: Group6): bool {
  if (scopeOf(group.high, group.low) < <u32>Scope.Link) return false;
  return group.high !== LINK_GROUP_HIGH || group.low !== ALL_NODES_LOW;
}

function randomNs(milliseconds: u32): u64 {
  return ((<u64>random_u32() * milliseconds) >>> 32) * NANOSECONDS_PER_MILLISECOND;
}
