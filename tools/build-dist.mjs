/**
 * Bundles the command line into `dist/`; dependencies stay outside, in `node_modules`. Says and writes nothing if all
 * is up to date.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A command that still runs may load its own parts for as long. */
const graceMilliseconds = 10 * 60 * 1000;

const entryPoints = {
  mirage: "src/cli/main.ts",
  "build-objects": "src/build/main-objects.ts",
  "fetch-headers": "src/build/main-headers.ts",
  "check-programs": "src/build/main-check.ts",
  "check-nofloat": "tools/check-nofloat.ts",
  bench: "tools/bench/main.ts",
  "probes-doc": "tools/main-probes-doc.ts",
  "compare-plan": "tools/compare/main-plan.ts",
  "rtparams-doc": "tools/rtparams-doc.ts",
  transfers: "tools/transfers.ts",
  "goodput-doc": "tools/main-goodput-doc.ts",
  "kpi-build": "test/kpi/build.ts",
  "harness-build": "test/harness/build.ts",
  packetdrill: "tools/packetdrill/main.ts",
};

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints,
  outdir: "dist",
  write: false,
  bundle: true,
  splitting: true,
  chunkNames: "parts/[name]-[hash]",
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: true,
  logLevel: "warning",
});

let changed = 0;
// Parts before what loads them.
for (const file of outputFiles.toReversed()) {
  if (existsSync(file.path) && readFileSync(file.path).equals(file.contents)) {
    continue;
  }
  mkdirSync(dirname(file.path), { recursive: true });
  const temporary = `${file.path}.${process.pid}.tmp`;
  writeFileSync(temporary, file.contents, { mode: basename(file.path) === "mirage.js" ? 0o755 : 0o644 });
  renameSync(temporary, file.path);
  changed++;
}
const current = new Set(outputFiles.map((file) => basename(file.path)));
const parts = join(root, "dist/parts");
for (const name of existsSync(parts) ? readdirSync(parts) : []) {
  if (!current.has(name) && Date.now() - statSync(join(parts, name)).mtimeMs > graceMilliseconds) {
    rmSync(join(parts, name), { force: true });
  }
}
if (changed > 0) {
  process.stderr.write(`==> dist: ${changed} files written\n`);
}
