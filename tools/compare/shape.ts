/**
 * What a value that was read from a file must look like; says where it does not.
 *
 * @module
 */

/** The message has the place, and what would be right. */
export class Misfit extends Error {}

/** Takes what was parsed, and gives it back as what it is; throws a {@link Misfit}. `where`: as `scenarios[0].title`. */
export type Shape<T> = (value: unknown, where: string) => T;

function misfit(where: string, wanted: string, value: unknown): Misfit {
  const is = value === undefined ? "nothing" : JSON.stringify(value).slice(0, 40);
  return new Misfit(`${where}: ${wanted} is wanted, not ${is}.`);
}

export const text: Shape<string> = (value, where) => {
  if (typeof value !== "string") {
    throw misfit(where, "text", value);
  }
  return value;
};

/** JSON has no word for what is no number (0 / 0, or infinite), and writes null. */
export const number: Shape<number> = (value, where) => {
  if (value === null) {
    return Number.NaN;
  }
  if (typeof value !== "number") {
    throw misfit(where, "a number", value);
  }
  return value;
};

export const truth: Shape<boolean> = (value, where) => {
  if (typeof value !== "boolean") {
    throw misfit(where, "true or false", value);
  }
  return value;
};

export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return (value, where) => {
    const found = words.find((word) => word === value);
    if (found === undefined) {
      throw misfit(where, words.map((word) => JSON.stringify(word)).join(" or "), value);
    }
    return found;
  };
}

export function list<T>(of: Shape<T>): Shape<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) {
      throw misfit(where, "a list", value);
    }
    return value.map((one: unknown, i) => of(one, `${where}[${i}]`));
  };
}

export const three: Shape<readonly [number, number, number]> = (value, where) => {
  const [one, two, three, ...more] = list(number)(value, where);
  if (one === undefined || two === undefined || three === undefined || more.length > 0) {
    throw misfit(where, "a list of three numbers", value);
  }
  return [one, two, three];
};

/** It need not be there. */
export function maybe<T>(of: Shape<T>): Shape<T | undefined> {
  return (value, where) => (value === undefined ? undefined : of(value, where));
}

/** What is not among `fields` is left out. */
export function record<T>(fields: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw misfit(where, "an object", value);
    }
    const given = value as Record<string, unknown>;
    const entries = Object.entries<Shape<unknown>>(fields).map(
      ([name, of]) => [name, of(given[name], where === "" ? name : `${where}.${name}`)] as const,
    );
    return Object.fromEntries(entries.filter(([, one]) => one !== undefined)) as T;
  };
}
