import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ROOT } from "../support/mirage.ts";

const parent = join(ROOT, "build/test-programs");
mkdirSync(parent, { recursive: true });
const folder = mkdtempSync(join(parent, "vm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function vmTest(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(ROOT, "dist/mirage.js"), "vm-test", ...args], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
}

const image = process.env.MIRAGE_VM_IMAGE ?? "";
const tree = process.env.MIRAGE_VM_SYSDIR ?? "";
const missing =
  image === "" || tree === ""
    ? "MIRAGE_VM_IMAGE and MIRAGE_VM_SYSDIR name no FreeBSD image and the kernel source that it was built of"
    : "";

it("mirage.ko in a kernel", { timeout: 900_000 }, (context) => {
  context.skip(missing !== "", `skipped: ${missing}`);
  const payload = join(folder, "payload");
  const made = spawnSync("sh", [join(ROOT, "tools/freebsd-suite.sh"), payload, "--sysdir", tree], {
    encoding: "utf8",
  });
  expect(made.status, made.stderr).toBe(0);
  const { status, stdout, stderr } = vmTest("--image", image, payload);
  expect(stdout.match(/^not ok.*/gm) ?? [], stderr).toEqual([]);
  expect(stdout).toMatch(/^\d+ passed, 0 failed/m);
  expect(status).toBe(0);
});
