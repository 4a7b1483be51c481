/**
 * The runtime's native bindings: the one object through which the library reaches the C below it.
 * Implemented in `runtime/engine/native_*.c`. Not for programs: they import `mirage`.
 *
 * @module
 */

/** Console levels, as in `runtime/include/mirage/platform.h`. */
export enum Level {
  Debug = 0,
  Log = 1,
  Warn = 2,
  Error = 3,
}

/** A frame handle: a slot and a generation, never 0. A stale handle throws in every call that takes one. */
export type FrameHandle = number;

/** What frame code told application code: see `event` in `docs/design.md`. */
export type FrameEventListener = (
  kind: number,
  frame: FrameHandle | 0,
  offset: number,
  length: number,
  a: number,
  b: number,
  c: number,
) => void;

export interface NetifInfo {
  readonly name: string;
  /** "02:00:5e:10:00:02" */
  readonly mac: string;
  /** Bytes of L3 payload. */
  readonly mtu: number;
}

export enum Settled {
  Fulfilled = 1,
  Rejected = 2,
}

/** What became of an `await`, see `asyncWait`. */
export enum Awaited {
  /** Nothing: the value is no promise, or one of a subclass. */
  Other = 0,
  Waits = 1,
  /** Nothing: others wait for the promise, too. */
  Several = 2,
}

/** What becomes of the 32 bits that an export of frame code returns. */
export enum Returns {
  Unsigned = 0,
  Signed = 1,
  Boolean = 2,
  Nothing = 3,
}

export interface NativePromise {
  /** Makes one that is pending. */
  readonly Pending: new <T>() => Promise<T>;
  /** `value` is taken as it is, even if it has a method `then`. The promise was pending. */
  settle(promise: Promise<unknown>, how: Settled, value: unknown): void;
}

export interface Native {
  /** Writes text to the console; each "\n" ends a line. */
  print(level: Level, text: string): void;

  /** Monotonic clock in nanoseconds: exact up to 2^53 (104 days), then to the nearest double. */
  monotonicNs(): number;
  /** Wall clock: seconds since 1970 and nanoseconds in the second. */
  wallClock(): [seconds: number, nanoseconds: number];

  /** Fires `callback` once after `delayNs`, or again and again if `repeat`. Returns an id > 0. */
  timerSet(callback: () => void, delayNs: number, repeat: boolean): number;
  /** Unknown ids are ignored. */
  timerClear(id: number): void;
  /** `job(a, b)` is run before the current callback's turn goes on to the next event, in order. */
  queueMicrotask(job: (a: never, b: never) => void, a?: unknown, b?: unknown): void;
  /** `callback` runs once, when no microtask is left; replaces the one that was to. */
  whenDrained(callback: () => void): void;
  /**
   * Makes the job that resumes an async function: called with a promise that is settled and the function's state. It
   * leaves to `advance` what it cannot do itself, with what the body has returned, and to `awaitValue` what `asyncWait` does
   * not do. `prototype`: of promises.
   */
  asyncJob(
    prototype: unknown,
    advance: (state: never, code: number, value: unknown) => void,
    awaitValue: (value: unknown, state: never) => void,
  ): (promise: never, state: never) => void;
  /** Has a promise queue the job of `asyncJob` with this state when it is settled. Runs no getter of `value`. */
  asyncWait(value: unknown, state: unknown): Awaited;
  /** Ends the program with `error` as an uncaught exception would. */
  fail(error: unknown, prefix: string): never;
  /** Remembers this place for a message, should `value`, which carries no stack, end the program. */
  thrownHere(value: unknown): void;
  /** Ends the program. */
  exit(code: number): never;
  /** Keeps the program alive (count > 0) while something listens: a bound socket, a raw listener. */
  keepAlive(delta: number): void;

  /** Fills a view with random bytes. */
  random(view: Uint8Array): void;

  /** Settings from the command line or sysctl. */
  readonly config: {
    readonly ipv4: string | undefined;
    readonly gateway: string | undefined;
    /** The host's own sockets are in the stack's place (`--net socket`). */
    readonly sockets: boolean;
    readonly ipv6: string | undefined;
    readonly gateway6: string | undefined;
    readonly args: readonly string[];
    readonly program: string;
    readonly buildId: string;
    readonly version: string;
    readonly target: string;
  };

  netifCount(): number;
  netifInfo(netif: number): NetifInfo;
  /**
   * Raw frames of one interface that no frame code took, and their bytes. The listener owns one reference on the frame;
   * `null` stops.
   */
  netifListen(netif: number, listener: ((frame: FrameHandle, length: number) => void) | null): void;
  /**
   * Sends the views, in order, or the one view, as one frame, by reference. Views over a received frame refer to that frame's memory,
   * others to the JavaScript buffer, which stays pinned until the driver is done. Throws RangeError if longer than MTU + 14 (+ 4 with a VLAN tag).
   */
  netifWrite(netif: number, views: Uint8Array | readonly Uint8Array[]): void;

  frameLength(frame: FrameHandle): number;
  /** `length` bytes from `offset` in place: a view for each segment that they lie in. The views die with the frame. */
  frameViews(frame: FrameHandle, offset: number, length: number): Uint8Array[];
  /** `length` bytes from `offset` in place; copies (counted) only if they lie in several segments. */
  frameView(frame: FrameHandle, offset: number, length: number): Uint8Array;
  frameRetain(frame: FrameHandle): void;
  /** Drops one reference; with the last one every view of the frame becomes empty. */
  frameRelease(frame: FrameHandle): void;
  /** A frame over the bytes of the views, by reference, for frame code. The caller owns one reference. */
  frameFrom(views: readonly Uint8Array[]): FrameHandle;
  /** Receive time, monotonic nanoseconds. */
  frameTimestampNs(frame: FrameHandle): number;

  /** A frame-code export as a function of integers (ToUint32). `module` is its index in the program. */
  frameCodeFunction(module: number, name: string, returns: Returns): (...args: number[]) => unknown;
  /**
   * Gives bytes to a frame-code export `take(first, frame, offset, length)`, by reference, as frames of up to 64 KiB
   * one after the other; `take` says how many bytes it has taken. Begins at byte `offset` of view `view`. True: all
   * of them were taken; a number below 0: `take` said so; else the view and the byte where it is to go on.
   */
  frameGive(
    take: (first: number, frame: FrameHandle, offset: number, length: number) => number,
    first: number,
    views: Uint8Array | readonly Uint8Array[],
    view: number,
    offset: number,
  ): true | number | readonly [view: number, offset: number];
  frameCodeListen(module: number, listener: FrameEventListener | null): void;

  /** Counters by name, as printed at exit. */
  stats(): Record<string, number>;

  /**
   * Promises that are settled from outside, without the functions that `new Promise` makes. Not by the runtime:
   * `stdlib-nofloat/es/promise.ts` puts it here.
   */
  promise: NativePromise;
}

declare global {
  /** Parameter of the bundle, see `docs/design.md`; not a global at run time. */
  const mirage$native: Native;
}

export const native: Native = mirage$native;
