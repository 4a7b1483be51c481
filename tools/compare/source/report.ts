/**
 * Size, complexity and tests by layer.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { packageRoot } from "../../../src/build/paths.ts";
import type { CodeReport, LayerReport, SourceReport } from "../results.ts";
import { quantile } from "../statistics.ts";
import { codeLinesOfC, measureC } from "./c.ts";
import { type Layer, layers, notes } from "./layers.ts";
import { countCases, type FileSize, measureTypeScript } from "./typescript.ts";

/** Above it a function is hard to test (McCabe, 1976, said 10; NIST SP 500-235 allows 15). */
const COMPLEX = 15;

/** Folders that hold what is built, or what serves another purpose. */
const skippedFolders = ["build", "node_modules"];

/** Files that are meant by names; a name with `/` at its end is a folder, with `*` all that begins so. */
export function expand(root: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (name.endsWith("*")) {
      const folder = dirname(name);
      const start = basename(name, "*");
      const entries = readdirSync(join(root, folder)).filter((entry) => entry.startsWith(start));
      return expand(
        root,
        entries.sort().map((entry) => `${folder}/${entry}`),
      );
    }
    const path = join(root, name);
    if (!existsSync(path)) {
      return [];
    }
    if (!statSync(path).isDirectory()) {
      return [name];
    }
    const folder = name.replace(/\/*$/, "/");
    const inside = readdirSync(path)
      .filter((entry) => !skippedFolders.includes(entry))
      .sort()
      .map((entry) =>
        statSync(join(path, entry)).isDirectory() ? `${folder}${entry}/` : `${folder}${entry}`,
      );
    return expand(root, inside);
  });
}

const isTypeScript = (name: string): boolean => name.endsWith(".ts") && !name.endsWith(".d.ts");
const isC = (name: string): boolean => [".c", ".h"].includes(extname(name));

/** Undefined: there are no such files. */
export function measureFiles(root: string, names: readonly string[]): CodeReport | undefined {
  const files = expand(root, names).filter((name) => isTypeScript(name) || isC(name));
  if (files.length === 0) {
    return undefined;
  }
  const read = (name: string): string => readFileSync(join(root, name), "utf8");
  const c = files.filter(isC);
  const sizes = new Map<string, FileSize>();
  measureC(c.map(read)).forEach((size, i) => {
    sizes.set(c[i]!, size);
  });
  for (const name of files.filter(isTypeScript)) {
    sizes.set(name, measureTypeScript(read(name)));
  }
  const all = files.flatMap((file) =>
    sizes.get(file)!.functions.map(({ name, complexity }) => ({ name: `${name} (${file})`, complexity })),
  );
  const values = all.map(({ complexity }) => complexity);
  const max = Math.max(0, ...values);
  const worst = all.find(({ complexity }) => complexity === max)?.name;
  return {
    files,
    lines: [...sizes.values()].reduce((sum, { lines }) => sum + lines, 0),
    functions: all.length,
    complexity: values.length === 0 ? { median: 0, p90: 0, max: 0 } : percentiles(values, max),
    complex: values.filter((value) => value > COMPLEX).length,
    ...(worst === undefined ? {} : { worst }),
  };
}

function percentiles(values: readonly number[], max: number): CodeReport["complexity"] {
  return { median: quantile(values, 0.5), p90: quantile(values, 0.9), max };
}

/** Cases of one file of tests: of vitest, of atf-sh(3), or one of packetdrill. */
function casesOf(name: string, source: string): number {
  if (isTypeScript(name)) {
    return name.endsWith(".test.ts") ? countCases(source) : 0;
  }
  if (name.endsWith(".pkt")) {
    return 1;
  }
  return name.endsWith(".sh") ? (source.match(/^(?:atf_test_case|case_of) \w/gm) ?? []).length : 0;
}

/** Of shell and packetdrill, whose comments begin with #. */
function codeLinesOfShell(source: string): number {
  return source.split("\n").filter((line) => /^\s*[^#\s]/.test(line)).length;
}

function linesOf(name: string, source: string): number {
  return isTypeScript(name)
    ? measureTypeScript(source).lines
    : isC(name)
      ? codeLinesOfC(source)
      : codeLinesOfShell(source);
}

export function measureTests(root: string, names: readonly string[]): LayerReport["tests"] {
  const files = expand(root, names).filter(
    (name) => isTypeScript(name) || isC(name) || [".sh", ".subr", ".pkt", ".mjs"].includes(extname(name)),
  );
  if (files.length === 0) {
    return undefined;
  }
  let cases = 0;
  let lines = 0;
  for (const file of files) {
    const source = readFileSync(join(root, file), "utf8");
    cases += casesOf(file, source);
    lines += linesOf(file, source);
  }
  return { files, cases, lines };
}

/** As `14.0-STABLE (1400507)`, of sys/conf/newvers.sh and sys/param.h. */
function versionOf(sysdir: string): string {
  const read = (name: string): string =>
    existsSync(join(sysdir, name)) ? readFileSync(join(sysdir, name), "utf8") : "";
  const number = /^#define\s+__FreeBSD_version\s+(\d+)/m.exec(read("sys/param.h"))?.[1];
  const revision = /^REVISION="([^"]+)"/m.exec(read("conf/newvers.sh"))?.[1];
  const branch = /^BRANCH="([^"$]+)"/m.exec(read("conf/newvers.sh"))?.[1];
  const name = [revision, branch].filter((part) => part !== undefined).join("-");
  return name === "" ? (number ?? "unknown") : `${name} (${number})`;
}

/** Files of a layer that no earlier one has; remembers them. */
function claim(root: string, names: readonly string[], taken: Set<string>): string[] {
  const own = expand(root, names).filter((name) => !taken.has(name));
  for (const name of own) {
    taken.add(name);
  }
  return own;
}

function measureLayer(layer: Layer, sysdir: string | undefined, taken: Set<string>): LayerReport {
  const mirage = measureFiles(packageRoot, claim(packageRoot, layer.mirage, taken));
  const freebsd = sysdir === undefined ? undefined : measureFiles(sysdir, layer.freebsd);
  const tests = measureTests(packageRoot, claim(packageRoot, layer.tests, taken));
  return {
    name: layer.name,
    ...(mirage === undefined ? {} : { mirage }),
    ...(freebsd === undefined ? {} : { freebsd }),
    ...(tests === undefined ? {} : { tests }),
  };
}

/** @param sysdir FreeBSD's source, or undefined: only Mirage's is measured. */
export function measureSources(sysdir: string | undefined): SourceReport {
  const taken = new Set<string>();
  const measured = layers.map((layer) => measureLayer(layer, sysdir, taken));
  return {
    ...(sysdir === undefined ? {} : { freebsd: { sysdir, version: versionOf(sysdir) } }),
    layers: measured.filter(({ mirage, freebsd }) => mirage !== undefined || freebsd !== undefined),
    notes,
  };
}
