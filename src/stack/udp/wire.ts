import {
  frame_get16,
  frame_get32,
  frame_length,
  frame_set16,
  frame_set32,
  frame_sum,
  sumFold,
} from "mirage/framecode";
import { PROTOCOL_UDP } from "../network";

export const UDP_HEADER_BYTES: u32 = 8;

/** UDP header in place, `at` bytes into the frame (RFC 768). */
export namespace udp {
  /** `available`: bytes from `at` to the end of the packet. The other functions may be called if this is true. */
  export function check(frame: u32, at: u32, available: u32): bool {
    if (available < UDP_HEADER_BYTES) return false;
    const bytes = length(frame, at);
    return bytes >= UDP_HEADER_BYTES && bytes <= available;
  }

  export function sourcePort(frame: u32, at: u32): u32 {
    return frame_get16(frame, at);
  }
  export function destinationPort(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 2);
  }
  export function setPorts(frame: u32, at: u32, source: u32, destination: u32): void {
    frame_set32(frame, at, (source << 16) | destination);
  }
  /** Header and payload, bytes. */
  export function length(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 4);
  }
  export function setLength(frame: u32, at: u32, length: u32): void {
    frame_set16(frame, at + 4, length);
  }
  /** 0: the sender made none. */
  export function checksum(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 6);
  }
  export function setChecksum(frame: u32, at: u32, checksum: u32): void {
    frame_set16(frame, at + 6, checksum);
  }

  /** Sum of the pseudo header, folded. `addressSum`: folded sum of both addresses; `length`: header and payload. */
  export function pseudoSum(addressSum: u32, length: u32): u32 {
    return sumFold(addressSum + PROTOCOL_UDP + length);
  }
  /** There is a checksum, and it is right. */
  export function checksumIsGood(frame: u32, at: u32, addressSum: u32): bool {
    const bytes = length(frame, at);
    return frame_sum(frame, at, bytes, pseudoSum(addressSum, bytes)) === 0xffff;
  }
}

/** The parsed form. */
export class UdpHeader {
  sourcePort: u32 = 0;
  destinationPort: u32 = 0;
  length: u32 = 0;

  /** False unless there is a datagram with a right checksum, or none, between addresses of that sum. */
  parse(frame: u32, at: u32, addressSum: u32): bool {
    if (frame_length(frame) < at || !udp.check(frame, at, frame_length(frame) - at)) return false;
    if (udp.checksum(frame, at) !== 0 && !udp.checksumIsGood(frame, at, addressSum)) return false;
    const ports = frame_get32(frame, at);
    this.sourcePort = ports >>> 16;
    this.destinationPort = ports & 0xffff;
    this.length = udp.length(frame, at);
    return true;
  }

  /** Writes the header with `length` and a checksum over it and the payload. */
  build(frame: u32, at: u32, addressSum: u32): void {
    udp.setPorts(frame, at, this.sourcePort, this.destinationPort);
    udp.setLength(frame, at, this.length);
    udp.setChecksum(frame, at, 0);
    const sum = frame_sum(frame, at, this.length, udp.pseudoSum(addressSum, this.length));
    udp.setChecksum(frame, at, transmittedChecksum(sum));
  }
}

/** The checksum that stands for a folded sum; 0 is sent as 0xffff, since 0 means that there is none. */
export function transmittedChecksum(sum: u32): u32 {
  return sum === 0xffff ? 0xffff : ~sum & 0xffff;
}
