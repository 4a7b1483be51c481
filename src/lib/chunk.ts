/**
 * Received bytes of a flow, in place.
 *
 * @module
 */
import { type FrameHandle, native } from "./native.ts";

/** Who is told that bytes are no longer needed. */
export interface Consumer {
  consumed(bytes: number): void;
}

/**
 * Some bytes of a flow, in order. `data` lies in the driver's frame: whoever got the chunk releases it, and `retain`
 * allows one more `release`. Iteration releases what the loop did not retain. Until it is released, its bytes count
 * against the flow's receive buffer.
 */
export class Chunk {
  // Declared only: what has an initialiser is lowered to a call for each field of each chunk.
  /** Negative once it was given back. @internal */
  declare readonly frame: FrameHandle;
  /** Where the bytes begin in the frame. @internal */
  declare readonly offset: number;
  /** Bytes. */
  declare readonly length: number;
  declare private readonly of: Consumer;
  /** How often it was retained. */
  declare private retained: number;
  declare private view: Uint8Array | undefined;

  /**
   * The bytes in place. They are copied (and the copy counted) only if they lie in several pieces of memory, as those of
   * segments that the card or the host has merged may: `views` gives these pieces. Empty after the chunk was released.
   *
   * @throws Error once the chunk is released
   */
  get data(): Uint8Array {
    if (this.frame < 0) throw releasedError();
    const known = this.view;
    if (known !== undefined) return known;
    const view = native.frameView(this.frame, this.offset, this.length);
    this.view = view;
    return view;
  }

  /**
   * The chunk's pieces of memory, in order: one for most chunks.
   *
   * @throws Error once the chunk is released
   */
  get views(): Uint8Array[] {
    if (this.frame < 0) throw releasedError();
    return native.frameViews(this.frame, this.offset, this.length);
  }

  /** The bytes as text, decoded as UTF-8: a character that is cut by the chunk's end is lost. */
  toText(): string {
    return new TextDecoder().decode(this.data);
  }

  /** True once it was given back. */
  get released(): boolean {
    return this.frame < 0;
  }

  /** Keeps it for one more `release`. Returns the chunk. */
  retain(): this {
    if (this.frame < 0) throw releasedError();
    this.retained++;
    return this;
  }

  /**
   * Gives its frame back, and lets the peer send as much again.
   *
   * @throws Error if it was given back already
   */
  release(): void {
    if (this.frame < 0) throw releasedError();
    this.letGo();
  }

  [Symbol.dispose](): void {
    this.letGo();
  }

  /** @internal */
  letGo(): void {
    const frame = this.frame;
    if (frame < 0) return;
    if (this.retained > 0) {
      this.retained--;
      return;
    }
    (this as unknown as InFrame).frame = -frame;
    if (this.view !== undefined) this.view = undefined;
    native.frameRelease(frame);
    this.of.consumed(this.length);
  }
}

function releasedError(): Error {
  return new Error("the chunk was released: retain() it to keep it longer");
}

interface InFrame {
  frame: FrameHandle;
  offset: number;
  length: number;
  of: Consumer;
}

type MakeChunk = new (frame: FrameHandle, offset: number, length: number, of: Consumer) => Chunk;

/** Its constructor: a class's own is lowered to one that first makes sure of `new`. */
export const ReceivedChunk = /* @__PURE__ */ ((): MakeChunk => {
  function Received(this: InFrame, frame: FrameHandle, offset: number, length: number, of: Consumer): void {
    this.frame = frame;
    this.offset = offset;
    this.length = length;
    this.of = of;
  }
  // No property of its own until it changes: each makes the object grow.
  const prototype = Chunk.prototype as unknown as Record<string, unknown>;
  prototype.retained = 0;
  prototype.view = undefined;
  Received.prototype = prototype;
  return Received as unknown as MakeChunk;
})();
