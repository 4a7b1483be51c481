import { frame_get16, frame_get32, frame_length, frame_set16, frame_set32 } from "mirage/framecode";

/** An ARP packet for IPv4 over Ethernet. */
export const ARP_PACKET_BYTES: u32 = 28;
export const ARP_REQUEST: u32 = 1;
export const ARP_REPLY: u32 = 2;

/** ARP packet in place, `at` bytes into the frame (RFC 826). */
export namespace arp {
  /** Long enough, for IPv4 over Ethernet, and of a known operation: the other functions may be called. */
  export function check(frame: u32, at: u32): bool {
    return (
      frame_length(frame) >= at + ARP_PACKET_BYTES &&
      frame_get32(frame, at) === 0x00010800 && // hardware type 1, protocol type IPv4
      frame_get16(frame, at + 4) === 0x0604 && // address lengths
      operation(frame, at) - ARP_REQUEST <= ARP_REPLY - ARP_REQUEST
    );
  }

  export function operation(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 6);
  }
  /** Writes the fixed fields and the operation. */
  export function setOperation(frame: u32, at: u32, operation: u32): void {
    frame_set32(frame, at, 0x00010800);
    frame_set16(frame, at + 4, 0x0604);
    frame_set16(frame, at + 6, operation);
  }

  export function senderMacHigh(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 8);
  }
  export function senderMacLow(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 10);
  }
  export function senderAddress(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 14);
  }
  export function setSender(frame: u32, at: u32, macHigh: u32, macLow: u32, address: u32): void {
    frame_set16(frame, at + 8, macHigh);
    frame_set32(frame, at + 10, macLow);
    frame_set32(frame, at + 14, address);
  }

  export function targetMacHigh(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 18);
  }
  export function targetMacLow(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 20);
  }
  export function targetAddress(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 24);
  }
  export function setTarget(frame: u32, at: u32, macHigh: u32, macLow: u32, address: u32): void {
    frame_set16(frame, at + 18, macHigh);
    frame_set32(frame, at + 20, macLow);
    frame_set32(frame, at + 24, address);
  }
}

/** The parsed form. */
export class ArpPacket {
  operation: u32 = 0;
  senderMacHigh: u32 = 0;
  senderMacLow: u32 = 0;
  senderAddress: u32 = 0;
  targetMacHigh: u32 = 0;
  targetMacLow: u32 = 0;
  targetAddress: u32 = 0;

  /** False if there is no ARP packet for IPv4 over Ethernet there. */
  parse(frame: u32, at: u32): bool {
    if (!arp.check(frame, at)) return false;
    this.operation = arp.operation(frame, at);
    this.senderMacHigh = arp.senderMacHigh(frame, at);
    this.senderMacLow = arp.senderMacLow(frame, at);
    this.senderAddress = arp.senderAddress(frame, at);
    this.targetMacHigh = arp.targetMacHigh(frame, at);
    this.targetMacLow = arp.targetMacLow(frame, at);
    this.targetAddress = arp.targetAddress(frame, at);
    return true;
  }

  build(frame: u32, at: u32): void {
    arp.setOperation(frame, at, this.operation);
    arp.setSender(frame, at, this.senderMacHigh, this.senderMacLow, this.senderAddress);
    arp.setTarget(frame, at, this.targetMacHigh, this.targetMacLow, this.targetAddress);
  }
}
