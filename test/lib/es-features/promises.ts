// biome-ignore-all lint: what the linter advises against must work too
import { show, text } from "./show.ts";

const log: string[] = [];
const later = (ms: number, value: unknown) => new Promise((resolve) => setTimeout(() => resolve(value), ms));

// Order of microtasks: each line is pushed when its job runs.
Promise.resolve()
  .then(() => log.push("then 1"))
  .then(() => log.push("then 2"))
  .then(() => log.push("then 3"));
queueMicrotask(() => log.push("microtask"));
(async () => {
  log.push("async start");
  await null;
  log.push("async 1");
  await Promise.resolve();
  log.push("async 2");
})();
new Promise<void>((resolve) => {
  log.push("executor");
  resolve();
}).then(() => log.push("executor then"));
Promise.resolve({ then: (f: (x: string) => void) => f("thenable") }).then((x) =>
  log.push(x as unknown as string),
);
Promise.reject(new Error("x"))
  .catch(() => log.push("caught"))
  .finally(() => log.push("finally"));
log.push("sync end");
await later(1, 0);
console.log(log.join(" | "));

show("all", () => 1);
console.log(text(await Promise.all([1, later(2, "b"), Promise.resolve("c")])));
console.log(text(await Promise.all([])));
console.log(text(await Promise.allSettled([1, Promise.reject("no")])));
console.log(text(await Promise.race([later(20, "slow"), later(1, "fast")])));
console.log(text(await Promise.any([Promise.reject("a"), later(1, "b")])));
try {
  await Promise.any([Promise.reject("a"), Promise.reject("b")]);
} catch (error) {
  console.log(
    (error as Error).name,
    text((error as AggregateError).errors),
    error instanceof AggregateError,
    error instanceof Error,
  );
}
try {
  await Promise.all([later(5, 1), Promise.reject(new RangeError("bad"))]);
} catch (error) {
  console.log(text(error));
}
console.log(text(await Promise.reject(1).then(null, (x) => (x as number) + 1)));
console.log(text(await Promise.resolve(1).finally(() => 2)));
console.log(
  text(
    await Promise.resolve(1)
      .finally(() => Promise.reject("f"))
      .catch((x) => x),
  ),
);
const self: Promise<unknown> = Promise.resolve().then(() => self);
console.log(text(await self.catch((error) => (error as Error).name)));

class Mine<T> extends Promise<T> {
  mine = true;
}
const mine = Mine.resolve(1);
console.log(
  mine instanceof Mine,
  mine instanceof Promise,
  (mine.then() as Mine<number>) instanceof Mine,
  text(await mine),
);

async function fails(): Promise<never> {
  throw new TypeError("async");
}
console.log(text(await fails().catch((error) => error)));
async function nested(): Promise<string> {
  try {
    await fails();
    return "never";
  } catch (error) {
    return `caught ${(error as Error).message}`;
  } finally {
    log.length = 0;
  }
}
console.log(await nested(), log.length);
const methods = {
  value: 5,
  async get(): Promise<number> {
    await null;
    return this.value;
  },
};
console.log(await methods.get());
const arrow = async (x: number) => x * 2;
console.log(text(await Promise.all([1, 2, 3].map(arrow))));

// What is no promise is asked for `then` alone, and once, at the first await of a call as at later ones.
const asked: string[] = [];
const nosy = {
  get constructor() {
    asked.push("constructor");
    throw new Error("constructor");
  },
  get state() {
    asked.push("state");
    throw new Error("state");
  },
  get value() {
    asked.push("value");
    throw new Error("value");
  },
  get then() {
    asked.push("then");
    return undefined;
  },
};
const guarded = new Proxy({ then: undefined } as Record<string, unknown>, {
  get: (target, name) => {
    asked.push(`proxy ${String(name)}`);
    if (!(name in target)) throw new Error(`no ${String(name)}`);
    return target[name as string];
  },
});
const refuses = {
  get then() {
    throw new RangeError("then");
  },
};
for (const value of [nosy, guarded, refuses]) {
  const at = async (n: number): Promise<unknown> => {
    for (; n > 0; n--) await null;
    try {
      return (await (value as unknown)) === value;
    } catch (error) {
      return text(error);
    }
  };
  console.log(await at(0), await at(1), asked.join());
  asked.length = 0;
}
// Functions keep what is declared in the body of a loop, which awaits: that body is lowered to a generator.
async function keeps(list: readonly unknown[]): Promise<string> {
  const kept: (() => unknown)[] = [];
  outer: for (const item of list) {
    kept.push(() => item);
    try {
      const got = await item;
      kept.push(() => `${got} at ${item}`);
      for (let i = 0; i < 4; i++) {
        kept.push(() => i);
        if ((await later(1, i)) === 1) continue;
        if (got === "next" && i === 2) continue outer;
        if (got === "out") break outer;
        if (got === "back") return `returned with ${kept.length}`;
      }
    } catch (error) {
      kept.push(() => `${item} threw ${error}`);
    } finally {
      await null;
    }
  }
  return kept.map((one) => String(one())).join();
}
const lost = Promise.reject("lost");
lost.catch(() => {});
console.log(await keeps([1, Promise.resolve(2), lost, "next", "out", 3]));
console.log(await keeps(["a", "back", "b"]));
// Several functions wait for one promise.
let release = (_: string): void => {};
const shared = new Promise<string>((resolve) => {
  release = resolve;
});
const woken: string[] = [];
for (let i = 0; i < 4; i++) {
  void (async () => {
    if (i % 2 === 1) await null;
    woken.push(`${i} ${await shared}`);
    woken.push(`${i} ${await shared} again`);
  })();
}
void shared.then((x) => woken.push(`then ${x}`));
await later(1, 0);
release("shared");
await later(1, 0);
console.log(woken.join(" | "));

show("notConstructor", () => (Promise as unknown as (f: () => void) => void)(() => {}));
show("noExecutor", () => new Promise(undefined as never));
show("tag", () => Object.prototype.toString.call(Promise.resolve()));
let settled = "";
new Promise((resolve, reject) => {
  resolve("first");
  reject("second");
  throw new Error("third");
}).then((x) => (settled += x));
await null;
await null;
console.log(settled);

// Timers.
const order: string[] = [];
setTimeout((a: string, b: number) => order.push(`timeout ${a} ${b}`), 5, "x", 1);
const cancelled = setTimeout(() => order.push("cancelled"), 2);
clearTimeout(cancelled);
let ticks = 0;
await new Promise<void>((resolve) => {
  const interval = setInterval(() => {
    order.push(`tick ${++ticks}`);
    if (ticks === 3) {
      clearInterval(interval);
      resolve();
    }
  }, 10);
});
await new Promise<void>((resolve) => setImmediate(resolve));
console.log(order.join(" | "));
setTimeout(() => {
  Promise.resolve().then(() => console.log("microtask between timers"));
  console.log("timer 1");
}, 1);
await later(20, 0);
