/** `mirage vm-test` without QEMU: its arguments, and its talk with a guest that a shell script plays. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, mirage } from "../support/mirage.ts";

const folder = mkdtempSync(join(tmpdir(), "mirage-vm-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const image = join(folder, "freebsd.img");
const payload = join(folder, "payload");

beforeAll(() => {
  writeFileSync(image, "");
  writeFileSync(`${image}.xz`, "");
  mkdirSync(payload);
  writeFileSync(
    join(payload, "run.sh"),
    'for word; do echo "<$word>"; done\necho "$SETTING"\necho left >out/file\nexit 7\n',
  );
});

describe("vm-test refuses", () => {
  it.each([
    ["no image", ["PAYLOAD"], /which image\? --image IMG/],
    ["no payload", ["--image", "IMG"], /which payload\? PAYLOAD is a folder with run\.sh/],
    [
      "an image that is not there",
      ["--image", "/no/such.img", "PAYLOAD"],
      /--image \/no\/such\.img: no such file/,
    ],
    [
      "a packed image",
      ["--image", "IMG.xz", "PAYLOAD"],
      /is compressed; unpack it first, as with xz -dk freebsd\.img\.xz/,
    ],
    ["a payload without run.sh", ["--image", "IMG", "/dev"], /\/dev: a payload is a folder with run\.sh/],
    [
      "what is no number",
      ["--image", "IMG", "--cpus", "two", "PAYLOAD"],
      /--cpus two: a number from 1 to 64/,
    ],
    ["too many CPUs", ["--image", "IMG", "--cpus", "65", "PAYLOAD"], /--cpus 65: a number from 1 to 64/],
    ["no time", ["--image", "IMG", "--timeout", "0", "PAYLOAD"], /--timeout 0: a number from 1/],
    [
      "an unknown accelerator",
      ["--image", "IMG", "--accel", "hvf", "PAYLOAD"],
      /--accel hvf: there is auto, kvm, tcg/,
    ],
    [
      "a tap that is not there",
      ["--image", "IMG", "--net", "tap:mrgnone", "PAYLOAD"],
      /there is no interface mrgnone/,
    ],
    [
      "an unknown network",
      ["--image", "IMG", "--net", "bridge", "PAYLOAD"],
      /--net bridge: there is user, none, and tap/,
    ],
    [
      "none and some",
      ["--image", "IMG", "--net", "none", "--net", "user", "PAYLOAD"],
      /--net none: goes with no other/,
    ],
    [
      "a kernel file that is not there",
      ["--image", "IMG", "--kernel", "./none", "PAYLOAD"],
      /--kernel \.\/none: no such file/,
    ],
    [
      "a kernel name that is none",
      ["--image", "IMG", "--kernel", "a b", "PAYLOAD"],
      /--kernel a b: a name of a folder/,
    ],
    [
      "a setting without a value",
      ["--image", "IMG", "--env", "ROUNDS", "PAYLOAD"],
      /--env ROUNDS: NAME=VALUE/,
    ],
    ["a file for a folder", ["--image", "IMG", "--out", "IMG", "PAYLOAD"], /--out .*: is no folder/],
    ["a misspelt option", ["--imgae", "x"], /unknown option --imgae\. Did you mean --image\?/],
    ["a second payload", ["--image", "IMG", "PAYLOAD", "another"], /another/],
  ])("%s", (_, words, message) => {
    const args = words.map((word) => word.replace(/^IMG/, image).replace(/^PAYLOAD$/, payload));
    const { status, stderr, stdout } = mirage(["vm-test", ...args]);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(status).toBe(64);
  });
});

it("says how to get QEMU", () => {
  const { status, stderr } = mirage(["vm-test", "--image", image, "--accel", "tcg", payload], {
    ...process.env,
    PATH: "/nowhere",
  });
  expect(stderr).toMatch(/qemu-system-x86_64.*\n.*apt-get install qemu-system-x86/);
  expect(status).toBe(1);
});

/** A guest: `script` is what its console does. The first line that is typed is in $typed then. */
function guest(name: string, script: string, ...args: string[]): Ended {
  const file = join(folder, `qemu-${name}`);
  writeFileSync(
    file,
    `#!/bin/sh
case "$*" in *isa-debug-exit*) exit 3 ;; esac
disk() { printf '%s\\n' "$@" | sed -n "s/^if=none,id=$id,file=\\\\(.*\\\\),format=raw.*/\\\\1/p"; }
id=payload payload=$(id=payload disk "$@") out=$(id=out disk "$@")
printf '%s\\n' "$@" >${folder}/arguments
${script}
`,
  );
  chmodSync(file, 0o755);
  return mirage(["vm-test", "--image", image, "--accel", "tcg", ...args], {
    ...process.env,
    MIRAGE_QEMU: file,
  });
}

/** Does what the guest's shell would with what was typed, in a folder of the test's. */
const obey = `
mkdir ${folder}/guest && tar -xf "$payload" -C ${folder}/guest
sed -e 's,/tmp/mirage-vm,${folder}/guest,' -e "s,/dev/ada1,$out," ${folder}/guest/start.sh >${folder}/start
sh ${folder}/start
exec sleep 60`;

describe("vm-test", () => {
  it("logs in, runs the payload with its words and settings, and ends with its exit code", () => {
    const { status, stdout, stderr } = guest(
      "login",
      `printf 'FreeBSD/amd64 (vm) (ttyu0)\\r\\n\\r\\nlogin: '; read -r name; [ "$name" = root ] || exit
printf 'root@vm:~ # '; read -r typed; echo "$typed"
case $typed in *'tar -xf /dev/ada0'*start.sh"'") ;; *) exit ;; esac${obey}`,
      ...["--env", "SETTING=it's a $value", "--out", join(folder, "out"), payload, "--", "one two", "it's"],
    );
    expect(stdout, stderr).toContain("<one two>\n<it's>\nit's a $value\n");
    expect(status).toBe(7);
    expect(readFileSync(join(folder, "out/file"), "utf8")).toBe("left\n");
  });

  it.each([
    ["a panic", "echo panic: page fault; exec sleep 60", 99, /the kernel panicked: panic: page fault/],
    ["a trap", "echo 'Fatal trap 12: page fault while in kernel mode'; exec sleep 60", 99, /Fatal trap 12/],
    [
      "a debugger",
      "printf 'db> '; read -r bt; echo \"typed $bt\"; exec sleep 60",
      99,
      /the kernel panicked: db>/,
    ],
    ["a reset", "", 99, /ended without a verdict/],
    ["a hang", "exec sleep 60", 98, /nothing on the console for 1 s/],
  ])("sees %s", (name, script, expected, message) => {
    const shell = "printf '# '; read -r typed";
    const { status, stderr } = guest(
      name.replace(" ", "-"),
      `${shell}\n${script}`,
      "--silence",
      "1",
      payload,
    );
    expect(stderr).toMatch(message);
    expect(status).toBe(expected);
  });

  it("says that no shell came up, or that root has a password", () => {
    const silent = guest("none", "echo Booting; exit", payload);
    expect(silent.stderr).toMatch(/no prompt came.*console="comconsole"/);
    expect(silent.status).toBe(97);
    const asks = guest(
      "password",
      "printf 'login: '; read -r name; printf 'Password:'; exec sleep 60",
      payload,
    );
    expect(asks.stderr).toMatch(/root has a password/);
    expect(asks.status).toBe(97);
  });

  it("does not take the echo of what it types for an answer", () => {
    const { status } = guest("echo", 'printf \'# \'; read -r typed; echo "$typed"; echo "$typed"', payload);
    expect(status).toBe(99);
  });

  it("boots another kernel first", () => {
    const { status, stdout } = guest(
      "kernel",
      "printf '# '; read -r first; printf 'booting again\\n# '; read -r second; echo \"$first\"; echo \"$second\"; echo MIRAGE-VM-VERDICT 0; exec sleep 60",
      ...["--kernel", "kernel.debug", payload],
    );
    expect(stdout).toMatch(/kernel\.sh'\n.*start\.sh'\n/);
    expect(readFileSync(join(folder, "arguments"), "utf8")).not.toMatch(/-no-reboot/);
    expect(status).toBe(0);
  });

  it("waits for the end of a line that comes in pieces", () => {
    const { status } = guest(
      "pieces",
      "printf '# '; read -r typed; printf 'MIRAGE-VM-VERDICT 6'; sleep 0.5; echo 4; exec sleep 60",
      payload,
    );
    expect(status).toBe(64);
  });

  it("says that the image has no such kernel", () => {
    const { status, stderr } = guest(
      "no-kernel",
      "printf '# '; read -r first; printf 'MIRAGE-VM-NO-KERNEL o'; sleep 0.5; echo ld; exec sleep 60",
      ...["--kernel", "old", payload],
    );
    expect(stderr).toMatch(/the image boots no kernel \/boot\/old\/kernel/);
    expect(status).toBe(97);
  });

  it("gives the guest what was asked for", () => {
    guest("size", "exit", "--cpus", "3", "--memory", "512", "--net", "none", payload);
    const args = readFileSync(join(folder, "arguments"), "utf8");
    expect(args).toMatch(/^-smp\n3\n-m\n512$/m);
    expect(args).toMatch(/file=.*freebsd\.img,format=raw,snapshot=on/);
    expect(args).not.toMatch(/netdev/);
  });
});
