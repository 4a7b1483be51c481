/**
 * Captures what went over a test's link, and leaves it in `build/test-pcaps/` when the test fails: open it with tcpdump
 * or Wireshark.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(resolve(dirname(fileURLToPath(import.meta.url)), "../.."), "build/test-pcaps");
/** Of the nanosecond variant of the format. */
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;
const SNAPLEN_BYTES = 262_144;

export class Capture {
  private readonly packets: { readonly timeNs: bigint; readonly bytes: Uint8Array }[] = [];

  add(timeNs: bigint, bytes: Uint8Array): void {
    this.packets.push({ timeNs, bytes: bytes.slice() });
  }

  get length(): number {
    return this.packets.length;
  }

  /** The capture in pcap format. */
  encode(): Uint8Array {
    const size = this.packets.reduce((sum, { bytes }) => sum + 16 + bytes.length, 24);
    const out = new Uint8Array(size);
    const view = new DataView(out.buffer);
    view.setUint32(0, MAGIC_NANOSECONDS, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, SNAPLEN_BYTES, true);
    view.setUint32(20, LINKTYPE_ETHERNET, true);
    let at = 24;
    for (const { timeNs, bytes } of this.packets) {
      view.setUint32(at, Number(timeNs / 1_000_000_000n), true);
      view.setUint32(at + 4, Number(timeNs % 1_000_000_000n), true);
      view.setUint32(at + 8, bytes.length, true);
      view.setUint32(at + 12, bytes.length, true);
      out.set(bytes, at + 16);
      at += 16 + bytes.length;
    }
    return out;
  }

  /** Writes the capture under a name made from the test's; returns its path. */
  save(testName: string): string {
    mkdirSync(folder, { recursive: true });
    const name = testName.replace(/[^A-Za-z0-9.]+/g, "-").slice(0, 120);
    const path = join(folder, `${name}.pcap`);
    writeFileSync(path, this.encode());
    return path;
  }
}
