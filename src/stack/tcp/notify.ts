import { event, frame_release } from "mirage/framecode";
import { StackEvent } from "../interface";
import { objectBytes, Pool } from "../pool";
import {
  Connection,
  FLAG_RELEASED,
  SAY_ACCEPTED,
  SAY_CLOSED,
  SAY_CONNECTED,
  SAY_DATA,
  SAY_END,
  SAY_WRITABLE,
} from "./connection";

/** Received data that waits for room in the event queue: a range of a frame. Shared by all connections. */
export class Arrived {
  next: Arrived | null = null;
  frame: u32 = 0;
  offset: u32 = 0;
  length: u32 = 0;
}

/** Most ranges that wait, over all connections. */
export const ARRIVED_MAX: u32 = 4096;

/**
 * Tells the program. What the event queue has no room for waits: data in the flow's own queue, everything else as a bit
 * in `Connection.says`, and the flow on a list, until `resume`.
 */
export class Notifier {
  private readonly arrived: Pool<Arrived> = new Pool<Arrived>(ARRIVED_MAX, objectBytes<Arrived>());
  private first: Connection | null = null;
  private last: Connection | null = null;

  /** Grows the memory, when a connection is made. False: there is none left. */
  reserve(ranges: u32): bool {
    return this.arrived.reserve(ranges);
  }

  /** Tells, or notes, one of `SAY_ACCEPTED` to `SAY_CLOSED` but data. */
  say(connection: Connection, what: u32): void {
    // A program that has closed its flow only wants to know when it is over.
    if (what !== SAY_CLOSED && (connection.flags & FLAG_RELEASED) !== 0) return;
    if (connection.says !== 0 || !this.tell(connection, what)) this.note(connection, what);
  }

  /** Received data, in order. Takes the reference, unless it answers false: there is no room at all. */
  data(connection: Connection, frame: u32, offset: u32, length: u32): bool {
    if (connection.says === 0) {
      if (event(StackEvent.TcpData, frame, offset, length, connection.id, 0, 0)) return true;
    }
    const arrived = this.arrived.take();
    if (arrived === null) return false;
    arrived.next = null;
    arrived.frame = frame;
    arrived.offset = offset;
    arrived.length = length;
    const last = connection.arrivedLast;
    if (last === null) connection.arrivedFirst = arrived;
    else last.next = arrived;
    connection.arrivedLast = arrived;
    this.note(connection, SAY_DATA);
    return true;
  }

  /** The program has closed the flow: forgets what it does not want to know any more, and data. */
  discard(connection: Connection): void {
    let arrived = connection.arrivedFirst;
    while (arrived !== null) {
      const next = arrived.next;
      frame_release(arrived.frame);
      this.arrived.give(arrived);
      arrived = next;
    }
    connection.arrivedFirst = null;
    connection.arrivedLast = null;
    connection.says &= SAY_ACCEPTED | SAY_CLOSED;
  }

  /** True while something waits to be told. */
  get isBehind(): bool {
    return this.first !== null;
  }

  /** The first connection with something to say, taken off the list; null: none. The caller tells it. */
  takeFirst(): Connection | null {
    const connection = this.first;
    if (connection === null) return null;
    this.first = connection.saysNext;
    if (this.first === null) this.last = null;
    connection.saysNext = null;
    connection.listed = false;
    return connection;
  }

  /** Tells what a connection has to say; what finds no room stays, and the answer is false. */
  tellAll(connection: Connection): bool {
    if (!this.tellOne(connection, SAY_ACCEPTED) || !this.tellOne(connection, SAY_CONNECTED)) return false;
    if (!this.tellData(connection)) return false;
    return (
      this.tellOne(connection, SAY_END) &&
      this.tellOne(connection, SAY_WRITABLE) &&
      this.tellOne(connection, SAY_CLOSED)
    );
  }

  /** Puts a connection on the list again. */
  list(connection: Connection): void {
    if (connection.listed) return;
    connection.listed = true;
    connection.saysNext = null;
    const last = this.last;
    if (last === null) this.first = connection;
    else last.saysNext = connection;
    this.last = connection;
  }

  private note(connection: Connection, what: u32): void {
    connection.says |= what;
    this.list(connection);
  }

  private tellOne(connection: Connection, what: u32): bool {
    if ((connection.says & what) === 0) return true;
    if (!this.tell(connection, what)) {
      this.list(connection);
      return false;
    }
    connection.says &= ~what;
    return true;
  }

  private tellData(connection: Connection): bool {
    let arrived = connection.arrivedFirst;
    while (arrived !== null) {
      if (!event(StackEvent.TcpData, arrived.frame, arrived.offset, arrived.length, connection.id, 0, 0)) {
        this.list(connection);
        return false;
      }
      const next = arrived.next;
      this.arrived.give(arrived);
      connection.arrivedFirst = next;
      arrived = next;
    }
    connection.arrivedLast = null;
    connection.says &= ~SAY_DATA;
    return true;
  }

  private tell(connection: Connection, what: u32): bool {
    const id = connection.id;
    switch (what) {
      case SAY_ACCEPTED:
        return event(StackEvent.TcpAccepted, 0, 0, 0, connection.listener, id, 0);
      case SAY_CONNECTED:
        return event(StackEvent.TcpConnected, 0, 0, 0, id, 0, 0);
      case SAY_END:
        return event(StackEvent.TcpEnd, 0, 0, 0, id, 0, 0);
      case SAY_WRITABLE:
        return event(StackEvent.TcpWritable, 0, 0, 0, id, connection.sendRoomBytes, 0);
      default:
        return event(StackEvent.TcpClosed, 0, 0, 0, id, connection.error, 0);
    }
  }
}
