import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mirage, ROOT, runExecutable } from "../support/mirage.ts";
import { RunningProgram } from "../support/program.ts";
import { scratchFolder, write } from "./scratch.ts";

const folder = scratchFolder();

interface Report {
  executable: string;
  bytes: number;
  cached: boolean;
  milliseconds: number;
  costs: Record<string, number>;
}

function build(main: string, output = join(folder, "out")): Report {
  const { status, stdout, stderr } = mirage(["build", "--json", "-q", "-o", output, main]);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Report;
}

function run(main: string, args: string[] = []): ReturnType<typeof mirage> {
  return mirage(["run", "-q", main, ...args]);
}

it("leaves one executable, which runs with nothing in its environment and no Node", () => {
  const main = write(folder, { "alone/main.ts": 'console.log("alone");\n' });
  const output = join(folder, "alone-out");
  const report = build(main, output);
  expect(readdirSync(output)).toEqual(["alone"]);
  expect(report.executable).toBe(join(output, "alone"));
  expect(report.bytes).toBe(statSync(report.executable).size);
  expect(runExecutable(report.executable, [], {})).toMatchObject({
    status: 0,
    stdout: "alone\n",
    stderr: "",
  });
  const { stdout: libraries } = spawnSync("ldd", [report.executable], { encoding: "utf8" });
  expect(libraries).not.toMatch(/node|stdc\+\+/);
});

it("builds what is unchanged only once, and what has changed again", () => {
  const files = {
    "twice.ts": 'import { text } from "./text.ts";\nconsole.log(text);\n',
    "text.ts": 'export const text = "a";\n',
  };
  const main = write(folder, files);
  expect(build(main).cached).toBe(false);
  expect(build(main).cached).toBe(true);
  write(folder, { "text.ts": 'export const text = "b";\n' });
  const report = build(main);
  expect(report.cached).toBe(false);
  expect(runExecutable(report.executable, []).stdout).toBe("b\n");
});

it("a build that fails leaves nothing to be run later", () => {
  const main = write(folder, { "breaks.ts": "console.log(1);\n" });
  expect(run(main).stdout).toBe("1\n");
  write(folder, { "breaks.ts": "console.log(nothing);\n" });
  expect(run(main)).toMatchObject({ status: 1, stdout: "" });
});

it("passes arguments behind -- and the exit code through", () => {
  const main = write(folder, {
    "exits.ts": 'import { args, exit } from "mirage";\nconsole.log(args.join("+"));\nexit(args.length);\n',
  });
  expect(run(main, ["--", "one", "--two", "3"])).toMatchObject({ status: 3, stdout: "one+--two+3\n" });
  expect(run(main)).toMatchObject({ status: 0 });
});

it("ends with 130 on Ctrl-C, and passes other signals on", async () => {
  const main = write(folder, {
    "waits.ts": 'import { sleep } from "mirage";\nconsole.log("waiting");\nawait sleep(100_000);\n',
  });
  const program = new RunningProgram(
    spawn(process.execPath, [join(ROOT, "dist/mirage.js"), "run", "-q", main]),
  );
  await program.output(/waiting/);
  program.child.kill("SIGUSR1");
  await program.output(/statistics/);
  expect(await program.stop("SIGINT")).toBe(130);
});

describe("lowers", () => {
  it("what TypeScript of today is written with", () => {
    const main = write(folder, {
      "modern.ts": `
class Base<T> {
  #items: T[] = [];
  static count = 0;
  constructor(...items: T[]) {
    this.#items.push(...items);
    Base.count++;
  }
  get size(): number {
    return this.#items.length;
  }
  *[Symbol.iterator](): Generator<T> {
    yield* this.#items;
  }
}
class Derived extends Base<number> {
  override get size(): number {
    return super.size * 10;
  }
}
enum Colour { Red = 1, Green }
const { a, ...rest } = { a: 1, b: 2, c: 3 };
const derived = new Derived(1, 2, 3);
async function* numbers(): AsyncGenerator<number> {
  for (const n of derived) {
    await Promise.resolve();
    yield n;
  }
}
const seen: number[] = [];
for await (const n of numbers()) {
  seen.push(n ** 2);
}
const late = await import("./late.ts");
const closures = [];
for (let i = 0; i < 3; i++) {
  closures.push(() => i);
}
const nothing = undefined as { deep?: { er: number } } | undefined;
console.log(derived.size, seen.join(), a, Object.keys(rest).join(), Colour[Colour.Green], late.value, Base.count);
console.log(closures.map((f) => f()).join(), nothing?.deep?.er ?? "none", [..."añ😀"].length, \`\${[1, [2]].flat()}\`);
console.log(/(?<year>\\d{4})/.exec("in 2024")?.groups?.["year"], /a.b/s.test("a\\nb"), "aXbX".replaceAll("X", "-"));
`,
      "late.ts": 'export const value = "late";\n',
    });
    const { status, stdout, stderr } = run(main);
    expect(stderr).toBe("");
    expect(stdout).toBe("30 1,4,9 1 b,c Green late 1\n0,1,2 none 3 1,2\n2024 true a-b-\n");
    expect(status).toBe(0);
  });

  it("npm packages of plain JavaScript, CommonJS and modules", () => {
    const main = write(folder, {
      "packages.ts":
        'import pad from "padder";\nimport { twice } from "doubler";\nconsole.log(pad(twice("x")));\n',
      "node_modules/padder/package.json":
        '{ "name": "padder", "version": "1.0.0", "main": "i.js", "types": "i.d.ts" }',
      "node_modules/padder/i.js": 'module.exports = (s) => s.padStart(5, ".");\n',
      "node_modules/padder/i.d.ts": "declare function pad(s: string): string;\nexport = pad;\n",
      "node_modules/doubler/package.json":
        '{ "name": "doubler", "version": "1.0.0", "type": "module", "exports": { "types": "./i.d.ts", "import": "./i.js" } }',
      "node_modules/doubler/i.js": "export const twice = (s) => s + s;\nexport const big = () => 1n;\n",
      "node_modules/doubler/i.d.ts": "export declare function twice(s: string): string;\n",
    });
    expect(run(main)).toMatchObject({ status: 0, stdout: "...xx\n" });
  });
});

describe("stack traces name TypeScript's functions and lines:", () => {
  const cases: [name: string, text: string, expected: RegExp[]][] = [
    [
      "in a chain of calls over several lines",
      'const list = [3, 1]\n  .map((x) => x + 1)\n  .map((x) => fail(x));\nfunction fail(x: number): number {\n  throw new Error("bad " + x);\n}\nconsole.log(list);\n',
      [/Error: bad 4/, /at fail \(chain\.ts:5\)/, /chain\.ts:3\b/],
    ],
    [
      "in a method, a getter and an arrow function",
      'class Server {\n  get port(): number {\n    throw new RangeError("no port");\n  }\n  listen(): number {\n    const port = this.port;\n    return port;\n  }\n}\nconst start = (): number => {\n  const port = new Server().listen();\n  return port;\n};\nstart();\n',
      [
        /RangeError: no port/,
        /at port\$get \(chain\.ts:3\)/,
        /at listen \(chain\.ts:6\)/,
        /at start \(chain\.ts:11\)/,
        /chain\.ts:14\b/,
      ],
    ],
    [
      "in an async function after await",
      'async function later(): Promise<void> {\n  await Promise.resolve();\n  const x: { y: number } | null = JSON.parse("null");\n  console.log(x!.y);\n}\nawait later();\n',
      [/TypeError/, /at later\S* \(chain\.ts:4\)/],
    ],
    [
      "outside of all functions",
      'import { sleep } from "mirage";\nconsole.log(typeof sleep);\nthrow new Error("here");\n',
      [/Error: here/, /chain\.ts:3\b/],
    ],
  ];

  it.each(cases)("%s", (_, text, expected) => {
    const { status, stderr } = run(write(folder, { "chain.ts": text }));
    expect(status).toBe(70);
    for (const pattern of expected) {
      expect(stderr).toMatch(pattern);
    }
  });
});

it("links the network stack into programs that use sockets, and into no others", () => {
  const raw = build(
    write(folder, { "raw.ts": 'import { Netif } from "mirage";\nconsole.log(typeof Netif);\n' }),
  );
  const sockets = build(
    write(folder, { "sockets.ts": 'import { Udp } from "mirage";\nconsole.log(typeof Udp);\n' }),
  );
  const names = (report: Report) => readFileSync(report.executable).includes("stack.frame.ts");
  expect(names(raw)).toBe(false);
  expect(names(sockets)).toBe(true);
});

it("works from another folder, with a relative program", () => {
  write(folder, { "here/main.ts": 'console.log("here");\n' });
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(ROOT, "dist/mirage.js"), "run", "-q", "here"],
    {
      cwd: folder,
      encoding: "utf8",
    },
  );
  expect({ status, stdout }).toEqual({ status: 0, stdout: "here\n" });
});

it("does not overwrite a folder of the executable's name", () => {
  write(folder, { "taken/main.ts": "export {};\n", "place/taken/x": "" });
  const { status, stderr } = mirage(["build", "-q", "-o", join(folder, "place"), join(folder, "taken")]);
  expect(status).toBe(64);
  expect(stderr).toContain("is a folder");
  expect(existsSync(join(folder, "place/taken/x"))).toBe(true);
});
