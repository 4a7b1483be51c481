/**
 * How much a connection may have to send: the size of its send buffer, which grows while it is what holds the connection back
 * (as FreeBSD's net.inet.tcp.sendbuf_auto).
 *
 * @module
 */
import { Connection } from "./connection";

/** By so much at a time (FreeBSD's net.inet.tcp.sendbuf_inc), */
const STEP_BYTES: u32 = 8192;
/** to no more than this (net.inet.tcp.sendbuf_max). */
const MAX_BYTES: u32 = 1 << 21;

/** The program has more to send than there was room for. */
export function growSendBuffer(connection: Connection): void {
  if (connection.settings.sendBufferBytes !== 0) return;
  const size = connection.sendBufferBytes;
  const queue = connection.queue;
  if (size >= MAX_BYTES || queue.bytes < (size / 8) * 7) return;
  // Of what use would more be, if the peer has no room for it,
  if ((connection.sndWnd / 4) * 5 < size) return;
  // or the network: what has not been sent could all be sent now.
  const window = min(connection.recovery.congestion.windowBytes, connection.sndWnd);
  if (window < queue.end - connection.sndNxt) return;
  connection.sendBufferBytes = min(size + STEP_BYTES, MAX_BYTES);
}
