import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { currentPage } from "../../tools/goodput-doc.ts";
import { ROOT } from "../support/mirage.ts";

it("docs/goodput.md is what the code gives now; node dist/goodput-doc.js writes it", async () => {
  expect(readFileSync(join(ROOT, "docs/goodput.md"), "utf8")).toBe(await currentPage());
}, 600_000);
