/**
 * What runs an async function: takes the place of swc's helper `_async_to_generator`. An `await` of a promise makes no
 * function and no second promise here: the function's state is itself what the promise reacts with.
 *
 * @module
 */
import { NEXT, RETURNED, type Stepper, step, stepperOf, THROW, YIELDED } from "./generators.ts";
import {
  awaitValue,
  type InternalPromise,
  MakeBare,
  REJECTED,
  resolvePromise,
  SETTLED,
  settle,
} from "./promise.ts";

type Outcome = IteratorResult<unknown, unknown>;
interface OtherGenerator {
  next(value: unknown): Outcome;
  throw(reason: unknown): Outcome;
}

function end(state: Stepper, told: number, out: unknown): void {
  if (told === RETURNED) resolvePromise(state.promise as InternalPromise, out);
  else settle(state.promise as InternalPromise, REJECTED, out);
}

/** The job of a promise that an async function awaited. */
function resume(promise: InternalPromise, state: Stepper): void {
  const told = step(state, (promise.state & SETTLED) === REJECTED ? THROW : NEXT, promise.value);
  const out = state.out;
  state.out = undefined;
  if (told === YIELDED) awaitValue(out, state);
  else end(state, told, out);
}

/** Drives an iterator that is not ours. */
function drive(generator: OtherGenerator, resolve: (v: unknown) => void, reject: (v: unknown) => void): void {
  const advance = (how: "next" | "throw", value: unknown): void => {
    let outcome: Outcome;
    try {
      outcome = generator[how](value);
    } catch (error) {
      reject(error);
      return;
    }
    if (outcome.done) resolve(outcome.value);
    else
      Promise.resolve(outcome.value).then(
        (next) => advance("next", next),
        (error: unknown) => advance("throw", error),
      );
  };
  advance("next", undefined);
}

function asyncToGenerator(body: (...args: unknown[]) => unknown): unknown {
  return function (this: unknown): unknown {
    const promise = new MakeBare();
    let generator: unknown;
    try {
      // biome-ignore lint/complexity/noArguments: a rest parameter is lowered to a loop
      generator = body.apply(this, arguments as unknown as unknown[]);
    } catch (error) {
      settle(promise, REJECTED, error);
      return promise;
    }
    const state = stepperOf(generator as object);
    if (state === undefined) {
      return new Promise((resolve, reject) => drive(generator as OtherGenerator, resolve, reject));
    }
    state.promise = promise;
    state.job = resume as never;
    const told = step(state, NEXT, undefined);
    const out = state.out;
    state.out = undefined;
    if (told === YIELDED) awaitValue(out, state);
    else end(state, told, out);
    return promise;
  };
}

/** swc's helper: it stands in the scope around this code, if the program uses it. */
declare let _async_to_generator: (body: (...args: unknown[]) => unknown) => unknown;

if (typeof _async_to_generator === "function") _async_to_generator = asyncToGenerator;
