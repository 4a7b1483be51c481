/**
 * Network interfaces, as raw frames: `listen`, `write`, `mac`, `mtu` as in MirageOS's `Mirage_net.S`.
 *
 * A program that uses frame code too (UDP sockets do) sees here only the frames that no frame code took.
 *
 * @module
 */
import { NetworkError } from "./errors.ts";
import { type Frame, ReceivedFrame } from "./frame.ts";
import { type FrameHandle, native } from "./native.ts";
import { DeliveryQueue } from "./queue.ts";

/** Frames that wait for `read` at most; further ones are dropped and counted. */
const QUEUE_FRAMES = 256;

const opened: Netif[] = [];

/** One network interface. */
export class Netif implements AsyncIterable<Frame> {
  /** "tap:mirage0" has the name "mirage0". */
  readonly name: string;
  /** The program's own address on it: "02:00:5e:10:00:02". */
  readonly mac: string;
  /** Bytes of L3 payload in a frame: 1500 for Ethernet. */
  readonly mtu: number;
  private queue: DeliveryQueue<Frame> | undefined;
  private listening = false;

  private constructor(
    /** Its number, from 0. */
    readonly index: number,
  ) {
    const info = native.netifInfo(index);
    this.name = info.name;
    this.mac = info.mac;
    this.mtu = info.mtu;
  }

  /** All interfaces, in the order of the `--net` options. */
  static all(): Netif[] {
    const list: Netif[] = [];
    for (let i = 0; i < native.netifCount(); i++) {
      opened[i] ??= new Netif(i);
      list.push(opened[i] as Netif);
    }
    return list;
  }

  /**
   * The interface of that name or number, the first one if neither is given.
   *
   * @throws NetworkError ENXIO if there is none
   */
  static open(which: string | number = 0): Netif {
    const all = Netif.all();
    if (all.length === 0) {
      throw new NetworkError(
        "ENXIO",
        "there is no network interface: give one with --net, such as --net tap:mirage0",
      );
    }
    for (const netif of all) if (netif.index === which || netif.name === which) return netif;
    const names = all.map((netif) => netif.name).join(", ");
    throw new NetworkError("ENXIO", `there is no network interface ${which}: there are ${names}`);
  }

  /**
   * Calls back for each frame. The frame is released when `callback` has returned, unless that called `retain`; an
   * `async` callback returns at its first `await`. Replaces an earlier listener, and `read`.
   */
  listen(callback: (frame: Frame) => void): void {
    this.queue?.close(stoppedError);
    this.queue = undefined;
    const from = this.name;
    this.attach((handle, length) => {
      const frame = new ReceivedFrame(handle, length, from);
      try {
        callback(frame);
      } finally {
        frame.letGo();
      }
    });
  }

  /** The next frame, whose taker releases it. Until it is called again, some frames are queued: see `dropped`. */
  read(): Promise<Frame> {
    return this.reading().take();
  }

  /** Frames one after the other, until `stop`. Each is released when the loop goes on, unless it was retained. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Frame> {
    return this.reading().iterate();
  }

  /** Frames that arrived while the queue for `read` was full. */
  get dropped(): number {
    return this.queue === undefined ? 0 : this.queue.dropped;
  }

  /** Listens and reads no longer: a program with nothing else to wait for ends. */
  stop(): void {
    const queue = this.queue;
    this.queue = undefined;
    if (this.listening) {
      this.listening = false;
      native.netifListen(this.index, null);
      native.keepAlive(-1);
    }
    queue?.close(stoppedError);
  }

  /**
   * Sends bytes, from the Ethernet header on, as one frame. A list of views is gathered: nothing is copied but an Ethernet
   * header that lies in several, so do not change the bytes of a view until the turn ends. Views of a received frame may be
   * sent again.
   *
   * @throws RangeError if they are more than `mtu` + 14 bytes, 4 more with a VLAN tag
   */
  write(data: Uint8Array | readonly Uint8Array[]): void {
    native.netifWrite(this.index, data);
  }

  private reading(): DeliveryQueue<Frame> {
    if (this.queue !== undefined) return this.queue;
    const queue = new DeliveryQueue<Frame>(QUEUE_FRAMES);
    this.queue = queue;
    this.attach((handle, length) => queue.deliver(new ReceivedFrame(handle, length, this.name)));
    return queue;
  }

  private attach(take: (handle: FrameHandle, length: number) => void): void {
    if (!this.listening) native.keepAlive(1);
    this.listening = true;
    native.netifListen(this.index, take);
  }
}

function stoppedError(): Error {
  return new NetworkError("ECANCELED", "nobody reads this interface any longer");
}
