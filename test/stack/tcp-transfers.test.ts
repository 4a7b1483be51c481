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
