import { random_u32 } from "mirage/framecode";
import { StackError } from "../interface";

/** Sockets of an assembly. A power of two, at most 256. */
export const UDP_SOCKETS_MAX: u32 = 256;
const SLOT_BITS: u32 = 8;
const GENERATION_MASK: u32 = 0x7fffff;
/** RFC 6335 section 6: the dynamic ports. */
export const UDP_EPHEMERAL_PORT_FIRST: u32 = 49152;
const EPHEMERAL_PORTS: u32 = 16384;
const NO_SLOT: i32 = -1;

class Socket {
  /** 0: the slot is free. */
  port: u32 = 0;
  /** Own address; 0: any. */
  address: u32 = 0;
  generation: u32 = 0;
  /** Next slot in the same chain. */
  next: i32 = NO_SLOT;
}

/** A fixed table of sockets, found by port through chains. */
export class SocketTable {
  private readonly slots: StaticArray<Socket>;
  /** First slot of each chain. */
  private readonly chains: StaticArray<i32>;

  constructor() {
    this.slots = new StaticArray<Socket>(UDP_SOCKETS_MAX);
    this.chains = new StaticArray<i32>(UDP_SOCKETS_MAX);
    for (let i: u32 = 0; i < UDP_SOCKETS_MAX; i++) {
      this.slots[i] = new Socket();
      this.chains[i] = NO_SLOT;
    }
  }

  /** Takes a slot. `port` 0: any free dynamic port, chosen at random (RFC 6056). Returns the socket or an error. */
  bind(address: u32, port: u32): i32 {
    if (port !== 0 && this.conflicts(address, port)) return StackError.EADDRINUSE;
    const slot = this.freeSlot();
    if (slot === NO_SLOT) return StackError.EMFILE;
    const socket = this.slots[slot];
    socket.port = port !== 0 ? port : this.freePort(address);
    socket.address = address;
    const chain = chainOf(socket.port);
    socket.next = this.chains[chain];
    this.chains[chain] = slot;
    return slot | (socket.generation << SLOT_BITS);
  }

  close(id: u32): i32 {
    const slot = this.slotOf(id);
    if (slot === NO_SLOT) return StackError.EBADF;
    const socket = this.slots[slot];
    this.unchain(chainOf(socket.port), slot, socket.next);
    socket.port = 0;
    socket.generation = (socket.generation + 1) & GENERATION_MASK;
    return StackError.None;
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

  /** The socket's port, or `EBADF`. */
  port(id: u32): i32 {
    const slot = this.slotOf(id);
    return slot === NO_SLOT ? StackError.EBADF : this.slots[slot].port;
  }

  /** Own address that the socket is bound to, 0 for any. The socket must be open. */
  address(id: u32): u32 {
    return this.slots[id & (UDP_SOCKETS_MAX - 1)].address;
  }

  /** The socket for a datagram to this address and port: one bound to just that address first. Else `EBADF`. */
  find(address: u32, port: u32): i32 {
    let any = NO_SLOT;
    for (let slot = unchecked(this.chains[chainOf(port)]); slot !== NO_SLOT; ) {
      const socket = unchecked(this.slots[slot]);
      if (socket.port === port) {
        if (socket.address === address) return slot | (socket.generation << SLOT_BITS);
        if (socket.address === 0) any = slot | (socket.generation << SLOT_BITS);
      }
      slot = socket.next;
    }
    return any === NO_SLOT ? StackError.EBADF : any;
  }

  private slotOf(id: u32): i32 {
    const slot = id & (UDP_SOCKETS_MAX - 1);
    const socket = this.slots[slot];
    return socket.port !== 0 && socket.generation === id >>> SLOT_BITS ? slot : NO_SLOT;
  }

  private conflicts(address: u32, port: u32): bool {
    for (let slot = this.chains[chainOf(port)]; slot !== NO_SLOT; slot = this.slots[slot].next) {
      const socket = this.slots[slot];
      if (socket.port === port && (address === 0 || socket.address === 0 || socket.address === address))
        return true;
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
  private freePort(address: u32): u32 {
    let offset = random_u32() % EPHEMERAL_PORTS;
    while (this.conflicts(address, UDP_EPHEMERAL_PORT_FIRST + offset))
      offset = (offset + 1) % EPHEMERAL_PORTS;
    return UDP_EPHEMERAL_PORT_FIRST + offset;
  }
}

function chainOf(port: u32): u32 {
  return port & (UDP_SOCKETS_MAX - 1);
}
