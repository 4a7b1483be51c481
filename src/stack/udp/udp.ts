import {
  count,
  counter,
  event,
  FrameFlag,
  frame_alloc,
  frame_append,
  frame_checksum,
  frame_flags,
  frame_length,
  frame_release,
  frame_retain,
  frame_sum,
  probe_enabled,
  sumFold,
} from "mirage/framecode";
import { isAllHosts, isMapped, isMulticastAddress, isUnspecified, sumOfAddress } from "../address";
import { StackError, StackEvent, UdpOption } from "../interface";
import {
  Delivery,
  Failure,
  NETIF_ANY,
  Network,
  Packet,
  Path,
  PROTOCOL_UDP,
  Report,
  Transport,
} from "../network";
import { ProbeRecord } from "../proberecord";
import { ProbeWord, StackProbe } from "../probes";
import { Datagrams } from "./interface";
import { UdpMembership, UdpMemberships } from "./memberships";
import { UdpPaths } from "./paths";
import { SocketTable, UdpSocket } from "./sockets";
import { transmittedChecksum, UDP_HEADER_BYTES, udp } from "./wire";

const PORT_MAX: u32 = 0xffff;
const BYTE_MAX: u32 = 0xff;
const CHECKSUM_OFFSET: u32 = 6;
/** Longest datagram, its header included: what the length fields of UDP, IPv4 and IPv6 can say. */
const DATAGRAM_BYTES_MAX: u32 = 65535;

/** UDP (RFC 768, RFC 1122 section 4.1, RFC 8200 section 8.1) with sockets for application code. */
export class Udp<Below extends Network> implements Datagrams, Transport {
  readonly sockets: SocketTable = new SocketTable();
  private readonly paths: UdpPaths<Below>;
  private readonly memberships: UdpMemberships = new UdpMemberships();
  private readonly told: ProbeRecord = new ProbeRecord();
  private readonly dropMalformed: u32 = counter("drop.udp.malformed");
  private readonly dropChecksum: u32 = counter("drop.udp.checksum");
  private readonly dropNoChecksum: u32 = counter("drop.udp.no-checksum");
  private readonly dropNoPort: u32 = counter("drop.udp.no-port");
  private readonly dropQueueFull: u32 = counter("drop.udp.queue-full");
  private readonly dropErrorQueueFull: u32 = counter("udp.error-queue-full");
  private readonly dropNoMemory: u32 = counter("drop.udp.no-memory");
  private readonly delivered: u32 = counter("udp.received");
  private readonly sent: u32 = counter("udp.sent");

  constructor(private readonly below: Below) {
    this.paths = new UdpPaths<Below>(below);
  }

  received(packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    if (!udp.check(frame, at, packet.length)) {
      this.drop(frame, this.dropMalformed);
      return;
    }
    const unsummed = packet.version === 6 && udp.checksum(frame, at) === 0;
    if (unsummed || packet.reassembled || (frame_flags(frame) & <u32>FrameFlag.Layer4ChecksumGood) === 0) {
      const reason = this.checksumFault(packet);
      if (reason !== 0) {
        this.drop(frame, reason);
        return;
      }
    }
    const sourcePort = udp.sourcePort(frame, at);
    const socket = this.sockets.find(
      packet.destinationHigh,
      packet.destinationLow,
      udp.destinationPort(frame, at),
      packet.sourceHigh,
      packet.sourceLow,
      sourcePort,
    );
    if (socket === null || !this.hearsGroup(socket, packet)) {
      count(this.dropNoPort);
      this.below.unreachablePort(packet);
      return;
    }
    const length = udp.length(frame, at) - UDP_HEADER_BYTES;
    const is4 = packet.version === 4;
    const kind = is4 ? StackEvent.UdpDatagram : StackEvent.UdpDatagram6;
    const source = is4 ? <u32>packet.sourceLow : 0;
    const where = is4 ? sourcePort : sourcePort | (packet.headerAt << 16);
    if (event(kind, frame, at + UDP_HEADER_BYTES, length, socket.id, source, where)) {
      count(this.delivered);
      if (probe_enabled(StackProbe.UdpReceive)) this.tellReceived(packet, socket);
    } else {
      this.drop(frame, this.dropQueueFull);
    }
  }

  private tellReceived(packet: Packet, socket: UdpSocket): void {
    const told = this.told;
    told.received(packet);
    told.set(ProbeWord.Flow, socket.id);
    told.ports(socket.port, udp.sourcePort(packet.frame, packet.at));
    told.fire(StackProbe.UdpReceive, packet.frame, packet.headerAt, packet.at);
  }

  private tellSending(path: Path, frame: u32, socket: UdpSocket, remotePort: u32): void {
    const told = this.told;
    const at = path.headroomBytes;
    told.sending(path, frame_length(frame) - at);
    told.set(ProbeWord.Flow, socket.id);
    told.ports(socket.port, remotePort);
    told.fire(StackProbe.UdpSend, frame, 0, at);
  }

  /** A multicast is for who has joined its group where it came from; one to all hosts, and a broadcast, for everyone. */
  private hearsGroup(socket: UdpSocket, packet: Packet): bool {
    if (!packet.group) return true;
    const high = packet.destinationHigh;
    const low = packet.destinationLow;
    if (!isMulticastAddress(high, low) || isAllHosts(high, low)) return true;
    if (socket.memberships === 0) return false;
    return this.memberships.find(socket.id, high, low, packet.netif.index) !== null;
  }

  /** The counter for what is wrong with the checksum; 0: nothing. Over IPv4 a sender need not make one. */
  private checksumFault(packet: Packet): u32 {
    if (udp.checksum(packet.frame, packet.at) === 0) return packet.version === 4 ? 0 : this.dropNoChecksum;
    const sum = sumFold(
      sumOfAddress(packet.sourceHigh, packet.sourceLow) +
        sumOfAddress(packet.destinationHigh, packet.destinationLow),
    );
    return udp.checksumIsGood(packet.frame, packet.at, sum) ? 0 : this.dropChecksum;
  }

  failed(report: Report): bool {
    const sourcePort = udp.sourcePort(report.frame, report.at);
    const remotePort = udp.destinationPort(report.frame, report.at);
    const socket = this.sockets.find(
      report.localHigh,
      report.localLow,
      sourcePort,
      report.remoteHigh,
      report.remoteLow,
      remotePort,
    );
    if (socket === null) return false;
    if (report.failure === <u32>Failure.TooBig) {
      // Our IPv4 datagrams may be cut on the way, so no router has a reason to say that: somebody forged it.
      if (isMapped(report.remoteHigh, report.remoteLow)) return false;
      const path = this.paths.find(report.remoteHigh, report.remoteLow);
      if (path === null) return false;
      this.below.tooBig(path, report.mtu);
    }
    const what = (report.type << 8) | report.code;
    if (isMapped(report.remoteHigh, report.remoteLow)) {
      const address = <u32>report.remoteLow;
      if (event(StackEvent.UdpUnreachable, 0, 0, 0, socket.id, address, (remotePort << 16) | what))
        return true;
    } else {
      frame_retain(report.frame);
      const where = remotePort | (report.headerAt << 16);
      if (event(StackEvent.UdpUnreachable6, report.frame, 0, 0, socket.id, what, where)) return true;
      frame_release(report.frame);
    }
    count(this.dropErrorQueueFull);
    return true;
  }

  bind(high: u64, low: u64, port: u32): i32 {
    if (port > PORT_MAX) return StackError.EINVAL;
    if (isUnspecified(high, low)) return this.sockets.bind(0, 0, port);
    if (!isMulticastAddress(high, low) && !this.below.isOwn(high, low)) return StackError.EADDRNOTAVAIL;
    return this.sockets.bind(high, low, port);
  }

  connect(id: u32, high: u64, low: u64, port: u32): i32 {
    const socket = this.sockets.get(id);
    if (socket === null) return StackError.EBADF;
    if (isUnspecified(high, low)) {
      socket.remotePort = 0;
      return StackError.None;
    }
    if (port === 0 || port > PORT_MAX) return StackError.EINVAL;
    const path = this.pathOf(socket, high, low);
    if (path === null) return this.paths.error;
    // Without the zone that a link-local address may have had.
    socket.remoteHigh = path.remoteHigh;
    socket.remoteLow = path.remoteLow;
    socket.remotePort = port;
    return StackError.None;
  }

  port(id: u32): i32 {
    const socket = this.sockets.get(id);
    return socket === null ? StackError.EBADF : socket.port;
  }

  close(id: u32): i32 {
    const socket = this.sockets.get(id);
    if (socket === null) return StackError.EBADF;
    while (socket.memberships !== 0) {
      const membership = this.memberships.of(id);
      if (membership === null) break;
      this.quit(socket, membership);
    }
    this.sockets.close(socket);
    return StackError.None;
  }

  join(id: u32, high: u64, low: u64, index: u32): i32 {
    const socket = this.sockets.get(id);
    if (socket === null) return StackError.EBADF;
    if (!isMulticastAddress(high, low)) return StackError.EINVAL;
    if (!this.memberships.hasRoom) return StackError.ENOBUFS;
    const joined = this.below.join(high, low, index);
    if (joined < 0) return joined;
    if (this.memberships.find(id, high, low, joined) !== null) {
      this.below.leave(high, low, joined);
      return StackError.EADDRINUSE;
    }
    this.memberships.add(id, high, low, joined);
    socket.memberships++;
    return joined;
  }

  leave(id: u32, high: u64, low: u64, index: u32): i32 {
    const socket = this.sockets.get(id);
    if (socket === null) return StackError.EBADF;
    const membership =
      index === NETIF_ANY
        ? this.memberships.findAny(id, high, low)
        : this.memberships.find(id, high, low, index);
    if (membership === null) return StackError.EADDRNOTAVAIL;
    this.quit(socket, membership);
    return StackError.None;
  }

  private quit(socket: UdpSocket, membership: UdpMembership): void {
    this.below.leave(membership.high, membership.low, membership.netif);
    this.memberships.remove(membership);
    socket.memberships--;
  }

  set(id: u32, option: u32, value: u32): i32 {
    const socket = this.sockets.get(id);
    if (socket === null) return StackError.EBADF;
    if (value > BYTE_MAX) return StackError.EINVAL;
    if (option === UdpOption.HopLimit) socket.hopLimit = value;
    else if (option === UdpOption.TrafficClass) socket.trafficClass = value;
    else if (option === UdpOption.MulticastLoop) socket.loopsBack = value !== 0;
    else return StackError.EINVAL;
    return StackError.None;
  }

  maxPayload(high: u64, low: u64): i32 {
    const path = this.paths.open(0, 0, high, low);
    if (path === null) return this.paths.error;
    // IPv4's length field counts its header, IPv6's does not.
    return DATAGRAM_BYTES_MAX - UDP_HEADER_BYTES - (path.version === 4 ? path.headerBytes : 0);
  }

  send(id: u32, payload: u32, offset: u32, length: u32, high: u64, low: u64, port: u32): i32 {
    const socket = this.sockets.get(id);
    if (socket === null) return StackError.EBADF;
    let remoteHigh = high;
    let remoteLow = low;
    let remotePort = port;
    if (port === 0 && (high | low) === 0 && socket.remotePort !== 0) {
      remoteHigh = socket.remoteHigh;
      remoteLow = socket.remoteLow;
      remotePort = socket.remotePort;
    } else if (socket.remotePort !== 0) {
      return StackError.EISCONN;
    }
    if (remotePort === 0 || remotePort > PORT_MAX) return StackError.EINVAL;
    if (isUnspecified(remoteHigh, remoteLow)) return StackError.EHOSTUNREACH;
    const available = payload !== 0 ? frame_length(payload) : 0;
    if (offset > available || length > available - offset) return StackError.EINVAL;
    const path = this.pathOf(socket, remoteHigh, remoteLow);
    if (path === null) return this.paths.error;
    path.hopLimit = socket.hopLimit;
    path.trafficClass = socket.trafficClass;
    path.loopsBack = socket.loopsBack;
    const bytes = UDP_HEADER_BYTES + length;
    const packetBytes = path.headerBytes + bytes;
    if (length > DATAGRAM_BYTES_MAX || (path.version === 4 ? packetBytes : bytes) > DATAGRAM_BYTES_MAX) {
      return StackError.EMSGSIZE;
    }

    const at = path.headroomBytes;
    const frame = frame_alloc(at + UDP_HEADER_BYTES);
    if (frame === 0) return this.noMemory();
    if (length !== 0 && !frame_append(frame, payload, offset, length)) {
      frame_release(frame);
      return this.noMemory();
    }
    const pseudoSum = udp.pseudoSum(path.addressSum, bytes);
    udp.setPorts(frame, at, socket.port, remotePort);
    udp.setLength(frame, at, bytes);
    // The card sees fragments only, not the datagram; and what comes back to us from a group never sees a card.
    const isPlain = path.delivery !== <u32>Delivery.Multicast && packetBytes <= path.mtu;
    if (isPlain && path.netif.offloadsChecksum) {
      udp.setChecksum(frame, at, pseudoSum);
      frame_checksum(frame, at, CHECKSUM_OFFSET);
    } else {
      udp.setChecksum(frame, at, 0);
      udp.setChecksum(frame, at, transmittedChecksum(frame_sum(frame, at, bytes, pseudoSum)));
    }
    if (probe_enabled(StackProbe.UdpSend)) this.tellSending(path, frame, socket, remotePort);
    const error = this.below.send(path, frame, PROTOCOL_UDP);
    if (error === StackError.None) count(this.sent);
    return error;
  }

  /** The way from a socket. One that is bound to a group speaks from any address of ours. */
  private pathOf(socket: UdpSocket, high: u64, low: u64): Path | null {
    if (isMulticastAddress(socket.high, socket.low)) return this.paths.open(0, 0, high, low);
    return this.paths.open(socket.high, socket.low, high, low);
  }

  private noMemory(): i32 {
    count(this.dropNoMemory);
    return StackError.ENOBUFS;
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}
