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
