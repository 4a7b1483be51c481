/**
 * Lines, functions and tests in TypeScript, by its compiler's parser.
 *
 * @module
 */
import ts from "typescript";

export interface FunctionSize {
  readonly name: string;
  readonly complexity: number;
}

/** Code of one file. */
export interface FileSize {
  readonly lines: number;
  readonly functions: readonly FunctionSize[];
}

function parse(source: string): ts.SourceFile {
  return ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
}

/** Lines with a token on them. */
function codeLines(file: ts.SourceFile): number {
  const lines = new Set<number>();
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) {
      return;
    }
    const children = node.getChildren(file);
    if (children.length > 0) {
      children.forEach(visit);
    } else if (node.getEnd() > node.getStart(file)) {
      for (let line = lineOf(node.getStart(file)); line <= lineOf(node.getEnd() - 1); line++) {
        lines.add(line);
      }
    }
  };
  visit(file);
  return lines.size;
}

const decisions = new Set([
  ts.SyntaxKind.IfStatement,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.ForOfStatement,
  ts.SyntaxKind.ForInStatement,
  ts.SyntaxKind.WhileStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.CaseClause,
  ts.SyntaxKind.CatchClause,
  ts.SyntaxKind.ConditionalExpression,
  // As operators of a binary expression.
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && (node as ts.FunctionLikeDeclaration).body !== undefined;
}

/** Without those of functions within it. */
function complexity(fn: ts.FunctionLikeDeclaration): number {
  let sum = 1;
  const visit = (node: ts.Node): void => {
    if (isFunction(node)) {
      return;
    }
    if (decisions.has(node.kind)) {
      sum++;
    }
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(fn, visit);
  return sum;
}

function nameOf(fn: ts.FunctionLikeDeclaration, file: ts.SourceFile): string {
  const own = fn.name?.getText(file) ?? (ts.isConstructorDeclaration(fn) ? "constructor" : undefined);
  const around = fn.parent;
  const owner = ts.isClassLike(around) ? around.name?.text : undefined;
  const assigned = ts.isVariableDeclaration(around) ? around.name.getText(file) : undefined;
  return [owner, own ?? assigned ?? "(anonymous)"].filter((part) => part !== undefined).join(".");
}

export function measureTypeScript(source: string): FileSize {
  const file = parse(source);
  const functions: FunctionSize[] = [];
  const visit = (node: ts.Node): void => {
    if (isFunction(node)) {
      functions.push({ name: nameOf(node, file), complexity: complexity(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { lines: codeLines(file), functions };
}

/** Calls of `it` and `test`, in whatever form: `it.each(...)(...)`, `it.skipIf(...)(...)`. */
export function countCases(source: string): number {
  let cases = 0;
  /** What is called is `it`, `it.only`, or what a call of such makes. */
  const isTest = (node: ts.Expression): boolean =>
    ts.isIdentifier(node)
      ? node.text === "it" || node.text === "test"
      : (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) && isTest(node.expression);
  const visit = (node: ts.Node): void => {
    // it.skipIf(x).each(table)(title, body): of these calls the outermost is the case.
    const { parent } = node;
    const inner =
      (ts.isCallExpression(parent) || ts.isPropertyAccessExpression(parent)) && parent.expression === node;
    if (ts.isCallExpression(node) && !inner && isTest(node.expression)) {
      cases++;
    }
    ts.forEachChild(node, visit);
  };
  const file = parse(source);
  ts.forEachChild(file, visit);
  return cases;
}
