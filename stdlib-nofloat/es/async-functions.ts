/**
 * What runs an async function: takes the place of swc's helper `_async_to_generator`. An `await` of a promise makes no
 * function and no second promise here: the function's state is itself what the promise reacts with.
 *
 * @module
 */
import { native } from "../../src/lib/native.ts";
import { INNER, NEXT, RETURNED, type Stepper, step, stepperOf, YIELDED } from "./generators.ts";
import { awaitValue, type InternalPromise, MakeBare, REJECTED, resolvePromise, settle } from "./promise.ts";

type Outcome = IteratorResult<unknown, unknown>;
interface OtherGenerator {
  next(value: unknown): Outcome;
  throw(reason: unknown): Outcome;
}

function end(state: Stepper, told: number, out: unknown): void {
  if (told === RETURNED) resolvePromise(state.promise as InternalPromise, out);
  else settle(state.promise as InternalPromise, REJECTED, out);
}

/** Runs a body on to its next `await`, or its end. */
function advance(state: Stepper, how: number, value: unknown): void {
  const told = step(state, how, value);
  const out = state.out;
  state.out = undefined;
  if (told === YIELDED) awaitValue(out, state);
  else if (told === INNER) awaitValue((out as Outcome).value, state);
  else end(state, told, out);
}

/** The job of a promise that an async function awaited; it comes here, too, with what is not common. */
const resume = native.asyncJob(Promise.prototype, advance as never, awaitValue as never);

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
    state.job = resume;
    advance(state, NEXT, undefined);
    return promise;
  };
}

/** swc's helper: it stands in the scope around this code, if the program uses it. */
declare let _async_to_generator: (body: (...args: unknown[]) => unknown) => unknown;

if (typeof _async_to_generator === "function") _async_to_generator = asyncToGenerator;
