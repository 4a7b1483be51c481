/** Parses and checksums IPv4 headers in typed arrays: what an application does with a packet. */
import { measure } from "./measure.js";

const frame = new Uint8Array(1514);
for (let i = 0; i < frame.length; i++) {
  frame[i] = (i * 7 + 3) & 0xff;
}

function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i += 2) {
    total += (bytes[i]! << 8) | bytes[i + 1]!;
  }
  while (total > 0xffff) {
    total = (total & 0xffff) + (total >>> 16);
  }
  return total;
}

measure("packet", 120, 64480, () => {
  let acc = 0;
  for (let i = 0; i < 20; i++) {
    acc = (acc + sum(frame, 14, 1514) + frame[12]! * 256 + frame[13]!) & 0xffff;
  }
  return acc;
});
