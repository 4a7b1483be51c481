import { expect, it } from "vitest";
import { nameClasses } from "../../src/build/class-names.ts";
import { mirage } from "../support/mirage.ts";
import { scratchFolder, write } from "./scratch.ts";

const folder = scratchFolder();

function output(name: string, text: string): string {
  const { status, stdout, stderr } = mirage(["run", "-q", write(folder, { [name]: text })]);
  expect(status, stderr).toBe(0);
  return stdout;
}

it("waits at top level for what stands in parentheses, brackets or a template", () => {
  const text = [
    'console.log(await (async () => "a")());',
    'const [b] = [await ("b" as unknown as Promise<string>)];',
    "console.log(b, await [1], await `c`);",
    "export {};",
  ].join("\n");
  expect(output("waits.ts", text)).toBe("a\nb [ 1 ] c\n");
});

it("calls classes by the names that they have in the program", () => {
  const text = [
    "class Shape { static made = 0; constructor() { Shape.made++; } }",
    "class Circle extends Shape { #r = 1; get r() { return this.#r; } }",
    "class Failure extends Error { constructor(text: string) { super(text); this.name = new.target.name; } }",
    "console.log(new Shape(), Shape.name, new Circle().constructor.name, Shape.made, String(new Failure('f')));",
  ].join("\n");
  expect(output("names.ts", text)).toBe("Shape {} Shape Circle 2 Failure: f\n");
});

it("renames uses of a class and no properties", () => {
  const before =
    "var A = class _A {\n  _A = 1;\n  m() {\n    return { _A: _A.x, v: this._A, w: new _A() };\n  }\n};";
  expect(nameClasses(before)).toBe(
    "var A = class A  {\n  _A = 1;\n  m() {\n    return { _A: A .x, v: this._A, w: new A () };\n  }\n};",
  );
  expect(nameClasses("var B = class {\n};\nvar C = class _X {\n};")).toBe(
    "var B = class B {\n};\nvar C = class _X {\n};",
  );
});
