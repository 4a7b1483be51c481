/**
 * Makes `docs/probes.md` from the one table of probes, `dtrace/probes.def`.
 *
 *     node dist/probes-doc.js
 *
 * writes the page; a test compares it to what this makes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface ProbeArgument {
  /** In C. */
  readonly type: string;
  readonly name: string;
  /** What it is, with its unit. */
  readonly text: string;
}

/** One row. */
export interface ProbeRow {
  /** As USDT writes it: `frame__in`. */
  readonly name: string;
  /** Version of Mirage. */
  readonly since: string;
  readonly when: string;
  readonly args: readonly ProbeArgument[];
}

/** @param def the text of probes.def */
export function parseProbes(def: string): ProbeRow[] {
  const rows = [
    ...def.matchAll(
      /^MIRAGE_PROBE(\d)\((\w+),\s*"([^"]*)",\s*"([^"]*)"((?:,\s*[\w *]+,\s*\w+,\s*"[^"]*")*)\)$/gm,
    ),
  ].map(([, count, name, since, when, rest]) => {
    const args = [...rest!.matchAll(/,\s*([\w *]+?),\s*(\w+),\s*"([^"]*)"/g)].map(
      ([, type, argument, text]) => ({
        type: type!,
        name: argument!,
        text: text!,
      }),
    );
    if (args.length !== Number(count)) {
      throw new Error(`probes.def: MIRAGE_PROBE${count}(${name}) has ${args.length} arguments`);
    }
    return { name: name!, since: since!, when: when!, args };
  });
  const begun = def.match(/^MIRAGE_PROBE/gm)?.length ?? 0;
  if (rows.length === 0 || rows.length !== begun) {
    throw new Error(`probes.def: understood ${rows.length} of ${begun} rows`);
  }
  return rows;
}

/** As DTrace writes it: `frame-in`. */
export function dtraceName(name: string): string {
  return name.replaceAll("__", "-");
}

function cell(args: readonly ProbeArgument[]): string {
  return args
    .map(({ type, name, text }, i) => `${i} \`${`${type} ${name}`.replace("* ", "*")}\`: ${text}`)
    .join("<br>");
}

export function probesPage(rows: readonly ProbeRow[]): string {
  const table = rows
    .map((row) => `| \`${dtraceName(row.name)}\` | ${row.when} | ${cell(row.args)} | ${row.since} |`)
    .join("\n");
  return `# Probes

<!-- Made by tools/probes-doc.ts from dtrace/probes.def: change that table, not this page. -->

Places in the runtime and its platforms that a tracer can listen at. In the kernel they are SDT probes of provider
\`mirage\`, for dtrace(1); in a process USDT, for bpftrace, perf and SystemTap, where \`sys/sdt.h\` was installed when
Mirage was built. USDT writes \`__\` for the \`-\` in a name. A probe that nobody listens at costs two instructions.

| probe | when | arguments | since |
|---|---|---|---|
${table}

In D an argument is \`args[0]\`, or \`arg0\` without its type; text is \`stringof(args[0])\`, and that of \`console\`
\`substr(stringof(args[1]), 0, args[2])\`.

\`\`\`sh
dtrace -l -v -P mirage                                         # all, with their types
dtrace -n 'mirage:::drop { @[stringof(args[1])] = count(); }'  # why frames are lost
dtrace -q -s dtrace/life.d                                     # starts, ends, drops, errors
bpftrace -e 'usdt:./udp-echo:mirage:drop { @[str(arg1)] = count(); }'   # in a process
\`\`\`

\`dtrace -Z\` waits for modules that are not loaded yet; \`args\` have no types then: \`stringof(arg0)\`. The kernel enables
what was waited for when the next module is loaded after \`mirage.ko\`, whichever it is; \`load\` fires then, or at the
start that follows, and says when the load was. While anybody traces anything the kernel refuses to unload \`mirage.ko\`: \`unload\` says only
that it was asked for. \`stack()\` begins with the function that fires the probe or its caller, and names the functions
of frame code, as \`fbt:mirage::entry\` does.
`;
}

function repositoryFile(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** The page as it should be now. */
export function currentPage(): string {
  return probesPage(parseProbes(readFileSync(repositoryFile("dtrace/probes.def"), "utf8")));
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  writeFileSync(repositoryFile("docs/probes.md"), currentPage());
}
