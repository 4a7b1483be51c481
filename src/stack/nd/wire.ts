import {
  frame_get8,
  frame_get16,
  frame_get32,
  frame_length,
  frame_set16,
  frame_set32,
} from "mirage/framecode";
import { frameGet64, frameSet64 } from "../ipv6/wire";

/** Messages without their options, bytes (RFC 4861 sections 4.1 to 4.5), the ICMPv6 header included. */
export const ROUTER_SOLICITATION_BYTES: u32 = 8;
export const ROUTER_ADVERTISEMENT_BYTES: u32 = 16;
export const NEIGHBOUR_MESSAGE_BYTES: u32 = 24;
export const REDIRECT_BYTES: u32 = 40;

/** Every message was sent by a node on this link if its hop limit is this (RFC 4861 section 3.1). */
export const ND_HOP_LIMIT_HOPS: u32 = 255;

/** Types of options (RFC 4861 section 4.6, RFC 3971 section 5.3.2, RFC 4191). */
export const ND_SOURCE_LINK_ADDRESS: u32 = 1;
export const ND_TARGET_LINK_ADDRESS: u32 = 2;
export const ND_PREFIX: u32 = 3;
export const ND_MTU: u32 = 5;
export const ND_NONCE: u32 = 14;

/** A link-layer address option for Ethernet, and a nonce of 6 bytes. */
export const ND_LINK_ADDRESS_OPTION_BYTES: u32 = 8;
export const ND_NONCE_OPTION_BYTES: u32 = 8;
const ND_PREFIX_OPTION_BYTES: u32 = 32;
const ND_MTU_OPTION_BYTES: u32 = 8;

/** Flags of a neighbour advertisement, in its second word. */
export const NA_ROUTER: u32 = 0x80000000;
export const NA_SOLICITED: u32 = 0x40000000;
export const NA_OVERRIDE: u32 = 0x20000000;

/** Flags of a prefix (RFC 4861 section 4.6.2). */
export const PREFIX_ON_LINK: u32 = 0x80;
export const PREFIX_AUTONOMOUS: u32 = 0x40;

/** Lifetime that means for ever. */
export const ND_INFINITE_SECONDS: u32 = 0xffffffff;

/** Neighbour solicitation and advertisement in place, `at` bytes into the frame. */
export namespace neighbourMessage {
  export function flags(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 4);
  }
  export function targetHigh(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 8);
  }
  export function targetLow(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 16);
  }
  /** Writes everything but the checksum. */
  export function build(frame: u32, at: u32, type: u32, flags: u32, targetHigh: u64, targetLow: u64): void {
    frame_set32(frame, at, type << 24);
    frame_set32(frame, at + 4, flags);
    frameSet64(frame, at + 8, targetHigh);
    frameSet64(frame, at + 16, targetLow);
  }
}

/** Router advertisement in place (RFC 4861 section 4.2, RFC 4191 section 2.2). */
export namespace routerAdvertisement {
  export function hopLimit(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 4);
  }
  /** The router's preference: 1 high, 0 medium, -1 low. The reserved value counts as medium (RFC 4191 section 2.2). */
  export function preference(frame: u32, at: u32): i32 {
    const bits = (frame_get8(frame, at + 5) >>> 3) & 3;
    return bits === 1 ? 1 : bits === 3 ? -1 : 0;
  }
  /** 0: not a default router. */
  export function lifetimeSeconds(frame: u32, at: u32): u32 {
    return frame_get16(frame, at + 6);
  }
  /** 0: unspecified. */
  export function reachableMilliseconds(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 8);
  }
  /** 0: unspecified. */
  export function retransmitMilliseconds(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 12);
  }
}

/** Redirect in place (RFC 4861 section 4.5). */
export namespace redirect {
  export function targetHigh(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 8);
  }
  export function targetLow(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 16);
  }
  export function destinationHigh(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 24);
  }
  export function destinationLow(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 32);
  }
}

/** Prefix information option in place (RFC 4861 section 4.6.2). */
export namespace prefixOption {
  export function bits(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 2);
  }
  export function flags(frame: u32, at: u32): u32 {
    return frame_get8(frame, at + 3);
  }
  export function validSeconds(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 4);
  }
  export function preferredSeconds(frame: u32, at: u32): u32 {
    return frame_get32(frame, at + 8);
  }
  export function high(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 16);
  }
  export function low(frame: u32, at: u32): u64 {
    return frameGet64(frame, at + 24);
  }
}

/** Writes an option with a link-layer address. */
export function buildLinkAddress(frame: u32, at: u32, type: u32, macHigh: u32, macLow: u32): void {
  frame_set16(frame, at, (type << 8) | 1);
  frame_set16(frame, at + 2, macHigh);
  frame_set32(frame, at + 4, macLow);
}

/** Writes a nonce option (RFC 3971 section 5.3.2). */
export function buildNonce(frame: u32, at: u32, high: u32, low: u32): void {
  frame_set16(frame, at, (ND_NONCE << 8) | 1);
  frame_set16(frame, at + 2, high);
  frame_set32(frame, at + 4, low);
}

/**
 * The options of a message, found in one pass. Offsets are 0 where there is none; of link addresses, MTU and nonce the
 * first counts, of prefixes each is asked for by `nextPrefix`.
 */
export class NdOptions {
  sourceLinkAt: u32 = 0;
  targetLinkAt: u32 = 0;
  mtuAt: u32 = 0;
  nonceAt: u32 = 0;
  private frame: u32 = 0;
  private prefixAt: u32 = 0;

  /** Reads what lies from `at` to the end of the frame. False: an option has length 0 or is cut (RFC 4861 section 7.1). */
  parse(frame: u32, at: u32): bool {
    this.frame = frame;
    this.sourceLinkAt = 0;
    this.targetLinkAt = 0;
    this.mtuAt = 0;
    this.nonceAt = 0;
    this.prefixAt = at;
    const end = frame_length(frame);
    while (at < end) {
      if (end - at < 8) return false;
      const type = frame_get8(frame, at);
      const bytes = frame_get8(frame, at + 1) << 3;
      if (bytes === 0 || bytes > end - at) return false;
      if (type === ND_SOURCE_LINK_ADDRESS && bytes === ND_LINK_ADDRESS_OPTION_BYTES) {
        if (this.sourceLinkAt === 0) this.sourceLinkAt = at + 2;
      } else if (type === ND_TARGET_LINK_ADDRESS && bytes === ND_LINK_ADDRESS_OPTION_BYTES) {
        if (this.targetLinkAt === 0) this.targetLinkAt = at + 2;
      } else if (type === ND_MTU && bytes === ND_MTU_OPTION_BYTES) {
        if (this.mtuAt === 0) this.mtuAt = at + 4;
      } else if (type === ND_NONCE && bytes === ND_NONCE_OPTION_BYTES) {
        if (this.nonceAt === 0) this.nonceAt = at + 2;
      }
      at += bytes;
    }
    return true;
  }

  /** Where the next prefix option begins, 0: there is none left. */
  nextPrefix(): u32 {
    const end = frame_length(this.frame);
    while (this.prefixAt < end) {
      const at = this.prefixAt;
      this.prefixAt += frame_get8(this.frame, at + 1) << 3;
      if (frame_get8(this.frame, at) === ND_PREFIX && this.prefixAt - at === ND_PREFIX_OPTION_BYTES)
        return at;
    }
    return 0;
  }

  get mtuBytes(): u32 {
    return this.mtuAt === 0 ? 0 : frame_get32(this.frame, this.mtuAt);
  }
}
