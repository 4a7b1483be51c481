/**
 * Builds the addon with node-gyp, from nothing that has to be downloaded: the headers are those beside the running
 * Node, or else those of the npm package `node-api-headers`, which is all that Node-API needs.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const stampFile = join(root, "build/.setup/addon");

/** The settings that a binding.gyp takes for granted, where there is no Node source tree to take them from. */
const commonGypi = {
  target_defaults: {
    default_configuration: "Release",
    configurations: { Debug: {}, Release: { cflags: ["-O2", "-g"] } },
    cflags: ["-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter"],
    ldflags: ["-rdynamic"],
  },
};

function nodeDirectory() {
  const own = join(dirname(process.execPath), "..");
  if (existsSync(join(own, "include/node/common.gypi")) && existsSync(join(own, "include/node/node_api.h"))) {
    return own;
  }
  const made = join(root, "build/nodedir");
  const headers = join(made, "include/node");
  mkdirSync(headers, { recursive: true });
  cpSync(join(dirname(require.resolve("node-api-headers/package.json")), "include"), headers, {
    recursive: true,
  });
  writeFileSync(join(headers, "common.gypi"), JSON.stringify(commonGypi, null, 2));
  return made;
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile())
    .sort();
}

const hash = createHash("sha256").update(process.version);
for (const file of [
  "binding.gyp",
  "build/nofloat/libmirage.a",
  ...filesBelow("runtime/addon"),
  ...filesBelow("runtime/include"),
].map((name) => join(root, name))) {
  hash.update(file.slice(root.length)).update(readFileSync(file));
}
const stamp = hash.digest("hex");
if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) {
  process.exit(0);
}
process.stderr.write("==> node-gyp rebuild (the addon with which tests drive the float-free objects)\n");
const result = spawnSync(
  process.execPath,
  [
    require.resolve("node-gyp/bin/node-gyp.js"),
    "rebuild",
    "--silent",
    `--nodedir=${nodeDirectory()}`,
    `--python=${process.env.PYTHON ?? "python3"}`,
  ],
  { cwd: root, encoding: "utf8", env: { ...process.env, MAKEFLAGS: "", MFLAGS: "" } },
);
if (result.status !== 0) {
  process.stderr.write(`${result.stdout}${result.stderr}\nThe addon could not be built. By hand:\n`);
  process.stderr.write(`  npx node-gyp rebuild --nodedir=${nodeDirectory()}\n`);
  process.exit(1);
}
writeFileSync(stampFile, stamp);
