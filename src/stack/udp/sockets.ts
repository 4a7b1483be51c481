import { Line, random_u32 } from "mirage/framecode";
import { StackError } from "../interface";
import { LOCAL_COLUMN, putEndpoint, putProtocol, REMOTE_COLUMN, Reported } from "../report";

/** Sockets of an assembly. A power of two, at most 256. */
export const UDP_SOCKETS_MAX: u32 = 256;
const SLOT_BITS: u32 = 8;
const GENERATION_MASK: u32 = 0x7fffff;
/** RFC 6335 section 6: the dynamic ports. */
export const UDP_EPHEMERAL_PORT_FIRST: u32 = 49152;
const EPHEMERAL_PORTS: u32 = 16384;
const NO_SLOT: i32 = -1;

export class UdpSocket {
  /** What the program knows it by. */
  id: u32 = 0;
  /** 0: the slot is free. */
  port: u32 = 0;
  /** Own address; 0, 0: any. */
  high: u64 = 0;
  low: u64 = 0;
  /** 0: not connected. */
  remotePort: u32 = 0;
  remoteHigh: u64 = 0;
  remoteLow: u64 = 0;
  generation: u32 = 0;
  /** Groups that it has joined. */
  memberships: u32 = 0;
  /** Of what it sends; 0: the default. */
  hopLimit: u32 = 0;
  trafficClass: u32 = 0;
  /** What it sends to a group comes back to this program's sockets that are in it. */
  loopsBack: bool = true;
  /** Next slot in the same chain. */
  next: i32 = NO_SLOT;

  get isAny(): bool {
    return (this.high | this.low) === 0;
  }

  /** Is it bound to the address, or to any? */
  isAt(high: u64, low: u64): bool {
    return (this.low === low && this.high === high) || this.isAny;
  }

  /** Does it hear from there? */
  hears(high: u64, low: u64, port: u32): bool {
    return (
      this.remotePort === 0 ||
      (this.remotePort === port && this.remoteLow === low && this.remoteHigh === high)
    );
  }
}

/** A fixed table of sockets, found by port through chains. */
export class SocketTable implements Reported {
  private readonly slots: StaticArray<UdpSocket>;
  /** First slot of each chain. */
  private readonly chains: StaticArray<i32>;

  constructor() {
    this.slots = new StaticArray<UdpSocket>(UDP_SOCKETS_MAX);
    this.chains = new StaticArray<i32>(UDP_SOCKETS_MAX);
    for (let i: u32 = 0; i < UDP_SOCKETS_MAX; i++) {
      this.slots[i] = new UdpSocket();
      this.chains[i] = NO_SLOT;
    }
  }

  /** Takes a slot. `port` 0: any free dynamic port, chosen at random (RFC 6056). Returns the socket or an error. */
  bind(high: u64, low: u64, port: u32): i32 {
    if (port !== 0 && this.conflicts(high, low, port)) return StackError.EADDRINUSE;
    const slot = this.freeSlot();
    if (slot === NO_SLOT) return StackError.EMFILE;
    const socket = this.slots[slot];
    socket.port = port !== 0 ? port : this.freePort(high, low);
    socket.high = high;
    socket.low = low;
    socket.remotePort = 0;
    socket.memberships = 0;
    socket.hopLimit = 0;
    socket.trafficClass = 0;
    socket.loopsBack = true;
    socket.id = slot | (socket.generation << SLOT_BITS);
    const chain = chainOf(socket.port);
    socket.next = this.chains[chain];
    this.chains[chain] = slot;
    return socket.id;
  }

  close(socket: UdpSocket): void {
    const slot = socket.id & (UDP_SOCKETS_MAX - 1);
    this.unchain(chainOf(socket.port), slot, socket.next);
    socket.port = 0;
    socket.generation = (socket.generation + 1) & GENERATION_MASK;
  }

  reportSize(): u32 {
    return UDP_SOCKETS_MAX;
  }

  describe(line: Line, index: u32): bool {
    const socket = this.slots[index];
    if (socket.port === 0) return false;
    putProtocol(line, "udp", socket.high, socket.low);
    putEndpoint(line.column(LOCAL_COLUMN), socket.high, socket.low, socket.port);
    putEndpoint(line.column(REMOTE_COLUMN), socket.remoteHigh, socket.remoteLow, socket.remotePort);
    return true;
  }

  private unchain(chain: u32, slot: i32, next: i32): void {
    let before = this.chains[chain];
    if (before === slot) {
      this.chains[chain] = next;
      return;
    }
    while (this.slots[before].next !== slot) before = this.slots[before].next;
    this.slots[before].next = next;
  }

  /** The open socket with this number. */
  get(id: u32): UdpSocket | null {
    const socket = unchecked(this.slots[id & (UDP_SOCKETS_MAX - 1)]);
    return socket.port !== 0 && socket.generation === id >>> SLOT_BITS ? socket : null;
  }

  /**
   * The socket for a datagram between these addresses and ports: one that is bound to just that address first. A
   * connected socket hears its peer only.
   */
  find(high: u64, low: u64, port: u32, remoteHigh: u64, remoteLow: u64, remotePort: u32): UdpSocket | null {
    let any: UdpSocket | null = null;
    for (let slot = unchecked(this.chains[chainOf(port)]); slot !== NO_SLOT; ) {
      const socket = unchecked(this.slots[slot]);
      if (socket.port === port && socket.hears(remoteHigh, remoteLow, remotePort)) {
        if (socket.low === low && socket.high === high) return socket;
        if (socket.isAny) any = socket;
      }
      slot = socket.next;
    }
    return any;
  }

  private conflicts(high: u64, low: u64, port: u32): bool {
    const any = (high | low) === 0;
    for (let slot = this.chains[chainOf(port)]; slot !== NO_SLOT; slot = this.slots[slot].next) {
      const socket = this.slots[slot];
      if (socket.port === port && (any || socket.isAt(high, low))) return true;
    }
    return false;
  }

  private freeSlot(): i32 {
    for (let i: u32 = 0; i < UDP_SOCKETS_MAX; i++) {
      if (this.slots[i].port === 0) return i;
    }
    return NO_SLOT;
  }

  /** There always is one: the dynamic ports outnumber the sockets. */
  private freePort(high: u64, low: u64): u32 {
    let offset = random_u32() % EPHEMERAL_PORTS;
    while (this.conflicts(high, low, UDP_EPHEMERAL_PORT_FIRST + offset))
      offset = (offset + 1) % EPHEMERAL_PORTS;
    return UDP_EPHEMERAL_PORT_FIRST + offset;
  }
}

function chainOf(port: u32): u32 {
  return port & (UDP_SOCKETS_MAX - 1);
}
