/** traceroute reaches the stack, and nmap's scans and oddities leave it alive. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { type Network, networks } from "../support/networks.ts";
import type { RunningProgram } from "../support/program.ts";

const tap = networks.find(({ title }) => title.startsWith("a tap"));

function whyNot(): string | undefined {
  if (tap === undefined) return "no tap";
  if (tap.skipped !== undefined) return tap.skipped;
  try {
    for (const command of ["nmap", "traceroute"]) execFileSync(command, ["--version"], { stdio: "ignore" });
  } catch {
    return "no nmap or no traceroute: apt-get install nmap traceroute";
  }
  return undefined;
}

const skipped = whyNot();
const PORT = 7007;

describe.skipIf(skipped !== undefined)(
  `scanners${skipped === undefined ? "" : `: skipped: ${skipped}`}`,
  () => {
    let network: Network;
    let program: RunningProgram;

    beforeAll(async () => {
      const executable = buildProgram(join(ROOT, "examples/tcp-echo"));
      network = (tap as NonNullable<typeof tap>).open();
      program = network.start(executable, [String(PORT)]);
      await program.output(/TCP port/);
      await network.reachable();
    });

    afterAll(() => network?.close());

    async function stillEchoes(): Promise<void> {
      for (const address of network.addresses) {
        expect(await network.peer("nc", ["-N", address, String(PORT)], "still there")).toBe("still there");
      }
      expect(program.child.exitCode).toBeNull();
    }

    it.each([
      ["by UDP", []],
      ["by ICMP", ["-I"]],
      ["by TCP", ["-T", "-p", String(PORT)]],
    ])("traceroute arrives %s, in one hop", async (_how, options) => {
      for (const address of network.addresses) {
        const output = await network.peer("traceroute", [
          "-n",
          "-q",
          "1",
          "-w",
          "2",
          "-m",
          "3",
          ...options,
          address,
        ]);
        expect(output.trim().split("\n").slice(1), output).toEqual([
          expect.stringMatching(`^ 1  ${address}  .* ms$`),
        ]);
      }
    });

    it("survives nmap's SYN scan, which finds the one open port", async () => {
      for (const [address, six] of [
        [network.addresses[0] as string, []],
        [network.addresses[1] as string, ["-6"]],
      ] as const) {
        const ports = `1-1000,${PORT}`;
        const output = await network.peer("nmap", ["-n", "-Pn", ...six, "-sS", "-T4", "-p", ports, address]);
        expect(output.match(/^\d+\/tcp +open/gm), output).toEqual([
          expect.stringMatching(`^${PORT}/tcp +open`),
        ]);
        expect(output).toMatch(/1000 closed tcp ports \(reset\)/);
      }
      await stillEchoes();
    });

    it("survives nmap's UDP scan, which finds nothing open", async () => {
      for (const [address, six] of [
        [network.addresses[0] as string, []],
        [network.addresses[1] as string, ["-6"]],
      ] as const) {
        const output = await network.peer("nmap", ["-n", "-Pn", ...six, "-sU", "-T4", "-p", "1-30", address]);
        expect(output, output).not.toMatch(/udp +open\s/);
        expect(output).toMatch(/closed/);
      }
      await stillEchoes();
    });

    it("survives nmap's fingerprinting and its odd flags", async () => {
      const [four, six] = network.addresses as [string, string];
      for (const scan of [["-O"], ["-sN"], ["-sF"], ["-sX"], ["-sA"], ["-sM"], ["-sO", "-p", "1-20"]]) {
        const ports = scan.includes("-p") ? [] : ["-p", `1-10,${PORT}`];
        const output = await network.peer("nmap", [
          "-n",
          "-Pn",
          "-T4",
          "--max-retries",
          "1",
          ...scan,
          ...ports,
          four,
        ]);
        expect(output, scan.join(" ")).toContain("1 host up");
      }
      const output = await network.peer("nmap", ["-n", "-Pn", "-6", "-T4", "-O", "-p", `1-10,${PORT}`, six]);
      expect(output).toContain("1 host up");
      await stillEchoes();
    });
  },
);
