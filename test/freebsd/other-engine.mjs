// SPDX-License-Identifier: BSD-2-Clause
//
// node other-engine.mjs MODULE COPY: a copy of a mirage.ko whose program says that it was built for another engine. Its engine_id
// points one character further: "uktape-..." where the engine is "duktape-...".
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const [input, output] = process.argv.slice(2);
if (output === undefined) {
  console.error("usage: node other-engine.mjs MODULE COPY");
  process.exit(64);
}
const elf = readFileSync(input);
const u64 = (offset) => Number(elf.readBigUInt64LE(offset));
const sections = Array.from({ length: elf.readUInt16LE(60) }, (_, i) => {
  const at = u64(40) + i * elf.readUInt16LE(58);
  return {
    type: elf.readUInt32LE(at + 4),
    offset: u64(at + 24),
    size: u64(at + 32),
    link: elf.readUInt32LE(at + 40),
    info: elf.readUInt32LE(at + 44),
  };
});
const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const symbols = sections.find((section) => section.type === SHT_SYMTAB);
const names = sections[symbols.link];
const nameAt = (offset) =>
  elf.toString("latin1", names.offset + offset, elf.indexOf(0, names.offset + offset));
let program;
for (let at = symbols.offset; at < symbols.offset + symbols.size; at += 24) {
  if (nameAt(elf.readUInt32LE(at)) === "mirage_program") {
    program = { section: elf.readUInt16LE(at + 6), value: u64(at + 8) };
  }
}
// struct mirage_program: name, build_id, engine_id.
const relocations = sections.find((section) => section.type === SHT_RELA && section.info === program.section);
let found = false;
for (let at = relocations.offset; at < relocations.offset + relocations.size; at += 24) {
  if (u64(at) === program.value + 16) {
    elf.writeBigInt64LE(elf.readBigInt64LE(at + 16) + 1n, at + 16);
    found = true;
  }
}
if (!found) {
  console.error(`${input}: mirage_program has no engine_id`);
  process.exit(1);
}
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, elf);
