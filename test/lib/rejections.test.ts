/** A rejected promise that nobody handles ends the program; one that somebody handles in time does not. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Ended, mirage } from "../support/mirage.ts";

const scratch = mkdtempSync(join(tmpdir(), "mirage-rejections-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function run(source: string): Ended {
  const file = join(scratch, "main.ts");
  writeFileSync(file, source);
  return mirage(["run", "-t", "unix", file]);
}

describe("unhandled rejection", () => {
  it("ends the program with the line where the reason was made", () => {
    const { status, stdout, stderr } = run(`async function inner(): Promise<void> {
  await null;
  throw new RangeError("lost");
}
void inner();
setTimeout(() => console.log("still here"), 50);
`);
    expect(status).toBe(70);
    expect(stderr).toContain("mirage: unhandled rejection: RangeError: lost\n");
    expect(stderr).toMatch(/inner.*main\.ts:3/);
    expect(stdout).toBe("");
  });

  it("is not what a throw behind a top-level await is called", () => {
    const { status, stderr } = run(`await null;
throw new RangeError("out of order");
`);
    expect(status).toBe(70);
    expect(stderr).toContain("mirage: uncaught RangeError: out of order\n    at main.ts:2\n");
  });

  it("shows reasons that are no errors", () => {
    const { status, stderr } = run(`function give(): void {
  void Promise.reject("just text");
}
give();
`);
    expect(status).toBe(70);
    expect(stderr).toMatch(/^mirage: unhandled rejection: .*just text/m);
    expect(stderr).toMatch(/at give \(main\.ts:2\)/);
  });

  it("names the throw, not the promise around it", () => {
    const { stderr } = run(`function inner(): never {
  throw 42;
}
void new Promise(() => inner());
`);
    expect(stderr).toMatch(/^mirage: unhandled rejection: 42 .*\n {4}at inner \(main\.ts:2\)/m);
  });

  it("is none if a handler comes before the microtasks are through", () => {
    const { status, stdout } = run(`const rejected = Promise.reject(new Error("x"));
queueMicrotask(() => queueMicrotask(() => rejected.catch(() => console.log("in time"))));
`);
    expect(stdout).toBe("in time\n");
    expect(status).toBe(0);
  });
});
