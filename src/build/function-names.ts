/**
 * Names for functions that lowering leaves without a telling one: the bodies of async functions and generators, which
 * become functions of their own, and getters and setters of classes, which are all called "get" and "set".
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

/** The name of `get` in `{ key: "port", get: function get() { ... } }`, and "port". */
function accessorOf(node: ts.Node): { name: ts.Identifier; property: string } | undefined {
  if (
    !ts.isPropertyAssignment(node) ||
    !ts.isFunctionExpression(node.initializer) ||
    !/^[gs]et$/.test(node.initializer.name?.text ?? "") ||
    node.initializer.name?.text !== (ts.isIdentifier(node.name) ? node.name.text : "")
  ) {
    return undefined;
  }
  for (const sibling of node.parent.properties) {
    if (ts.isPropertyAssignment(sibling) && ts.isIdentifier(sibling.name) && sibling.name.text === "key") {
      const key = sibling.initializer;
      if (ts.isStringLiteral(key) && /^[A-Za-z_$][\w$]*$/.test(key.text)) {
        return { name: node.initializer.name as ts.Identifier, property: key.text };
      }
    }
  }
  return undefined;
}

/** Adds names; the number of lines and what stands in each stays the same. */
export function nameFunctions(code: string): string {
  const source = ts.createSourceFile("lowered.js", code, ts.ScriptTarget.ES5, true, ts.ScriptKind.JS);
  const changes: { from: number; to: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && helper.test(node.expression.text)) {
      for (const argument of node.arguments) {
        const name =
          ts.isFunctionExpression(argument) && argument.name === undefined ? nameAround(argument) : undefined;
        if (name !== undefined && !name.endsWith(suffix)) {
          const at = argument.getStart(source) + "function".length;
          changes.push({ from: at, to: at, text: ` ${name}${suffix}` });
        }
      }
    }
    const accessor = accessorOf(node);
    if (accessor !== undefined) {
      const { name, property } = accessor;
      changes.push({ from: name.getStart(source), to: name.getEnd(), text: `${property}$${name.text}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let out = "";
  let done = 0;
  for (const { from, to, text } of changes.sort((a, b) => a.from - b.from)) {
    out += code.slice(done, from) + text;
    done = to;
  }
  return out + code.slice(done);
}
