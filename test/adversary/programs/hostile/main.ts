import { args } from "mirage";
import { cases } from "./cases.ts";

const api = { setTimeout, clearTimeout, loop: () => {} };

function hostile(body: string): void {
  const run = new Function("api", body) as (given: typeof api) => void;
  for (;;) {
    try {
      run(api); // here
      return;
    } catch {}
  }
}

const setters = () => {
  const taken = { set() {}, get: () => undefined, configurable: true };
  for (let i = 0; i < 200; i++) Object.defineProperty(Array.prototype, i, taken);
  for (let i = 0; i < 40; i++) setTimeout(() => console.log(`timer ${i}`), 1);
  for (let i = 0; i < 200; i++) Reflect.deleteProperty(Array.prototype, i);
  const garbage: unknown[] = [];
  for (let i = 0; i < 20000; i++) garbage.push({ i });
};

const wanted = args[0] ?? "";
if (wanted === "setters") setters();
else hostile(cases[wanted] ?? `throw new Error("no case")`);
