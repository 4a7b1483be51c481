/**
 * UDP echo on port 7, "check and swap": the least work that answers a datagram. The benchmark compares it to the same
 * work in application code. Not a stack: no ARP, no options, no own address; the UDP checksum stays right, since a
 * swap does not change it.
 */
import {
  frame_get8,
  frame_get16,
  frame_get32,
  frame_length,
  frame_set16,
  frame_set32,
  frame_sum,
  frame_writable,
  netif_mac_high,
  netif_mac_low,
  netif_transmit,
} from "mirage/framecode";

const HEADERS_BYTES: u32 = 42;
const ETHERTYPE_IPV4: u32 = 0x0800;
const VERSION_4_HEADER_20_BYTES: u32 = 0x45;
const PROTOCOL_UDP: u32 = 17;
const FRAGMENT_MASK: u32 = 0x3fff;
const ECHO_PORT: u32 = 7;

export function input(netif: u32, frame: u32): bool {
  const length = frame_length(frame);
  if (
    length < HEADERS_BYTES ||
    frame_get16(frame, 12) !== ETHERTYPE_IPV4 ||
    frame_get8(frame, 14) !== VERSION_4_HEADER_20_BYTES ||
    frame_get16(frame, 16) > length - 14 ||
    (frame_get16(frame, 20) & FRAGMENT_MASK) !== 0 ||
    frame_get8(frame, 23) !== PROTOCOL_UDP ||
    frame_get16(frame, 36) !== ECHO_PORT ||
    frame_get16(frame, 38) < 8 ||
    frame_get16(frame, 38) > length - 34 ||
    frame_sum(frame, 14, 20, 0) !== 0xffff ||
    !frame_writable(frame, HEADERS_BYTES)
  ) {
    return false;
  }
  const source = frame_get32(frame, 26);
  const destination = frame_get32(frame, 30);
  const port = frame_get16(frame, 34);
  frame_set16(frame, 0, frame_get16(frame, 6));
  frame_set32(frame, 2, frame_get32(frame, 8));
  frame_set16(frame, 6, netif_mac_high(netif));
  frame_set32(frame, 8, netif_mac_low(netif));
  frame_set32(frame, 26, destination);
  frame_set32(frame, 30, source);
  frame_set16(frame, 34, ECHO_PORT);
  frame_set16(frame, 36, port);
  netif_transmit(netif, frame);
  return true;
}
