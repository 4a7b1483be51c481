/**
 * How QEMU runs the guest's instructions: by the host's own virtualization, or one by one.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEnd } from "../cleanup.ts";

export type Accelerator = "kvm" | "tcg";

/** What was chosen, and why not something faster. */
export interface Choice {
  readonly accelerator: Accelerator;
  readonly because: string;
}

/** A boot sector: writes 1 to port 0xf4, where QEMU's isa-debug-exit makes it exit code 3. */
const bootSector = Buffer.concat([
  Buffer.from([0xb0, 0x01, 0xe6, 0xf4, 0xeb, 0xfe]),
  Buffer.alloc(504),
  Buffer.from([0x55, 0xaa]),
]);

const exitOfBootSector = 3;

/** A machine of no speed at all boots in this time, in milliseconds. */
const patience = 5000;

/** Boots the smallest of guests; true if it ran. A host may have /dev/kvm and yet run nothing in it. */
export function runsGuests(qemu: string, accelerator: Accelerator): boolean {
  const folder = mkdtempSync(join(tmpdir(), "mirage-vm-probe-"));
  const remove = atEnd(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const image = join(folder, "boot.img");
    writeFileSync(image, bootSector);
    const devices = ["-nodefaults", "-display", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=1"];
    const { status } = spawnSync(
      qemu,
      ["-accel", accelerator, ...devices, "-drive", `format=raw,if=ide,file=${image}`],
      { stdio: "ignore", timeout: patience, killSignal: "SIGKILL" },
    );
    return status === exitOfBootSector;
  } finally {
    remove();
  }
}

/** KVM where it serves. */
export function chooseAccelerator(qemu: string): Choice {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return {
      accelerator: "tcg",
      because: missing ? "there is no /dev/kvm" : "/dev/kvm is not open to you",
    };
  }
  return runsGuests(qemu, "kvm")
    ? { accelerator: "kvm", because: "a guest runs in it" }
    : { accelerator: "tcg", because: "/dev/kvm is there, but a guest does not run in it" };
}
