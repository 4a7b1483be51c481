import {
  checksumOf,
  checksumUpdate,
  count,
  counter,
  frame_length,
  frame_release,
  frame_sum,
  frame_writable,
  NANOSECONDS_PER_MILLISECOND,
} from "mirage/framecode";
import { mappedLow } from "../address";
import { ErrorLimit, quote } from "../errors";
import { StackError } from "../interface";
import { IPV4_HEADROOM_BYTES, PROTOCOL_ICMP } from "../ipv4/interface";
import { IPV4_HEADER_BYTES, Ipv4Fault, ipv4 } from "../ipv4/wire";
import { Failure, Packet, Path, Report } from "../network";
import {
  Errors,
  ErrorsClient,
  IcmpCarrier,
  UNREACHABLE_ADMINISTRATIVELY,
  UNREACHABLE_HOST_PROHIBITED,
  UNREACHABLE_NET_PROHIBITED,
  UNREACHABLE_PORT,
  UNREACHABLE_PROTOCOL,
  UNREACHABLE_TOO_BIG,
} from "./interface";
import {
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_HEADER_BYTES,
  ICMP_PARAMETER_PROBLEM,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpHeader,
  icmp,
} from "./wire";

/** Error messages that may be sent at once (RFC 1812 section 4.3.2.8 wants a limit; so does good sense). */
export const ICMP_ERRORS_BURST_MESSAGES: u32 = 50;
/** Then one more for each so many milliseconds. */
export const ICMP_ERROR_INTERVAL_MILLISECONDS: u64 = 10;
/** Of a packet of ours that an error is about, its header and so much more must be quoted (RFC 792). */
export const ICMP_QUOTED_PAYLOAD_BYTES: u32 = 8;
/** Longest error message with its IP header (RFC 1812 section 4.3.2.3). */
const ERROR_PACKET_BYTES_MAX: u32 = 576;
/** MTUs of real links (RFC 1191 table 7-1), and IPv6's least, by which tunnels go. */
const PLATEAUS_BYTES: StaticArray<u32> = [32000, 17914, 8166, 4352, 2002, 1492, 1280, 1006, 508, 296];
const LEAST_MTU_BYTES: u32 = 68;
const ICMP_QUOTED_BYTES_MAX: u32 = ERROR_PACKET_BYTES_MAX - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES;

/** ICMP of a host (RFC 792, RFC 1122 section 3.2.2): answers echo requests, reports and hears of errors. */
export class Icmp<Below extends IcmpCarrier, Above extends ErrorsClient> implements Errors {
  private readonly header: IcmpHeader = new IcmpHeader();
  private readonly report: Report = new Report();
  /** The way back to who asked last: mostly the one who asks next. */
  private readonly path: Path = new Path();
  private readonly limit: ErrorLimit = new ErrorLimit(
    ICMP_ERRORS_BURST_MESSAGES,
    ICMP_ERROR_INTERVAL_MILLISECONDS * NANOSECONDS_PER_MILLISECOND,
  );
  private readonly dropShort: u32 = counter("drop.icmp.short");
  private readonly dropChecksum: u32 = counter("drop.icmp.checksum");
  private readonly dropType: u32 = counter("drop.icmp.unhandled-type");
  private readonly dropRedirect: u32 = counter("drop.icmp.redirect");
  private readonly dropQuench: u32 = counter("drop.icmp.source-quench");
  private readonly dropGroupEcho: u32 = counter("drop.icmp.broadcast-echo");
  private readonly dropQuote: u32 = counter("drop.icmp.bad-quote");
  private readonly dropNoMemory: u32 = counter("drop.icmp.no-memory");
  private readonly dropNoRoute: u32 = counter("drop.icmp.no-route");
  private readonly echoes: u32 = counter("icmp.echoes");
  private readonly errorsReceived: u32 = counter("icmp.errors-received");
  private readonly errorsUnmatched: u32 = counter("icmp.errors-unmatched");
  private readonly errorsSent: u32 = counter("icmp.errors-sent");
  private readonly errorsLimited: u32 = counter("icmp.errors-rate-limited");
  private readonly errorsNoMemory: u32 = counter("icmp.errors-no-memory");
  private readonly errorsUnroutable: u32 = counter("icmp.errors-no-route");
  private readonly errorsForbidden: u32 = counter("icmp.errors-forbidden");

  constructor(
    private readonly below: Below,
    private readonly above: Above,
  ) {}

  /** A received message. Takes the reference on its frame. */
  input(packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    if (!icmp.check(frame, at)) {
      this.drop(frame, this.dropShort);
      return;
    }
    if (!icmp.checksumIsGood(frame, at, packet.length)) {
      this.drop(frame, this.dropChecksum);
      return;
    }
    switch (icmp.type(frame, at)) {
      case ICMP_ECHO_REQUEST:
        // RFC 1122 section 3.2.2.6 allows it, and it keeps us from being an amplifier.
        if (packet.group) {
          this.drop(frame, this.dropGroupEcho);
          return;
        }
        this.echo(packet);
        return;
      case ICMP_UNREACHABLE:
      case ICMP_TIME_EXCEEDED:
      case ICMP_PARAMETER_PROBLEM:
        this.error(packet);
        return;
      case ICMP_REDIRECT:
        this.drop(frame, this.dropRedirect);
        return;
      case ICMP_SOURCE_QUENCH:
        this.drop(frame, this.dropQuench);
        return;
      default:
        this.drop(frame, this.dropType);
        return;
    }
  }

  private echo(packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    count(this.echoes);
    if (!this.openBack(packet)) {
      this.drop(frame, this.dropNoRoute);
      return;
    }
    this.path.trafficClass = packet.trafficClass;
    if (at !== IPV4_HEADROOM_BYTES || packet.reassembled) {
      this.echoInNewFrame(frame, at);
      return;
    }
    if (!frame_writable(frame, at + ICMP_HEADER_BYTES)) {
      this.drop(frame, this.dropNoMemory);
      return;
    }
    const code = icmp.code(frame, at);
    const checksum = icmp.checksum(frame, at);
    icmp.setType(frame, at, ICMP_ECHO_REPLY);
    const before = (ICMP_ECHO_REQUEST << 8) | code;
    let updated = checksumUpdate(checksum, before, (ICMP_ECHO_REPLY << 8) | code);
    if (updated === 0) {
      // An answer of zeros only: the one message whose checksum is the other zero, which no update finds.
      icmp.setChecksum(frame, at, 0);
      updated = checksumOf(frame_sum(frame, at, packet.length, 0));
    }
    icmp.setChecksum(frame, at, updated);
    this.below.send(this.path, frame, PROTOCOL_ICMP);
  }

  /** IP options are not sent back, nor can headers in several places be written: new headers, the data by reference. */
  private echoInNewFrame(frame: u32, at: u32): void {
    const dataAt = at + ICMP_HEADER_BYTES;
    const reply = quote(IPV4_HEADROOM_BYTES + ICMP_HEADER_BYTES, frame, dataAt, frame_length(frame) - dataAt);
    if (reply === 0) {
      this.drop(frame, this.dropNoMemory);
      return;
    }
    this.header.type = ICMP_ECHO_REPLY;
    this.header.code = icmp.code(frame, at);
    this.header.rest = icmp.rest(frame, at);
    this.header.build(reply, IPV4_HEADROOM_BYTES);
    frame_release(frame);
    this.below.send(this.path, reply, PROTOCOL_ICMP);
  }

  /** The way back to the sender of a packet, from the address that it was for. False: there is none. */
  private openBack(packet: Packet): bool {
    const path = this.path;
    if (
      path.remoteLow === packet.sourceLow &&
      path.localLow === packet.destinationLow &&
      path.generation !== 0 &&
      !this.below.isStale(path)
    ) {
      return true;
    }
    path.remoteLow = packet.sourceLow;
    path.localLow = packet.destinationLow;
    path.generation = 0;
    return this.below.open(path) === StackError.None;
  }

  /** An error about a packet of ours, which the message quotes. */
  private error(packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    count(this.errorsReceived);
    const quoted = at + ICMP_HEADER_BYTES;
    // Only the quoted packet's start is there, so its total length says nothing about bounds.
    const fault = ipv4.check(frame, quoted);
    if (fault !== <u32>Ipv4Fault.None && fault !== <u32>Ipv4Fault.TotalLength) {
      this.drop(frame, this.dropQuote);
      return;
    }
    const payload = quoted + ipv4.headerBytes(frame, quoted);
    const local = ipv4.source(frame, quoted);
    if (frame_length(frame) < payload + ICMP_QUOTED_PAYLOAD_BYTES || !this.below.isOwn(0, mappedLow(local))) {
      this.drop(frame, this.dropQuote);
      return;
    }
    const report = this.report;
    report.frame = frame;
    report.headerAt = quoted;
    report.at = payload;
    report.length = frame_length(frame) - payload;
    report.protocol = ipv4.protocol(frame, quoted);
    report.localHigh = 0;
    report.localLow = mappedLow(local);
    report.remoteHigh = 0;
    report.remoteLow = mappedLow(ipv4.destination(frame, quoted));
    report.type = icmp.type(frame, at);
    report.code = icmp.code(frame, at);
    report.failure = failureOf(report.type, report.code);
    report.mtu =
      report.failure === <u32>Failure.TooBig
        ? mtuOf(icmp.rest(frame, at), ipv4.totalBytes(frame, quoted))
        : 0;
    if (!this.above.failed(report)) count(this.errorsUnmatched);
    frame_release(frame);
  }

  unreachable(packet: Packet, code: u32): void {
    this.tell(packet, ICMP_UNREACHABLE, code, 0);
  }

  timeExceeded(packet: Packet, code: u32): void {
    this.tell(packet, ICMP_TIME_EXCEEDED, code, 0);
  }

  parameterProblem(packet: Packet, offset: u32): void {
    this.tell(packet, ICMP_PARAMETER_PROBLEM, 0, offset << 24);
  }

  /** Sends an error about a packet. Takes the reference on the packet's frame. */
  private tell(packet: Packet, type: u32, code: u32, rest: u32): void {
    const frame = packet.frame;
    if (packet.group || isError(packet)) {
      count(this.errorsForbidden);
    } else if (!this.limit.take()) {
      count(this.errorsLimited);
    } else if (!this.openBack(packet)) {
      count(this.errorsUnroutable);
    } else {
      const length = min(packet.at - packet.headerAt + packet.length, ICMP_QUOTED_BYTES_MAX);
      const report = quote(IPV4_HEADROOM_BYTES + ICMP_HEADER_BYTES, frame, packet.headerAt, length);
      if (report === 0) {
        count(this.errorsNoMemory);
      } else {
        this.header.type = type;
        this.header.code = code;
        this.header.rest = rest;
        this.header.build(report, IPV4_HEADROOM_BYTES);
        this.path.trafficClass = 0;
        if (this.below.send(this.path, report, PROTOCOL_ICMP) === StackError.None) count(this.errorsSent);
      }
    }
    frame_release(frame);
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}

/** RFC 1122 section 3.2.2: errors about errors would never end. What cannot be told is taken for one. */
function isError(packet: Packet): bool {
  if (packet.protocol !== PROTOCOL_ICMP) return false;
  if (packet.length === 0) return true;
  switch (icmp.type(packet.frame, packet.at)) {
    case ICMP_UNREACHABLE:
    case ICMP_SOURCE_QUENCH:
    case ICMP_REDIRECT:
    case ICMP_TIME_EXCEEDED:
    case ICMP_PARAMETER_PROBLEM:
      return true;
    default:
      return false;
  }
}

/** RFC 1122 sections 3.2.2.1 and 4.2.3.9, RFC 1812 section 5.2.7.1. */
function failureOf(type: u32, code: u32): u32 {
  if (type === ICMP_TIME_EXCEEDED) return Failure.TimeExceeded;
  if (type === ICMP_PARAMETER_PROBLEM) return Failure.Header;
  switch (code) {
    case UNREACHABLE_PROTOCOL:
      return Failure.Protocol;
    case UNREACHABLE_PORT:
      return Failure.Port;
    case UNREACHABLE_TOO_BIG:
      return Failure.TooBig;
    case UNREACHABLE_NET_PROHIBITED:
    case UNREACHABLE_HOST_PROHIBITED:
    case UNREACHABLE_ADMINISTRATIVELY:
      return Failure.Prohibited;
    default:
      return Failure.Unreachable;
  }
}

/** What a router says (RFC 1191 section 4), or, if it is an old one that does not, the next lower usual MTU (section 7). */
function mtuOf(rest: u32, totalBytes: u32): u32 {
  const said = rest & 0xffff;
  if (said !== 0) return said;
  for (let i: u32 = 0; i < <u32>PLATEAUS_BYTES.length; i++) {
    const plateau = unchecked(PLATEAUS_BYTES[i]);
    if (plateau < totalBytes) return plateau;
  }
  return LEAST_MTU_BYTES;
}
