/**
 * Whole transfers over bad links: every byte is compared, nothing is copied in frame code, no frame leaks. `make transfers` sends 100 MB
 * over each of these links; here it is less.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { compileFrameCode } from "../support/framecode.ts";
import { transfer } from "../support/transfer.ts";
import { CONDITIONS } from "../support/transfer-matrix.ts";

const BYTES = 2_000_000;
const BYTES_EACH_WAY = 700_000;

let module: WebAssembly.Module;
beforeAll(async () => {
  module = new WebAssembly.Module(await compileFrameCode("src/stack/stack.frame.ts"));
});

describe.each(CONDITIONS)("a transfer over a link with $name arrives whole", ({ options }) => {
  test("sent by who connected", async () => {
    const { client } = await transfer(module, { up: BYTES, seed: 11, ...options });
    expect(client.counter("tcp.connections-established")).toBe(1);
  });

  test("sent by who accepted", async () => {
    const { server } = await transfer(module, { down: BYTES, seed: 12, ...options });
    expect(server.counter("tcp.connections-accepted")).toBe(1);
  });

  test("both ways at once", async () => {
    await transfer(module, { up: BYTES_EACH_WAY, down: BYTES_EACH_WAY, seed: 13, ...options });
  });
});

test.each([
  { flows: 20, each: 100_000, faults: { loss: 0.02 } },
  { flows: 300, each: 10_000, faults: { loss: 0.05, reordering: 0.1, duplication: 0.05 } },
  { flows: 50, each: 100_000, faults: { latencyNs: 10e6, bitsPerSecond: 100e6, queueBytes: 250_000 } },
])(
  "$flows connections at once share memory and link, and all arrive whole",
  async ({ flows, each, faults }) => {
    const { client, server } = await transfer(module, { flows, up: each, down: each, faults, seed: 14 });
    expect(client.counter("tcp.connections-established")).toBe(flows);
    expect(server.counter("tcp.connections-accepted")).toBe(flows);
  },
);

test("sixty slow readers at once get everything in the end", async () => {
  const slow = { flows: 60, up: 100_000, readBytesPerSecond: 20_000, seed: 15 };
  const { server } = await transfer(module, { ...slow, faults: { loss: 0.01 } });
  expect(server.counter("tcp.connections-accepted")).toBe(60);
});

test.each([0x7fff0000, 0xffff0000])("sequence numbers pass %i + 65536 unharmed", async (first) => {
  const NS_PER_NUMBER = 4000n;
  let iss = 0;
  const note = (bytes: Uint8Array) => {
    const isSyn = bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 6 && bytes[47] === 2;
    if (isSyn) iss = new DataView(bytes.buffer, bytes.byteOffset).getUint32(38);
    return false;
  };
  // The number depends on the clock, and on what is random, which in tests is always the same.
  let startNs = 1_000_000_000n;
  const options = { up: 1_000_000, faults: { loss: 0.02, reordering: 0.05, drop: note } };
  await transfer(module, { ...options, startNs });
  startNs += BigInt((first - iss) >>> 0) * NS_PER_NUMBER;
  await transfer(module, { ...options, startNs });
  expect(iss).toBe(first);
});

test("what is wrong with a transfer is noticed", async () => {
  // A link that changes payload and mends the checksum, as no link does.
  const drop = (bytes: Uint8Array) => {
    if (bytes.length === 1514) {
      const at = 1000;
      const [first = 0, second = 0] = bytes.subarray(at);
      [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] = [
        bytes[at + 2] ?? 0,
        bytes[at + 3] ?? 0,
        first,
        second,
      ];
    }
    return false;
  };
  await expect(transfer(module, { up: 100_000, faults: { drop } })).rejects.toThrow(/wrong bytes at/);
});
