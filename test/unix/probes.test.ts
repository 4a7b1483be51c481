/** USDT probes of an executable: the notes by which tracers find them, and what a tracer sees. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, type TestContext } from "vitest";
import { obstacles, tracingFacts } from "../../src/cli/trace-bpftrace.ts";
import { parseProbes } from "../../tools/probes-doc.ts";
import { arp, PcapWriter, udpDatagram } from "../support/fuzz.ts";
import { buildProgram, ROOT } from "../support/mirage.ts";

const folder = mkdtempSync(join(tmpdir(), "mirage-probes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let executable: string;
beforeAll(() => {
  executable = buildProgram(join(ROOT, "examples/udp-echo"));
});

const rows = parseProbes(readFileSync(join(ROOT, "dtrace/probes.def"), "utf8"));
const usdt = ["x86_64-linux-gnu/sys/sdt.h", "sys/sdt.h"].some((file) => existsSync(`/usr/include/${file}`));

function readelf(context: TestContext, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync("readelf", args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  context.skip(error !== undefined, "skipped: no readelf");
  expect(status, stderr).toBe(0);
  return stdout;
}

it("are all in the executable where sys/sdt.h is installed, and none where it is not", (context) => {
  const notes = readelf(context, "-n", executable);
  const found = new Set([...notes.matchAll(/Provider: mirage\s+Name: (\w+)/g)].map(([, name]) => name));
  expect(rows.length).toBeGreaterThan(15);
  expect([...found].sort()).toEqual(usdt ? rows.map((row) => row.name).sort() : []);
});

it("each have a semaphore of their own that is 0, in the section where tracers look, and all arguments", (context) => {
  context.skip(!usdt, "skipped: sys/sdt.h is not installed");
  const section = /\] \.probes\s+PROGBITS\s+(\w+) \w+ (\w+)/.exec(readelf(context, "-S", "-W", executable));
  expect(section).not.toBeNull();
  const [start, size] = section!.slice(1).map((hex) => Number.parseInt(hex, 16)) as [number, number];
  const notes = [
    ...readelf(context, "-n", executable).matchAll(
      /Provider: mirage\s+Name: (\w+)\s+Location: \w+, Base: \w+, Semaphore: 0x(\w+)\s+Arguments: (.*)/g,
    ),
  ];
  const places = notes.map(([, , semaphore]) => Number.parseInt(semaphore!, 16));
  expect(places.filter((place) => place < start || place + 2 > start + size)).toEqual([]);
  expect(new Set(places).size).toBe(rows.length);
  for (const [, name, , args] of notes) {
    const row = rows.find((one) => one.name === name);
    expect(args!.trim().split(/\s+/), name).toHaveLength(row!.args.length);
  }
  const bytes = readelf(context, "-x", ".probes", executable).match(/^ {2}0x\w+((?: \w{1,8}){1,4})/gm) ?? [];
  expect(bytes.length).toBeGreaterThan(0);
  expect(bytes.map((line) => line.replace(/^ {2}0x\w+/, "")).join("")).toMatch(/^[0 ]+$/);
});

it("fire for a tracer that counts their semaphores up, with their arguments", (context) => {
  context.skip(!usdt, "skipped: sys/sdt.h is not installed");
  const capture = join(folder, "frames.pcap");
  const writer = new PcapWriter(capture);
  for (let i = 0; i < 20; i++) {
    writer.frame(arp(1));
  }
  writer.close();
  const commands = join(folder, "commands");
  const probe = (name: string, print: string): string =>
    `break -probe-stap mirage:${name}\ncommands\nsilent\nprintf ${print}\ncontinue\nend\n`;
  writeFileSync(
    commands,
    [
      "set pagination off\nset confirm off\nset startup-with-shell off\n",
      probe("netif__rx", '"in %d %d\\n", $_probe_arg0, $_probe_arg3'),
      probe("stop", '"stop %s %s\\n", (char *)$_probe_arg0, (char *)$_probe_arg1'),
      "run\n",
    ].join(""),
  );
  const options = [
    "--net",
    `pcap:${capture},/dev/null`,
    "--ipv4",
    "10.0.0.2/24",
    "--mac",
    "02:00:00:00:00:02",
  ];
  const { error, stdout, stderr } = spawnSync(
    "gdb",
    ["-q", "-batch", "-x", commands, "--args", executable, ...options],
    { encoding: "utf8" },
  );
  context.skip(error !== undefined, "skipped: no gdb");
  context.skip(
    /ptrace: Operation not permitted|Cannot trace/.test(stderr),
    "skipped: gdb may trace nothing here",
  );
  expect(stdout.match(/^in 0 60$/gm)).toHaveLength(20);
  expect(stdout.match(/^stop udp-echo returned$/gm)).toHaveLength(1);
});

/** The executable's instructions, below a line `<name>:` for each function. */
function instructions(context: TestContext): string[] {
  const { error, stdout } = spawnSync("objdump", ["-d", "--no-show-raw-insn", executable], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  context.skip(error !== undefined, "skipped: no objdump");
  return stdout.split("\n");
}

/** Instructions of the executable that name a probe's word, with what follows: `cmpl $0x0,X(%rip) # place <symbol>`. */
function sites(context: TestContext): { name: string; code: string; next: string[] }[] {
  const symbols = new Map<string, string>();
  for (const [, place, name] of readelf(context, "-s", "-W", executable).matchAll(
    /(\w{16}) .* mirage_probe_(\w+)_enabled$/gm,
  )) {
    symbols.set(Number.parseInt(place!, 16).toString(16), name!);
  }
  expect(symbols.size).toBe(rows.length);
  const lines = instructions(context);
  return lines.flatMap((line, i) => {
    const found = /^ *\w+:\t(.*?) +# ([0-9a-f]+) </.exec(line);
    const name = found === null ? undefined : symbols.get(found[2]!);
    // The address of the section's first word is also where the whole section begins.
    return name === undefined || found![1]!.startsWith("lea")
      ? []
      : [
          {
            name,
            code: found![1]!,
            next: lines.slice(i + 1, i + 4).map((one) => one.replace(/^ *\w+:\t/, "")),
          },
        ];
  });
}

it("are on a stack with all their callers: no function of frame code ends with a jump into another", (context) => {
  let inside = "";
  let seen = 0;
  const jumps: string[] = [];
  for (const line of instructions(context)) {
    inside = /^[0-9a-f]+ <(.+)>:$/.exec(line)?.[1] ?? inside;
    if (!inside.startsWith("fc_")) continue;
    seen++;
    const target = /\sjmp +[0-9a-f]+ <([^+>]+)>$/.exec(line)?.[1];
    if (target !== undefined && target !== inside) jumps.push(`${inside} to ${target}`);
  }
  expect(seen).toBeGreaterThan(10_000);
  expect(jumps).toEqual([]);
});

it("cost a comparison with memory and a branch each while they are off, in frame code too", (context) => {
  const found = sites(context);
  const named = new Set(found.map(({ name }) => name));
  for (const name of ["netif__rx", "drop", "ip__send", "udp__receive", "turn__start"]) {
    expect(named).toContain(name);
  }
  // Those of the language test a word of their own before this one.
  const language = new Set(
    rows.filter(({ family }) => family === "language" || family === "sampling").map((row) => row.name),
  );
  for (const { name, code, next } of found.filter((site) => !language.has(site.name))) {
    expect(code, name).toMatch(/^cmp[bwl] +\$0x0,/);
    expect(next.join("\n"), name).toMatch(/^j(e|ne) /m);
  }
});

it("are seen by bpftrace, those of frame code with their structures", (context) => {
  context.skip(!usdt, "skipped: sys/sdt.h is not installed");
  const [obstacle] = obstacles(tracingFacts());
  context.skip(obstacle !== undefined, `skipped: ${obstacle}`);
  const capture = join(folder, "datagrams.pcap");
  const writer = new PcapWriter(capture);
  for (let i = 0; i < 20; i++) {
    writer.frame(arp(1));
    writer.frame(udpDatagram([2, 0, 0, 0, 0, 2], 7, 50));
  }
  writer.close();
  const options = `--net pcap:${capture},/dev/null --ipv4 10.0.0.2/24 --mac 02:00:00:00:00:02`;
  const probe = (name: string): string => `usdt:${executable}:mirage:${name}`;
  const script = `struct ends {
      unsigned int version; unsigned short local; unsigned short remote; unsigned char from[16]; unsigned char to[16];
    }
    ${probe("netif__rx")} { @frames[arg3] = count(); }
    ${probe("udp__receive")} {
      $ends = (struct ends *)arg3;
      @datagrams[$ends->version, $ends->local, $ends->remote, $ends->from[3]] = count();
    }
    ${probe("stop")} { printf("stop %s %s\\n", str(arg0), str(arg1)); }`;
  const { stdout, stderr, status } = spawnSync("bpftrace", ["-e", script, "-c", `${executable} ${options}`], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^@frames\[60\]: 20$/m);
  expect(stdout).toMatch(/^@frames\[92\]: 20$/m);
  expect(stdout).toMatch(/^@datagrams\[4, 7, \d+, 2\]: 20$/m);
  expect(stdout).toMatch(/^stop udp-echo returned$/m);
});
