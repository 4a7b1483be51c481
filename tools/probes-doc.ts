/**
 * Makes `docs/probes.md` from the one table of probes, `dtrace/probes.def`.
 *
 *     node dist/probes-doc.js
 *
 * writes the page; a test compares it to what this makes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../src/build/paths.ts";

export interface ProbeArgument {
  /** In C. */
  readonly type: string;
  readonly name: string;
  /** What it is, with its unit. */
  readonly text: string;
  /** The type as which dtrace(1) shows it, if that is another. */
  readonly as: string | undefined;
}

const families = {
  program: "Program",
  frames: "Frames",
  stack: "Stack",
  language: "Language",
  sampling: "Sampling",
} as const;

type Family = keyof typeof families;

/** One row. */
export interface ProbeRow {
  /** As USDT writes it: `netif__rx`. */
  readonly name: string;
  readonly family: Family;
  /** Version of Mirage. */
  readonly since: string;
  /** Files that fire it. */
  readonly where: readonly string[];
  readonly when: string;
  readonly args: readonly ProbeArgument[];
}

const string = String.raw`"(?:[^"\\]|\\.)*"`;
const tuple = String.raw`\((?:[^()"]|${string})*\)`;

function parseArgument(text: string, row: string): ProbeArgument {
  const found = new RegExp(
    String.raw`^\(\s*([\w *]+?),\s*(\w+),\s*(${string})(?:,\s*(${string}))?\s*\)$`,
  ).exec(text);
  if (found === null) {
    throw new Error(`probes.def: ${row}: not an argument: ${text}`);
  }
  const [, type, name, what, as] = found;
  return {
    type: type!,
    name: name!,
    text: JSON.parse(what!),
    as: as === undefined ? undefined : JSON.parse(as),
  };
}

/** @param def the text of probes.def */
export function parseProbes(def: string): ProbeRow[] {
  const shared = new Map(
    [...def.matchAll(new RegExp(String.raw`^#define (\w+) (${tuple})$`, "gm"))].map(([, name, text]) => [
      name!,
      text!,
    ]),
  );
  const pattern = new RegExp(
    String.raw`^MIRAGE_PROBE_ROW\((\w+),\s*(\w+),\s*(${string}),\s*(${string}),\s*(${string})` +
      String.raw`((?:,\s*(?:\w+|${tuple}))*)\)$`,
    "gm",
  );
  const rows = [...def.matchAll(pattern)].map(([, name, family, since, where, when, rest]) => {
    if (!Object.hasOwn(families, family!)) {
      throw new Error(`probes.def: ${name}: there is no family ${family}`);
    }
    const args = [...rest!.matchAll(new RegExp(String.raw`,\s*(?:(${tuple})|(\w+))`, "g"))].map(
      ([, text, shorthand]) => {
        const said = text ?? shared.get(shorthand!);
        if (said === undefined) {
          throw new Error(`probes.def: ${name}: nothing defines ${shorthand}`);
        }
        return parseArgument(said, name!);
      },
    );
    if (args.length < 1 || args.length > 6) {
      throw new Error(`probes.def: ${name} has ${args.length} arguments, not 1 to 6`);
    }
    return {
      name: name!,
      family: family as Family,
      since: JSON.parse(since!) as string,
      where: (JSON.parse(where!) as string).split(" "),
      when: JSON.parse(when!) as string,
      args,
    };
  });
  const begun = def.match(/^MIRAGE_PROBE_ROW/gm)?.length ?? 0;
  if (rows.length === 0 || rows.length !== begun) {
    throw new Error(`probes.def: understood ${rows.length} of ${begun} rows`);
  }
  return rows;
}

/** As DTrace writes it: `netif-rx`. */
export function dtraceName(name: string): string {
  return name.replaceAll("__", "-");
}

function declaration(type: string, name: string): string {
  return `${type} ${name}`.replace("* ", "*");
}

/** `<global>` would be a tag, and not be seen. */
function prose(text: string): string {
  return text.replaceAll("<", "&lt;");
}

function cell(args: readonly ProbeArgument[]): string {
  return args
    .map(({ type, name, text, as }, i) =>
      as === undefined
        ? `${i} \`${declaration(type, name)}\`: ${prose(text)}`
        : `${i} \`${declaration(as, name)}\` (of \`${type}\`): ${prose(text)}`,
    )
    .join("<br>");
}

function section(family: Family, rows: readonly ProbeRow[]): string {
  const lines = rows
    .filter((row) => row.family === family)
    .map(
      (row) =>
        `| \`${dtraceName(row.name)}\` | ${prose(row.when)} | ${cell(row.args)} | ${row.where.map((file) => `\`${file}\``).join("<br>")} | ${row.since} |`,
    );
  if (lines.length === 0) {
    return "";
  }
  return `## ${families[family]}

| probe | when | arguments | fired by | since |
|---|---|---|---|---|
${lines.join("\n")}

`;
}

export function probesPage(rows: readonly ProbeRow[]): string {
  const sections = (Object.keys(families) as Family[]).map((family) => section(family, rows)).join("");
  return `# Probes

<!-- Made by tools/probes-doc.ts from dtrace/probes.def: change that table, not this page. -->

Places in the stack, the runtime and its platforms that a tracer can listen at. In the kernel they are SDT probes of
provider \`mirage\`, for dtrace(1); in a process USDT, for bpftrace, perf and SystemTap, where \`sys/sdt.h\` was installed
when Mirage was built. USDT writes \`__\` for the \`-\` in a name. A probe that nobody listens at costs two instructions, in
frame code too: a comparison with memory and a branch.

${sections}## Reading arguments

In D an argument is \`args[0]\`, or \`arg0\` without its type; text is \`stringof(args[0])\`, and that of \`console\`
\`substr(stringof(args[1]), 0, args[2])\`.

\`\`\`sh
dtrace -l -v -P mirage                                         # all, with their types
dtrace -L dtrace/lib -n 'mirage:::tcp-send { @[args[2]->ip_daddr, args[4]->tcp_dport] = count(); }'
dtrace -n 'mirage:::drop { @[stringof(args[1])] = count(); }'  # why frames are lost
dtrace -q -s dtrace/life.d                                     # starts, ends, drops, errors
bpftrace -e 'usdt:./udp-echo:mirage:drop { @[str(arg1)] = count(); }'   # in a process
\`\`\`

The stack's probes have the arguments of FreeBSD's providers \`ip\`, \`udp\` and \`tcp\` (dtrace_ip(4) and so on), in their order, so
that scripts for those carry over: \`tcp:::send\` becomes \`mirage:::tcp-send\`. dtrace(1) translates them if it gets the library,
\`-L dtrace/lib\` (\`-L dtrace/lib10\` on 10.x, whose \`tcpsinfo_t\` has fewer members), and the system's own libraries have theirs:
\`kldload dtraceall\`. Seen on 14.0-STABLE, 12.1 and 10.4. Without the library the probes are there all the same, with \`arg0\` and
\`probename\`. What differs:

- Headers are in network byte order in \`tcp-receive\`, too. The IP header in \`tcp-send\`, \`udp-send\`, \`tcp-connect-request\`,
  \`tcp-accept-refused\` and \`tcp-retransmit\` is made for the probe: version, lengths, protocol, addresses, a hop limit of 64, nothing else. \`ip-send\` has the real one.
- \`ip-send\` fires when the link takes the packet: later than in FreeBSD if the neighbour's address was not known.
- A connection in the SYN cache has no \`tcpsinfo_t\` (state -1), as in FreeBSD. \`tcps_srtt\` is in microseconds.
- \`udp-receive\` fires for what a socket gets; what nobody wants is a \`drop\`, reason \`udp.no-port\`.
- \`udpsinfo_t\` has the datagram's peer, also where the socket is not connected to it.
- \`tcp-accept-refused\` fires for the RST that answers a segment of no connection. FreeBSD's fires for any RST that answers a segment,
  also of a connection that is there.
- \`tcp-retransmit\` is ours: as often as \`tcp.retransmitted\` counts, before the \`tcp-send\` of the same segment.

In a process \`arg1\` is the connection's number, and the structures are those of \`runtime/include/mirage/probe_types.h\`: bpftrace takes
them with \`struct\` written out at the script's beginning.

\`dtrace -Z\` waits for modules that are not loaded yet; \`args\` have no types then: \`stringof(arg0)\`. The kernel enables
what was waited for when the next module is loaded after \`mirage.ko\`, whichever it is; \`load\` fires then, or at the
start that follows, and says when the load was. While anybody traces anything the kernel refuses to unload \`mirage.ko\`: \`unload\` says only
that it was asked for. \`stack()\` begins with the function that fires the probe or its caller, and names the functions
of frame code, as \`fbt:mirage::entry\` does.
`;
}

function repositoryFile(name: string): string {
  return join(packageRoot, name);
}

/** The page as it should be now. */
export function currentPage(): string {
  return probesPage(parseProbes(readFileSync(repositoryFile("dtrace/probes.def"), "utf8")));
}

export function writePage(): void {
  writeFileSync(repositoryFile("docs/probes.md"), currentPage());
}
