/** Folding of what dtrace/flame.d and --profile write, and the names of frame code. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { frameSymbols } from "../../src/build/frame-symbols.ts";
import { foldSamples, frameCodeNames, profiledProgram } from "../../src/cli/trace-fold.ts";

const folder = mkdtempSync(join(tmpdir(), "mirage-fold-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As DTrace prints a stack: the innermost function first. */
function block(js: string, frames: readonly string[], count: number): string {
  return `js ${js}\n${frames.map((frame) => `              ${frame}\n`).join("")}count ${count}\n\n`;
}

const NONE = new Map<string, string>();
const LOOP = ["mirage.ko`mirage_loop_run+0x3fe", "mirage.ko`runner_main+0x225", "kernel`fork_exit+0x81"];
const ENTRY = [
  "mirage.ko`duk__js_execute_bytecode_inner+0x3d7f",
  "mirage.ko`duk__handle_call_raw+0xae3",
  "mirage.ko`run_calls+0xdf",
  "mirage.ko`duk_handle_safe_call+0x127",
  "mirage.ko`enter+0x82",
  "mirage.ko`mirage_engine_calls+0x2e",
];

describe("stacks of a kernel", () => {
  it("of frame code show its functions, with the place where it is known", () => {
    const text = block(
      "",
      ["mirage.ko`fc_stack__udp_udp__Udp_input+0x12", "mirage.ko`fc_stack__input+0x9", ...LOOP],
      3,
    );
    const known = new Map([["fc_stack__udp_udp__Udp_input", "Udp#input (mirage/src/stack/udp/udp.ts:56)"]]);
    expect(foldSamples(text, known)).toBe(
      "fork_exit_[k];runner_main;mirage_loop_run;fc_stack__input_[f];Udp#input (mirage/src/stack/udp/udp.ts:56)_[f] 3\n",
    );
  });

  it("of TypeScript have its functions in place of the interpreter's", () => {
    const js = "handle (main.ts:12)_[j];each (native)_[j];sum (main.ts:30)_[j]";
    const text = block(js, ["mirage.ko`duk_hobject_getprop+0x1", ...ENTRY, ...ENTRY, ...LOOP], 2);
    expect(foldSamples(text, NONE)).toBe(
      `fork_exit_[k];runner_main;mirage_loop_run;${js};duk_hobject_getprop 2\n`,
    );
  });

  it("go on from TypeScript into frame code and the kernel", () => {
    const js = "send (main.ts:4)_[j];udp_send (native)_[j]";
    const calls = ["kernel`ether_output+0x1", "mirage.ko`fc_stack__udp_send+0x4"];
    expect(foldSamples(block(js, [...calls, ...ENTRY, ...LOOP], 1), NONE)).toBe(
      `fork_exit_[k];runner_main;mirage_loop_run;${js};fc_stack__udp_send_[f];ether_output_[k] 1\n`,
    );
  });

  it("that are the same are added up", () => {
    const one = block("", LOOP, 2);
    const other = block("", ["kernel`0xffffffff807f0c2e", ...LOOP], 9);
    expect(foldSamples(`${one}${other}${one}`, NONE)).toBe(
      "fork_exit_[k];runner_main;mirage_loop_run 4\nfork_exit_[k];runner_main;mirage_loop_run;0xffffffff807f0c2e 9\n",
    );
  });

  it("begin with the first function that has a name", () => {
    expect(foldSamples(block("", [...LOOP, "kernel`0xffffffff807f0c2e"], 1), NONE)).toMatch(/^fork_exit/);
  });

  it("that were cut off keep their innermost functions, and the sampler is no part of them", () => {
    const text = block(
      "deep (main.ts:1)_[j]",
      ["mirage.ko`memcpy+0x1", "mirage.ko`unit_sample_push+0x2", "mirage.ko`native_x+0x4"],
      1,
    );
    expect(foldSamples(text, NONE)).toBe("deep (main.ts:1)_[j];native_x 1\n");
  });

  it("are none where there is no sample", () => {
    expect(foldSamples("dtrace: failed to open /dev/dtrace\n", NONE)).toBe("");
  });
});

it("a profile names its program", () => {
  expect(profiledProgram("program /tmp/a b/echo\n\njs \ncount 1\n")).toBe("/tmp/a b/echo");
  expect(profiledProgram("js \ncount 1\n")).toBeUndefined();
});

it("stacks of a process begin behind what its profile begins with; nothing in it is the kernel's", () => {
  const text = `program /tmp/echo\n\n${block("", ["libc.so.6`write+0x4f", "echo`run_instance+0x29", "0x7f4897ecd1f4"], 5)}`;
  expect(foldSamples(text, NONE)).toBe("run_instance;write 5\n");
});

describe("symbols of frame code", () => {
  it("are C identifiers, say module, path, class and function, and none comes twice", () => {
    const symbols = frameSymbols("stack", [
      "stack.frame/input",
      "udp/udp/Udp<stack.frame/Network,a/Map<b/K,c/V>>#input",
      "udp/udp/Udp<other/Network>#input",
      "~lib/mirage/framecode/text/Line#hex",
      "~lib/rt/stub/__new",
      "~start",
    ]);
    expect(symbols).toEqual([
      "fc_stack__input",
      "fc_stack__udp_udp__Udp_input",
      "fc_stack__udp_udp__Udp_input_2",
      "fc_stack__framecode_text__Line_hex",
      "fc_stack__lib_rt_stub__new",
      "fc_stack__start",
    ]);
  });

  it("are none in what is no program", () => {
    const text = join(folder, "text");
    writeFileSync(text, "not a program, but long enough to be one: ".repeat(8));
    expect(frameCodeNames(text).size).toBe(0);
  });
});
