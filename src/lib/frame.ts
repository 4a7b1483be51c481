/**
 * Raw frames: the bytes that the driver wrote, in place.
 *
 * @module
 */
import { type FrameHandle, native } from "./native.ts";

/**
 * A received frame. Its memory belongs to the driver, so it is given back by `release`, not by the garbage collector:
 * whoever got a frame releases it, and `retain` allows one more `release`. After the last one every view of it is empty.
 *
 * With `using frame = await netif.read()` it is released at the end of the block.
 */
export class Frame {
  // Declared only: what has an initialiser is lowered to a call for each field of each frame.
  /** Negative once it was given back. */
  declare private readonly handle: FrameHandle;
  /** The interface that it came from, for messages. */
  declare private readonly from: string;
  /** How often it was retained. */
  declare private retained: number;
  declare private view: Uint8Array | undefined;
  /** Bytes, from the Ethernet header on, without the checksum that the hardware keeps. */
  declare readonly length: number;

  /**
   * All bytes in place. They are copied (and the copy counted) only if the frame lies in several pieces of memory:
   * `views` gives these pieces.
   *
   * @throws Error once the frame is released
   */
  get bytes(): Uint8Array {
    if (this.handle < 0) this.check();
    const known = this.view;
    if (known !== undefined) return known;
    const view = native.frameView(this.handle, 0, this.length);
    this.view = view;
    return view;
  }

  /** The frame's pieces of memory, in order: one for most frames. */
  get views(): Uint8Array[] {
    this.check();
    return native.frameViews(this.handle, 0, this.length);
  }

  /** The bytes as a DataView, for numbers of 16 bits and more. */
  get dataView(): DataView {
    const bytes = this.bytes;
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** When it arrived: nanoseconds on the clock of `Clock.elapsedNs`. */
  get timestampNs(): number {
    this.check();
    return native.frameTimestampNs(this.handle);
  }

  /** True once it was given back. */
  get released(): boolean {
    return this.handle < 0;
  }

  /** Keeps it for one more `release`. Returns the frame. */
  retain(): this {
    this.check();
    this.retained++;
    return this;
  }

  /**
   * Gives it back.
   *
   * @throws Error if it was given back already
   */
  release(): void {
    if (this.handle < 0) this.check();
    this.letGo();
  }

  [Symbol.dispose](): void {
    this.letGo();
  }

  /** @internal */
  letGo(): void {
    const handle = this.handle;
    if (handle < 0) return;
    if (this.retained > 0) {
      this.retained--;
      return;
    }
    (this as unknown as InFrame).handle = -handle;
    if (this.view !== undefined) this.view = undefined;
    native.frameRelease(handle);
  }

  /** "frame 0x10003 of mirage0 (60 bytes)" */
  toString(): string {
    return `frame 0x${Math.abs(this.handle).toString(16)} of ${this.from} (${this.length} bytes)`;
  }

  private check(): void {
    if (this.handle < 0) throw new Error(`${this.toString()} was released: retain() it to keep it longer`);
  }
}

/** What the library itself sees of a frame. */
interface InFrame {
  handle: FrameHandle;
  length: number;
  from: string;
}

type MakeFrame = new (handle: FrameHandle, length: number, from: string) => Frame;

/** Its constructor: a class's own is lowered to one that first makes sure of `new`. */
export const ReceivedFrame = /* @__PURE__ */ ((): MakeFrame => {
  function Received(this: InFrame, handle: FrameHandle, length: number, from: string): void {
    this.handle = handle;
    this.length = length;
    this.from = from;
  }
  // No property of its own until it changes: each makes the object grow.
  const prototype = Frame.prototype as unknown as Record<string, unknown>;
  prototype.retained = 0;
  prototype.view = undefined;
  Received.prototype = prototype;
  return Received as unknown as MakeFrame;
})();
