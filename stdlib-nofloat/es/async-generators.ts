/**
 * What runs an async generator (ECMA-262 section 27.6.3): takes the place of swc's helper `_wrap_async_generator`, which gives up a
 * `finally` that awaits when the generator is to return, and takes other turns of the microtask queue. The body is one of
 * `generators.ts`; what it awaits, it yields in an object of swc's helper `_overload_yield`.
 *
 * @module
 */
import { define, defineTag } from "./define.ts";
import {
  CATCH,
  INNER,
  NEXT,
  RETURN,
  RETURNED,
  RETURNING,
  type Stepper,
  step,
  stepperOf,
  THREW,
  THROW,
} from "./generators.ts";
import {
  awaitAny,
  FULFILLED,
  type InternalPromise,
  isRejected,
  MakeBare,
  REJECTED,
  settle,
} from "./promise.ts";
import "./symbols.ts";

// Enumerations that are replaced by their numbers: a variable of the scope costs more than what is done with it.

enum Status {
  Start = 0,
  Yield = 1,
  /** Runs, or awaits something. */
  Executing = 2,
  Completed = 3,
}

/** What is awaited. */
enum For {
  /** An `await` of the body. */
  Body = 0,
  /** What is yielded. */
  Yield = 1,
  /** What the generator is to return, at a `yield`. */
  Return = 2,
  /** What the body is to return. */
  End = 3,
  /** What a generator that does not run is to return. */
  Late = 4,
  /** The result of the iterator of a `yield*`. */
  Inner = 5,
}

interface Request {
  readonly how: number;
  readonly value: unknown;
  readonly promise: InternalPromise;
  next: Request | undefined;
}

/** An object of swc's helper: kind 0 is an `await`, 1 the result of the iterator of a `yield*`. */
interface Overloaded {
  readonly v: unknown;
  readonly k: number;
}

interface State {
  readonly stepper: Stepper;
  status: number;
  waitsFor: number;
  /** How the body was resumed at its last `yield`. */
  how: number;
  /** The requests, of which the first one runs. */
  front: Request | undefined;
  back: Request | undefined;
  /** What a promise runs that was awaited. */
  readonly job: (promise: InternalPromise, state: State) => void;
}

/** AsyncGeneratorCompleteStep. */
function answer(state: State, rejects: boolean, value: unknown, done: boolean): void {
  const request = state.front as Request;
  state.front = request.next;
  if (rejects) settle(request.promise, REJECTED, value);
  else settle(request.promise, FULFILLED, { value: value, done: done });
}

function awaitFor(state: State, waitsFor: number, value: unknown): void {
  state.waitsFor = waitsFor;
  awaitAny(value, state);
}

/** AsyncGeneratorDrainQueue. */
function drain(state: State): void {
  for (let request = state.front; request !== undefined; request = state.front) {
    if (request.how === RETURN) {
      awaitFor(state, For.Late, request.value);
      return;
    }
    answer(state, request.how === THROW, request.how === THROW ? request.value : undefined, true);
  }
  state.status = Status.Completed;
}

function end(state: State, rejects: boolean, value: unknown): void {
  answer(state, rejects, value, true);
  drain(state);
}

/** AsyncGeneratorYield, once the value is there. */
function yielded(state: State, value: unknown): void {
  answer(state, false, value, false);
  if (state.front !== undefined) resume(state);
  else state.status = Status.Yield;
}

function resume(state: State): void {
  const request = state.front as Request;
  state.status = Status.Executing;
  state.how = request.how;
  if (request.how === RETURN) awaitFor(state, For.Return, request.value);
  else run(state, request.how, request.value);
}

function run(state: State, how: number, value: unknown): void {
  goOn(state, step(state.stepper, how, value));
}

function takeOut(state: State): unknown {
  const out = state.stepper.out;
  state.stepper.out = undefined;
  return out;
}

/** Does what the body has told. */
function goOn(state: State, told: number): void {
  let out = takeOut(state);
  if (told === THREW) {
    end(state, true, out);
    return;
  }
  if (told === RETURNED) {
    end(state, false, out);
    return;
  }
  if (told === RETURNING) {
    awaitFor(state, For.End, out);
    return;
  }
  if (told === INNER) out = (out as IteratorResult<unknown>).value;
  if (!isOverloaded(out)) awaitFor(state, For.Yield, out);
  else awaitFor(state, out.k === 0 ? For.Body : For.Inner, out.v);
}

/** The iterator of a `yield*` has answered. */
function goOnInner(state: State, result: unknown): void {
  if ((typeof result !== "object" && typeof result !== "function") || result === null) {
    run(state, THROW, new TypeError(`Iterator result ${String(result)} is not an object`));
    return;
  }
  const told = step(state.stepper, state.how === RETURN ? RETURN : NEXT, result);
  if (told === INNER && state.stepper.out === result) {
    takeOut(state);
    yielded(state, (result as IteratorResult<unknown>).value);
  } else {
    goOn(state, told);
  }
}

/** The job of a promise that was awaited. */
function awaited(promise: InternalPromise, state: State): void {
  const value = promise.value;
  const rejects = isRejected(promise);
  const waitsFor = state.waitsFor;
  if (waitsFor === For.Late) end(state, rejects, value);
  else if (rejects) run(state, waitsFor === For.End ? CATCH : THROW, value);
  else if (waitsFor === For.Body) run(state, NEXT, value);
  else if (waitsFor === For.Yield) yielded(state, value);
  else if (waitsFor === For.Inner) goOnInner(state, value);
  else run(state, RETURN, value);
}

function StateOf(this: State, stepper: Stepper): void {
  (this as { stepper: Stepper }).stepper = stepper;
  stepper.awaitsReturn = true;
  this.status = Status.Start;
  this.front = undefined;
  this.back = undefined;
}
StateOf.prototype = { job: awaited, waitsFor: For.Body, how: NEXT };
const MakeState = StateOf as unknown as new (stepper: Stepper) => State;

/** AsyncGeneratorEnqueue, and what `next`, `return` and `throw` do about it. */
function request(generator: AsyncGeneratorObject, how: number, value: unknown): unknown {
  const promise = new MakeBare();
  const state = generator.mirage$state;
  const status = state.status;
  if (how === THROW && status === Status.Start) state.status = Status.Completed;
  if (state.status === Status.Completed && how !== RETURN) {
    if (how === THROW) settle(promise, REJECTED, value);
    else settle(promise, FULFILLED, { value: undefined, done: true });
    return promise;
  }
  const added: Request = { how: how, value: value, promise: promise, next: undefined };
  if (state.front === undefined) state.front = added;
  else (state.back as Request).next = added;
  state.back = added;
  if (status === Status.Executing) return promise;
  if (how === RETURN && status !== Status.Yield) {
    state.status = Status.Executing;
    drain(state);
  } else {
    resume(state);
  }
  return promise;
}

/** An async generator: nothing of it is to be seen but the methods that it inherits. */
interface AsyncGeneratorObject {
  readonly mirage$state: State;
}

const prototype = {};
define(prototype, "next", function (this: AsyncGeneratorObject, value: unknown) {
  return request(this, NEXT, value);
});
define(prototype, "return", function (this: AsyncGeneratorObject, value: unknown) {
  return request(this, RETURN, value);
});
define(prototype, "throw", function (this: AsyncGeneratorObject, value: unknown) {
  return request(this, THROW, value);
});
define(prototype, Symbol.asyncIterator, function (this: unknown) {
  return this;
});
defineTag(prototype, "AsyncGenerator");

function GeneratorOf(this: object, state: State): void {
  Object.defineProperty(this, "mirage$state", { value: state });
}
GeneratorOf.prototype = prototype;
const MakeGenerator = GeneratorOf as unknown as new (state: State) => AsyncGeneratorObject;

/** swc's helpers: they stand in the scope around this code, if the program uses them. */
declare let _wrap_async_generator: (body: (...args: unknown[]) => unknown) => unknown;
declare let _async_generator_delegate: (inner: AsyncIterator<unknown>) => unknown;
declare const _overload_yield: { new (value: unknown, kind: number): object; readonly prototype: object };

/** Without a getter of what is yielded. */
function isOverloaded(value: unknown): value is Overloaded {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof _overload_yield === "function" &&
    Object.getPrototypeOf(value) === _overload_yield.prototype
  );
}

if (typeof _wrap_async_generator === "function") {
  const theirs = _wrap_async_generator;
  _wrap_async_generator = (body) => {
    const other = theirs(body) as (...args: unknown[]) => unknown;
    return function (this: unknown): unknown {
      // biome-ignore lint/complexity/noArguments: a rest parameter is lowered to a loop
      const args = arguments as unknown as unknown[];
      const stepper = stepperOf(body.apply(this, args) as object);
      return stepper === undefined ? other.apply(this, args) : new MakeGenerator(new MakeState(stepper));
    };
  };
}

type Method = "next" | "throw" | "return";

/**
 * What `yield*` goes through, on its way to an async iterator: answers a first call with what is to be awaited, and gets the
 * result by a second one.
 */
function delegate(inner: AsyncIterator<unknown>): unknown {
  let waits = false;
  const method =
    (name: Method) =>
    (value: unknown): unknown => {
      waits = !waits;
      if (waits)
        return {
          value: new _overload_yield((inner[name] as (x: unknown) => unknown).call(inner, value), 1),
          done: false,
        };
      if (name === "throw") throw value;
      return value;
    };
  return {
    next: method("next"),
    throw: typeof inner.throw === "function" ? method("throw") : undefined,
    return: typeof inner.return === "function" ? method("return") : undefined,
    [Symbol.iterator]: function (this: unknown): unknown {
      return this;
    },
  };
}

if (typeof _async_generator_delegate === "function") _async_generator_delegate = delegate;
