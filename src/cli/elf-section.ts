/**
 * Reads a section of an ELF file: of an executable or of a kernel module.
 *
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes of a file, from `position` on. */
function bytesOf(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const got = readSync(file, bytes, 0, length, position);
  return bytes.subarray(0, got);
}

const sectionHeaderBytes = 64;

/** No section that is asked for is longer. */
const longest = 1 << 24;

function sectionOf(file: number, wanted: string): Buffer | undefined {
  const header = bytesOf(file, 0, 64);
  if (header.length < 64 || header.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") {
    return undefined;
  }
  const table = Number(header.readBigUInt64LE(40));
  const entry = header.readUInt16LE(58);
  const count = header.readUInt16LE(60);
  if (entry !== sectionHeaderBytes || table + count * entry > fstatSync(file).size) {
    return undefined;
  }
  const sections = bytesOf(file, table, count * entry);
  const place = (index: number): [number, number] => [
    Number(sections.readBigUInt64LE(index * entry + 24)),
    Number(sections.readBigUInt64LE(index * entry + 32)),
  ];
  const nameIndex = header.readUInt16LE(62);
  if (nameIndex >= count) {
    return undefined;
  }
  const [namesAt, namesLength] = place(nameIndex);
  const names = bytesOf(file, namesAt, Math.min(namesLength, longest));
  for (let i = 0; i < count; i++) {
    const name = sections.readUInt32LE(i * entry);
    const end = names.indexOf(0, name);
    if (name < names.length && names.toString("latin1", name, end) === wanted) {
      const [at, length] = place(i);
      return bytesOf(file, at, Math.min(length, longest));
    }
  }
  return undefined;
}

/** The section of that name in an ELF file (`elf(5)`, 64 bits, little-endian); undefined: it has none, or is none. */
export function elfSection(path: string, name: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    return sectionOf(file, name);
  } catch {
    // Not what it seemed to be.
    return undefined;
  } finally {
    closeSync(file);
  }
}
