/** CRC-32 and a hash with 32-bit multiplication: integer arithmetic without allocation. */
import { measure } from "./measure.js";

const table = new Int32Array(256);
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let k = 0; k < 8; k++) {
    c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  }
  table[n] = c;
}
const data = new Uint8Array(4096);
for (let i = 0; i < data.length; i++) {
  data[i] = (i * 31) & 0xff;
}

measure("crc", 96, 3692264857, () => {
  let crc = -1;
  let hash = 0x811c9dc5;
  for (let i = 0; i < data.length; i++) {
    crc = table[(crc ^ data[i]!) & 0xff]! ^ (crc >>> 8);
    hash = Math.imul(hash ^ data[i]!, 0x01000193);
  }
  return ((crc ^ -1) + hash) >>> 0;
});
