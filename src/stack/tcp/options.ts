import { frame_get8, frame_get16, frame_get32, frame_set32 } from "mirage/framecode";
import { TCP_HEADER_BYTES } from "./wire";

const KIND_END: u32 = 0;
const KIND_NOP: u32 = 1;
const KIND_MSS: u32 = 2;
const KIND_WINDOW_SCALE: u32 = 3;
const KIND_SACK_PERMITTED: u32 = 4;
const KIND_SACK: u32 = 5;
const KIND_TIMESTAMPS: u32 = 8;
const KIND_USER_TIMEOUT: u32 = 28;
const MSS_BYTES: u32 = 4;
const WINDOW_SCALE_BYTES: u32 = 3;
const SACK_PERMITTED_BYTES: u32 = 2;
const TIMESTAMPS_BYTES: u32 = 10;
const SACK_BLOCK_BYTES: u32 = 8;
/** NOP, NOP, timestamps: how everybody writes them (RFC 7323 appendix A). */
const TIMESTAMPS_WORD: u32 = 0x0101080a;
/** Room that the user timeout option takes (RFC 5482). */
export const USER_TIMEOUT_ROOM_BYTES: u32 = 4;
/** Options of a header. */
export const OPTIONS_MAX_BYTES: u32 = 40;
/** Shifts above are taken for this (RFC 7323 section 2.3). */
export const WINDOW_SCALE_MAX: u32 = 14;
/** Most blocks that fit into 40 bytes of options. */
export const SACK_BLOCKS_MAX: u32 = 4;
/** Room that timestamps take in each segment. */
export const TIMESTAMPS_ROOM_BYTES: u32 = 12;

/** The options of a segment (RFC 9293 section 3.2, RFC 7323, RFC 2018), parsed. One object, used again for each. */
export class Options {
  /** 0: there was none. */
  mss: u32 = 0;
  hasWindowScale: bool = false;
  /** 0..14 */
  windowScale: u32 = 0;
  sackPermitted: bool = false;
  hasTimestamps: bool = false;
  timestamp: u32 = 0;
  timestampEcho: u32 = 0;
  /** What the user timeout option says (RFC 5482); 0: there was none. */
  userTimeout: u32 = 0;
  /** Blocks in `sackStart` and `sackEnd`; as received, not checked. */
  sackBlocks: u32 = 0;
  readonly sackStart: StaticArray<u32> = new StaticArray<u32>(SACK_BLOCKS_MAX);
  /** One behind each block. */
  readonly sackEnd: StaticArray<u32> = new StaticArray<u32>(SACK_BLOCKS_MAX);

  clear(): void {
    this.mss = 0;
    this.hasWindowScale = false;
    this.windowScale = 0;
    this.sackPermitted = false;
    this.hasTimestamps = false;
    this.userTimeout = 0;
    this.sackBlocks = 0;
  }

  /**
   * Reads what lies between the fixed header at `at` and `at + headerBytes`. Unknown options are skipped; an option
   * with a length that cannot be ends the list, and what stood before it counts.
   */
  parse(frame: u32, at: u32, headerBytes: u32): void {
    this.clear();
    let p = at + TCP_HEADER_BYTES;
    const end = at + headerBytes;
    if (
      headerBytes === TCP_HEADER_BYTES + TIMESTAMPS_ROOM_BYTES &&
      frame_get32(frame, p) === TIMESTAMPS_WORD
    ) {
      this.hasTimestamps = true;
      this.timestamp = frame_get32(frame, p + 4);
      this.timestampEcho = frame_get32(frame, p + 8);
      return;
    }
    while (p < end) {
      const kind = frame_get8(frame, p);
      if (kind === KIND_END) return;
      if (kind === KIND_NOP) {
        p++;
        continue;
      }
      if (end - p < 2) return;
      const length = frame_get8(frame, p + 1);
      if (length < 2 || length > end - p) return;
      this.option(frame, p, kind, length);
      p += length;
    }
  }

  private option(frame: u32, p: u32, kind: u32, length: u32): void {
    switch (kind) {
      case KIND_MSS:
        if (length === MSS_BYTES) this.mss = frame_get16(frame, p + 2);
        return;
      case KIND_WINDOW_SCALE:
        if (length !== WINDOW_SCALE_BYTES) return;
        this.hasWindowScale = true;
        this.windowScale = min(frame_get8(frame, p + 2), WINDOW_SCALE_MAX);
        return;
      case KIND_SACK_PERMITTED:
        if (length === SACK_PERMITTED_BYTES) this.sackPermitted = true;
        return;
      case KIND_TIMESTAMPS:
        if (length !== TIMESTAMPS_BYTES) return;
        this.hasTimestamps = true;
        this.timestamp = frame_get32(frame, p + 2);
        this.timestampEcho = frame_get32(frame, p + 6);
        return;
      case KIND_SACK:
        this.sack(frame, p, length);
        return;
      case KIND_USER_TIMEOUT:
        if (length === USER_TIMEOUT_ROOM_BYTES) this.userTimeout = frame_get16(frame, p + 2);
        return;
      default:
        return;
    }
  }

  private sack(frame: u32, p: u32, length: u32): void {
    if (length < 2 + SACK_BLOCK_BYTES || (length - 2) % SACK_BLOCK_BYTES !== 0) return;
    const blocks = (length - 2) / SACK_BLOCK_BYTES;
    for (let i: u32 = 0; i < blocks && i < SACK_BLOCKS_MAX; i++) {
      this.sackStart[i] = frame_get32(frame, p + 2 + i * SACK_BLOCK_BYTES);
      this.sackEnd[i] = frame_get32(frame, p + 6 + i * SACK_BLOCK_BYTES);
    }
    this.sackBlocks = min(blocks, SACK_BLOCKS_MAX);
  }
}

/** Bytes of a SYN's options as `writeSynOptions` writes them: a multiple of 4. */
export function synOptionBytes(windowScale: bool, sackPermitted: bool, timestamps: bool): u32 {
  const bytes = MSS_BYTES + (windowScale ? 4 : 0);
  // "SACK permitted" takes the place of the two NOPs before timestamps.
  if (timestamps) return bytes + TIMESTAMPS_ROOM_BYTES;
  return bytes + (sackPermitted ? 4 : 0);
}

/**
 * Writes a SYN's options in the order in which FreeBSD does: MSS; NOP, window scale; SACK permitted; timestamps, behind
 * NOPs if they need them. The rest of the last word is padding: end of options and zeros.
 *
 * @param windowScale The shift; negative: none.
 */
export function writeSynOptions(
  frame: u32,
  p: u32,
  mss: u32,
  windowScale: i32,
  sackPermitted: bool,
  timestamps: bool,
  timestamp: u32,
  timestampEcho: u32,
): void {
  frame_set32(frame, p, (KIND_MSS << 24) | (MSS_BYTES << 16) | mss);
  p += 4;
  if (windowScale >= 0) {
    frame_set32(
      frame,
      p,
      (KIND_NOP << 24) | (KIND_WINDOW_SCALE << 16) | (WINDOW_SCALE_BYTES << 8) | windowScale,
    );
    p += 4;
  }
  if (!timestamps) {
    if (sackPermitted) frame_set32(frame, p, (KIND_SACK_PERMITTED << 24) | (SACK_PERMITTED_BYTES << 16));
    return;
  }
  if (sackPermitted) {
    frame_set32(
      frame,
      p,
      (KIND_SACK_PERMITTED << 24) | (SACK_PERMITTED_BYTES << 16) | (KIND_TIMESTAMPS << 8) | TIMESTAMPS_BYTES,
    );
  } else {
    frame_set32(frame, p, TIMESTAMPS_WORD);
  }
  frame_set32(frame, p + 4, timestamp);
  frame_set32(frame, p + 8, timestampEcho);
}

/** Writes the timestamps of any other segment: 12 bytes. */
export function writeTimestamps(frame: u32, p: u32, timestamp: u32, timestampEcho: u32): void {
  frame_set32(frame, p, TIMESTAMPS_WORD);
  frame_set32(frame, p + 4, timestamp);
  frame_set32(frame, p + 8, timestampEcho);
}

/** Writes the user timeout option: 4 bytes. */
export function writeUserTimeout(frame: u32, p: u32, field: u32): void {
  frame_set32(frame, p, (KIND_USER_TIMEOUT << 24) | (USER_TIMEOUT_ROOM_BYTES << 16) | field);
}

/** Bytes that so many SACK blocks take: NOP, NOP and the option. */
export function sackOptionBytes(blocks: u32): u32 {
  return blocks === 0 ? 0 : 4 + blocks * SACK_BLOCK_BYTES;
}

/** Writes the head of a SACK option; the blocks follow, 8 bytes each. */
export function writeSackHead(frame: u32, p: u32, blocks: u32): void {
  frame_set32(
    frame,
    p,
    (KIND_NOP << 24) | (KIND_NOP << 16) | (KIND_SACK << 8) | (2 + blocks * SACK_BLOCK_BYTES),
  );
}
