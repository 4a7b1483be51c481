import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/mirage.ts";
import { NetworkNamespace, whyNoTap } from "../support/netns.ts";
import { RunningProgram } from "../support/program.ts";

const parent = join(ROOT, "build/test-programs");
mkdirSync(parent, { recursive: true });
const folder = mkdtempSync(join(parent, "vm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const image = process.env.MIRAGE_VM_IMAGE ?? "";
const tree = process.env.MIRAGE_VM_SYSDIR ?? "";
const missing =
  image === "" || tree === ""
    ? "MIRAGE_VM_IMAGE and MIRAGE_VM_SYSDIR name no FreeBSD image and the kernel source that it was built of"
    : "";

const vmTest = [join(ROOT, "dist/mirage.js"), "vm-test", "--image", image];
const suite = join(folder, "suite");

function skipOrMake(skip: (condition: boolean, why: string) => void): void {
  skip(missing !== "", `skipped: ${missing}`);
  if (!existsSync(suite)) {
    const made = spawnSync("sh", [join(ROOT, "tools/freebsd-suite.sh"), suite, "--sysdir", tree], {
      encoding: "utf8",
    });
    expect(made.status, made.stderr).toBe(0);
  }
}

it("mirage.ko in a kernel", { timeout: 1_200_000 }, (context) => {
  skipOrMake(context.skip);
  const { status, stdout, stderr } = spawnSync(process.execPath, [...vmTest, suite], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  expect(stdout.match(/^not ok.*/gm) ?? [], stderr).toEqual([]);
  expect(stdout).toMatch(/^\d+ passed, 0 failed/m);
  expect(status).toBe(0);
});

const PACKETS = 10_000;
const FLOWS = 100;
const STREAM_BYTES = 16_000_000;
const PROGRAM = "192.168.77.2";
const HOST = "192.168.77.1";

function peerNamespace(): NetworkNamespace {
  const outside = new NetworkNamespace();
  outside.run("ip", ["tuntap", "add", "mrgpeer", "mode", "tap"]);
  outside.run("ip", ["address", "add", "192.168.77.9/24", "dev", "mrgpeer"]);
  outside.run("ip", ["link", "set", "mrgpeer", "up"]);
  return outside;
}

describe("a peer outside of the guest, on a tap", () => {
  let outside: NetworkNamespace | undefined;
  afterAll(() => outside?.remove());

  /** A guest with one case of `peer.sh`, ready for its peer. */
  async function guestFor(
    name: string,
    skip: (condition: boolean, why: string) => void,
  ): Promise<[NetworkNamespace, RunningProgram]> {
    const noTap = whyNoTap();
    skip(noTap !== undefined, `skipped: ${noTap}`);
    skipOrMake(skip);
    outside ??= peerNamespace();
    const guest = new RunningProgram(
      outside.spawn(process.execPath, [
        ...[...vmTest, "--net", "tap:mrgpeer", "--env", "MIRAGE_PEER=vtnet0"],
        ...[suite, "--", "-v", `peer:${name}`],
      ]),
    );
    await guest.output(/MIRAGE-PEER-READY/, 300);
    return [outside, guest];
  }

  it("reaches a program on the guest's interface, and the guest as before", {
    timeout: 900_000,
  }, async (context) => {
    const [peer, guest] = await guestFor("outside", context.skip);
    try {
      // The guest's own address, all the while.
      const own = peer.spawn("ping", ["-q", "-i", "0.2", "-c", "25", HOST], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      const answers = new RunningProgram(own);
      const flood = ["-f", "-q", "-c", String(PACKETS), "-s", "1000", "-p", "a55a01fe"];
      const ping = peer.run("ping", [...flood, PROGRAM]);
      const received = Number(/(\d+) received/.exec(ping)?.[1]);
      expect(ping).not.toContain("wrong data");
      const client = join(ROOT, "test/support/udp-client.mjs");
      const echoes = JSON.parse(peer.run(process.execPath, [client, PROGRAM, "7", String(PACKETS)])) as {
        answered: number;
      };
      expect(echoes).toMatchObject({ sent: PACKETS, changed: 0 });
      await answers.output(/25 packets transmitted, 25 received/, 60);
      const unanswered = 2 * PACKETS - received - echoes.answered;
      peer.run("sh", ["-c", `echo ${unanswered} | nc -N ${HOST} 9999`]);
      expect((await guest.ended).status, guest.stdout).toBe(0);
      expect(guest.stdout).toMatch(/^ok - peer:outside/m);
    } finally {
      await guest.stop("SIGTERM");
    }
  });

  it("has its streams echoed by TCP, unchanged", { timeout: 900_000 }, async (context) => {
    const [peer, guest] = await guestFor("streams", context.skip);
    try {
      const client = join(ROOT, "test/support/tcp-client.mjs");
      const same = (flows: number, bytes: number): number =>
        (
          JSON.parse(
            peer.run(process.execPath, [client, "echo", PROGRAM, "7", String(flows), String(bytes)]),
          ) as { same?: number }
        ).same ?? 0;
      const unanswered = FLOWS + 1 - same(1, STREAM_BYTES) - same(FLOWS, 20_000);
      expect(peer.run("ping", ["-q", "-c", "5", "-s", "8000", PROGRAM])).toContain(" 5 received");
      peer.run("sh", ["-c", `echo ${unanswered} | nc -N ${HOST} 9999`]);
      expect((await guest.ended).status, guest.stdout).toBe(0);
      expect(guest.stdout).toMatch(/^ok - peer:streams/m);
    } finally {
      await guest.stop("SIGTERM");
    }
  });
});
