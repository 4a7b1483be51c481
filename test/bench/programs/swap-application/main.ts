/** UDP echo on port 7, check and swap, in application code: the same work as `test/bench/echo.frame.ts`. */
import { Mac, Netif } from "mirage";

const HEADERS_BYTES = 42;
const ETHERTYPE_IPV4 = 0x0800;
const VERSION_4_HEADER_20_BYTES = 0x45;
const PROTOCOL_UDP = 17;
const FRAGMENT_MASK = 0x3fff;
const ECHO_PORT = 7;

const netif = Netif.all()[0]!;
const own = Mac.parse(netif.mac);

function get16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function headerSum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 14; at < 34; at += 2) {
    total += get16(bytes, at);
  }
  return (total & 0xffff) + (total >>> 16);
}

function swap(bytes: Uint8Array, a: number, b: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const byte = bytes[a + i]!;
    bytes[a + i] = bytes[b + i]!;
    bytes[b + i] = byte;
  }
}

netif.listen((frame) => {
  const bytes = frame.bytes;
  const length = bytes.length;
  if (
    length < HEADERS_BYTES ||
    get16(bytes, 12) !== ETHERTYPE_IPV4 ||
    bytes[14] !== VERSION_4_HEADER_20_BYTES ||
    get16(bytes, 16) > length - 14 ||
    (get16(bytes, 20) & FRAGMENT_MASK) !== 0 ||
    bytes[23] !== PROTOCOL_UDP ||
    get16(bytes, 36) !== ECHO_PORT ||
    get16(bytes, 38) < 8 ||
    get16(bytes, 38) > length - 34 ||
    headerSum(bytes) !== 0xffff
  ) {
    return;
  }
  for (let i = 0; i < 6; i++) {
    bytes[i] = bytes[6 + i]!;
    bytes[6 + i] = own[i]!;
  }
  swap(bytes, 26, 30, 4);
  swap(bytes, 34, 36, 2);
  netif.write(bytes);
});
