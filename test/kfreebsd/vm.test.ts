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
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...vmTest, "--env", "MIRAGE_CARD=vtnet0", suite],
    {
      encoding: "utf8",
      maxBuffer: 64 << 20,
    },
  );
  expect(stdout.match(/^not ok.*/gm) ?? [], stderr).toEqual([]);
  expect(stdout).toMatch(/^\d+ passed, 0 failed/m);
  expect(status).toBe(0);
});

const PACKETS = 10_000;
const FLOWS = 1000;
const FLOW_BYTES = 3000;
const STREAM_BYTES = 100_000_000;
const PROGRAM = "192.168.77.2";
const PROGRAM6 = "fd77::2";
const HOST = "192.168.77.1";

function peerNamespace(): NetworkNamespace {
  const outside = new NetworkNamespace();
  outside.run("ip", ["tuntap", "add", "mrgpeer", "mode", "tap"]);
  outside.run("ip", ["address", "add", "192.168.77.9/24", "dev", "mrgpeer"]);
  outside.run("ip", ["address", "add", "fd77::9/64", "dev", "mrgpeer", "nodad"]);
  outside.run("ip", ["link", "set", "mrgpeer", "up"]);
  return outside;
}

describe("a peer outside of the guest, on a tap", () => {
  let outside: NetworkNamespace | undefined;
  afterAll(() => outside?.remove());

  /** A guest with cases of `peer.sh`, before the first of them waits for its peer. */
  async function guestFor(
    names: readonly string[],
    skip: (condition: boolean, why: string) => void,
  ): Promise<[NetworkNamespace, RunningProgram]> {
    const noTap = whyNoTap();
    skip(noTap !== undefined, `skipped: ${noTap}`);
    skipOrMake(skip);
    outside ??= peerNamespace();
    const guest = new RunningProgram(
      outside.spawn(process.execPath, [
        ...[...vmTest, "--net", "tap:mrgpeer", "--env", "MIRAGE_PEER=vtnet0"],
        ...[suite, "--", "-v", ...names.map((name) => `peer:${name}`)],
      ]),
    );
    return [outside, guest];
  }

  it("reaches a program on the guest's interface, and the guest as before", {
    timeout: 900_000,
  }, async (context) => {
    const [peer, guest] = await guestFor(["outside"], context.skip);
    try {
      await guest.output(/MIRAGE-PEER-READY udp-echo/, 300);
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

  it("sends and gets streams by TCP, unchanged, over IPv4 and IPv6", {
    timeout: 1_800_000,
  }, async (context) => {
    const [peer, guest] = await guestFor(["streams", "sink", "source"], context.skip);
    // Not run(), which would leave the guest's console unread meanwhile.
    const runs = async (command: string, ...words: (string | number)[]): Promise<string> => {
      const child = peer.spawn(command, words.map(String), { stdio: ["ignore", "pipe", "pipe"] });
      const running = new RunningProgram(child);
      expect((await running.ended).status, running.stderr).toBe(0);
      return running.stdout;
    };
    const script = join(ROOT, "test/support/tcp-client.mjs");
    const client = async (...words: (string | number)[]): Promise<unknown> =>
      JSON.parse(await runs(process.execPath, script, ...words));
    // When the guest hears the line, its case ends: it says itself what was wrong with it.
    const done = () => runs("sh", "-c", `echo 0 | nc -N ${HOST} 9999`);
    try {
      await guest.output(/MIRAGE-PEER-READY tcp-echo/, 300);
      for (const program of [PROGRAM, PROGRAM6]) {
        expect(await client("echo", program, 7, 1, STREAM_BYTES)).toEqual({ same: 1 });
        expect(await client("echo", program, 7, FLOWS, FLOW_BYTES)).toEqual({ same: FLOWS });
        expect(await runs("ping", "-q", "-c", 5, "-s", 8000, program)).toContain(" 5 received");
      }
      await done();
      await guest.output(/MIRAGE-PEER-READY discard/, 300);
      for (const program of [PROGRAM, PROGRAM6]) {
        expect(await client("sink", program, 9, STREAM_BYTES)).toEqual({
          end: "end",
          received: 0,
          sent: STREAM_BYTES,
        });
      }
      await done();
      await guest.output(/MIRAGE-PEER-READY chargen/, 300);
      for (const program of [PROGRAM, PROGRAM6]) {
        expect(await client("lines", program, 19, STREAM_BYTES)).toEqual({
          length: STREAM_BYTES,
          changed: 0,
        });
      }
      await done();
      expect((await guest.ended).status, guest.stdout).toBe(0);
      expect(guest.stdout).toMatch(/^3 passed, 0 failed, 0 skipped/m);
    } finally {
      await guest.stop("SIGTERM");
    }
  });
});
