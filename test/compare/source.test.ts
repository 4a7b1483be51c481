/** Counting of code: planted files whose numbers are known. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { firstBranches, measureC } from "../../tools/compare/source/c.ts";
import { layers } from "../../tools/compare/source/layers.ts";
import { expand, measureFiles, measureSources, measureTests } from "../../tools/compare/source/report.ts";
import { countCases, measureTypeScript } from "../../tools/compare/source/typescript.ts";
import { ROOT } from "../support/mirage.ts";

const typescript = `/**
 * A comment. if (x) while (y) {}
 */
import { x } from "y"; // one line

/* another */
export class Thing {
  #n = 0; /** @param n */ constructor(n: number) {
    this.#n = n;
  }

  get big(): boolean {
    return this.#n > 10 && this.#n < 20 ? true : false;
  }
}

export function decide(a: number[]): string {
  for (const one of a) {
    if (one === 1 || one === 2) {
      continue;
    } else if (one === 3) {
      break;
    }
  }
  try {
    do {
      a.pop();
    } while (a.length > 0);
  } catch {
    return \`no
      // code
    \`;
  }
  switch (a[0] ?? 0) {
    case 1:
    case 2:
      return "";
    default:
      return a.map((n) => (n ? "a" : "b")).join();
  }
}
declare function outside(): void;
`;

const c = `/* comment
 * if (x) */
#include <stdio.h>

#define TWO(x) \\
	do { x; x; } while (0)

static int
plain(int a) // one
{
	return (a);
}

int
branches(int a, int b)
{
#ifdef INET
	if (a && b) {
#else
	if (a) {
#endif
		return (1); /* trailing */
	}
	TAILQ_FOREACH(x, y, z)
		a++;
	for (;;)
		while (b)
			b--;
	switch (a) {
	case 1:
	case 2:
		break;
	default:
		break;
	}
#if 0
	if (a)
		b = "/* no comment";
#else
	do
		a--;
	while (a > 0 || b);
#endif
	return (a ? 1 : 2);
}
`;

const folder = mkdtempSync(join(tmpdir(), "mirage-source-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function plant(name: string, text: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

describe("TypeScript", () => {
  it("has as many lines of code, and functions, each of its complexity", () => {
    expect(measureTypeScript(typescript)).toEqual({
      // All 42 but 4 of comments and 3 blank ones; what looks like one in a string is none.
      lines: 35,
      functions: [
        { name: "Thing.constructor", complexity: 1 },
        { name: "Thing.big", complexity: 3 },
        // for, if, ||, if, do, catch, ??, case, case
        { name: "decide", complexity: 10 },
        { name: "(anonymous)", complexity: 2 },
      ],
    });
  });

  it("has each test counted once, in whatever form", () => {
    expect(
      countCases(`
        it("a", () => {});
        test.only("b", () => { it; expect(it).toBe(1); });
        it.each([1, 2])("c %i", () => {});
        it.skipIf(x).each(y)("d", () => {});
        describe("e", () => { it("f", f); });
        exit("g");
      `),
    ).toBe(5);
  });
});

describe("C", () => {
  it("has as many lines of code, and functions, each of its complexity", () => {
    const [size] = measureC([c]);
    expect(size).toEqual({
      // All 45 but 2 of a comment and 3 blank ones.
      lines: 40,
      functions: [
        { name: "plain", complexity: 1 },
        // if, &&, FOREACH, for, while, case, case, while, ||, ?:
        { name: "branches", complexity: 11 },
      ],
    });
  });

  it("is one way through the preprocessor, line for line", () => {
    expect(firstBranches("#if A\na\n#elif B\nb\n#else\nc\n#endif\nd").split("\n")).toEqual([
      "",
      "a",
      "",
      "",
      "",
      "",
      "",
      "d",
    ]);
    expect(firstBranches("#if 0\na\n#if C\nb\n#endif\n#elif B\nc\n#else\nd\n#endif").split("\n")).toEqual([
      "",
      "",
      "",
      "",
      "",
      "",
      "c",
      "",
      "",
      "",
    ]);
  });
});

describe("the layers of Mirage", () => {
  it("name nothing that is not there", () => {
    const names = layers.flatMap(({ mirage, tests }) => [...mirage, ...tests]);
    expect(names.filter((name) => expand(ROOT, [name]).length === 0)).toEqual([]);
  });

  it("are measured, a file in one layer only", () => {
    const report = measureSources(undefined);
    const files = report.layers.flatMap(({ mirage, tests }) => [
      ...(mirage?.files ?? []),
      ...(tests?.files ?? []),
    ]);
    expect(new Set(files).size).toBe(files.length);
    const tcp = report.layers.find(({ name }) => name === "tcp");
    expect(tcp?.mirage?.files).toContain("src/stack/tcp/input.ts");
    expect(tcp?.tests?.cases).toBeGreaterThan(100);
    expect(report.freebsd).toBeUndefined();
    expect(report.layers.every(({ freebsd }) => freebsd === undefined)).toBe(true);
  });
});

describe("a layer", () => {
  it("is made of files and folders; what is not there is left out", () => {
    plant("net/a.ts", typescript);
    plant("net/deep/b.c", c);
    plant("net/build/c.ts", "x");
    plant("net/README.md", "text");
    expect(expand(folder, ["net/", "gone.c"])).toEqual(["net/README.md", "net/a.ts", "net/deep/b.c"]);
    expect(expand(folder, ["net/a*", "net/d*"])).toEqual(["net/a.ts", "net/deep/b.c"]);
    expect(measureFiles(folder, ["gone.c"])).toBeUndefined();
    expect(measureFiles(folder, ["net/"])).toEqual({
      files: ["net/a.ts", "net/deep/b.c"],
      lines: 75,
      functions: 6,
      // 1 1 2 3 10 11
      complexity: { median: 2.5, p90: 10.5, max: 11 },
      complex: 0,
      worst: "branches (net/deep/b.c)",
    });
  });

  it("has its tests counted: vitest, atf-sh, packetdrill", () => {
    plant("tests/a.test.ts", 'it("a", () => {});\n// no\nit("b", () => {});\n');
    plant("tests/helper.ts", "export const it = 1;\n");
    plant("tests/b.sh", "# a\natf_test_case one cleanup\none_body() {\n\ttrue\n}\ncase_of two\n");
    plant("tests/c.pkt", "# a\n+0 socket(...) = 3\n");
    expect(measureTests(folder, ["tests/"])).toMatchObject({ cases: 5, lines: 2 + 1 + 5 + 1 });
  });
});
