/**
 * What runs the body of a generator or async function, step by step: takes the place of swc's helper `_ts_generator`,
 * which makes seven functions for each call and two arrays for each step. Bodies are as TypeScript lowers them
 * (`__generator` in its helpers): functions of a state that return `[code, value]`.
 *
 * @module
 */
import { define } from "./define.ts";
import { iteratorPrototype } from "./iterators.ts";

// Enumerations that are replaced by their numbers: a variable of the scope costs more than what is done with it.

/** How a body is entered, and what it returns. */
enum Op {
  Next = 0,
  Throw = 1,
  Return = 2,
  Break = 3,
  Yield = 4,
  Delegate = 5,
  Catch = 6,
  EndFinally = 7,
  /** Delegate to the body of a loop, which is a part of this one: see `lower.ts`. */
  Loop = 8,
  /** Return, in such a body: the one around it returns, too. Has the bit of Return. */
  Leave = 10,
}

enum Status {
  New = 0,
  Suspended = 1,
  Running = 2,
  Finished = 3,
}

/** What `step` tells: where `out` is to go. */
enum Told {
  Yielded = 0,
  Returned = 1,
  Threw = 2,
  /** `out` is the result of an inner iterator, as it is. */
  Inner = 3,
  /** `out` is to be awaited, and returned then: see `awaitsReturn`. */
  Returning = 4,
  /** As Returned, by Op.Leave. */
  Left = 5,
}

/** The same for others. */
export const NEXT = 0;
export const THROW = 1;
export const RETURN = 2;
export const CATCH = 6;
export const YIELDED = 0;
export const RETURNED = 1;
export const THREW = 2;
export const INNER = 3;
export const RETURNING = 4;

type Operation = [code: number, value?: unknown];
type Body = (this: unknown, state: Stepper) => Operation;
interface Inner {
  next?: (value: unknown) => IteratorResult<unknown>;
  throw?: (value: unknown) => IteratorResult<unknown>;
  return?: (value: unknown) => IteratorResult<unknown>;
}

/** The state that a body sees: `label`, `trys`, `ops` and `sent` are its own names. */
export interface Stepper {
  label: number;
  trys: (number | undefined)[][];
  ops: Operation[];
  sent(): unknown;
  body: Body;
  self: unknown;
  status: Status;
  sentCode: number;
  sentValue: unknown;
  out: unknown;
  /** What `yield*` goes through. */
  inner: Inner | undefined;
  /** The body of a loop that runs. */
  loop: Stepper | undefined;
  /** Is this one such a body? */
  isLoop: boolean;
  /** In an async generator `return` awaits, before any `finally`. */
  awaitsReturn: boolean;
  /** An async function's own promise, see `async-functions.ts`. */
  promise: unknown;
  /** What its promises run when they are settled. */
  job: (promise: never, state: never) => void;
}

function StepperOf(this: Stepper, self: unknown, body: Body): void {
  this.body = body;
  this.self = self;
  this.label = 0;
  this.trys = [];
  this.ops = [];
}
// What begins as here is no property of its own until it changes.
const initial: Partial<Stepper> = {
  status: Status.New,
  sentCode: Op.Next,
  sentValue: undefined,
  out: undefined,
  inner: undefined,
  loop: undefined,
  isLoop: false,
  awaitsReturn: false,
  promise: undefined,
  sent: function (this: Stepper): unknown {
    if (this.sentCode === Op.Throw) throw this.sentValue;
    return this.sentValue;
  },
};
StepperOf.prototype = initial;
const MakeStepper = StepperOf as unknown as new (self: unknown, body: Body) => Stepper;

/** A step of `yield*`: Op.Yield and the inner result as it is, or how the body goes on. */
function runInner(state: Stepper, inner: Inner, code: number, value: unknown): Operation {
  try {
    let method = code === Op.Next ? inner.next : code === Op.Throw ? inner.throw : inner.return;
    if (method === undefined && code === Op.Throw) {
      method = inner.return;
      if (method !== undefined) method.call(inner, undefined);
      method = undefined;
    }
    if (method === undefined || method === null) {
      state.inner = undefined;
      return [code, value];
    }
    const result = method.call(inner, value);
    if (!result.done) return [Op.Yield, result];
    state.inner = undefined;
    return [code === Op.Throw ? Op.Next : code, result.value];
  } catch (error) {
    state.inner = undefined;
    return [Op.Catch, error];
  }
}

/** The same for the body of a loop: Op.Yield, Op.Delegate with the result of an inner iterator, or how the body around it goes on. */
function runLoop(state: Stepper, loop: Stepper, code: number, value: unknown): Operation {
  const told = step(loop, code === Op.Return ? Op.Leave : code, value);
  const out = loop.out;
  loop.out = undefined;
  if (told === Told.Yielded) return [Op.Yield, out];
  if (told === Told.Inner) return [Op.Delegate, out];
  state.loop = undefined;
  if (told === Told.Threw) return [Op.Catch, out];
  if (told === Told.Left) return [state.isLoop ? Op.Leave : Op.Return, out];
  return [Op.Next, out];
}

/** Runs the body up to its next `yield`, or its end. */
export function step(state: Stepper, how: number, argument: unknown): number {
  const status = state.status;
  if (status === Status.Running) {
    state.out = new TypeError("Generator is already executing.");
    return Told.Threw;
  }
  let code = how;
  let value = argument;
  let finished = status === Status.Finished || (status === Status.New && code !== Op.Next);
  let inner = state.inner;
  let loop = state.loop;
  state.status = Status.Running;
  while (!finished) {
    if (loop !== undefined) {
      const done = runLoop(state, loop, code, value);
      code = done[0];
      value = done[1];
      loop = state.loop;
      if (loop !== undefined) {
        state.status = Status.Suspended;
        state.out = value;
        return code === Op.Yield ? Told.Yielded : Told.Inner;
      }
    } else if (inner !== undefined) {
      const done = runInner(state, inner, code, value);
      code = done[0];
      value = done[1];
      inner = state.inner;
      if (code === Op.Yield) {
        state.status = Status.Suspended;
        state.out = value;
        return Told.Inner;
      }
    }
    if (code <= Op.Throw) {
      state.sentCode = code;
      state.sentValue = value;
    } else if (code === Op.Yield) {
      state.label++;
      state.status = Status.Suspended;
      state.out = value;
      return Told.Yielded;
    } else if (code === Op.Delegate) {
      state.label++;
      inner = value as Inner;
      state.inner = inner;
      code = Op.Next;
      value = undefined;
      continue;
    } else if (code === Op.Loop) {
      state.label++;
      loop = stepperOf(value as Partial<Generator>) as Stepper;
      loop.isLoop = true;
      state.loop = loop;
      code = Op.Next;
      value = undefined;
      continue;
    } else if (code === Op.EndFinally) {
      const operation = state.ops.pop() as Operation;
      state.trys.pop();
      code = operation[0];
      value = operation[1];
      continue;
    } else {
      // [from, handler of errors, of the end, next label]
      const trys = state.trys;
      const around = trys.length > 0 ? (trys[trys.length - 1] as number[]) : undefined;
      if (code === Op.Break) {
        if (
          around === undefined ||
          ((value as number) > (around[0] as number) && (value as number) < (around[3] as number))
        ) {
          state.label = value as number;
        } else if (state.label < (around[2] as number)) {
          state.label = around[2] as number;
          state.ops.push([code, value]);
        } else {
          if (around[2]) state.ops.pop();
          trys.pop();
          continue;
        }
      } else if (around === undefined) {
        finished = true;
        continue;
      } else if (code === Op.Catch && state.label < (around[1] as number)) {
        state.label = around[1] as number;
        state.sentCode = Op.Catch;
        state.sentValue = value;
      } else if (state.label < (around[2] as number)) {
        state.label = around[2] as number;
        state.ops.push([code, value]);
      } else {
        if (around[2]) state.ops.pop();
        trys.pop();
        continue;
      }
    }
    let operation: Operation;
    try {
      operation = state.body.call(state.self, state);
    } catch (error) {
      operation = [Op.Catch, error];
    }
    code = operation[0];
    value = operation[1];
    // `return` without a value has but a code.
    if (code === Op.Return && state.awaitsReturn && operation.length > 1) {
      state.status = Status.Suspended;
      state.out = value;
      return Told.Returning;
    }
  }
  state.status = Status.Finished;
  state.sentValue = undefined;
  if (code === Op.Throw || code === Op.Catch) {
    state.out = value;
    return Told.Threw;
  }
  state.out = code === Op.Next ? undefined : value;
  return code === Op.Leave ? Told.Left : Told.Returned;
}

/** A generator: nothing of it is to be seen but the methods that it inherits. */
interface Generator {
  readonly mirage$stepper: Stepper;
}

function result(generator: Generator, how: number, value: unknown): unknown {
  const state = generator.mirage$stepper;
  const told = step(state, how, value);
  const out = state.out;
  state.out = undefined;
  if (told === Told.Threw) throw out;
  return told === Told.Inner ? out : { value: out, done: told === Told.Returned };
}

const prototype = Object.create(iteratorPrototype) as object;
define(prototype, "next", function (this: Generator, value: unknown) {
  return result(this, Op.Next, value);
});
define(prototype, "throw", function (this: Generator, value: unknown) {
  return result(this, Op.Throw, value);
});
define(prototype, "return", function (this: Generator, value: unknown) {
  return result(this, Op.Return, value);
});
define(prototype, Symbol.iterator, function (this: unknown) {
  return this;
});

function GeneratorOf(this: object, state: Stepper): void {
  Object.defineProperty(this, "mirage$stepper", { value: state });
}
GeneratorOf.prototype = prototype;
const MakeGenerator = GeneratorOf as unknown as new (state: Stepper) => Generator;

/** The state behind a generator of ours, undefined for any other iterator. */
export function stepperOf(generator: Partial<Generator>): Stepper | undefined {
  return generator.mirage$stepper;
}

/** swc's helper: it stands in the scope around this code, if the program uses it. */
declare let _ts_generator: (self: unknown, body: Body) => unknown;

if (typeof _ts_generator === "function") {
  _ts_generator = (self, body) => new MakeGenerator(new MakeStepper(self, body));
}
