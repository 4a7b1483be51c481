import { frame_get8, frame_get16, frame_get32, frame_set16, frame_set32 } from "mirage/framecode";

export const TCP_HEADER_BYTES: u32 = 20;
/** Bytes from the start of the header to the checksum. */
export const TCP_CHECKSUM_OFFSET: u32 = 16;

/** Control bits (RFC 9293 section 3.1, RFC 3168). */
export const FIN: u32 = 0x01;
export const SYN: u32 = 0x02;
export const RST: u32 = 0x04;
export const PSH: u32 = 0x08;
export const ACK: u32 = 0x10;
export const URG: u32 = 0x20;
export const ECE: u32 = 0x40;
export const CWR: u32 = 0x80;

/** In the low bits of the traffic class: the transport understands marks. */
export const ECN_MASK: u32 = 3;
export const ECN_CAPABLE: u32 = 2;

/** TCP header in place, `at` bytes into the frame (RFC 9293 section 3.1). */
export namespace tcp {
  /** `length`: bytes from `at` to the end of the packet. The other functions may be called if this is true. */
  export function check(frame: u32, at: u32, length: u32): bool {
    if (length < TCP_HEADER_BYTES) return false;
    const header = headerBytes(frame, at);
    return header >= TCP_HEADER_BYTES && header <= length;
  }

  /** Source << 16 | destination. */
  export function ports(frame: u32, at: u32): u32 {
    return frame_get32(frame, at);
  }
  export function setPorts(frame: u32, at: u32, source: u32, destination: u32): void {
    frame_set32(frame, at, (source << 16) | destination);
  }
  export function sequence(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 4);
  }
  export function setSequence(frame: u32, at: u32, sequence: u32): void {
    frame_set32(frame, at + 4, sequence);
  }
  export function acknowledgement(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 8);
  }
  export function setAcknowledgement(frame: u32, at: u32, acknowledgement: u32): void {
    frame_set32(frame, at + 8, acknowledgement);
  }
  /** Bytes of the header with its options. */
  export function headerBytes(frame: u32, at: u32): u32 {
    return (frame_get8(frame, at + 12) >>> 4) << 2;
  }
  /** The control bits `FIN` to `CWR`. */
  export function flags(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 13);
  }
  /** As in the header: not scaled. */
  export function window(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 14);
  }
  /** Data offset, control bits and window in one store. `headerBytes`: a multiple of 4. */
  export function setControl(frame: u32, at: u32, headerBytes: u32, flags: u32, window: u32): void {
    frame_set32(frame, at + 12, (headerBytes << 26) | (flags << 16) | window);
  }
  export function checksum(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + TCP_CHECKSUM_OFFSET);
  }
  export function setChecksum(frame: u32, at: u32, checksum: u32): void {
    frame_set16(frame, at + TCP_CHECKSUM_OFFSET, checksum);
  }
  /** Checksum and urgent pointer in one store. */
  export function setChecksumOnly(frame: u32, at: u32, checksum: u32): void {
    frame_set32(frame, at + TCP_CHECKSUM_OFFSET, checksum << 16);
  }
}
