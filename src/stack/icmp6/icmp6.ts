import {
  checksumUpdate,
  count,
  counter,
  frame_length,
  frame_release,
  frame_writable,
  NANOSECONDS_PER_MILLISECOND,
} from "mirage/framecode";
import { sumOfAddress } from "../address";
import { ErrorLimit, quote } from "../errors";
import { LINK_HEADER_BYTES } from "../ethernet/interface";
import { StackError } from "../interface";
import { isMulticast, isUnspecified } from "../ipv6/address";
import { skipToUpper, UpperHeader } from "../ipv6/extension";
import { Interface6 } from "../ipv6/interfaces";
import { HEADER_ICMP6, IPV6_HEADER_BYTES, IPV6_MTU_MIN_BYTES, Ipv6Fault, ipv6 } from "../ipv6/wire";
import { Failure, Packet, Path, Report } from "../network";
import { Errors6, Icmp6Client, Network6, UNREACHABLE6_PORT } from "./interface";
import {
  ICMP6_ECHO_REPLY,
  ICMP6_ECHO_REQUEST,
  ICMP6_HEADER_BYTES,
  ICMP6_INFORMATIONAL_MIN,
  ICMP6_MLD_DONE,
  ICMP6_MLD_QUERY,
  ICMP6_MLD_REPORT,
  ICMP6_NEIGHBOUR_ADVERTISEMENT,
  ICMP6_NEIGHBOUR_SOLICITATION,
  ICMP6_PARAMETER_PROBLEM,
  ICMP6_REDIRECT,
  ICMP6_ROUTER_ADVERTISEMENT,
  ICMP6_ROUTER_SOLICITATION,
  ICMP6_TIME_EXCEEDED,
  ICMP6_TOO_BIG,
  ICMP6_UNREACHABLE,
  Icmp6Header,
  icmp6,
} from "./wire";

/** Messages that may be sent at once: errors, and answers to echo requests that came to a group (RFC 4443 section 2.4 (f)). */
export const ICMP6_ERRORS_BURST_MESSAGES: u32 = 50;
/** Then one more for each so many milliseconds. */
export const ICMP6_ERROR_INTERVAL_MILLISECONDS: u64 = 10;
/** Of the packet that an error is about, as much as fits everywhere (RFC 4443 section 2.4 (c)). */
export const ICMP6_QUOTED_BYTES_MAX: u32 = IPV6_MTU_MIN_BYTES - IPV6_HEADER_BYTES - ICMP6_HEADER_BYTES;
/** Of a transport's header, to know the flow by. */
const QUOTED_TRANSPORT_BYTES: u32 = 8;
const HEADROOM_BYTES: u32 = LINK_HEADER_BYTES + IPV6_HEADER_BYTES;

/** ICMPv6 of a host (RFC 4443): answers echo requests, reports and hears of errors, hands on what others understand. */
export class Icmp6<Below extends Network6, Above extends Icmp6Client> implements Errors6 {
  private readonly header: Icmp6Header = new Icmp6Header();
  private readonly path: Path = new Path();
  private readonly heard: Report = new Report();
  private readonly upper: UpperHeader = new UpperHeader();
  private readonly limit: ErrorLimit = new ErrorLimit(
    ICMP6_ERRORS_BURST_MESSAGES,
    ICMP6_ERROR_INTERVAL_MILLISECONDS * NANOSECONDS_PER_MILLISECOND,
  );
  private readonly dropShort: u32 = counter("drop.icmp6.short");
  private readonly dropChecksum: u32 = counter("drop.icmp6.checksum");
  private readonly dropSource: u32 = counter("drop.icmp6.source");
  private readonly dropType: u32 = counter("drop.icmp6.unhandled-type");
  private readonly dropFragmented: u32 = counter("drop.nd.fragmented");
  private readonly dropQuote: u32 = counter("drop.icmp6.bad-quote");
  private readonly dropNoMemory: u32 = counter("drop.icmp6.no-memory");
  private readonly dropLimited: u32 = counter("drop.icmp6.echo-rate-limited");
  private readonly echoes: u32 = counter("icmp6.echoes");
  private readonly errorsReceived: u32 = counter("icmp6.errors-received");
  private readonly errorsUnbelieved: u32 = counter("icmp6.errors-unbelieved");
  private readonly errorsSent: u32 = counter("icmp6.errors-sent");
  private readonly errorsLimited: u32 = counter("icmp6.errors-rate-limited");
  private readonly errorsForbidden: u32 = counter("icmp6.errors-forbidden");

  constructor(
    private readonly below: Below,
    private readonly above: Above,
  ) {}

  /** A received message. Takes the reference. */
  input(on: Interface6, packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    if (packet.length < ICMP6_HEADER_BYTES) {
      this.drop(frame, this.dropShort);
      return;
    }
    const sum =
      sumOfAddress(packet.sourceHigh, packet.sourceLow) +
      sumOfAddress(packet.destinationHigh, packet.destinationLow);
    if (!icmp6.checksumIsGood(frame, at, packet.length, sum)) {
      this.drop(frame, this.dropChecksum);
      return;
    }
    const type = icmp6.type(frame, at);
    // Nobody needs fragments for neighbour discovery, but to hide something (RFC 6980).
    if (packet.reassembled && type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT) {
      this.drop(frame, this.dropFragmented);
      return;
    }
    switch (type) {
      case ICMP6_NEIGHBOUR_SOLICITATION:
        this.above.neighbourSolicitation(on, packet);
        return;
      case ICMP6_NEIGHBOUR_ADVERTISEMENT:
        this.above.neighbourAdvertisement(on, packet);
        return;
      case ICMP6_ROUTER_ADVERTISEMENT:
        this.above.routerAdvertisement(on, packet);
        return;
      case ICMP6_REDIRECT:
        this.above.redirect(on, packet);
        return;
      case ICMP6_MLD_QUERY:
      case ICMP6_MLD_REPORT:
      case ICMP6_MLD_DONE:
        this.above.listener(on, packet);
        return;
      default:
        break;
    }
    if (!this.below.isPeer(on, packet.sourceHigh, packet.sourceLow)) {
      this.drop(frame, this.dropSource);
      return;
    }
    switch (type) {
      case ICMP6_ECHO_REQUEST:
        this.echo(on, packet);
        return;
      case ICMP6_UNREACHABLE:
      case ICMP6_TOO_BIG:
      case ICMP6_TIME_EXCEEDED:
      case ICMP6_PARAMETER_PROBLEM:
        this.error(on, packet);
        return;
      default:
        this.drop(frame, this.dropType);
        return;
    }
  }

  private echo(on: Interface6, packet: Packet): void {
    const frame = packet.frame;
    const toGroup = isMulticast(packet.destinationHigh);
    if (toGroup && !this.limit.take()) {
      this.drop(frame, this.dropLimited);
      return;
    }
    count(this.echoes);
    const path = this.path;
    path.localHigh = toGroup ? 0 : packet.destinationHigh;
    path.localLow = toGroup ? 0 : packet.destinationLow;
    path.remoteHigh = packet.sourceHigh;
    path.remoteLow = packet.sourceLow;
    path.trafficClass = packet.trafficClass & 0xfc;
    if (this.below.openOn(path, on) !== StackError.None) {
      this.drop(frame, this.dropType);
      return;
    }
    const at = packet.at;
    // What was put together begins with the network header alone: to write behind it would be a copy.
    const afresh = toGroup || packet.reassembled || at !== HEADROOM_BYTES;
    if (afresh || !frame_writable(frame, at + ICMP6_HEADER_BYTES)) {
      this.echoAfresh(packet);
      return;
    }
    // In place: the sum does not change when the addresses swap places, only with the type (RFC 1624).
    const code = icmp6.code(frame, at);
    const before = (ICMP6_ECHO_REQUEST << 8) | code;
    const checksum = checksumUpdate(icmp6.checksum(frame, at), before, (ICMP6_ECHO_REPLY << 8) | code);
    icmp6.setType(frame, at, ICMP6_ECHO_REPLY);
    icmp6.setChecksum(frame, at, checksum);
    this.below.send(path, frame, HEADER_ICMP6);
  }

  /** Extension headers are not sent back, so the answer gets headers of its own and the data by reference. */
  private echoAfresh(packet: Packet): void {
    const frame = packet.frame;
    const dataAt = packet.at + ICMP6_HEADER_BYTES;
    const reply = quote(HEADROOM_BYTES + ICMP6_HEADER_BYTES, frame, dataAt, frame_length(frame) - dataAt);
    if (reply === 0) {
      this.drop(frame, this.dropNoMemory);
      return;
    }
    this.header.type = ICMP6_ECHO_REPLY;
    this.header.code = icmp6.code(frame, packet.at);
    this.header.rest = icmp6.rest(frame, packet.at);
    this.header.build(reply, HEADROOM_BYTES, this.path.addressSum);
    frame_release(frame);
    this.below.send(this.path, reply, HEADER_ICMP6);
  }

  /** An error about a packet of ours, which the message quotes. */
  private error(on: Interface6, packet: Packet): void {
    count(this.errorsReceived);
    const frame = packet.frame;
    const quoted = packet.at + ICMP6_HEADER_BYTES;
    // Only the quoted packet's start is there, so its length says nothing about bounds.
    const fault = ipv6.check(frame, quoted);
    if (
      (fault !== <u32>Ipv6Fault.None && fault !== <u32>Ipv6Fault.PayloadLength) ||
      !this.below.isOwnOn(on, ipv6.sourceHigh(frame, quoted), ipv6.sourceLow(frame, quoted)) ||
      !skipToUpper(frame, quoted, frame_length(frame), this.upper) ||
      frame_length(frame) - this.upper.at < QUOTED_TRANSPORT_BYTES
    ) {
      this.drop(frame, this.dropQuote);
      return;
    }
    const heard = this.heard;
    heard.frame = frame;
    heard.headerAt = quoted;
    heard.at = this.upper.at;
    heard.length = frame_length(frame) - this.upper.at;
    heard.protocol = this.upper.protocol;
    heard.localHigh = ipv6.sourceHigh(frame, quoted);
    heard.localLow = ipv6.sourceLow(frame, quoted);
    heard.remoteHigh = ipv6.destinationHigh(frame, quoted);
    heard.remoteLow = ipv6.destinationLow(frame, quoted);
    heard.type = icmp6.type(frame, packet.at);
    heard.code = icmp6.code(frame, packet.at);
    heard.failure = failureOf(heard.type, heard.code);
    heard.mtu = heard.type === ICMP6_TOO_BIG ? max<u32>(icmp6.rest(frame, packet.at), IPV6_MTU_MIN_BYTES) : 0;
    if (!this.above.failed(heard)) count(this.errorsUnbelieved);
    frame_release(frame);
  }

  report(on: Interface6, frame: u32, headerAt: u32, type: u32, code: u32, rest: u32, group: bool): void {
    const sourceHigh = ipv6.sourceHigh(frame, headerAt);
    const sourceLow = ipv6.sourceLow(frame, headerAt);
    if (
      group ||
      isMulticast(sourceHigh) ||
      isUnspecified(sourceHigh, sourceLow) ||
      this.isError(frame, headerAt)
    ) {
      count(this.errorsForbidden);
      return;
    }
    if (!this.limit.take()) {
      count(this.errorsLimited);
      return;
    }
    const path = this.path;
    const destinationHigh = ipv6.destinationHigh(frame, headerAt);
    const toGroup = isMulticast(destinationHigh);
    path.localHigh = toGroup ? 0 : destinationHigh;
    path.localLow = toGroup ? 0 : ipv6.destinationLow(frame, headerAt);
    path.remoteHigh = sourceHigh;
    path.remoteLow = sourceLow;
    path.trafficClass = 0;
    if (this.below.openOn(path, on) !== StackError.None) return;
    const message = quote(
      HEADROOM_BYTES + ICMP6_HEADER_BYTES,
      frame,
      headerAt,
      min<u32>(frame_length(frame) - headerAt, ICMP6_QUOTED_BYTES_MAX),
    );
    if (message === 0) {
      count(this.dropNoMemory);
      return;
    }
    this.header.type = type;
    this.header.code = code;
    this.header.rest = rest;
    this.header.build(message, HEADROOM_BYTES, path.addressSum);
    if (this.below.send(path, message, HEADER_ICMP6) === StackError.None) count(this.errorsSent);
  }

  /** As `Network.unreachablePort`. */
  unreachablePort(packet: Packet): void {
    const on = this.below.interfaceOn(packet.netif);
    this.report(on, packet.frame, packet.headerAt, ICMP6_UNREACHABLE, UNREACHABLE6_PORT, 0, packet.group);
    frame_release(packet.frame);
  }

  /** Errors about errors and redirects would never end (RFC 4443 section 2.4 (e)). */
  private isError(frame: u32, headerAt: u32): bool {
    if (!skipToUpper(frame, headerAt, frame_length(frame), this.upper)) return false;
    const upper = this.upper;
    if (upper.protocol !== HEADER_ICMP6 || upper.at >= frame_length(frame)) return false;
    const type = icmp6.type(frame, upper.at);
    return type < ICMP6_INFORMATIONAL_MIN || type === ICMP6_REDIRECT;
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}

function failureOf(type: u32, code: u32): u32 {
  switch (type) {
    case ICMP6_UNREACHABLE:
      if (code === 1 || code === 5 || code === 6) return Failure.Prohibited;
      return code === 4 ? Failure.Port : Failure.Unreachable;
    case ICMP6_TOO_BIG:
      return Failure.TooBig;
    case ICMP6_TIME_EXCEEDED:
      return Failure.TimeExceeded;
    default:
      return code === 1 ? Failure.Protocol : Failure.Header;
  }
}
