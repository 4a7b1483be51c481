import { Packet } from "../network";
import { Options } from "./options";
import { FIN, SYN, tcp } from "./wire";

/** A received segment, parsed. One object, used again for each. Trimming moves `seq`, `payloadAt` and `length`. */
export class Segment {
  frame: u32 = 0;
  seq: u32 = 0;
  ack: u32 = 0;
  flags: u32 = 0;
  /** As in the header: not scaled. */
  window: u32 = 0;
  /** Bytes from the start of the frame to the payload. */
  payloadAt: u32 = 0;
  /** Bytes of payload. */
  length: u32 = 0;
  /** Remote port << 16 | local port. */
  ports: u32 = 0;
  readonly options: Options = new Options();

  /** The packet's header has been checked. */
  parse(packet: Packet): void {
    const frame = packet.frame;
    const at = packet.at;
    const header = tcp.headerBytes(frame, at);
    this.frame = frame;
    this.ports = tcp.ports(frame, at);
    this.seq = tcp.sequence(frame, at);
    this.ack = tcp.acknowledgement(frame, at);
    this.flags = tcp.flags(frame, at);
    this.window = tcp.window(frame, at);
    this.payloadAt = at + header;
    this.length = packet.length - header;
    this.options.parse(frame, at, header);
  }

  has(flag: u32): bool {
    return (this.flags & flag) !== 0;
  }

  /** Sequence numbers that it takes (SEG.LEN): payload, SYN and FIN. */
  get sequenceLength(): u32 {
    return this.length + (this.has(SYN) ? 1 : 0) + (this.has(FIN) ? 1 : 0);
  }
}
