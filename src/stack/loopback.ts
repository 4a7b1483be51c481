import {
  Alarm,
  clock_ns,
  count,
  counter,
  frame_release,
  probe_enabled,
  probe_packet,
} from "mirage/framecode";
import { LINK_HEADER_BYTES } from "./ethernet/interface";
import { StackError } from "./interface";
import { NETIFS_MAX } from "./netif";
import { StackProbe } from "./probes";

/** Packets from the program to itself that wait. A power of two. */
export const LOOPBACK_FRAMES_MAX: u32 = 256;
/** Longest packet in bytes, as FreeBSD's lo0. */
export const LOOPBACK_MTU_BYTES: u32 = 16384;

/** What the network layers see of the loopback. */
export interface LocalLink {
  /** Takes the reference. Returns 0 or a `StackError`. */
  send(frame: u32): i32;
  /** A copy of what was sent to a group that we are in, on an interface: comes back as if it had arrived there. Takes the reference. */
  loop(frame: u32, netif: u32): void;
}

/** What the loopback sees of the network layers. */
export interface LoopbackClient {
  /**
   * A packet of ours for us, in a frame with room for a link header. Takes the reference.
   *
   * @param netif `NETIFS_MAX`, or the interface by which it was sent to a group.
   */
  looped(frame: u32, netif: u32): void;
}

/**
 * Packets to our own addresses. They wait for the next turn, so that nobody hears from a layer that he is in the middle
 * of calling.
 */
export class Loopback<Above extends LoopbackClient> implements LocalLink {
  private readonly queue: StaticArray<u32> = new StaticArray<u32>(LOOPBACK_FRAMES_MAX);
  private readonly netifs: StaticArray<u32> = new StaticArray<u32>(LOOPBACK_FRAMES_MAX);
  private first: u32 = 0;
  private queued: u32 = 0;
  private readonly dropFull: u32 = counter("drop.loopback.queue-full");
  private readonly packets: u32 = counter("loopback.packets");

  constructor(
    private readonly above: Above,
    private readonly alarm: Alarm,
  ) {}

  send(frame: u32): i32 {
    return this.enqueue(frame, NETIFS_MAX);
  }

  loop(frame: u32, netif: u32): void {
    this.enqueue(frame, netif);
  }

  private enqueue(frame: u32, netif: u32): i32 {
    if (this.queued === LOOPBACK_FRAMES_MAX) {
      count(this.dropFull);
      frame_release(frame);
      return StackError.ENOBUFS;
    }
    if (probe_enabled(StackProbe.IpSend)) {
      probe_packet(StackProbe.IpSend, netif, frame, LINK_HEADER_BYTES);
    }
    const place = (this.first + this.queued) & (LOOPBACK_FRAMES_MAX - 1);
    this.queue[place] = frame;
    this.netifs[place] = netif;
    this.queued++;
    this.alarm.at(clock_ns());
    return StackError.None;
  }

  /** Delivers what waits. What is sent meanwhile is for the next time, or two ends that answer each other never stop. */
  timer(): void {
    for (let n = this.queued; n > 0; n--) {
      const frame = this.queue[this.first];
      const netif = this.netifs[this.first];
      this.first = (this.first + 1) & (LOOPBACK_FRAMES_MAX - 1);
      this.queued--;
      count(this.packets);
      if (probe_enabled(StackProbe.IpReceive)) {
        probe_packet(StackProbe.IpReceive, netif, frame, LINK_HEADER_BYTES);
      }
      this.above.looped(frame, netif);
    }
  }
}
