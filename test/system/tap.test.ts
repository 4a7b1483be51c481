/** The udp-echo example on a real tap, answering the host's own ping and UDP sockets. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, ROOT } from "../support/mirage.ts";
import { NetworkNamespace, whyNoTap } from "../support/netns.ts";
import { RunningProgram, statistic } from "../support/program.ts";

const skipped = whyNoTap();
const title = `udp-echo on a tap${skipped === undefined ? "" : `: skipped: ${skipped}`}`;

const ECHOES = 10_000;

describe.skipIf(skipped !== undefined)(title, () => {
  let host: NetworkNamespace;
  let executable: string;
  let program: RunningProgram;

  beforeAll(async () => {
    executable = buildProgram(join(ROOT, "examples/udp-echo"));
    host = new NetworkNamespace();
    program = new RunningProgram(
      host.spawn(executable, ["--net", "tap:mirage0", "--ipv4", "10.0.0.2/24", "--gateway", "10.0.0.1"]),
    );
    await program.output(/port 7/);
  });

  afterAll(async () => {
    await program?.stop("SIGKILL");
    host?.remove();
  });

  it("makes the tap, with the host at 10.0.0.1/24", () => {
    expect(host.interfaces()).toContain("mirage0");
    expect(host.run("ip", ["address", "show", "mirage0"])).toContain("inet 10.0.0.1/24");
  });

  it("answers 10,000 pings, data unchanged", () => {
    const output = host.run("ping", [
      "-f",
      "-q",
      "-c",
      String(ECHOES),
      "-s",
      "1000",
      "-p",
      "a55a01fe",
      "10.0.0.2",
    ]);
    expect(output).toContain(`${ECHOES} packets transmitted, ${ECHOES} received`);
    expect(output).not.toContain("wrong data");
  });

  it.each([1473, 8000, 65507])("answers pings of %i bytes, in fragments both ways", (bytes) => {
    const output = host.run("ping", [
      "-q",
      "-c",
      "5",
      "-i",
      "0.2",
      "-s",
      String(bytes),
      "-p",
      "a55a01fe",
      "10.0.0.2",
    ]);
    expect(output).toContain("5 packets transmitted, 5 received");
    expect(output).not.toContain("wrong data");
  });

  it("answers 10,000 datagrams, data unchanged", () => {
    const client = join(ROOT, "test/support/udp-client.mjs");
    const output = host.run(process.execPath, [client, "10.0.0.2", "7", String(ECHOES)]);
    expect(JSON.parse(output)).toEqual({ sent: ECHOES, answered: ECHOES, changed: 0 });
  });

  it("answers a datagram to a closed port with port unreachable", () => {
    const client = join(ROOT, "test/support/udp-client.mjs");
    expect(() => host.run(process.execPath, [client, "10.0.0.2", "9", "1"])).toThrow(/ECONNREFUSED/);
  });

  it("prints statistics on SIGUSR1 while running: no copies, no frame kept", async () => {
    const before = program.stderr.length;
    program.child.kill("SIGUSR1");
    await program.output(/copies/);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const text = program.stderr.slice(before);
    expect(statistic(text, "copies"), text).toBe(0);
    expect(statistic(text, "frames.live"), text).toBe(0);
    expect(statistic(text, "frames.in")).toBeGreaterThanOrEqual(2 * ECHOES);
    expect(program.child.exitCode).toBeNull();
  });

  it("ends with 130 on Ctrl-C, prints statistics and leaves no tap behind", async () => {
    expect(await program.stop("SIGINT")).toBe(130);
    expect(statistic(program.stderr, "copies")).toBe(0);
    expect(host.interfaces()).not.toContain("mirage0");
  });
});
