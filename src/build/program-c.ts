/**
 * The C that stands for a program: `struct mirage_program` of `runtime/include/mirage/program.h`.
 *
 * @module
 */

export interface ProgramParts {
  readonly name: string;
  /** Hex digest of all inputs. */
  readonly buildId: string;
  /** Full path of the bytecode. */
  readonly bytecodeFile: string;
  /** Bytes. */
  readonly bytecodeLength: number;
  readonly engineId: string;
  /** Names of the frame-code modules, in order. */
  readonly modules: readonly string[];
}

/** A C string literal: everything but plain ASCII as octal, whose length is bounded. */
export function cString(text: string): string {
  const bytes = [...Buffer.from(text, "utf8")].map((byte) => {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
    return plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return `"${bytes.join("")}"`;
}

/** The assembler reads the bytecode from its file, which is faster than a list of numbers. */
function includedBytecode(file: string): string {
  const incbin = `.incbin "${file.replace(/["\\]/g, "\\$&")}"\n`;
  return `extern const uint8_t mirage_program_bytecode[];
__asm__(".section .rodata\\n"
    ".balign 16\\n"
    "mirage_program_bytecode:\\n"
    ${cString(incbin)}
    ".previous\\n");
`;
}

function listedBytecode(bytecode: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytecode.length; at += 20) {
    lines.push(`\t${bytecode.subarray(at, at + 20).join(", ")},`);
  }
  return `static const uint8_t mirage_program_bytecode[] __attribute__((aligned(16))) = {\n${lines.join("\n")}\n};\n`;
}

/**
 * C source that defines `mirage_program`.
 *
 * @param bytecode to have it in the C itself; without it the C refers to its file.
 */
export function programC(parts: ProgramParts, bytecode?: Uint8Array): string {
  const externs = parts.modules.map(
    (name) => `extern const struct mirage_wasm_module mirage_wasm_module_${name};`,
  );
  const list = parts.modules.map((name) => `\t&mirage_wasm_module_${name},`);
  const modules =
    list.length === 0
      ? ""
      : `static const struct mirage_wasm_module *const modules[] = {\n${list.join("\n")}\n};\n`;
  const bytes = bytecode === undefined ? includedBytecode(parts.bytecodeFile) : listedBytecode(bytecode);
  return `#include <mirage/program.h>
#include <mirage/wasm.h>

${bytes}
${externs.join("\n")}
${modules}
const struct mirage_program mirage_program = {
	.name = ${cString(parts.name)},
	.build_id = ${cString(parts.buildId)},
	.engine_id = ${cString(parts.engineId)},
	.bytecode = mirage_program_bytecode,
	.bytecode_len = ${parts.bytecodeLength},
	.modules = ${list.length === 0 ? "NULL" : "modules"},
	.nmodules = ${list.length},
};
`;
}
