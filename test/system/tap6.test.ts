/** The udp-echo example over IPv6 on a real tap, with the host's own stack as its peer. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { NetworkNamespace, whyNoTap } from "../support/netns.ts";
import { RunningProgram, statistic } from "../support/program.ts";

/** Why the host has no IPv6 for us, or undefined. */
function whyNoIpv6(): string | undefined {
  let host: NetworkNamespace | undefined;
  try {
    host = new NetworkNamespace();
    host.run("ping", ["-6", "-c", "1", "-W", "2", "::1"]);
    return undefined;
  } catch (error) {
    return `the host has no IPv6, or no ping(8): ${(error as Error).message.split("\n")[0]}`;
  } finally {
    host?.remove();
  }
}

function whyNoPython(): string | undefined {
  try {
    execFileSync("python3", ["-c", "import socket; socket.AF_INET6"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "no python3";
  }
}

const skipped = whyNoTap() ?? whyNoIpv6();
const title = `udp-echo over IPv6 on a tap${skipped === undefined ? "" : `: skipped: ${skipped}`}`;
const noRouter = whyNoPython();

const OWN = "2001:db8::2";
const ECHOES = 1000;

describe.skipIf(skipped !== undefined)(title, () => {
  let host: NetworkNamespace;
  let executable: string;
  let program: RunningProgram;

  beforeAll(() => {
    executable = buildProgram(join(ROOT, "examples/udp-echo"));
  });

  beforeEach(() => {
    host = new NetworkNamespace();
  });

  afterEach(async () => {
    await program?.stop("SIGKILL");
    host?.remove();
  });

  async function start(...args: string[]): Promise<void> {
    program = new RunningProgram(host.spawn(executable, ["--net", "tap:mirage0", ...args]));
    await program.output(/port 7/);
  }

  /** What `attempt` returns, once it throws no more: both ends check their addresses for duplicates first. */
  async function eventually<T>(attempt: () => T, seconds = 20): Promise<T> {
    for (const until = Date.now() + seconds * 1000; ; ) {
      try {
        return attempt();
      } catch (error) {
        if (Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  const ping = (...args: string[]) => host.run("ping", ["-6", "-q", "-W", "2", ...args]);
  const reachable = (address = OWN) => eventually(() => ping("-c", "1", address));

  it("gives the host the network's first address, and answers its pings, data unchanged", async () => {
    await start("--ipv6", `${OWN}/64`);
    expect(host.run("ip", ["-6", "address", "show", "mirage0"])).toContain("inet6 2001:db8::1/64");
    await reachable();
    const output = ping("-f", "-c", String(ECHOES), "-s", "1000", "-p", "a55a01fe", OWN);
    expect(output).toContain(`${ECHOES} packets transmitted, ${ECHOES} received`);
    expect(output).not.toContain("wrong data");
    expect(host.run("ip", ["-6", "neigh", "show", OWN])).toContain("lladdr");
    expect(await program.stop("SIGINT")).toBe(130);
    expect(statistic(program.stderr, "copies")).toBe(0);
  });

  it.each([8000, 65_000])("answers pings of %i bytes, in fragments both ways", async (bytes) => {
    await start("--ipv6", `${OWN}/64`);
    await reachable();
    const output = ping("-c", "5", "-i", "0.2", "-s", String(bytes), OWN);
    expect(output).toContain("5 packets transmitted, 5 received");
  });

  it("is heard at all nodes, by a link-local address of its own", async () => {
    await start("--ipv6", "auto");
    await eventually(() => {
      const output = host.run("ping", ["-6", "-c", "2", "-i", "0.2", "-W", "2", "ff02::1%mirage0"]);
      // The host answers itself too.
      const own = host.run("ip", ["-6", "address", "show", "mirage0"]);
      const others = [...output.matchAll(/from (fe80::[0-9a-f:]+)%/g)].filter(
        ([, from]) => !own.includes(from ?? ""),
      );
      if (others.length === 0) throw new Error(`nobody else answered:\n${output}`);
    });
  });

  it(`answers ${ECHOES} datagrams, data unchanged, and one to a closed port with port unreachable`, async () => {
    await start("--ipv6", `${OWN}/64`);
    await reachable();
    const client = join(ROOT, "test/support/udp-client.mjs");
    const output = host.run(process.execPath, [client, OWN, "7", String(ECHOES)]);
    expect(JSON.parse(output)).toEqual({ sent: ECHOES, answered: ECHOES, changed: 0 });
    expect(() => host.run(process.execPath, [client, OWN, "9", "1"])).toThrow(/ECONNREFUSED/);
  });

  it.skipIf(noRouter !== undefined)(
    `makes an address of what a router advertises${noRouter === undefined ? "" : `: skipped: ${noRouter}`}`,
    async () => {
      await start("--ipv6", "auto");
      const script = join(ROOT, "test/support/router-advertisement.py");
      await eventually(() => host.run("python3", [script, "mirage0", "2001:db8:7::"]));
      const [, address = ""] = await program.output(/network: (2001:db8:7::?[0-9a-f:]+)/);
      host.run("ip", ["-6", "address", "add", "2001:db8:7::1/64", "dev", "mirage0", "nodad"]);
      await reachable(address);
      // Nothing in it tells the MAC address.
      const link = host.run("ip", ["-6", "neigh", "show", address]).match(/lladdr (\S+)/)?.[1] ?? "";
      expect(link).not.toBe("");
      expect(address.replaceAll(":", "")).not.toContain(link.split(":").slice(3).join(""));
    },
  );

  it("does not use an address that the host has", async () => {
    host.run("ip", ["tuntap", "add", "mirage0", "mode", "tap"]);
    host.run("ip", ["link", "set", "mirage0", "up"]);
    host.run("ip", ["-6", "address", "add", `${OWN}/64`, "dev", "mirage0", "nodad"]);
    await start("--ipv6", `${OWN}/64`);
    await program.output(/another host has 2001:db8::2, so it is not used/);
  });

  it("leaves IPv6 alone when it is not asked for", async () => {
    await start("--ipv4", "10.0.0.2/24");
    host.run("ping", ["-c", "2", "-i", "0.2", "10.0.0.2"]);
    await program.stop("SIGINT");
    expect(program.stderr).not.toMatch(/^\s*(nd|slaac|mld|icmp6)\.\S+\s+[1-9]/m);
  });
});
