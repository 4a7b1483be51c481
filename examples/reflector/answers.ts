/** Answers made of the very bytes of the question. */
import { Ipv4 } from "mirage";

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;

const ETHERNET_BYTES = 14;

// ARP, RFC 826: offsets from the start of the frame.
const ARP_END = 42;
const ARP_OPERATION = 20;
const ARP_SENDER = 22;
const ARP_SENDER_IP = 28;
const ARP_TARGET = 32;
const ARP_TARGET_IP = 38;
/** Ethernet, IPv4, addresses of 6 and 4 bytes, a request. */
const ARP_REQUEST = [0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01];

// IPv4, RFC 791, and ICMP, RFC 792.
const IP_SOURCE = ETHERNET_BYTES + 12;
const IP_DESTINATION = ETHERNET_BYTES + 16;
const PROTOCOL_ICMP = 1;
const ICMP_BYTES = 8;
const ICMP_ECHO = 8;
const ICMP_ECHO_REPLY = 0;

function read16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

/** What the frame carries; 0 for one that is too short. */
export function etherType(bytes: Uint8Array): number {
  return bytes.length < ETHERNET_BYTES ? 0 : read16(bytes, 12);
}

/** Sends the frame back to where it came from. */
function turnEthernet(bytes: Uint8Array, mac: Uint8Array): void {
  bytes.set(bytes.subarray(6, 12), 0);
  bytes.set(mac, 6);
}

/** Makes a question for the address `own` its answer; false, and unchanged, if it is none. */
export function answerArp(bytes: Uint8Array, mac: Uint8Array, own: number): boolean {
  if (bytes.length < ARP_END) return false;
  for (let i = 0; i < ARP_REQUEST.length; i++) {
    if (bytes[ETHERNET_BYTES + i] !== ARP_REQUEST[i]) return false;
  }
  if (Ipv4.read(bytes, ARP_TARGET_IP) !== own) return false;
  bytes[ARP_OPERATION + 1] = 2;
  bytes.set(bytes.subarray(ARP_SENDER, ARP_TARGET), ARP_TARGET);
  bytes.set(mac, ARP_SENDER);
  Ipv4.write(bytes, ARP_SENDER_IP, own);
  turnEthernet(bytes, mac);
  return true;
}

/** The sum of RFC 1071: 0xffff over bytes that contain their right checksum. */
function onesComplementSum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i + 1 < to; i += 2) sum += read16(bytes, i);
  if ((to - from) % 2 === 1) sum += (bytes[to - 1] as number) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** Makes a whole, intact echo request for the address `own` its reply; false, and unchanged, if it is none. */
export function answerPing(bytes: Uint8Array, mac: Uint8Array, own: number): boolean {
  if (bytes.length < ETHERNET_BYTES + 20) return false;
  const first = bytes[ETHERNET_BYTES] as number;
  const icmp = ETHERNET_BYTES + (first & 0x0f) * 4;
  const end = ETHERNET_BYTES + read16(bytes, ETHERNET_BYTES + 2);
  if (first >> 4 !== 4 || icmp < ETHERNET_BYTES + 20 || end < icmp + ICMP_BYTES || end > bytes.length)
    return false;
  // More fragments, or not the first one.
  if ((read16(bytes, ETHERNET_BYTES + 6) & 0x3fff) !== 0) return false;
  if (bytes[ETHERNET_BYTES + 9] !== PROTOCOL_ICMP || bytes[icmp] !== ICMP_ECHO) return false;
  if (Ipv4.read(bytes, IP_DESTINATION) !== own) return false;
  if (onesComplementSum(bytes, ETHERNET_BYTES, icmp) !== 0xffff) return false;
  if (onesComplementSum(bytes, icmp, end) !== 0xffff) return false;

  const asker = Ipv4.read(bytes, IP_SOURCE);
  bytes.set(bytes.subarray(IP_DESTINATION, IP_DESTINATION + 4), IP_SOURCE);
  Ipv4.write(bytes, IP_DESTINATION, asker);
  // The type goes from 8 to 0, so the checksum, which is inverted, grows by 0x0800 (RFC 1624).
  bytes[icmp] = ICMP_ECHO_REPLY;
  const sum = read16(bytes, icmp + 2) + (ICMP_ECHO << 8);
  const folded = (sum & 0xffff) + (sum >>> 16);
  bytes[icmp + 2] = folded >>> 8;
  bytes[icmp + 3] = folded;
  turnEthernet(bytes, mac);
  return true;
}
