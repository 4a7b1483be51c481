// biome-ignore-all lint: what the linter advises against must work too
import { showAll } from "./show.ts";

const bytes = new Uint8Array([5, 1, 4, 2, 3]);

showAll({
  at: () => [bytes.at(-1), bytes.at(7)],
  slice: () => {
    const part = bytes.slice(1, 3);
    part[0] = 99;
    return [part, bytes];
  },
  sliceNegative: () => bytes.slice(-2),
  subarray: () => {
    const buffer = new Uint8Array(4);
    buffer.subarray(1, 3)[0] = 7;
    return buffer;
  },
  map: () => bytes.map((x) => x * 100),
  filter: () => bytes.filter((x) => x > 2),
  find: () => [
    bytes.find((x) => x > 4),
    bytes.findIndex((x) => x === 4),
    bytes.findLast((x) => x < 3),
    bytes.findLastIndex((x) => x > 9),
  ],
  reduce: () => [bytes.reduce((a, b) => a + b), bytes.reduceRight((a, b) => a * 10 + b, 0)],
  some: () => [bytes.some((x) => x > 4), bytes.every((x) => x > 4)],
  forEach: () => {
    let sum = 0;
    bytes.forEach((x, i) => {
      sum += x * i;
    });
    return sum;
  },
  indexOf: () => [bytes.indexOf(4), bytes.lastIndexOf(9), bytes.includes(3)],
  join: () => [bytes.join("-"), String(bytes)],
  reverse: () => new Uint8Array([1, 2, 3]).reverse(),
  sort: () => new Uint8Array([10, 9, 1]).sort(),
  sortFloats: () => new Float64Array([3, -0, 0, Number.NaN, -1]).sort(),
  sortBy: () => new Int16Array([1, 3, 2]).sort((a, b) => b - a),
  toSorted: () => [bytes.toSorted(), bytes.toReversed(), bytes.with(0, 9), bytes],
  fill: () => new Uint16Array(4).fill(7, 1, 3),
  copyWithin: () => new Uint8Array([1, 2, 3, 4, 5]).copyWithin(0, 3),
  set: () => {
    const target = new Uint8Array(4);
    target.set([1, 2], 1);
    target.set(new Uint8Array([9]), 3);
    return target;
  },
  setOutside: () => new Uint8Array(2).set([1, 2, 3]),
  from: () => [
    Uint8Array.from([1, 2]),
    Uint8Array.from(new Set([3])),
    Uint8Array.from({ length: 2 }, (_, i) => i * 2),
  ],
  of: () => Int8Array.of(127, 128),
  spread: () => [...bytes],
  forOf: () => {
    let sum = 0;
    for (const x of bytes) sum += x;
    return sum;
  },
  entries: () => [...bytes.entries()].length,
  clamped: () => new Uint8ClampedArray([300, -5, 1.5]),
  wrap: () => [new Uint8Array([256, -1]), new Int32Array([2 ** 31]), new Uint32Array([-1])],
  floats: () => [new Float32Array([0.1])[0], new Float64Array([0.1])[0]],
  dataView: () => {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint16(0, 0x1234);
    view.setUint32(2, 0xdeadbeef, true);
    return [view.getUint8(0), view.getUint16(0, true), view.getInt32(2), view.getUint16(2)];
  },
  dataViewOutside: () => new DataView(new ArrayBuffer(2)).getUint32(0),
  dataViewFloat: () => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, Math.PI);
    return [view.getUint32(0), view.getFloat64(0)];
  },
  bufferSlice: () => new Uint8Array(new Uint8Array([1, 2, 3]).buffer.slice(1)),
  isView: () => [ArrayBuffer.isView(bytes), ArrayBuffer.isView([])],
  constants: () => [Uint16Array.BYTES_PER_ELEMENT, bytes.byteLength, bytes.byteOffset],
  tag: () => Object.prototype.toString.call(bytes),
  encode: () => new TextEncoder().encode("aä€\u{1f600}"),
  decode: () => new TextDecoder().decode(new Uint8Array([97, 195, 164, 226, 130, 172])),
  decodeBom: () => new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])),
  decodeIgnoreBom: () =>
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])).length,
  decodeBad: () => new TextDecoder().decode(new Uint8Array([97, 0xff, 98])),
  decodeFatal: () => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])),
  decodeStream: () => {
    const decoder = new TextDecoder();
    return (
      decoder.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + decoder.decode(new Uint8Array([0xac]))
    );
  },
  encodeLone: () => new TextEncoder().encode("a\ud800b"),
  roundTripAstral: () => new TextDecoder().decode(new TextEncoder().encode("x\u{1f600}y")) === "x\u{1f600}y",
  roundTripAstralUnits: () => new TextDecoder().decode(new Uint8Array([0xf0, 0x9f, 0x98, 0x80])).length,
  base64: () => [btoa("hello"), atob("aGVsbG8="), btoa("\u00ff")],
  base64Bad: () => {
    try {
      return btoa("\u0100");
    } catch {
      return "refused";
    }
  },
  random: () => crypto.getRandomValues(new Uint8Array(16)).length,
  uuid: () =>
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
});
