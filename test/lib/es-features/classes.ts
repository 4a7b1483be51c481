// biome-ignore-all lint: what the linter advises against must work too
import { show, showAll } from "./show.ts";

class Animal {
  static count = 0;
  static #secret = 7;
  readonly #name: string;
  legs = 4;

  constructor(name: string) {
    this.#name = name;
    Animal.count++;
  }
  get name(): string {
    return this.#name;
  }
  speak(): string {
    return `${this.#name} makes a sound`;
  }
  static secret(): number {
    return Animal.#secret;
  }
  #hidden(): string {
    return `hidden ${this.#name}`;
  }
  reveal(): string {
    return this.#hidden();
  }
  static {
    Animal.count = 10;
  }
}

class Dog extends Animal {
  override speak(): string {
    return `${super.speak()}: woof`;
  }
  override get name(): string {
    return super.name.toUpperCase();
  }
}

class HttpError extends Error {
  override readonly name = "HttpError";
  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

class Stack<T> extends Array<T> {
  top(): T | undefined {
    return this[this.length - 1];
  }
}

abstract class Shape {
  abstract area(): number;
  describe = (): string => `area ${this.area()}`;
}
class Square extends Shape {
  constructor(private readonly side: number) {
    super();
  }
  area(): number {
    return this.side ** 2;
  }
}

enum Color {
  Red,
  Green = 5,
  Blue,
}

showAll({
  method: () => new Dog("rex").speak(),
  accessor: () => new Dog("rex").name,
  fields: () => new Dog("rex").legs,
  statics: () => [Animal.count >= 10, Animal.secret()],
  privateMethod: () => new Animal("a").reveal(),
  instanceOf: () => [new Dog("x") instanceof Animal, new Animal("x") instanceof Dog],
  constructorName: () => Object.getPrototypeOf(new Dog("x")).constructor === Dog,
  withoutNew: () => (Animal as unknown as (name: string) => void)("x"),
  enumerable: () => Object.keys(new Dog("x")),
  error: () => {
    const error = new HttpError(404, "not found");
    return [
      error.status,
      error.message,
      error.name,
      error instanceof HttpError,
      error instanceof Error,
      String(error),
    ];
  },
  errorStack: () => typeof new HttpError(1, "x").stack,
  errorCause: () => (new Error("outer", { cause: "inner" }) as { cause?: unknown }).cause,
  errorCauseKinds: () => {
    const error = new RangeError("r", { cause: null });
    return [
      error instanceof RangeError,
      error.constructor === RangeError,
      RangeError.name,
      Object.keys(error),
    ];
  },
  errorCauseKeepsStack: () => {
    const innermost = () => new Error("x", { cause: 1 }).stack?.includes("innermost");
    return innermost();
  },
  errorCauseSubclass: () => new HttpError(1, "x", { cause: 5 }).cause,
  arraySubclass: () => {
    const stack = new Stack<number>();
    stack.push(1, 2);
    return [stack.top(), stack.length, stack instanceof Stack, Array.isArray(stack)];
  },
  abstract: () => new Square(3).describe(),
  enums: () => [Color.Red, Color.Blue, Color[5]],
  newTarget: () => {
    function Make(this: unknown): void {
      (this as { made: boolean }).made = new.target === Make;
    }
    return new (Make as unknown as new () => { made: boolean })().made;
  },
  superStatic: () => {
    class A {
      static create(): string {
        return "A";
      }
    }
    class B extends A {
      static override create(): string {
        return `${super.create()}B`;
      }
    }
    return B.create();
  },
  mixin: () => {
    const Named = <T extends new (...args: never[]) => object>(Base: T) =>
      class extends (Base as unknown as new () => object) {
        title = "mixed";
      };
    return new (Named(class {}))().title;
  },
  parameters: () => {
    const f = (a: number, b = a + 1, ...rest: number[]) => [a, b, rest];
    return [f(1), f(1, 5, 6, 7)];
  },
  using: () => {
    const log: string[] = [];
    {
      using _a = { [Symbol.dispose]: () => log.push("a") };
      using _b = { [Symbol.dispose]: () => log.push("b") };
      log.push("body");
    }
    return log;
  },
});

show("decoratorFree", () => typeof Animal);
