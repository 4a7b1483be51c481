/**
 * Reads zip archives, as Python wheels are.
 *
 * @module
 */
import { inflateRawSync } from "node:zlib";
import { BuildError } from "./errors.ts";

/** Of the zip format (APPNOTE.TXT 4.3): signatures and sizes of the fixed parts of its records. */
const zip = {
  end: 0x06054b50,
  endBytes: 22,
  entry: 0x02014b50,
  entryBytes: 46,
  local: 0x04034b50,
  localBytes: 30,
  stored: 0,
  deflated: 8,
  longestComment: 0xffff,
} as const;

function damaged(what: string): BuildError {
  return new BuildError(`not a zip archive that can be read: ${what}.`);
}

function content(archive: Buffer, entry: Buffer): Buffer {
  const at = entry.readUInt32LE(42);
  if (at + zip.localBytes > archive.length || archive.readUInt32LE(at) !== zip.local) {
    throw damaged("an entry is not where the directory says");
  }
  const start = at + zip.localBytes + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
  const packed = archive.subarray(start, start + entry.readUInt32LE(20));
  const method = entry.readUInt16LE(10);
  if (method !== zip.stored && method !== zip.deflated) {
    throw damaged(`compression method ${method}`);
  }
  return method === zip.stored ? packed : inflateRawSync(packed);
}

/**
 * Calls `take` with name and content of each file in an archive whose name `wanted` accepts.
 *
 * @throws BuildError if the archive is damaged. What is larger than 4 GiB is not supported.
 */
export function unzip(
  archive: Buffer,
  wanted: (name: string) => boolean,
  take: (name: string, bytes: Buffer) => void,
): void {
  let end = archive.length - zip.endBytes;
  const last = Math.max(0, end - zip.longestComment);
  while (end >= last && archive.readUInt32LE(end) !== zip.end) {
    end--;
  }
  if (end < last) {
    throw damaged("it has no directory");
  }
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (at + zip.entryBytes > archive.length || archive.readUInt32LE(at) !== zip.entry) {
      throw damaged("its directory is cut short");
    }
    const entry = archive.subarray(at);
    const nameBytes = entry.readUInt16LE(28);
    const name = entry.toString("utf8", zip.entryBytes, zip.entryBytes + nameBytes);
    if (!name.endsWith("/") && wanted(name)) {
      take(name, content(archive, entry));
    }
    at += zip.entryBytes + nameBytes + entry.readUInt16LE(30) + entry.readUInt16LE(32);
  }
}
