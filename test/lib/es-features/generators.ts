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
