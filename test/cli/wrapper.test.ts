import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../support/mirage.ts";
import { scratchFolder } from "./scratch.ts";

it("tools/mirage is the command from any folder, through a link, and passes arguments and exit codes on", () => {
  const link = join(scratchFolder(), "mirage");
  symlinkSync(join(ROOT, "tools/mirage"), link);
  const options = { cwd: "/", encoding: "utf8" } as const;
  expect(spawnSync(link, ["--version"], options)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  expect(spawnSync(link, ["run", "a b"], options)).toMatchObject({ status: 64 });
});
