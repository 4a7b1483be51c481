/**
 * Gives classes back the names that they have in the program, because programs show them: `constructor.name`,
 * `new.target.name`, `console.log(object)`.
 *
 * esbuild makes of `class Bank {}` at the top of a module `var Bank = class {}`, or `var Bank = class _Bank {}` where the
 * class speaks of itself, and swc takes what it finds.
 *
 * @module
 */
import ts from "typescript";

interface Change {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Is this identifier a name that is looked up, rather than the name of a property? */
function isLookedUp(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.expression === node;
  }
  if (ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) {
    return parent.initializer === node;
  }
  return !(
    ts.isMethodDeclaration(parent) ||
    ts.isAccessor(parent) ||
    ts.isShorthandPropertyAssignment(parent)
  );
}

/** Names a class of `var name = class ...`, if esbuild took its name away. */
function renamed(name: string, made: ts.ClassExpression, source: ts.SourceFile): Change[] {
  const own = made.name;
  if (own === undefined) {
    const at = made.getStart(source) + "class".length;
    return [{ from: at, to: at, text: ` ${name}` }];
  }
  const other = own.text;
  if (other !== `_${name}`) {
    return [];
  }
  const changes: Change[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === other && isLookedUp(node)) {
      // As wide as before, for the source map's sake.
      changes.push({ from: node.getStart(source), to: node.getEnd(), text: `${name} ` });
    }
    ts.forEachChild(node, visit);
  };
  visit(made);
  return changes;
}

/** A bundle in which classes are called as in the sources; lines stay the same. */
export function nameClasses(code: string): string {
  const source = ts.createSourceFile("bundle.js", code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const changes: Change[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isVariableDeclaration(node) &&
      ts.isIdentifier(node.name) &&
      node.initializer !== undefined &&
      ts.isClassExpression(node.initializer)
    ) {
      changes.push(...renamed(node.name.text, node.initializer, source));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let out = "";
  let done = 0;
  for (const { from, to, text } of changes.sort((a, b) => a.from - b.from)) {
    // A class within a class is visited with both of them.
    if (from >= done) {
      out += code.slice(done, from) + text;
      done = to;
    }
  }
  return out + code.slice(done);
}
