import {
  Alarm,
  clock_ns,
  count,
  counter,
  frame_get16,
  frame_get32,
  frame_release,
  NANOSECONDS_PER_MILLISECOND,
  random_u32,
} from "mirage/framecode";
import { Link } from "../ethernet/interface";
import { icmp6 } from "../icmp6/wire";
import { isLinkLocal, isMulticast } from "../ipv6/address";
import { Interface6, Interfaces6, NEVER_NS } from "../ipv6/interfaces";
import { Routes6 } from "../ipv6/routes";
import { IPV6_MTU_MIN_BYTES, ipv6 } from "../ipv6/wire";
import { NETIFS_MAX } from "../netif";
import { Packet } from "../network";
import { Autoconfiguration } from "../slaac/interface";
import { lifetimeEnd } from "../slaac/slaac";
import { NdOutput } from "./output";
import {
  ND_HOP_LIMIT_HOPS,
  NdOptions,
  PREFIX_AUTONOMOUS,
  PREFIX_ON_LINK,
  prefixOption,
  REDIRECT_BYTES,
  ROUTER_ADVERTISEMENT_BYTES,
  redirect,
  routerAdvertisement,
} from "./wire";

/** RFC 7559 section 2: the first interval between solicitations (IRT), and what it grows to (MRT). */
export const ROUTER_SOLICITATION_MILLISECONDS: u32 = 4000;
export const ROUTER_SOLICITATION_MAX_MILLISECONDS: u32 = 3_600_000;
/** RFC 4861 section 6.3.2: an hour. */
const REACHABLE_MAX_MILLISECONDS: u32 = 3_600_000;
/** A router cannot make us ask neighbours more often than this, nor hardly ever. */
const RETRANSMIT_MIN_MILLISECONDS: u32 = 100;
const RETRANSMIT_MAX_MILLISECONDS: u32 = 60_000;

/** What router discovery sees of the neighbour cache. */
export interface Learner {
  learn(on: Interface6, high: u64, low: u64, macHigh: u32, macLow: u32, isRouter: bool): void;
}

/** Asks for routers, and believes what they say: router and prefix discovery and redirects of a host (RFC 4861 sections 6.3 and 8.3). */
export class Discovery<Below extends Link, Cache extends Learner, Configuration extends Autoconfiguration> {
  private readonly options: NdOptions = new NdOptions();
  /** By interface: when to ask again, and the interval before that. */
  private readonly askNs: StaticArray<u64> = new StaticArray<u64>(NETIFS_MAX);
  private readonly intervalMilliseconds: StaticArray<u32> = new StaticArray<u32>(NETIFS_MAX);
  private nextNs: u64 = NEVER_NS;
  private readonly dropMalformed: u32 = counter("drop.nd.malformed");
  private readonly dropHopLimit: u32 = counter("drop.nd.hop-limit");
  private readonly dropSender: u32 = counter("drop.nd.sender");
  private readonly dropUnwanted: u32 = counter("drop.nd.advertisement-unwanted");
  private readonly dropRedirect: u32 = counter("drop.nd.redirect");
  private readonly advertisements: u32 = counter("nd.router-advertisements-received");
  private readonly redirects: u32 = counter("nd.redirects-accepted");
  private readonly tooManyRouters: u32 = counter("nd.routers-ignored");

  constructor(
    private readonly interfaces: Interfaces6,
    private readonly routes: Routes6,
    private readonly output: NdOutput<Below>,
    private readonly cache: Cache,
    private readonly configuration: Configuration,
    private readonly alarm: Alarm,
  ) {
    for (let i: u32 = 0; i < NETIFS_MAX; i++) this.askNs[i] = NEVER_NS;
  }

  /** Begins to ask for routers, now and with growing intervals until one answers (RFC 7559). */
  solicit(on: Interface6): void {
    this.intervalMilliseconds[on.index] = 0;
    this.ask(on, clock_ns());
  }

  /** The interface is given up. */
  flush(on: Interface6): void {
    this.askNs[on.index] = NEVER_NS;
  }

  private ask(on: Interface6, nowNs: u64): void {
    this.output.solicitRouters(on, on.linkLocal);
    const before = this.intervalMilliseconds[on.index];
    const next = before === 0 ? ROUTER_SOLICITATION_MILLISECONDS : 2 * before;
    this.intervalMilliseconds[on.index] = min<u32>(next, ROUTER_SOLICITATION_MAX_MILLISECONDS);
    const varied = around(this.intervalMilliseconds[on.index], 10);
    this.askNs[on.index] = nowNs + <u64>varied * NANOSECONDS_PER_MILLISECOND;
    this.arm(this.askNs[on.index]);
  }

  /** A router advertisement, its checksum checked. Takes the reference. */
  advertisement(on: Interface6, packet: Packet): void {
    count(this.advertisements);
    const frame = packet.frame;
    const at = packet.at;
    if (!this.isValid(packet, ROUTER_ADVERTISEMENT_BYTES)) return;
    if (!isLinkLocal(packet.sourceHigh)) {
      this.drop(frame, this.dropSender);
      return;
    }
    if (!on.believesRouters) {
      this.drop(frame, this.dropUnwanted);
      return;
    }
    this.parameters(on, frame, at);
    const now = clock_ns();
    const high = packet.sourceHigh;
    const low = packet.sourceLow;
    const lifetime = routerAdvertisement.lifetimeSeconds(frame, at);
    const until = lifetime === 0 ? 0 : lifetimeEnd(now, lifetime);
    if (!this.routes.setRouter(on, high, low, until, routerAdvertisement.preference(frame, at), false)) {
      count(this.tooManyRouters);
    }
    // RFC 7559 section 2.1: one that is a router for us; others may still come.
    if (lifetime !== 0) this.askNs[on.index] = NEVER_NS;
    this.learnFrom(on, frame, this.options.sourceLinkAt, high, low);
    for (let option = this.options.nextPrefix(); option !== 0; option = this.options.nextPrefix()) {
      this.prefix(on, frame, option, now);
    }
    this.armExpiry(now);
    frame_release(frame);
  }

  /** What holds for the whole link (RFC 4861 section 6.3.4). */
  private parameters(on: Interface6, frame: u32, at: u32): void {
    // Never down, so that a forged advertisement cannot keep our packets from leaving the link.
    const hops = routerAdvertisement.hopLimit(frame, at);
    if (hops > on.hopLimit) on.hopLimit = hops;
    const reachable = routerAdvertisement.reachableMilliseconds(frame, at);
    if (
      reachable !== 0 &&
      reachable <= REACHABLE_MAX_MILLISECONDS &&
      reachable !== on.baseReachableMilliseconds
    ) {
      on.baseReachableMilliseconds = reachable;
      on.reachableMilliseconds = around(reachable, 50);
    }
    const retransmit = routerAdvertisement.retransmitMilliseconds(frame, at);
    if (retransmit !== 0) {
      on.retransmitMilliseconds = min<u32>(
        max<u32>(retransmit, RETRANSMIT_MIN_MILLISECONDS),
        RETRANSMIT_MAX_MILLISECONDS,
      );
    }
    const mtu = this.options.mtuBytes;
    if (mtu >= IPV6_MTU_MIN_BYTES && mtu <= on.netif.mtu && mtu !== on.mtu) {
      on.mtu = mtu;
      this.routes.changed();
    }
  }

  private prefix(on: Interface6, frame: u32, at: u32, nowNs: u64): void {
    const bits = prefixOption.bits(frame, at);
    const high = prefixOption.high(frame, at);
    if (bits > 128 || isLinkLocal(high) || isMulticast(high)) return;
    const low = prefixOption.low(frame, at);
    const valid = prefixOption.validSeconds(frame, at);
    const flags = prefixOption.flags(frame, at);
    if ((flags & PREFIX_ON_LINK) !== 0) {
      this.routes.setPrefix(on, high, low, bits, valid === 0 ? 0 : lifetimeEnd(nowNs, valid));
    }
    if (on.autoconfigures && (flags & PREFIX_AUTONOMOUS) !== 0) {
      const preferred = prefixOption.preferredSeconds(frame, at);
      // Bits behind the prefix say nothing (RFC 4861 section 4.6.2).
      this.configuration.prefix(on, high, bits <= 64 ? 0 : low, bits, valid, preferred);
    }
  }

  /** A redirect (RFC 4861 section 8.1): believed when it comes from the first hop that the destination has now. Takes the reference. */
  redirect(on: Interface6, packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    if (!this.isValid(packet, REDIRECT_BYTES)) return;
    const targetHigh = redirect.targetHigh(frame, at);
    const targetLow = redirect.targetLow(frame, at);
    const high = redirect.destinationHigh(frame, at);
    const low = redirect.destinationLow(frame, at);
    const onLink = targetHigh === high && targetLow === low;
    if (
      !on.believesRouters ||
      packet.group ||
      !isLinkLocal(packet.sourceHigh) ||
      isMulticast(high) ||
      isLinkLocal(high) ||
      (!onLink && !isLinkLocal(targetHigh)) ||
      this.interfaces.find(on, targetHigh, targetLow) !== null ||
      !this.routes.isNextHop(on, high, low, packet.sourceHigh, packet.sourceLow)
    ) {
      this.drop(frame, this.dropRedirect);
      return;
    }
    count(this.redirects);
    this.learnFrom(on, frame, this.options.targetLinkAt, targetHigh, targetLow, !onLink);
    this.routes.redirect(on, high, low, targetHigh, targetLow);
    frame_release(frame);
  }

  private learnFrom(
    on: Interface6,
    frame: u32,
    linkAt: u32,
    high: u64,
    low: u64,
    isRouter: bool = true,
  ): void {
    if (linkAt === 0) return;
    this.cache.learn(on, high, low, frame_get16(frame, linkAt), frame_get32(frame, linkAt + 2), isRouter);
  }

  /** Hop limit, code, length and options; drops the message otherwise. */
  private isValid(packet: Packet, bytes: u32): bool {
    const frame = packet.frame;
    if (ipv6.hopLimit(frame, packet.headerAt) !== ND_HOP_LIMIT_HOPS) {
      this.drop(frame, this.dropHopLimit);
      return false;
    }
    if (
      packet.length < bytes ||
      icmp6.code(frame, packet.at) !== 0 ||
      !this.options.parse(frame, packet.at + bytes)
    ) {
      this.drop(frame, this.dropMalformed);
      return false;
    }
    return true;
  }

  /** Deadlines have passed. */
  timer(nowNs: u64): void {
    if (nowNs >= this.nextNs) {
      this.nextNs = NEVER_NS;
      for (let i: u32 = 0; i < NETIFS_MAX; i++) {
        if (this.askNs[i] <= nowNs) this.ask(this.interfaces.at(i), nowNs);
        else this.arm(this.askNs[i]);
      }
      this.armExpiry(nowNs);
    }
    if (this.nextNs !== NEVER_NS) this.alarm.at(this.nextNs);
  }

  private armExpiry(nowNs: u64): void {
    this.arm(this.routes.expire(nowNs));
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

/** A time that varies at random by so many percent, up or down. */
export function around(milliseconds: u32, percent: u32): u32 {
  const span = (<u64>milliseconds * 2 * percent) / 100;
  const least = milliseconds - <u32>(span / 2);
  return least + <u32>((<u64>random_u32() * span) >>> 32);
}
