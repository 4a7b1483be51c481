/**
 * The module `mirage` that frame code imports, over plain arrays, for vitest: the same rules as in the runtime (what
 * traps there throws `Trap` here), a fake clock, captured transmissions and events, and a check that no frame leaks.
 */
import { ProbeWord } from "../../src/stack/probes.ts";
import { Capture } from "./pcap.ts";
import { cut } from "./segments.ts";

/** What a probe of the stack told. */
export interface Fired {
  /** A `StackProbe`. */
  readonly probe: number;
  /** Of `ip-send` and `ip-receive`: index of the interface. */
  readonly netif: number | undefined;
  /** From the IP header on, or the transport's, to the end of the frame; empty: there is none. */
  readonly header: Uint8Array;
  /** Of UDP and TCP: `ProbeWord`s. */
  readonly words: Uint32Array;
}

/** An access that the runtime answers with a trap. */
export class Trap extends Error {}

export interface FrameOptions {
  /** What `frame_flags` says. */
  readonly flags?: number;
  /** The driver shares the bytes with others: setters trap until `frame_writable`. */
  readonly readOnly?: boolean;
  /** The frame was merged of several packets (`merge` of `segments.ts`): what `frame_segment_bytes` says. */
  readonly segmentBytes?: number;
}

interface Frame {
  /** By reference: an appended segment is a subarray of its source's bytes. */
  segments: Uint8Array[];
  references: number;
  netif: number;
  flags: number;
  readOnly: boolean;
  checksum: { start: number; offset: number } | undefined;
  /** Merged on its way in: payload bytes of each packet; 0: one packet. */
  mergedBytes: number;
  /** What `frame_segment` asked for; 0: nothing. */
  segmentBytes: number;
}

export interface Transmission {
  readonly netif: number;
  /** The bytes as they would leave, with the checksum that was asked for. A frame that the card cuts leaves as several. */
  readonly bytes: Uint8Array;
  /** Of a frame that the card cut: which packet of how many. */
  readonly segment?: { readonly index: number; readonly count: number };
  /** The frame asked for a transmit checksum. */
  readonly offloaded: boolean;
  /** The memory that the frame was made of, to see what went by reference. */
  readonly segments: readonly Uint8Array[];
  readonly timeNs: bigint;
}

export interface HostEvent {
  readonly kind: number;
  /** 0, or a frame whose reference is now the test's: `host.release`. */
  readonly frame: number;
  readonly offset: number;
  readonly length: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export interface HostNetif {
  mac: bigint;
  mtu: number;
  /** `NetifOffload`s. With those of segmentation set `segmentMax`, too. */
  offload: number;
  /** Longest frame in bytes that the card cuts; none if it is not there. */
  segmentMax?: number;
}

export type Exports = Record<string, (...args: number[]) => number>;

/** `NetifOffload`s. */
const SEGMENT4 = 0x20;
const SEGMENT6 = 0x40;

const NO_DEADLINE = 0xffff_ffff_ffff_ffffn;

export class Host {
  readonly netifs: HostNetif[] = [{ mac: 0x02005e100002n, mtu: 1500, offload: 0 }];
  nowNs = 1_000_000_000n;
  deadlineNs = NO_DEADLINE;
  readonly transmitted: Transmission[] = [];
  readonly events: HostEvent[] = [];
  readonly lines: string[] = [];
  private reported: string[] = [];
  readonly counters = new Map<string, number>();
  /** Somebody listens at the stack's probes: what they tell goes to `fired`. */
  tracing = false;
  readonly fired: Fired[] = [];
  /** Bytes that were copied by `frame_read`, `frame_write` and `frame_writable`. */
  copies = 0;
  /** Frames that `frame_alloc` still grants. */
  allocations = Number.POSITIVE_INFINITY;
  /** Frames that there may be at once (rtparam f): no more are allocated, nor received. */
  framesMax = Number.POSITIVE_INFINITY;
  /** Room in the event queue. */
  eventRoom = Number.POSITIVE_INFINITY;
  private refused = false;
  /** What `netif_transmit` answers. */
  linkUp = true;
  /** Called for each transmission, for links between stacks. */
  onTransmit: ((transmission: Transmission) => void) | undefined;
  /** Keep transmissions and packets; fuzzing turns it off. */
  recording = true;
  readonly capture = new Capture();
  exports: Exports = {};

  private readonly frames = new Map<number, Frame>();
  private nextHandle = 0x10001;
  private readonly counterNames: string[] = [];
  private randomState = 0x9e3779b9;
  private memory: WebAssembly.Memory | undefined;

  /** Instantiates a module and calls its `start`. */
  async load(wasm: Uint8Array<ArrayBuffer> | WebAssembly.Module): Promise<this> {
    const module = wasm instanceof WebAssembly.Module ? wasm : new WebAssembly.Module(wasm);
    const instance = await WebAssembly.instantiate(module, this.imports());
    this.memory = instance.exports.memory as WebAssembly.Memory;
    this.exports = instance.exports as unknown as Exports;
    this.exports.start?.();
    return this;
  }

  /** Calls an exported function; the result is a signed 32-bit integer. */
  call(name: string, ...args: number[]): number {
    const exported = this.exports[name];
    if (!exported) throw new Error(`frame code exports no ${name}`);
    return exported(...args) | 0;
  }

  /** Bytes of linear memory: constant once frame code runs, since it must not allocate. */
  get memoryBytes(): number {
    return this.memory?.buffer.byteLength ?? 0;
  }

  /** A frame over these bytes (not a copy) with one reference. */
  frame(bytes: Uint8Array | Uint8Array[], netif = 0, options: FrameOptions = {}): number {
    return this.add(Array.isArray(bytes) ? [...bytes] : [bytes], netif, options);
  }

  private add(segments: Uint8Array[], netif: number, options: FrameOptions): number {
    const handle = this.nextHandle++;
    const { flags = 0, readOnly = false, segmentBytes: mergedBytes = 0 } = options;
    this.frames.set(handle, {
      segments,
      references: 1,
      netif,
      flags,
      readOnly,
      checksum: undefined,
      mergedBytes,
      segmentBytes: 0,
    });
    return handle;
  }

  /** Offers a received frame as the runtime does. False: it was not taken, and has been released. */
  input(bytes: Uint8Array | Uint8Array[], netif = 0, options: FrameOptions = {}): boolean {
    if (this.recording) this.capture.add(this.nowNs, join(Array.isArray(bytes) ? bytes : [bytes]));
    if (this.frames.size >= this.framesMax) return false;
    const handle = this.frame(bytes, netif, options);
    const taken = this.exports.input?.(netif, handle) === 1;
    if (!taken) this.release(handle);
    return taken;
  }

  /** Moves the clock, calling `timer` at each deadline on the way. */
  advance(ns: bigint): void {
    const end = this.nowNs + ns;
    while (this.deadlineNs <= end) {
      if (this.deadlineNs > this.nowNs) this.nowNs = this.deadlineNs;
      this.deadlineNs = NO_DEADLINE;
      this.exports.timer?.();
    }
    this.nowNs = end;
  }

  /** Copy of a frame's bytes. */
  bytes(handle: number, offset = 0, length?: number): Uint8Array {
    const all = join(this.get(handle).segments);
    return all.slice(offset, length === undefined ? undefined : offset + length);
  }

  release(handle: number): void {
    const frame = this.get(handle);
    if (--frame.references === 0) this.frames.delete(handle);
  }

  retain(handle: number): void {
    this.get(handle).references++;
  }

  get liveFrames(): number {
    return this.frames.size;
  }

  counter(name: string): number {
    return this.counters.get(name) ?? 0;
  }

  /** Sum of the counters whose name begins so. */
  counted(prefix: string): number {
    let sum = 0;
    for (const [name, value] of this.counters) if (name.startsWith(prefix)) sum += value;
    return sum;
  }

  /**
   * The events so far, releasing their frames; `payload` is what the event pointed to. As the runtime does, calls
   * `resume` if an event had found the queue full.
   */
  takeEvents(): (HostEvent & { readonly payload: Uint8Array })[] {
    const taken = this.events.splice(0).map((event) => {
      const payload =
        event.frame === 0 ? new Uint8Array() : this.bytes(event.frame, event.offset, event.length);
      if (event.frame !== 0) this.release(event.frame);
      return { ...event, payload };
    });
    this.resumeIfRefused();
    return taken;
  }

  /** For who takes `events` himself: calls `resume` if an event had found the queue full. */
  resumeIfRefused(): void {
    if (!this.refused) return;
    this.refused = false;
    this.exports.resume?.();
  }

  /** A range of a frame where it lies, in as many pieces as it has. Not copies: they change with the frame. */
  views(handle: number, offset: number, length: number): Uint8Array[] {
    return range(this.get(handle).segments, offset, length);
  }

  /** What the module's `report` says, all sections. */
  report(): string[] {
    this.reported = [];
    for (let section = 0; ; section++) {
      for (let from = 0; ; ) {
        const next = (this.exports.report?.(section, from) ?? 0xffff_ffff) >>> 0;
        if (next === 0xffff_ffff) return this.reported;
        if (next <= from) break;
        from = next;
      }
    }
  }

  takeTransmitted(): Transmission[] {
    return this.transmitted.splice(0);
  }

  /** Throws if a frame is still held. */
  assertNoLeaks(): void {
    while (this.takeEvents().length > 0);
    if (this.frames.size === 0) return;
    const held = [...this.frames].map(([handle, { references }]) => `${handle} (${references} references)`);
    const first = held.slice(0, 10).join(", ");
    throw new Error(`${held.length} frames were never released: ${first}${held.length > 10 ? ", ..." : ""}`);
  }

  private get(handle: number): Frame {
    const frame = this.frames.get(handle >>> 0);
    if (!frame) throw new Trap(`stale frame handle ${handle >>> 0}`);
    return frame;
  }

  /** The segment in which a byte lies, and where: frames are few segments long. */
  private locate(frame: Frame, offset: number): { segment: Uint8Array; at: number } {
    let at = offset >>> 0;
    for (const segment of frame.segments) {
      if (at < segment.length) return { segment, at };
      at -= segment.length;
    }
    throw new Trap(`offset ${offset >>> 0} is outside the frame of ${total(frame)} bytes`);
  }

  private load8(handle: number, offset: number, bytes: number): number {
    const frame = this.get(handle);
    this.check(frame, offset, bytes);
    let value = 0;
    for (let i = 0; i < bytes; i++) {
      const { segment, at } = this.locate(frame, offset + i);
      value = (value << 8) | (segment[at] ?? 0);
    }
    return value;
  }

  private store8(handle: number, offset: number, bytes: number, value: number): void {
    const frame = this.get(handle);
    this.check(frame, offset, bytes);
    if (frame.readOnly) throw new Trap("the frame is read-only: call frame_writable first");
    for (let i = 0; i < bytes; i++) {
      const { segment, at } = this.locate(frame, offset + i);
      segment[at] = value >>> (8 * (bytes - 1 - i));
    }
  }

  private check(frame: Frame, offset: number, length: number): void {
    if ((offset >>> 0) + (length >>> 0) > total(frame)) {
      throw new Trap(
        `${length >>> 0} bytes at ${offset >>> 0} are outside the frame of ${total(frame)} bytes`,
      );
    }
  }

  private linear(pointer: number, length: number): Uint8Array {
    if (!this.memory) throw new Trap("no memory");
    if ((pointer >>> 0) + (length >>> 0) > this.memory.buffer.byteLength)
      throw new Trap("outside linear memory");
    return new Uint8Array(this.memory.buffer, pointer >>> 0, length >>> 0);
  }

  private text(pointer: number, utf16Units: number): string {
    return Buffer.from(this.linear(pointer, utf16Units * 2)).toString("utf16le");
  }

  private transmit(netif: number, handle: number): boolean {
    const frame = this.get(handle);
    const known = this.netif(netif);
    const packets = this.packets(frame, known);
    const offloaded = frame.checksum !== undefined;
    const { segments } = frame;
    this.release(handle);
    if (!this.linkUp || packets.some(({ length }) => length > known.mtu + 14)) return false;
    packets.forEach((bytes, index) => {
      const segment = packets.length > 1 ? { segment: { index, count: packets.length } } : {};
      const sent = { netif, bytes, offloaded, segments, timeNs: this.nowNs, ...segment };
      if (this.recording) {
        this.transmitted.push(sent);
        this.capture.add(this.nowNs, bytes);
      }
      this.onTransmit?.(sent);
    });
    return true;
  }

  /** What leaves for a frame: the card cuts it, and fills in checksums. */
  private packets(frame: Frame, netif: HostNetif): Uint8Array[] {
    const bytes = join(frame.segments);
    if (frame.segmentBytes !== 0) {
      const offload = bytes[12] === 0x86 ? SEGMENT6 : SEGMENT4;
      if ((netif.offload & offload) === 0 || bytes.length > (netif.segmentMax ?? 0)) {
        throw new Trap(`frame_segment of ${bytes.length} bytes, which the interface does not offer`);
      }
      return cut(bytes, frame.segmentBytes, frame.checksum);
    }
    if (frame.checksum) {
      const { start, offset } = frame.checksum;
      const checksum = ~onesComplementSum(bytes.subarray(start)) & 0xffff;
      new DataView(bytes.buffer).setUint16(start + offset, checksum || 0xffff);
    }
    return [bytes];
  }

  private netif(index: number): HostNetif {
    const netif = this.netifs[index];
    if (!netif) throw new Trap(`no interface ${index}`);
    return netif;
  }

  private writable(handle: number, length: number): boolean {
    const frame = this.get(handle);
    this.check(frame, 0, length);
    const first = frame.segments[0];
    if (!frame.readOnly && (length === 0 || (first && first.length >= length))) return true;
    if (this.allocations <= 0) return false;
    this.copies += length;
    const all = join(frame.segments);
    frame.segments = [all.slice(0, length), ...after(frame.segments, length)];
    frame.readOnly = false;
    return true;
  }

  private imports(): WebAssembly.Imports {
    const mirage = {
      frame_length: (h: number) => total(this.get(h)),
      frame_get8: (h: number, offset: number) => this.load8(h, offset, 1),
      frame_get16: (h: number, offset: number) => this.load8(h, offset, 2),
      frame_get32: (h: number, offset: number) => this.load8(h, offset, 4),
      frame_set8: (h: number, offset: number, value: number) => this.store8(h, offset, 1, value),
      frame_set16: (h: number, offset: number, value: number) => this.store8(h, offset, 2, value),
      frame_set32: (h: number, offset: number, value: number) => this.store8(h, offset, 4, value),
      frame_read: (h: number, offset: number, pointer: number, length: number) => {
        this.check(this.get(h), offset, length);
        this.linear(pointer, length).set(this.bytes(h, offset >>> 0, length >>> 0));
        this.copies += length >>> 0;
      },
      frame_write: (h: number, offset: number, pointer: number, length: number) => {
        this.linear(pointer, length).forEach((byte, i) => {
          this.store8(h, offset + i, 1, byte);
        });
        this.copies += length >>> 0;
      },
      frame_sum: (h: number, offset: number, length: number, seed: number) => {
        const frame = this.get(h);
        this.check(frame, offset, length);
        const [first] = frame.segments;
        const end = (offset >>> 0) + (length >>> 0);
        const whole = first && first.length >= end ? first : join(frame.segments);
        return onesComplementSum(whole.subarray(offset >>> 0, end), seed >>> 0);
      },
      frame_alloc: (length: number) => {
        if (this.allocations <= 0 || this.frames.size >= this.framesMax || length >>> 0 > 65590) return 0;
        this.allocations--;
        // Not cleared in the runtime: a header byte that nobody wrote must show.
        return this.add([new Uint8Array(length >>> 0).fill(0xa5)], 0, {});
      },
      frame_append: (h: number, source: number, offset: number, length: number) => {
        const frame = this.get(h);
        const from = this.get(source);
        this.check(from, offset, length);
        frame.segments.push(...range(from.segments, offset >>> 0, length >>> 0));
        return 1;
      },
      frame_writable: (h: number, length: number) => Number(this.writable(h, length >>> 0)),
      frame_truncate: (h: number, length: number) => {
        const frame = this.get(h);
        this.check(frame, 0, length);
        frame.segments = range(frame.segments, 0, length >>> 0);
      },
      frame_retain: (h: number) => this.retain(h),
      frame_release: (h: number) => this.release(h),
      frame_netif: (h: number) => this.get(h).netif,
      frame_flags: (h: number) => this.get(h).flags,
      frame_checksum: (h: number, start: number, offset: number) => {
        const frame = this.get(h);
        this.check(frame, start + offset, 2);
        frame.checksum = { start, offset };
      },
      frame_segment: (h: number, bytes: number) => {
        if (bytes >>> 0 > 0xffff) throw new Trap("frame_segment of more than 65535 bytes");
        this.get(h).segmentBytes = bytes;
      },
      frame_segment_bytes: (h: number) => this.get(h).mergedBytes,
      netif_transmit: (n: number, h: number) => Number(this.transmit(n, h)),
      netif_mac_high: (n: number) => Number(this.netif(n).mac >> 32n),
      netif_mac_low: (n: number) => Number(BigInt.asIntN(32, this.netif(n).mac)),
      netif_mtu: (n: number) => this.netifs[n >>> 0]?.mtu ?? 0,
      netif_tx_offload: (n: number) => this.netif(n).offload,
      netif_segment_max: (n: number) => this.netifs[n >>> 0]?.segmentMax ?? 0,
      clock_ns: () => this.nowNs,
      timer_set: (deadlineNs: bigint) => {
        this.deadlineNs = BigInt.asUintN(64, deadlineNs);
      },
      random_u32: () => {
        // xorshift32: tests must repeat.
        this.randomState ^= this.randomState << 13;
        this.randomState ^= this.randomState >>> 17;
        this.randomState ^= this.randomState << 5;
        return this.randomState;
      },
      event: (kind: number, h: number, offset: number, length: number, a: number, b: number, c: number) => {
        if (h !== 0) this.check(this.get(h), offset, length);
        if (this.events.length >= this.eventRoom) {
          this.refused = true;
          return 0;
        }
        this.events.push({ kind, frame: h >>> 0, offset, length, a, b: b >>> 0, c: c >>> 0 });
        return 1;
      },
      counter_define: (name: number, units: number) => {
        const text = this.text(name, units);
        if (!this.counters.has(text)) this.counters.set(text, 0);
        const known = this.counterNames.indexOf(text);
        return known >= 0 ? known : this.counterNames.push(text) - 1;
      },
      counter_add: (id: number, n: number) => {
        const name = this.counterNames[id];
        if (name === undefined) throw new Trap(`no counter ${id}`);
        this.counters.set(name, this.counter(name) + n);
      },
      probe_enabled: () => Number(this.tracing),
      probe_packet: (probe: number, netif: number, h: number, at: number) => {
        const frame = this.get(h);
        this.check(frame, at, 20);
        const version = this.load8(h, at, 1) >>> 4;
        if (version === 4 || version === 6)
          this.fired.push({ probe, netif, header: this.bytes(h, at), words: new Uint32Array() });
      },
      probe_transport: (probe: number, record: number, h: number, headerAt: number, at: number) => {
        const words = new Uint32Array(this.linear(record, 4 * ProbeWord.Count).slice().buffer);
        if (h !== 0) this.check(this.get(h), Math.max(at, headerAt), 8);
        this.fired.push({
          probe,
          netif: undefined,
          header: h === 0 ? new Uint8Array() : this.bytes(h, at),
          words,
        });
      },
      report_line: (pointer: number, units: number) => {
        this.reported.push(this.text(pointer, units));
      },
      log: (pointer: number, units: number) => {
        this.lines.push(this.text(pointer, units));
      },
    };
    const env = {
      abort: (message: number, file: number, line: number, column: number) => {
        throw new Trap(`${this.assemblyString(message)} at ${this.assemblyString(file)}:${line}:${column}`);
      },
    };
    return { mirage, env };
  }

  /** AssemblyScript keeps a string's length in bytes in front of it. */
  private assemblyString(pointer: number): string {
    if (pointer === 0) return "abort";
    const length = new DataView(this.linear(pointer - 4, 4).slice().buffer).getUint32(0, true);
    return this.text(pointer, length / 2);
  }
}

function total(frame: Frame): number {
  let sum = 0;
  for (const segment of frame.segments) sum += segment.length;
  return sum;
}

function join(segments: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(segments.reduce((sum, segment) => sum + segment.length, 0));
  let at = 0;
  for (const segment of segments) {
    all.set(segment, at);
    at += segment.length;
  }
  return all;
}

/** The same memory, not a copy. */
function range(segments: readonly Uint8Array[], offset: number, length: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let skip = offset;
  let left = length;
  for (const segment of segments) {
    if (left === 0) break;
    if (skip >= segment.length) {
      skip -= segment.length;
      continue;
    }
    const part = segment.subarray(skip, skip + left);
    skip = 0;
    left -= part.length;
    found.push(part);
  }
  return found;
}

function after(segments: readonly Uint8Array[], offset: number): Uint8Array[] {
  const length = segments.reduce((sum, segment) => sum + segment.length, 0);
  return range(segments, offset, length - offset);
}

/** RFC 1071, written the slow and obvious way. */
export function onesComplementSum(bytes: Uint8Array, seed = 0): number {
  let sum = seed;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return sum;
}
