/**
 * Names for the functions into which lowering puts the bodies of async functions and generators: without them a stack
 * trace would not tell which function awaited.
 *
 * @module
 */
import ts from "typescript";

/** Behind the name, because a function expression's own name hides the outer function of that name from its body. */
const suffix = "$async";

/** Helpers of swc, which run a body step by step. */
const helper = /^_(ts_generator|async_to_generator|wrap_async_generator)$/;

function nameAround(node: ts.Node): string | undefined {
  for (let up: ts.Node | undefined = node.parent; up !== undefined; up = up.parent) {
    if ((ts.isFunctionExpression(up) || ts.isFunctionDeclaration(up)) && up.name !== undefined) {
      return up.name.text;
    }
  }
  return undefined;
}

/** Adds names; the number of lines and what stands in each stays the same. */
export function nameAsyncBodies(code: string): string {
  if (!/\b_ts_generator\(/.test(code)) {
    return code;
  }
  const source = ts.createSourceFile("lowered.js", code, ts.ScriptTarget.ES5, true, ts.ScriptKind.JS);
  const insertions: { at: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && helper.test(node.expression.text)) {
      for (const argument of node.arguments) {
        const name =
          ts.isFunctionExpression(argument) && argument.name === undefined ? nameAround(argument) : undefined;
        if (name !== undefined && !name.endsWith(suffix)) {
          insertions.push({ at: argument.getStart(source) + "function".length, text: ` ${name}${suffix}` });
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let out = "";
  let from = 0;
  for (const { at, text } of insertions.sort((a, b) => a.at - b.at)) {
    out += code.slice(from, at) + text;
    from = at;
  }
  return out + code.slice(from);
}
