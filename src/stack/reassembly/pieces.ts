import { frame_release } from "mirage/framecode";

/** Fragments that are held, whatever they belong to. */
export const REASSEMBLY_FRAGMENTS_MAX: u32 = 1024;
/** A payload may begin so many bytes into its frame, behind whatever headers. */
export const PIECE_AT_MAX: u32 = 0xffff;
/** No piece. */
export const NONE: u32 = 0xffff;

/** Records of fragments, in lists by their place in the packet. Plain arrays: a record takes 14 bytes. */
export class PieceTable {
  private readonly frames: StaticArray<u32> = new StaticArray<u32>(REASSEMBLY_FRAGMENTS_MAX);
  private readonly ats: StaticArray<u16> = new StaticArray<u16>(REASSEMBLY_FRAGMENTS_MAX);
  private readonly starts: StaticArray<u16> = new StaticArray<u16>(REASSEMBLY_FRAGMENTS_MAX);
  private readonly ends: StaticArray<u16> = new StaticArray<u16>(REASSEMBLY_FRAGMENTS_MAX);
  private readonly nexts: StaticArray<u16> = new StaticArray<u16>(REASSEMBLY_FRAGMENTS_MAX);
  private free: u32 = 0;
  /** After which piece a new one belongs; NONE: before all. Set by who looked for its place. */
  before: u32 = NONE;

  constructor() {
    for (let i: u32 = 0; i < REASSEMBLY_FRAGMENTS_MAX; i++) {
      this.nexts[i] = <u16>(i + 1 < REASSEMBLY_FRAGMENTS_MAX ? i + 1 : NONE);
    }
  }

  get hasRoom(): bool {
    return this.free !== NONE;
  }

  /** A record, if `hasRoom`. It takes the reference on the frame. */
  take(frame: u32, at: u32, start: u32, end: u32): u32 {
    const piece = this.free;
    this.free = this.nexts[piece];
    this.frames[piece] = frame;
    this.ats[piece] = <u16>at;
    this.starts[piece] = <u16>start;
    this.ends[piece] = <u16>end;
    return piece;
  }

  /** Gives a list of records back, and releases their frames. */
  give(first: u32): void {
    for (let piece = first; piece !== NONE; ) {
      const next = this.nextOf(piece);
      if (this.frames[piece] !== 0) frame_release(this.frames[piece]);
      this.nexts[piece] = <u16>this.free;
      this.free = piece;
      piece = next;
    }
  }

  /** The reference on the frame is somebody else's now. */
  forget(piece: u32): void {
    this.frames[piece] = 0;
  }

  frameOf(piece: u32): u32 {
    return this.frames[piece];
  }
  /** Bytes from the start of the frame to the payload. */
  atOf(piece: u32): u32 {
    return this.ats[piece];
  }
  startOf(piece: u32): u32 {
    return this.starts[piece];
  }
  endOf(piece: u32): u32 {
    return this.ends[piece];
  }
  nextOf(piece: u32): u32 {
    return this.nexts[piece];
  }
  setNext(piece: u32, next: u32): void {
    this.nexts[piece] = <u16>next;
  }
}
