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
  frame_sum,
} from "mirage/framecode";
import { Errors, UNREACHABLE_PORT } from "../icmp/interface";
import { StackError, StackEvent } from "../interface";
import { NETWORK_HEADER_BYTES, NETWORK_HEADROOM_BYTES, Network, PROTOCOL_UDP } from "../ipv4/interface";
import { Netif, Netifs } from "../netif";
import { Datagrams } from "./interface";
import { SocketTable } from "./sockets";
import { transmittedChecksum, UDP_HEADER_BYTES, udp } from "./wire";

const PORT_MAX: u32 = 0xffff;
const CHECKSUM_OFFSET: u32 = 6;

/** UDP (RFC 768, RFC 1122 section 4.1) with sockets for application code. */
export class Udp<Below extends Network, Reporter extends Errors> implements Datagrams {
  private readonly sockets: SocketTable = new SocketTable();
  private readonly dropMalformed: u32 = counter("drop.udp.malformed");
  private readonly dropChecksum: u32 = counter("drop.udp.checksum");
  private readonly dropNoPort: u32 = counter("drop.udp.no-port");
  private readonly dropQueueFull: u32 = counter("drop.udp.queue-full");
  private readonly dropErrorQueueFull: u32 = counter("udp.error-queue-full");
  private readonly dropNoMemory: u32 = counter("drop.udp.no-memory");
  private readonly received: u32 = counter("udp.received");
  private readonly sent: u32 = counter("udp.sent");

  constructor(
    private readonly netifs: Netifs,
    private readonly below: Below,
    private readonly reporter: Reporter,
  ) {}

  /** A received datagram: `available` bytes at `at`, to the end of the frame. Takes the reference. */
  input(netif: Netif, frame: u32, at: u32, available: u32, source: u32, destination: u32, group: bool): void {
    if (!udp.check(frame, at, available)) {
      this.drop(frame, this.dropMalformed);
      return;
    }
    if (
      (frame_flags(frame) & <u32>FrameFlag.Layer4ChecksumGood) === 0 &&
      !udp.checksumIsGood(frame, at, source, destination)
    ) {
      this.drop(frame, this.dropChecksum);
      return;
    }
    const socket = this.sockets.find(destination, udp.destinationPort(frame, at));
    if (socket < 0) {
      count(this.dropNoPort);
      this.reporter.unreachable(netif, frame, at, source, group, UNREACHABLE_PORT);
      return;
    }
    const length = udp.length(frame, at) - UDP_HEADER_BYTES;
    const port = udp.sourcePort(frame, at);
    if (event(StackEvent.UdpDatagram, frame, at + UDP_HEADER_BYTES, length, socket, source, port)) {
      count(this.received);
    } else {
      this.drop(frame, this.dropQueueFull);
    }
  }

  /** A datagram of ours, whose header is at `at`, did not arrive. Borrows the frame. */
  failed(frame: u32, at: u32, source: u32, destination: u32, type: u32, code: u32): void {
    const socket = this.sockets.find(source, udp.sourcePort(frame, at));
    if (socket < 0) return;
    const what = (udp.destinationPort(frame, at) << 16) | (type << 8) | code;
    if (!event(StackEvent.UdpUnreachable, 0, 0, 0, socket, destination, what)) count(this.dropErrorQueueFull);
  }

  bind(address: u32, port: u32): i32 {
    if (port > PORT_MAX) return StackError.EINVAL;
    if (address !== 0 && this.netifs.owner(address) === null) return StackError.EADDRNOTAVAIL;
    return this.sockets.bind(address, port);
  }

  port(socket: u32): i32 {
    return this.sockets.port(socket);
  }

  close(socket: u32): i32 {
    return this.sockets.close(socket);
  }

  maxPayload(address: u32): i32 {
    const netif = this.below.route(address);
    return netif === null ? this.below.routeError : netif.mtu - NETWORK_HEADER_BYTES - UDP_HEADER_BYTES;
  }

  send(socket: u32, payload: u32, offset: u32, length: u32, address: u32, port: u32): i32 {
    const ownPort = this.sockets.port(socket);
    if (ownPort < 0) return ownPort;
    if (port === 0 || port > PORT_MAX) return StackError.EINVAL;
    const available = payload !== 0 ? frame_length(payload) : 0;
    if (offset > available || length > available - offset) return StackError.EINVAL;
    const netif = this.below.route(address);
    if (netif === null) return this.below.routeError;
    if (NETWORK_HEADER_BYTES + UDP_HEADER_BYTES + length > netif.mtu) return StackError.EMSGSIZE;
    const boundTo = this.sockets.address(socket);
    // Packets from an address leave by its interface (RFC 1122 section 3.3.4.2, strong host model).
    if (boundTo !== 0 && boundTo !== netif.address) return StackError.EADDRNOTAVAIL;

    const frame = frame_alloc(NETWORK_HEADROOM_BYTES + UDP_HEADER_BYTES);
    if (frame === 0) return this.noMemory();
    if (length !== 0 && !frame_append(frame, payload, offset, length)) {
      frame_release(frame);
      return this.noMemory();
    }
    const at = NETWORK_HEADROOM_BYTES;
    const bytes = UDP_HEADER_BYTES + length;
    const pseudoSum = udp.pseudoSum(netif.address, address, bytes);
    udp.setPorts(frame, at, ownPort, port);
    udp.setLength(frame, at, bytes);
    if (netif.offloadsChecksum) {
      udp.setChecksum(frame, at, pseudoSum);
      frame_checksum(frame, at, CHECKSUM_OFFSET);
    } else {
      udp.setChecksum(frame, at, 0);
      udp.setChecksum(frame, at, transmittedChecksum(frame_sum(frame, at, bytes, pseudoSum)));
    }
    const error = this.below.send(netif, frame, address, PROTOCOL_UDP);
    if (error === StackError.None) count(this.sent);
    return error;
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
