/** The hello example prints, waits and ends by itself. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { mirage, ROOT } from "../support/mirage.ts";

it("hello greets, sleeps, computes and returns", () => {
  const { status, stdout } = mirage(["run", "-t", "unix", join(ROOT, "examples/hello")]);
  expect(stdout.split("\n")).toEqual([
    "hello from hello on unix",
    "slept for half a second",
    "fibonacci(20) = 6765",
    "",
  ]);
  expect(status).toBe(0);
});
