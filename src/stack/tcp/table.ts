import { Line, random_u32 } from "mirage/framecode";
import { TcpState } from "../interface";
import { arrayBytes, reserveMemory } from "../pool";
import {
  LOCAL_COLUMN,
  numberColumn,
  putEndpoint,
  putProtocol,
  REMOTE_COLUMN,
  Reported,
  STATE_COLUMN,
} from "../report";
import { CONNECTION_BYTES, Connection } from "./connection";
import { Timer } from "./timerwheel";

/** Connections that a program may have at once, those in TIME-WAIT included. */
export const CONNECTIONS_MAX: u32 = 16_384;
const SLOT_BITS: u32 = 14;
const SLOT_MASK: u32 = CONNECTIONS_MAX - 1;
/** Of a flow's number: 14 bits of slot, 16 of generation. Bit 30 tells listeners from flows. */
const GENERATION_MASK: u32 = 0xffff;
/** Connections that are made together when there is no free one left. */
const CHUNK_BITS: u32 = 5;
const CHUNK_CONNECTIONS: u32 = 1 << CHUNK_BITS;
const CHUNK_MASK: u32 = CHUNK_CONNECTIONS - 1;
const CHUNKS_MAX: u32 = CONNECTIONS_MAX >>> CHUNK_BITS;
const BUCKETS_FIRST: u32 = 64;

/** A random 64-bit number. */
function random64(): u64 {
  return ((<u64>random_u32()) << 32) | random_u32();
}

/** As netstat(1) writes it. */
function nameOf(state: u32): string {
  switch (state) {
    case TcpState.Closed:
      return "CLOSED";
    case TcpState.Listen:
      return "LISTEN";
    case TcpState.SynSent:
      return "SYN_SENT";
    case TcpState.SynReceived:
      return "SYN_RCVD";
    case TcpState.Established:
      return "ESTABLISHED";
    case TcpState.CloseWait:
      return "CLOSE_WAIT";
    case TcpState.FinWait1:
      return "FIN_WAIT_1";
    case TcpState.Closing:
      return "CLOSING";
    case TcpState.LastAck:
      return "LAST_ACK";
    case TcpState.FinWait2:
      return "FIN_WAIT_2";
    default:
      return "TIME_WAIT";
  }
}

/**
 * All connections: by number (slot and generation) and by addresses and ports, through a table of chains whose hash
 * has a random key, and that doubles as connections come. Memory grows by chunks and is used again, never given back.
 */
export class ConnectionTable implements Reported {
  private readonly chunks: StaticArray<StaticArray<Connection>> = new StaticArray<StaticArray<Connection>>(
    CHUNKS_MAX,
  );
  private free: Connection | null = null;
  private buckets: StaticArray<Connection | null> = new StaticArray<Connection | null>(BUCKETS_FIRST);
  private mask: u32 = BUCKETS_FIRST - 1;
  /** Connections that exist, free ones included. */
  size: u32 = 0;
  /** Connections in use. */
  used: u32 = 0;
  private readonly key0: u64 = random64();
  private readonly key1: u64 = random64();
  private readonly key2: u64 = random64();
  private readonly key3: u64 = random64();
  private readonly key4: u64 = random64();
  private readonly key5: u64 = random64();
  private readonly key6: u64 = random64();
  private readonly key7: u64 = random64();
  private readonly key8: u64 = random64();
  private readonly key9: u64 = random64();

  /** @param limit At most `CONNECTIONS_MAX`. */
  constructor(public limit: u32) {}

  /**
   * Multilinear hashing of 32-bit words in pairs, modulo 2^64, of which the upper half counts: universal for random
   * keys, so nobody can aim at one chain (Lemire and Kaser, "Strongly universal string hashing is fast", 2014).
   */
  private hash(localHigh: u64, localLow: u64, remoteHigh: u64, remoteLow: u64, ports: u32): u32 {
    let sum = (this.key0 + (remoteLow & 0xffffffff)) * (this.key1 + (remoteLow >>> 32));
    sum += (this.key2 + (remoteHigh & 0xffffffff)) * (this.key3 + (remoteHigh >>> 32));
    sum += (this.key4 + (localLow & 0xffffffff)) * (this.key5 + (localLow >>> 32));
    sum += (this.key6 + (localHigh & 0xffffffff)) * (this.key7 + (localHigh >>> 32));
    sum += (this.key8 + ports) * this.key9;
    return <u32>(sum >>> 32);
  }

  /** The connection between these addresses. `ports`: remote << 16 | local, as in a segment that comes in. */
  find(localHigh: u64, localLow: u64, remoteHigh: u64, remoteLow: u64, ports: u32): Connection | null {
    const bucket = this.hash(localHigh, localLow, remoteHigh, remoteLow, ports) & this.mask;
    let connection = unchecked(this.buckets[bucket]);
    while (connection !== null) {
      if (
        connection.ports === ports &&
        connection.remoteLow === remoteLow &&
        connection.localLow === localLow &&
        connection.remoteHigh === remoteHigh &&
        connection.localHigh === localHigh
      )
        return connection;
      connection = connection.hashNext;
    }
    return null;
  }

  /** The connection of that number; null if it is over and closed, or never was. */
  at(id: u32): Connection | null {
    const slot = id & SLOT_MASK;
    if (slot >= this.size) return null;
    const connection = this.inSlot(slot);
    return connection.used && connection.id === id ? connection : null;
  }

  /** For looking through all. `slot` < `size`. */
  inSlot(slot: u32): Connection {
    return unchecked(unchecked(this.chunks[slot >>> CHUNK_BITS])[slot & CHUNK_MASK]);
  }

  reportSize(): u32 {
    return this.size;
  }

  describe(line: Line, index: u32): bool {
    const flow = this.inSlot(index);
    if (!flow.used) return false;
    putProtocol(line, "tcp", flow.remoteHigh, flow.remoteLow);
    putEndpoint(line.column(LOCAL_COLUMN), flow.localHigh, flow.localLow, flow.ports & 0xffff);
    putEndpoint(line.column(REMOTE_COLUMN), flow.remoteHigh, flow.remoteLow, flow.ports >>> 16);
    line.column(STATE_COLUMN).text(nameOf(flow.state));
    line.column(numberColumn(0)).decimal(flow.unconsumedBytes);
    line.column(numberColumn(1)).decimal(flow.queue.bytes);
    line.column(numberColumn(2)).decimal(flow.recovery.roundTrip.smoothedMicroseconds);
    line.column(numberColumn(3)).decimal(flow.recovery.congestion.windowBytes);
    line.column(numberColumn(4)).decimal(flow.retransmittedSegments);
    return true;
  }

  /** True if `take` would have to answer null: the limit is reached. */
  get isFull(): bool {
    return this.used >= this.limit;
  }

  /** A fresh connection with a number of its own, in no chain; null if the limit is reached or memory has an end. */
  take(): Connection | null {
    if (this.free === null && !this.grow()) return null;
    const connection = this.free;
    if (connection === null) return null;
    this.free = connection.hashNext;
    connection.hashNext = null;
    connection.used = true;
    this.used++;
    return connection;
  }

  /** Back to the free ones. Its number is dead. It must be in no chain. */
  give(connection: Connection): void {
    const generation = ((connection.id >>> SLOT_BITS) + 1) & GENERATION_MASK;
    connection.id = (connection.id & SLOT_MASK) | (generation << SLOT_BITS);
    connection.used = false;
    connection.hashNext = this.free;
    this.free = connection;
    this.used--;
  }

  private bucketOf(connection: Connection): u32 {
    return (
      this.hash(
        connection.localHigh,
        connection.localLow,
        connection.remoteHigh,
        connection.remoteLow,
        connection.ports,
      ) & this.mask
    );
  }

  /** Makes it known to `find`. */
  insert(connection: Connection): void {
    const bucket = this.bucketOf(connection);
    connection.hashNext = this.buckets[bucket];
    connection.hashed = true;
    this.buckets[bucket] = connection;
  }

  /** Undoes `insert`. */
  remove(connection: Connection): void {
    if (!connection.hashed) return;
    connection.hashed = false;
    const bucket = this.bucketOf(connection);
    let other = this.buckets[bucket];
    if (other === connection) {
      this.buckets[bucket] = connection.hashNext;
    } else {
      while (other !== null) {
        if (other.hashNext === connection) {
          other.hashNext = connection.hashNext;
          break;
        }
        other = other.hashNext;
      }
    }
    connection.hashNext = null;
  }

  private grow(): bool {
    if (this.size >= this.limit) return false;
    const connections = min(CHUNK_CONNECTIONS, this.limit - this.size);
    const doubles = this.size + connections > this.mask + 1;
    let bytes = <usize>connections * CONNECTION_BYTES + arrayBytes(CHUNK_CONNECTIONS);
    if (doubles) bytes += arrayBytes((this.mask + 1) * 2);
    if (!reserveMemory(bytes)) return false;
    if (doubles) this.rehash();
    const chunk = new StaticArray<Connection>(CHUNK_CONNECTIONS);
    this.chunks[this.size >>> CHUNK_BITS] = chunk;
    for (let i: u32 = 0; i < connections; i++) {
      const connection = new Connection();
      connection.id = this.size++;
      connection.timer = new Timer(changetype<usize>(connection), 0);
      connection.hashNext = this.free;
      this.free = connection;
      chunk[i] = connection;
    }
    return true;
  }

  /** Twice as many chains. */
  private rehash(): void {
    this.mask = this.mask * 2 + 1;
    this.buckets = new StaticArray<Connection | null>(this.mask + 1);
    for (let slot: u32 = 0; slot < this.size; slot++) {
      const connection = this.inSlot(slot);
      if (connection.hashed) this.insert(connection);
    }
  }
}
