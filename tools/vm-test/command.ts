/**
 * `mirage vm-test`: runs a folder's `run.sh` as root in a FreeBSD kernel, in QEMU.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildError, ExitCode } from "../../src/build/errors.ts";
import { which } from "../../src/build/toolchain.ts";
import { atEnd } from "../cleanup.ts";
import { type Accelerator, chooseAccelerator, runsGuests } from "./accelerator.ts";
import { makeDisks, takeOut } from "./disks.ts";
import { type GuestEnding, qemuArguments, runGuest } from "./guest.ts";
import { checkOptions, type VmTestArguments, type VmTestOptions } from "./options.ts";

/** Exit codes besides that of run.sh. */
export const VmExit = {
  /** No root shell came up on the serial line. */
  NoShell: 97,
  /** The guest ran out of time, or said nothing for too long. */
  Hang: 98,
  /** The kernel panicked, or the guest ended without a verdict. */
  Panic: 99,
} as const;

const program = "qemu-system-x86_64";

function findQemu(): string {
  const found = process.env.MIRAGE_QEMU ?? which(program);
  if (found === undefined) {
    throw new BuildError(`there is no ${program}, which boots the guest.\n  apt-get install qemu-system-x86`);
  }
  return found;
}

function say(text: string): void {
  process.stderr.write(`vm-test: ${text}\n`);
}

function accelerator(options: VmTestOptions, qemu: string): Accelerator {
  if (options.accel === "auto") {
    const { accelerator, because } = chooseAccelerator(qemu);
    say(accelerator === "kvm" ? `KVM (${because})` : `emulation, some ten times slower than KVM: ${because}`);
    return accelerator;
  }
  const wanted = options.accel === "kvm" ? "kvm" : "tcg";
  if (!runsGuests(qemu, wanted)) {
    throw new BuildError(
      wanted === "kvm"
        ? "--accel kvm: no guest runs in it here. --accel auto takes emulation then."
        : `${qemu}: does not run even the smallest guest. Try: ${qemu} --version`,
    );
  }
  return wanted;
}

/** Says how it ended, and returns the exit code. */
function conclude(ending: GuestEnding, options: VmTestOptions): number {
  switch (ending.kind) {
    case "verdict":
      return ending.status;
    case "panic":
      say(`the kernel panicked: ${ending.line}`);
      return VmExit.Panic;
    case "gone":
      say("the guest ended without a verdict: it was reset, or run.sh shut it down");
      return VmExit.Panic;
    case "no-shell":
      say(`nothing was run: ${ending.why}`);
      return VmExit.NoShell;
    case "timeout":
      say(`no verdict within ${options.timeout} s (--timeout)`);
      return VmExit.Hang;
    case "silence":
      say(`nothing on the console for ${options.silence} s (--silence): the guest hangs`);
      return VmExit.Hang;
    default:
      return ExitCode.Interrupted;
  }
}

/** @returns the exit code: that of run.sh, or one of {@link VmExit}. */
export async function vmTest(args: VmTestArguments): Promise<number> {
  const options = checkOptions(args);
  const qemu = findQemu();
  const accel = accelerator(options, qemu);
  const folder = mkdtempSync(join(tmpdir(), "mirage-vm-"));
  const remove = atEnd(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const disks = makeDisks(options, folder);
    let last = "\n";
    const ending = await runGuest(qemu, qemuArguments(options, accel, disks), options, (text) => {
      last = text;
      process.stdout.write(text);
    });
    if (!last.endsWith("\n")) {
      process.stdout.write("\n");
    }
    if (options.out !== undefined && ending.kind === "verdict") {
      takeOut(disks.out, options.out);
    }
    return conclude(ending, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall?.startsWith("spawn") === true) {
      throw new BuildError(
        `cannot run ${qemu}: ${(error as Error).message}\n  apt-get install qemu-system-x86`,
      );
    }
    throw error;
  } finally {
    remove();
  }
}
