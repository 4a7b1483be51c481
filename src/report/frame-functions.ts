/**
 * Functions of frame code by their symbols, from the table that each program has in section `.mirage.functions`.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { BuildError } from "../build/errors.ts";
import { symbolSection } from "../build/frame-symbols.ts";

/** Symbol -> "Udp#input (mirage/src/stack/udp/udp.ts:56)". */
export type FrameFunctions = ReadonlyMap<string, string>;

/** Of the ELF64 format, see elf(5): where a section's header has its name, offset and size. */
const elf = {
  sections: 0x28,
  entry: 0x3a,
  count: 0x3c,
  names: 0x3e,
  name: 0,
  offset: 0x18,
  size: 0x20,
} as const;

function sectionOf(image: Buffer, wanted: string): Buffer | undefined {
  if (image.length < 64 || image.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") {
    return undefined;
  }
  const table = Number(image.readBigUInt64LE(elf.sections));
  const entry = image.readUInt16LE(elf.entry);
  const count = image.readUInt16LE(elf.count);
  if (entry < 64 || table + entry * count > image.length) {
    return undefined;
  }
  const content = (index: number): Buffer => {
    const header = table + index * entry;
    const offset = Number(image.readBigUInt64LE(header + elf.offset));
    return image.subarray(offset, offset + Number(image.readBigUInt64LE(header + elf.size)));
  };
  const namesIndex = image.readUInt16LE(elf.names);
  if (namesIndex >= count) {
    return undefined;
  }
  const names = content(namesIndex);
  for (let i = 0; i < count; i++) {
    const at = image.readUInt32LE(table + i * entry + elf.name);
    const end = names.indexOf(0, at);
    if (at < names.length && end >= at && names.toString("latin1", at, end) === wanted) {
      return content(i);
    }
  }
  return undefined;
}

/**
 * @param file `mirage.ko`, or an executable that `mirage build` made.
 * @returns nothing in it if the program has no frame code.
 * @throws BuildError if there is no such file.
 */
export function readFrameFunctions(file: string): FrameFunctions {
  if (!existsSync(file)) {
    throw new BuildError(`${file}: there is no such file; it should be the program that was sampled.`);
  }
  const rows = sectionOf(readFileSync(file), symbolSection)?.toString("utf8").split("\n") ?? [];
  return new Map(
    rows
      .map((row) => row.split("\t"))
      .filter((row) => row.length === 4)
      .map(([symbol, name, path, line]) => [
        symbol as string,
        line === "0" ? `${name} (${path})` : `${name} (${path}:${line})`,
      ]),
  );
}

/** A name for a symbol, if need be made of the symbol alone: "SocketTable_port (stack: udp_sockets)". */
export function frameLabel(symbol: string, functions: FrameFunctions): string {
  const known = functions.get(symbol);
  if (known !== undefined) {
    return known;
  }
  const [module, ...rest] = symbol.replace(/^fc_/, "").split("__");
  const name = rest.pop();
  if (name === undefined) {
    return symbol;
  }
  return rest.length === 0 ? `${name} (${module})` : `${name} (${module}: ${rest.join("/")})`;
}
