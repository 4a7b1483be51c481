/** Prints a value in a form that does not depend on the console's formatting. */
export function text(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return `function ${value.name}/${value.length}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    const items: string[] = [];
    for (let i = 0; i < value.length; i++) items.push(i in value ? text(value[i]) : "<hole>");
    return `[${items.join(",")}]`;
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag === "Map") return `Map${text(Array.from(value as Map<unknown, unknown>))}`;
  if (tag === "Set") return `Set${text(Array.from(value as Set<unknown>))}`;
  if (ArrayBuffer.isView(value)) return `${tag}[${Array.prototype.join.call(value, ",")}]`;
  if (tag === "Date") return (value as Date).toISOString();
  if (tag === "RegExp") return String(value);
  const fields = Object.keys(value).map((key) => `${key}:${text((value as Record<string, unknown>)[key])}`);
  return `${tag === "Object" ? "" : tag}{${fields.join(",")}}`;
}

/** One assertion: a line with what `body` gives or throws; messages differ between engines, names do not. */
export function show(name: string, body: () => unknown): void {
  let result: string;
  try {
    result = text(body());
  } catch (error) {
    result = `throws ${(error as Error).name}`;
  }
  console.log(`${name} = ${result}`);
}

/** Each expression is its own name. */
export function showAll(cases: Record<string, () => unknown>): void {
  for (const name of Object.keys(cases)) show(name, cases[name] as () => unknown);
}
