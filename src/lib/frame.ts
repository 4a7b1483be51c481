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
  /** Bytes, from the Ethernet header on, without the checksum that the hardware keeps. */
  readonly length: number;
  private references = 1;
  private view: Uint8Array | undefined;

  /** Programs get frames from a Netif. */
  constructor(
    private readonly handle: FrameHandle,
    /** The interface that it came from, for messages. */
    private readonly from: string,
  ) {
    this.length = native.frameLength(handle);
  }

  /**
   * All bytes in place. They are copied (and the copy counted) only if the frame lies in several pieces of memory:
   * `views` gives these pieces.
   *
   * @throws Error once the frame is released
   */
  get bytes(): Uint8Array {
    this.check();
    if (this.view === undefined) this.view = native.frameView(this.handle, 0, this.length);
    return this.view;
  }

  /** The frame's pieces of memory, in order: one for most frames. */
  get views(): Uint8Array[] {
    this.check();
    return native.frameViews(this.handle);
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
    return this.references === 0;
  }

  /** Keeps it for one more `release`. Returns the frame. */
  retain(): this {
    this.check();
    this.references++;
    return this;
  }

  /**
   * Gives it back.
   *
   * @throws Error if it was given back already
   */
  release(): void {
    this.check();
    if (--this.references > 0) return;
    this.view = undefined;
    native.frameRelease(this.handle);
  }

  [Symbol.dispose](): void {
    if (this.references > 0) this.release();
  }

  /** "frame 0x10003 of mirage0 (60 bytes)" */
  toString(): string {
    return `frame 0x${this.handle.toString(16)} of ${this.from} (${this.length} bytes)`;
  }

  private check(): void {
    if (this.references === 0)
      throw new Error(`${this.toString()} was released: retain() it to keep it longer`);
  }
}
