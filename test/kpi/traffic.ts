/** Frames that a host on the other side of `mirage0` or of a card sends to a program, and what it answers. */
import { onesComplementSum } from "../support/host.ts";
import {
  arp,
  BROADCAST_MAC,
  ethernet,
  icmp,
  ip,
  ipv4,
  type Parsed,
  parse,
  tcp,
  udp,
} from "../support/packets.ts";
import type { Kernel, PacketOptions } from "./kernel.ts";

export const PROGRAM = ip("10.0.0.2");
export const HOST = ip("10.0.0.1");
export const ECHO_PORT = 7;

export function macOf(text: string): bigint {
  return BigInt(`0x${text.replaceAll(":", "")}`);
}

export function arpRequest(from: bigint): Uint8Array {
  return ethernet(
    { destination: BROADCAST_MAC, source: from, type: 0x0806 },
    arp({ operation: 1, senderMac: from, sender: HOST, targetMac: 0n, target: PROGRAM }),
  );
}

export function ping(from: bigint, to: bigint, sequence: number, payload: Uint8Array): Uint8Array {
  return ethernet(
    { destination: to, source: from, type: 0x0800 },
    ipv4(
      { source: HOST, destination: PROGRAM, protocol: 1 },
      icmp({ type: 8, rest: (77 << 16) | sequence }, payload),
    ),
  );
}

export function datagram(from: bigint, to: bigint, payload: Uint8Array, port = ECHO_PORT): Uint8Array {
  const fields = { source: HOST, destination: PROGRAM };
  return ethernet(
    { destination: to, source: from, type: 0x0800 },
    ipv4({ ...fields, protocol: 17 }, udp({ ...fields, sourcePort: 40000, destinationPort: port }, payload)),
  );
}

export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);
}

/** Bytes of payload in each packet that a frame of `uncut` is of. */
export const LONG_SEGMENT_BYTES = 1448;
const TIMESTAMPS = Uint8Array.from([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);

/** TCP from one MAC address to another; its checksum is the sum of the pseudo header only, as a host leaves it to a card. */
export function uncut(from: bigint, to: bigint, bytes: number): Uint8Array {
  const fields = { source: HOST, destination: PROGRAM };
  const segment = tcp(
    { ...fields, sourcePort: 1, destinationPort: 2, sequence: 99, flags: 0x18, options: TIMESTAMPS },
    pattern(bytes),
  );
  const frame = ethernet(
    { destination: to, source: from, type: 0x0800 },
    ipv4({ ...fields, protocol: 6, identification: 5 }, segment),
  );
  new DataView(frame.buffer).setUint16(50, onesComplementSum(frame.subarray(26, 34), 6 + frame.length - 34));
  return frame;
}

/** As the host's TCP leaves a frame of `uncut`, and as a card has merged it. */
export const LEFT_UNCUT: PacketOptions = { csum: [0x4 | 0x10, 16], tso: LONG_SEGMENT_BYTES };
export const MERGED: PacketOptions = { csum: [0x0c000000, 0xffff] };

/** The host's side of an interface, with a program at its other end. */
export class Peer {
  constructor(
    readonly kernel: Kernel,
    readonly name: string,
    readonly mac: bigint,
    /** A card: frames come by its wire. */
    readonly wire = false,
  ) {}

  static async of(kernel: Kernel, name: string): Promise<Peer> {
    const found = await kernel.interface(name);
    if (found === undefined) {
      throw new Error(`no interface ${name}`);
    }
    return new Peer(kernel, name, BigInt(`0x${found.mac}`));
  }

  /** Sends a frame, lets everything come to rest, and returns what came back. */
  async exchange(frame: Uint8Array, options: PacketOptions = {}): Promise<Parsed[]> {
    if (this.wire) {
      await this.kernel.receive(this.name, frame, options);
    } else {
      await this.kernel.send(this.name, frame, options);
    }
    await this.kernel.settle();
    const arrived = this.wire ? await this.kernel.wire(this.name) : await this.kernel.stack(this.name);
    return arrived.map((one) => parse(one.bytes));
  }

  /** The program's address, by ARP; `undefined`: no answer. */
  async resolve(): Promise<bigint | undefined> {
    const answers = await this.exchange(arpRequest(this.mac));
    return answers.find((one) => one.arp?.operation === 2)?.arp?.senderMac;
  }

  /** A ping; did its payload come back? */
  async pings(program: bigint, length = 56, options: PacketOptions = {}): Promise<boolean> {
    const payload = pattern(length);
    const answers = await this.exchange(ping(this.mac, program, 1, payload), options);
    return answers.some((one) => one.icmp?.type === 0 && Buffer.from(one.icmp.payload).equals(payload));
  }

  async echoes(program: bigint, length = 100, options: PacketOptions = {}): Promise<boolean> {
    const payload = pattern(length, 3);
    const answers = await this.exchange(datagram(this.mac, program, payload), options);
    return answers.some(
      (one) => one.udp?.destinationPort === 40000 && Buffer.from(one.udp.payload).equals(payload),
    );
  }
}
