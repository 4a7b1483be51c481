import {
  frame_get8,
  frame_get16,
  frame_get32,
  frame_length,
  frame_set16,
  frame_set32,
} from "mirage/framecode";

export const ETHERNET_HEADER_BYTES: u32 = 14;

/** Ethernet II header in place at the start of a frame. MAC addresses are split as 16 high and 32 low bits. */
export namespace ethernet {
  /** The other functions may be called if this is true. */
  export function check(frame: u32): bool {
    return frame_length(frame) >= ETHERNET_HEADER_BYTES;
  }

  export function destinationHigh(frame: u32): u32 {
    return frame_get16(frame, 0);
  }
  export function destinationLow(frame: u32): u32 {
    return frame_get32(frame, 2);
  }
  /** The group bit: multicast or broadcast. */
  export function destinationIsGroup(frame: u32): bool {
    return (frame_get8(frame, 0) & 1) !== 0;
  }
  export function setDestination(frame: u32, high: u32, low: u32): void {
    frame_set16(frame, 0, high);
    frame_set32(frame, 2, low);
  }

  export function sourceHigh(frame: u32): u32 {
    return frame_get16(frame, 6);
  }
  export function sourceLow(frame: u32): u32 {
    return frame_get32(frame, 8);
  }
  export function setSource(frame: u32, high: u32, low: u32): void {
    frame_set16(frame, 6, high);
    frame_set32(frame, 8, low);
  }

  /** EtherType; below 0x600 it is a length (IEEE 802.3). */
  export function type(frame: u32): u32 {
    return frame_get16(frame, 12);
  }
  export function setType(frame: u32, type: u32): void {
    frame_set16(frame, 12, type);
  }
}

/** The parsed form, for where a header outlives its frame. */
export class EthernetHeader {
  destinationHigh: u32 = 0;
  destinationLow: u32 = 0;
  sourceHigh: u32 = 0;
  sourceLow: u32 = 0;
  type: u32 = 0;

  /** False if the frame is too short. */
  parse(frame: u32): bool {
    if (!ethernet.check(frame)) return false;
    this.destinationHigh = ethernet.destinationHigh(frame);
    this.destinationLow = ethernet.destinationLow(frame);
    this.sourceHigh = ethernet.sourceHigh(frame);
    this.sourceLow = ethernet.sourceLow(frame);
    this.type = ethernet.type(frame);
    return true;
  }

  /** Writes the header at the start of the frame. */
  build(frame: u32): void {
    ethernet.setDestination(frame, this.destinationHigh, this.destinationLow);
    ethernet.setSource(frame, this.sourceHigh, this.sourceLow);
    ethernet.setType(frame, this.type);
  }
}
