/**
 * Finds what cannot be lowered to ES5, or has nothing to run on, and says where it stands and why.
 *
 * It looks at the bundle, not at the sources: what tree-shaking dropped may be anything.
 *
 * @module
 */
import ts from "typescript";
import { BuildError } from "./errors.ts";
import type { Place } from "./line-map.ts";
import { shownFile } from "./sources.ts";

interface Finding {
  readonly node: ts.Node;
  readonly why: string;
}

const bigint =
  "BigInt cannot be lowered: the engine has no arbitrary integers. Numbers are exact up to 2^53 - 1; frame code has u64";

/** Names that ES2023 declares and that do not exist at run time. */
const absent: Readonly<Record<string, string>> = {
  BigInt: bigint,
  BigInt64Array: bigint,
  BigUint64Array: bigint,
  Atomics: "there are no threads in a program, so no Atomics",
  SharedArrayBuffer: "there are no threads in a program, so no SharedArrayBuffer",
  WeakRef: "WeakRef cannot be made from what the engine has",
  FinalizationRegistry: "FinalizationRegistry cannot be made from what the engine has",
  Intl: "there is no Intl: it needs tables that a kernel does not carry",
  WebAssembly: "a program brings its WebAssembly along as frame code: import a *.frame.ts file",
};

function regularExpressionProblem(literal: string): string | undefined {
  const end = literal.lastIndexOf("/");
  const pattern = literal.slice(1, end);
  const flags = literal.slice(end + 1);
  for (const [flag, what] of [
    ["u", "matching by code points (flag u)"],
    ["v", "set notation (flag v)"],
    ["d", "indices of groups (flag d)"],
  ] as const) {
    if (flags.includes(flag)) {
      return `${what} cannot be lowered: the engine's regular expressions are those of ES5`;
    }
  }
  if (/(?:^|[^\\])(?:\\\\)*\(\?<[=!]/.test(pattern)) {
    return "lookbehind in a regular expression cannot be lowered: the engine's are those of ES5";
  }
  return undefined;
}

/** Is this identifier a use of a global, rather than a property, a declaration or a key? */
function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.expression === node;
  }
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
    return true;
  }
  // `typeof BigInt` is how libraries ask, and they live with the answer.
  return false;
}

function declaredNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (
      (ts.isVariableDeclaration(node) ||
        ts.isFunctionDeclaration(node) ||
        ts.isClassDeclaration(node) ||
        ts.isParameter(node)) &&
      node.name !== undefined &&
      ts.isIdentifier(node.name)
    ) {
      names.add(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function problemOf(node: ts.Node, declared: ReadonlySet<string>): string | undefined {
  if (ts.isBigIntLiteral(node)) {
    return bigint;
  }
  if (ts.isRegularExpressionLiteral(node)) {
    return regularExpressionProblem(node.text);
  }
  if (ts.isBinaryExpression(node) && ts.isPrivateIdentifier(node.left)) {
    return `"${node.left.text} in" cannot be lowered: a private member is a property when the program runs; use instanceof`;
  }
  if (ts.isWithStatement(node)) {
    return "with is not allowed in strict code, and all TypeScript is strict";
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return "import() of what is not a constant string: all code is known when a program is built";
  }
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
    return "import.meta: a program is one file when it runs, and has no URL";
  }
  if (
    ts.isIdentifier(node) &&
    Object.hasOwn(absent, node.text) &&
    !declared.has(node.text) &&
    isReference(node)
  ) {
    return absent[node.text];
  }
  return undefined;
}

/** Where functions and classes stand in a text: what is outside of all of them runs as the program starts. */
export class FunctionRanges {
  readonly #lineStarts: readonly number[];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(source: ts.SourceFile) {
    this.#lineStarts = source.getLineStarts();
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) || ts.isClassLike(node)) {
        this.#starts.push(node.getStart(source));
        this.#ends.push(node.getEnd());
        return;
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }

  /** Line 1-based, column 0-based. The first character of a function is not inside: there it is made, not run. */
  isInside(line: number, column: number): boolean {
    const position = (this.#lineStarts[line - 1] ?? 0) + column;
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) < position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low > 0 && position < (this.#ends[low - 1] as number);
  }
}

export interface Examined {
  /** Does the bundle await outside of any function? */
  readonly topLevelAwait: boolean;
  readonly functions: FunctionRanges;
}

/**
 * Examines a bundle.
 *
 * @param locate where in the sources a place of the bundle comes from (line 1-based, column 0-based).
 * @throws BuildError with a line for each construct that cannot be lowered.
 */
export function examine(code: string, locate: (line: number, column: number) => Place | undefined): Examined {
  // Only in what has an export is `await (x)` no call of a function named await.
  const text = `${code}\nexport {};`;
  const source = ts.createSourceFile("bundle.js", text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const declared = declaredNames(source);
  const findings: Finding[] = [];
  let topLevelAwait = false;
  const visit = (node: ts.Node, inFunction: boolean): void => {
    const why = problemOf(node, declared);
    if (why !== undefined) {
      findings.push({ node, why });
    }
    if (
      !inFunction &&
      (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined))
    ) {
      topLevelAwait = true;
    }
    const inner = inFunction || ts.isFunctionLike(node) || ts.isPropertyDeclaration(node);
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(source, false);
  if (findings.length > 0) {
    const lines = findings.map(({ node, why }) => {
      const at = source.getLineAndCharacterOfPosition(node.getStart(source));
      const place = locate(at.line + 1, at.character);
      const where = place === undefined ? "" : `${shownFile(place.file)}:${place.line}:${place.column + 1}: `;
      return `${where}error: ${why}.`;
    });
    throw new BuildError([...new Set(lines)].join("\n"));
  }
  return { topLevelAwait, functions: new FunctionRanges(source) };
}
