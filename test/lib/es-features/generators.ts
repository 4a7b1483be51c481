// biome-ignore-all lint: what the linter advises against must work too
import { show, showAll } from "./show.ts";

function* count(n: number): Generator<number, string, number | undefined> {
  for (let i = 0; i < n; i++) {
    const sent = yield i;
    if (sent !== undefined) i += sent;
  }
  return "end";
}

function* delegate(): Generator<number | string> {
  const result = yield* count(2);
  yield result;
  yield* [7, 8];
}

function* guarded(log: string[]): Generator<number> {
  try {
    yield 1;
    yield 2;
  } catch (error) {
    log.push(`caught ${error}`);
    yield 3;
  } finally {
    log.push("finally");
  }
}

class Tree {
  constructor(
    readonly value: number,
    readonly left?: Tree,
    readonly right?: Tree,
  ) {}
  *[Symbol.iterator](): Generator<number> {
    if (this.left) yield* this.left;
    yield this.value;
    if (this.right) yield* this.right;
  }
}

showAll({
  spread: () => [...count(3)],
  next: () => {
    const it = count(10);
    return [it.next(), it.next(3), it.next(), it.return("x"), it.next()];
  },
  end: () => {
    const it = count(0);
    return [it.next(), it.next()];
  },
  delegate: () => [...delegate()],
  tree: () => [...new Tree(2, new Tree(1), new Tree(3))],
  throwInto: () => {
    const log: string[] = [];
    const it = guarded(log);
    const results = [it.next(), it.throw("x"), it.next()];
    return [results, log];
  },
  breakRunsFinally: () => {
    const log: string[] = [];
    for (const x of guarded(log)) if (x === 1) break;
    return log;
  },
  destructure: () => {
    const [a, b] = count(9);
    return [a, b];
  },
  iteratorOfItself: () => {
    const it = count(1);
    return it[Symbol.iterator]() === it;
  },
  lazy: () => {
    function* naturals(): Generator<number> {
      for (let n = 0; ; n++) yield n;
    }
    const out: number[] = [];
    for (const n of naturals()) {
      if (n > 3) break;
      out.push(n);
    }
    return out;
  },
});

async function* ticks(n: number): AsyncGenerator<number> {
  try {
    for (let i = 0; i < n; i++) {
      await null;
      yield i;
    }
  } finally {
    console.log("ticks closed");
  }
}

for await (const x of ticks(3)) console.log("tick", x);
for await (const x of ticks(3)) if (x === 1) break;
for await (const x of [Promise.resolve("a"), "b"]) console.log(x);
const manual = ticks(1);
const all = await Promise.all([manual.next(), manual.next(), manual.next()]);
show("asyncQueue", () => all);
try {
  for await (const _ of (async function* (): AsyncGenerator<number> {
    throw new RangeError("inside");
  })()) {
    console.log("never");
  }
} catch (error) {
  show("asyncThrow", () => error);
}

// In which turn of the microtask queue what an async generator does is done, beside promises that count turns.
const turns: string[] = [];
function countTurns(n: number): void {
  let turn = Promise.resolve();
  for (let i = 0; i < n; i++) turn = turn.then(() => void turns.push(`t${i}`));
}
async function beside(name: string, f: () => Promise<unknown>): Promise<void> {
  turns.length = 0;
  countTurns(20);
  try {
    turns.push(`= ${String(await f())}`);
  } catch (error) {
    turns.push(`! ${String(error)}`);
  }
  await new Promise<void>((resolve) => setTimeout(() => resolve(), 1));
  console.log(name, turns.join(" "));
}
type Numbers = AsyncGenerator<number, unknown, unknown>;
async function* gives(how: string): Numbers {
  try {
    if (how === "return") return Promise.resolve("returned");
    if (how === "refuse") return Promise.reject("refused");
    turns.push(`got ${String(yield 1)}`);
    if (how === "throw") throw "thrown";
    yield Promise.resolve(2) as unknown as number;
  } catch (error) {
    turns.push(`caught ${String(error)}`);
    await null;
  } finally {
    turns.push("finally");
    await Promise.resolve();
    turns.push("after await");
    await null;
  }
  return 3;
}
const drained = async (it: Numbers): Promise<string> => {
  const list: unknown[] = [];
  for await (const x of it) list.push(x);
  return list.join();
};
for (const how of ["return", "refuse", "yield", "throw"]) {
  await beside(how, () => drained(gives(how)));
  await beside(`yield* ${how}`, () =>
    drained(
      (async function* (): Numbers {
        turns.push(`inner ${String(yield* gives(how))}`);
        return;
      })(),
    ),
  );
}
await beside("break", async () => {
  for await (const x of gives("yield")) return x;
  return 0;
});
const steps = (it: Numbers, ...keys: ("next" | "return" | "throw")[]): Promise<string> =>
  Promise.all(
    keys.map((key, i) =>
      it[key](Promise.resolve(`v${i}`)).then(
        ({ value, done }) => {
          turns.push(`${key}${i}`);
          return `${String(value)} ${done}`;
        },
        (error) => `${key}${i} ! ${String(error)}`,
      ),
    ),
  ).then((all) => all.join(", "));
await beside("requests", () => steps(gives("yield"), "next", "next", "return", "next"));
await beside("return at once", () => steps(gives("yield"), "return", "next", "throw", "return"));
await beside("throw at once", () => steps(gives("yield"), "throw", "next"));
await beside("throw into it", () => steps(gives("yield"), "next", "throw", "next", "return"));
await beside("return before its end", () => steps(gives("yield"), "next", "return", "throw", "next"));
await beside("return of what is refused", async () => {
  const it = gives("yield");
  await it.next();
  return JSON.stringify(await it.return(Promise.reject("late")));
});
const tagged = gives("yield");
console.log(
  Object.prototype.toString.call(tagged),
  tagged[Symbol.asyncIterator]() === tagged,
  Object.keys(tagged).length,
);
// The body of a loop that functions keep variables of is a generator of its own.
async function* keeping(n: number): AsyncGenerator<() => string> {
  for (let i = 0; i < n; i++) {
    const got = await Promise.resolve(i * i);
    try {
      yield () => `${i}:${got}`;
      if (i === 1) continue;
      yield* (async function* () {
        yield () => `inner ${i}`;
      })();
    } finally {
      await null;
    }
    if (i === 3) return;
  }
}
const kept: (() => string)[] = [];
for await (const f of keeping(9)) kept.push(f);
console.log(kept.map((f) => f()).join());

// What leaves such a loop leaves the generator, also by way of a `finally` that awaits or yields.
const opened: (() => number)[] = [];
async function* cleans(): AsyncGenerator<number> {
  for (const x of [1, 2, 3]) {
    opened.push(() => x);
    for (const y of [x]) {
      opened.push(() => y);
      try {
        yield x;
      } finally {
        await null;
        console.log("cleaned", x);
      }
    }
  }
}
for await (const x of cleans()) if (x === 2) break;
function* yieldsAtEnd(): Generator<string, string, string> {
  for (const x of ["a", "b"]) {
    opened.push(() => x.length);
    try {
      yield x;
    } finally {
      yield `${x} ends`;
      if (x === "b") return "overruled";
    }
  }
  return "end";
}
for (const times of [0, 1, 2]) {
  const it = yieldsAtEnd();
  for (let i = 0; i < times + 1; i++) it.next("");
  const said = [it.return("left"), it.next(""), it.next(""), it.next("")];
  console.log(said.map(({ value, done }) => `${value} ${done}`).join(", "));
}
console.log(opened.map((f) => f()).join());
