import { Connection, FLAG_FIN_KNOWN } from "./connection";

/**
 * Bytes of window to advertise: what the receive buffer has room for, or nothing if that is little
 * (silly-window avoidance, RFC 9293 section 3.8.6.2.2), but never less than was promised before.
 *
 * @param isScarce Frames are running out: there is room for whose program has taken all that came.
 */
export function advertise(connection: Connection, isScarce: bool): u32 {
  const limit = connection.receiveBufferBytes;
  const used = connection.unconsumedBytes;
  let room: u32 = used < limit ? limit - used : 0;
  if ((room < limit / 4 && room < connection.mss) || (isScarce && used !== 0)) room = 0;
  const promised = connection.rcvAdv - connection.rcvNxt;
  return <i32>promised > 0 && promised > room ? promised : room;
}

/** The same as the header says it. From now on it is promised. */
export function windowField(connection: Connection, isScarce: bool): u32 {
  const scale = connection.rcvScale;
  const room = advertise(connection, isScarce);
  // Rounded up if rounding down would take back what was promised.
  const promised = connection.rcvAdv - connection.rcvNxt;
  const rounding: u32 = <i32>promised > 0 && room === promised ? (1 << scale) - 1 : 0;
  const field = min((room + rounding) >>> scale, 0xffff);
  const edge = connection.rcvNxt + (field << scale);
  if (<i32>(edge - connection.rcvAdv) > 0) connection.rcvAdv = edge;
  return field;
}

/**
 * True if the window has opened by so much that the peer must be told at once: two segments and a quarter of the
 * buffer, or half of it (RFC 9293 section 3.8.6.2.2, as FreeBSD).
 */
export function windowUpdate(connection: Connection, isScarce: bool): bool {
  if (connection.has(FLAG_FIN_KNOWN)) return false;
  const limit = connection.receiveBufferBytes;
  const edge = connection.rcvNxt + min(advertise(connection, isScarce), (<u32>0xffff) << connection.rcvScale);
  const opened = edge - connection.rcvAdv;
  if (<i32>opened <= 0) return false;
  if (opened >= limit / 2) return true;
  return opened / 2 >= connection.mss && (opened >= limit / 4 || limit / 8 <= connection.mss);
}
