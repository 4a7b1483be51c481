/**
 * Relocations of kernel modules.
 *
 * @module
 */

/** Of the ELF64 object format, see elf(5). */
const elf = {
  sectionOffset: 0x28,
  sectionBytes: 0x3a,
  sections: 0x3c,
  type: 0x04,
  offset: 0x18,
  size: 0x20,
  rela: 4,
  relaBytes: 24,
  relaInfo: 8,
} as const;

const R_X86_64_PC32 = 2;
const R_X86_64_PLT32 = 4;

/**
 * Rewrites, in place, relocations of type PLT32 to PC32; returns how many. For a function inside of the kernel they
 * mean the same, and FreeBSD before 11.3 and 12.1 knows PC32 only.
 *
 * @throws RangeError if this is no ELF64 object.
 */
export function pltToPc32(object: Buffer): number {
  let count = 0;
  const table = Number(object.readBigUInt64LE(elf.sectionOffset));
  const bytes = object.readUInt16LE(elf.sectionBytes);
  const sections = object.readUInt16LE(elf.sections);
  for (let i = 0; i < sections; i++) {
    const header = table + i * bytes;
    if (object.readUInt32LE(header + elf.type) !== elf.rela) {
      continue;
    }
    const start = Number(object.readBigUInt64LE(header + elf.offset));
    const end = start + Number(object.readBigUInt64LE(header + elf.size));
    for (let at = start; at < end; at += elf.relaBytes) {
      // The type is the lower half of r_info.
      if (object.readUInt32LE(at + elf.relaInfo) === R_X86_64_PLT32) {
        object.writeUInt32LE(R_X86_64_PC32, at + elf.relaInfo);
        count++;
      }
    }
  }
  return count;
}
