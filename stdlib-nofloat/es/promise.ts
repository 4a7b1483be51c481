/**
 * Promise, ECMA-262 section 27.2, with `withResolvers` (ES2024). Our own, because each `await` is a few of these calls:
 * core-js took seven times as long, see `docs/es-builtins.md`.
 *
 * A promise that is rejected and that nobody handles when the microtasks have run ends the program, as in Node.
 *
 * @module
 */
import { Awaited, native } from "../../src/lib/native.ts";
import { makeAggregateError } from "./aggregate-error.ts";
import { define, defineGlobal, defineTag } from "./define.ts";
import "./iterators.ts";
import { enqueue, whenDrained } from "./microtask.ts";

/** Of `state`: one of the first three, with flags. Replaced by its numbers: a variable of the scope is slow. */
enum State {
  Pending = 0,
  Fulfilled = 1,
  Rejected = 2,
  /** All of these. */
  Settled = 3,
  Handled = 4,
  Several = 8,
}

/** The same for others. */
export const FULFILLED = 1;
export const REJECTED = 2;

/** Of one that is settled. */
export function isRejected(promise: InternalPromise): boolean {
  return (promise.state & State.Settled) === State.Rejected;
}

/** What waits for a promise: the job that is queued for it, or an array of these if there are several. */
interface Waiting {
  readonly job: (promise: never, waiting: never) => void;
}

interface Reaction extends Waiting {
  readonly onFulfilled: ((value: unknown) => unknown) | undefined;
  readonly onRejected: ((reason: unknown) => unknown) | undefined;
  /** The promise that `then` returned; undefined if nobody can see it. */
  readonly derived: Capability | InternalPromise | undefined;
}

/** Two properties, since each more makes the object grow once more. */
export interface InternalPromise {
  /** Of State. */
  state: number;
  /** What it was settled with; who waits for it until then. */
  value: unknown;
}

/** A promise of a subclass, and how to settle it: ECMA-262 section 27.2.1.1. */
interface Capability {
  promise: unknown;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
}

type Executor = (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => void;
type Constructor = new (executor: Executor) => unknown;
type Then = (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => unknown;

/** Rejected while nobody had asked: looked at again when the microtasks have run. */
let unhandled: InternalPromise[] = [];

function findUnhandled(): void {
  const list = unhandled;
  unhandled = [];
  for (let i = 0; i < list.length; i++) {
    const promise = list[i] as InternalPromise;
    if ((promise.state & State.Handled) === 0) native.fail(promise.value, "unhandled rejection: ");
  }
}

function noop(): void {}

export function settle(promise: InternalPromise, state: number, value: unknown): void {
  const waiting = promise.value;
  const flags = promise.state;
  promise.state = (flags & State.Handled) | state;
  promise.value = value;
  if (state === State.Rejected && (flags & State.Handled) === 0) {
    unhandled.push(promise);
    whenDrained(findUnhandled);
  }
  if (waiting === undefined) return;
  if ((flags & State.Several) === 0) {
    enqueue((waiting as Waiting).job, promise as never, waiting as never);
    return;
  }
  const list = waiting as Waiting[];
  for (let i = 0; i < list.length; i++) {
    enqueue((list[i] as Waiting).job, promise as never, list[i] as never);
  }
}

/** Has `waiting` told when the promise is settled, which now counts as handled. */
function wait(promise: InternalPromise, waiting: Waiting): void {
  const state = promise.state;
  if ((state & State.Settled) !== State.Pending) {
    promise.state = state | State.Handled;
    enqueue(waiting.job, promise as never, waiting as never);
  } else if (promise.value === undefined) {
    promise.state = state | State.Handled;
    promise.value = waiting;
  } else if ((state & State.Several) === 0) {
    promise.state = state | State.Handled | State.Several;
    promise.value = [promise.value, waiting];
  } else {
    (promise.value as Waiting[]).push(waiting);
  }
}

/** `await value` in the function whose state is `waiting`. */
export function awaitValue(value: unknown, waiting: Waiting): void {
  if (typeof value === "object") {
    const how = native.asyncWait(value, waiting);
    if (how === Awaited.Waits) return;
    if (how === Awaited.Several) {
      wait(value as InternalPromise, waiting);
      return;
    }
  }
  const promise = new MakeBare();
  resolvePromise(promise, value);
  wait(promise, waiting);
}

/** The same for who is no async function: `waiting` has a job of its own. */
export function awaitAny(value: unknown, waiting: Waiting): void {
  if (
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === MiragePromise.prototype &&
    typeof (value as InternalPromise).state === "number"
  ) {
    wait(value as InternalPromise, waiting);
    return;
  }
  const promise = new MakeBare();
  resolvePromise(promise, value);
  wait(promise, waiting);
}

export function resolvePromise(promise: InternalPromise, value: unknown): void {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) {
    settle(promise, State.Fulfilled, value);
    return;
  }
  if (value === (promise as unknown)) {
    settle(promise, State.Rejected, new TypeError("a promise cannot be resolved with itself"));
    return;
  }
  let then: unknown;
  try {
    then = (value as { then?: unknown }).then;
  } catch (error) {
    settle(promise, State.Rejected, error);
    return;
  }
  if (typeof then !== "function") settle(promise, State.Fulfilled, value);
  else enqueue(adopt, promise, { thenable: value, ask: then as Then });
}

/** The job that asks a thenable for its value: ECMA-262 section 27.2.2.2. */
function adopt(promise: InternalPromise, from: { thenable: unknown; ask: Then }): void {
  run(promise, (resolve, reject) => {
    from.ask.call(from.thenable, resolve, reject);
  });
}

/** Calls `executor` with a resolve and a reject of which only the first call counts. */
function run(promise: InternalPromise, executor: Executor): void {
  let done = false;
  const rejectOnce = (reason: unknown): void => {
    if (done) return;
    done = true;
    settle(promise, State.Rejected, reason);
  };
  const reject = (reason: unknown): void => {
    // As good as a throw: what is no Error carries no place of its own.
    native.thrownHere(reason);
    rejectOnce(reason);
  };
  try {
    executor((value) => {
      if (done) return;
      done = true;
      resolvePromise(promise, value);
    }, reject);
  } catch (error) {
    rejectOnce(error);
  }
}

function fulfilDerived(derived: Reaction["derived"], value: unknown): void {
  if (derived === undefined) return;
  if ((derived as Capability).resolve !== undefined) (derived as Capability).resolve(value);
  else resolvePromise(derived as InternalPromise, value);
}

function rejectDerived(derived: Reaction["derived"], reason: unknown): void {
  if (derived === undefined) return;
  if ((derived as Capability).reject !== undefined) (derived as Capability).reject(reason);
  else settle(derived as InternalPromise, State.Rejected, reason);
}

/** The job of one reaction: ECMA-262 section 27.2.2.1. */
function react(promise: InternalPromise, reaction: Reaction): void {
  const derived = reaction.derived;
  const fulfilled = (promise.state & State.Settled) === State.Fulfilled;
  const handler = fulfilled ? reaction.onFulfilled : reaction.onRejected;
  let result = promise.value;
  if (handler === undefined) {
    if (fulfilled) fulfilDerived(derived, result);
    else rejectDerived(derived, result);
    return;
  }
  try {
    result = handler(result);
  } catch (error) {
    rejectDerived(derived, error);
    return;
  }
  fulfilDerived(derived, result);
}

function MiragePromise(this: InternalPromise, executor: Executor): void {
  if (!(this instanceof MiragePromise)) throw new TypeError("Promise is a constructor: use new");
  if (typeof executor !== "function") throw new TypeError("the executor of a promise must be a function");
  this.state = State.Pending;
  this.value = undefined;
  run(this, executor);
}

// Plain properties, although they can be listed: hidden ones would cost more than the rest of an await.
/** A promise without an executor. */
function Bare(this: InternalPromise): void {
  this.state = State.Pending;
  this.value = undefined;
}
Bare.prototype = MiragePromise.prototype;
export const MakeBare = Bare as unknown as new () => InternalPromise;

/** Is it a promise, and of no subclass? Costs less than `instanceof`, which is lowered to a helper's call. */
function isOurs(value: unknown): value is InternalPromise {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as { constructor: unknown }).constructor === MiragePromise &&
    typeof (value as InternalPromise).state === "number"
  );
}

function isPlain(maker: unknown): boolean {
  return maker === MiragePromise || maker === undefined;
}

function makeCapability(maker: unknown): Capability {
  if (typeof maker !== "function") throw new TypeError("this is not a constructor of promises");
  const capability = { promise: undefined } as unknown as Capability;
  capability.promise = new (maker as Constructor)((resolve, reject) => {
    capability.resolve = resolve;
    capability.reject = reject;
  });
  return capability;
}

function speciesOf(promise: InternalPromise): unknown {
  const maker = (promise as unknown as { constructor?: { [Symbol.species]?: unknown } }).constructor;
  if (isPlain(maker)) return MiragePromise;
  const species = (maker as { [Symbol.species]?: unknown })[Symbol.species];
  return species === undefined || species === null ? MiragePromise : species;
}

function then(this: InternalPromise, onFulfilled: unknown, onRejected: unknown): unknown {
  if (!isOurs(this) && !((this as unknown) instanceof MiragePromise))
    throw new TypeError("Promise.prototype.then: this is not a promise");
  const species = speciesOf(this);
  const derived = species === MiragePromise ? new MakeBare() : makeCapability(species);
  const reaction: Reaction = {
    onFulfilled: typeof onFulfilled === "function" ? (onFulfilled as Reaction["onFulfilled"]) : undefined,
    onRejected: typeof onRejected === "function" ? (onRejected as Reaction["onRejected"]) : undefined,
    derived: derived,
    job: react,
  };
  wait(this, reaction);
  return species === MiragePromise ? derived : (derived as Capability).promise;
}

function resolve(this: unknown, value: unknown): unknown {
  if (this === MiragePromise && isOurs(value)) return value;
  if (value instanceof MiragePromise && (value as { constructor: unknown }).constructor === this)
    return value;
  if (this === MiragePromise) {
    const promise = new MakeBare();
    resolvePromise(promise, value);
    return promise;
  }
  const capability = makeCapability(this);
  capability.resolve(value);
  return capability.promise;
}

function reject(this: unknown, reason: unknown): unknown {
  const capability = makeCapability(this);
  capability.reject(reason);
  return capability.promise;
}

type Thenable = { then: (onFulfilled: unknown, onRejected: unknown) => unknown };
type Subscribe = (promise: Thenable, set: (value: unknown) => void, capability: Capability) => void;
type Full = (capability: Capability, values: unknown[]) => void;

/**
 * What the four combinators share, ECMA-262 sections 27.2.4.1 to 27.2.4.5: `subscribe` is called for each promise,
 * `full` when each of them has called its `set`.
 */
function gather(maker: unknown, list: Iterable<unknown>, subscribe: Subscribe, full: Full): unknown {
  const capability = makeCapability(maker);
  const values: unknown[] = [];
  // One for the loop itself, so that `full` is not called before its end.
  let missing = 1;
  const setter = (index: number): ((value: unknown) => void) => {
    let called = false;
    return (value) => {
      if (called) return;
      called = true;
      values[index] = value;
      if (--missing === 0) full(capability, values);
    };
  };
  try {
    const promiseResolve = (maker as { resolve: (value: unknown) => Thenable }).resolve;
    if (typeof promiseResolve !== "function") throw new TypeError("Promise.resolve is not a function");
    for (const item of list) {
      missing++;
      values.push(undefined);
      subscribe(promiseResolve.call(maker, item), setter(values.length - 1), capability);
    }
    if (--missing === 0) full(capability, values);
  } catch (error) {
    capability.reject(error);
  }
  return capability.promise;
}

function resolveWithAll(capability: Capability, values: unknown[]): void {
  capability.resolve(values);
}

function all(this: unknown, list: Iterable<unknown>): unknown {
  const subscribe: Subscribe = (promise, set, capability) => promise.then(set, capability.reject);
  return gather(this, list, subscribe, resolveWithAll);
}

function allSettled(this: unknown, list: Iterable<unknown>): unknown {
  const subscribe: Subscribe = (promise, set) =>
    promise.then(
      (value: unknown) => set({ status: "fulfilled", value: value }),
      (reason: unknown) => set({ status: "rejected", reason: reason }),
    );
  return gather(this, list, subscribe, resolveWithAll);
}

function any(this: unknown, list: Iterable<unknown>): unknown {
  const subscribe: Subscribe = (promise, set, capability) => promise.then(capability.resolve, set);
  return gather(this, list, subscribe, (capability, errors) =>
    capability.reject(makeAggregateError(errors, "All promises were rejected")),
  );
}

function race(this: unknown, list: Iterable<unknown>): unknown {
  const subscribe: Subscribe = (promise, _set, capability) =>
    promise.then(capability.resolve, capability.reject);
  return gather(this, list, subscribe, noop);
}

function withResolvers(this: unknown): Capability {
  return makeCapability(this);
}

function caught(this: Thenable, onRejected: unknown): unknown {
  return this.then(undefined, onRejected);
}

function lastly(this: Thenable, callback: unknown): unknown {
  if (typeof callback !== "function") return this.then(callback, callback);
  const maker = this instanceof MiragePromise ? speciesOf(this as never) : MiragePromise;
  const settled = (): Thenable => resolve.call(maker, callback()) as Thenable;
  return this.then(
    (value: unknown) => settled().then(() => value, undefined),
    (reason: unknown) =>
      settled().then(() => {
        throw reason;
      }, undefined),
  );
}

define(MiragePromise, "name", "Promise");
define(MiragePromise.prototype, "constructor", MiragePromise);
define(MiragePromise.prototype, "then", then);
define(MiragePromise.prototype, "catch", caught);
define(MiragePromise.prototype, "finally", lastly);
defineTag(MiragePromise.prototype, "Promise");
Object.defineProperty(MiragePromise, Symbol.species, {
  configurable: true,
  get: function (this: unknown) {
    return this;
  },
});
const statics: Record<string, unknown> = {
  all: all,
  allSettled: allSettled,
  any: any,
  race: race,
  reject: reject,
  resolve: resolve,
  withResolvers: withResolvers,
};
for (const name in statics) define(MiragePromise, name, statics[name]);
defineGlobal("Promise", MiragePromise);

// For the library, which hands over what it received to who waits for it.
native.promise = {
  Pending: MakeBare as never,
  settle: settle as never,
};
