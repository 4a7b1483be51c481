/**
 * A guest in QEMU, from power-on to its end.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { atEnd } from "../cleanup.ts";
import type { Accelerator } from "./accelerator.ts";
import { Conversation, type Ending } from "./console.ts";
import { commands } from "./disks.ts";
import type { Net, VmTestOptions } from "./options.ts";

/** How a guest can end besides what its console says. */
export type GuestEnding = Ending | { readonly kind: "timeout" | "silence" | "gone" | "interrupted" };

/** Milliseconds in which a kernel that has panicked may still say why. */
const lastWords = 5000;

function netArguments(net: Net, index: number, emulated: boolean): string[] {
  const backend =
    net.kind === "user"
      ? `user,id=net${index},restrict=on`
      : `tap,id=net${index},ifname=${net.name},script=no,downscript=no`;
  // Emulated by one thread, QEMU before 8.1 leaves out the guest's memory barriers (its commit c914d46d): the device may
  // read an old event index, and with event_idx raises no interrupt ever again. Without, the next frame makes up for it.
  const eventIndex = emulated ? ",event_idx=off" : "";
  return ["-netdev", backend, "-device", `virtio-net-pci,netdev=net${index}${eventIndex}`];
}

/** Payload and result are on an AHCI controller, so that they are ada0 and ada1 whatever the image's own disk is. */
export function qemuArguments(
  options: VmTestOptions,
  accelerator: Accelerator,
  disks: { readonly payload: string; readonly out: string },
): string[] {
  const threads = options.accel === "tcg-multi" ? "multi" : "single";
  const drive = (id: string, file: string, more: string) =>
    `if=none,id=${id},file=${file.replaceAll(",", ",,")},${more}`;
  return [
    ...["-M", "q35", "-accel", accelerator === "kvm" ? "kvm" : `tcg,thread=${threads}`],
    ...["-cpu", accelerator === "kvm" ? "host" : "qemu64,+rdrand"],
    // A clock of instructions does not care what else the host does; only one CPU can have it.
    ...(options.accel === "tcg-icount" ? ["-icount", "shift=2,sleep=off"] : []),
    ...["-smp", options.accel === "tcg-icount" ? "1" : String(options.cpus), "-m", String(options.memory)],
    ...["-nodefaults", "-display", "none", "-vga", "none", "-serial", "stdio", "-monitor", "none"],
    // A guest that is to boot another kernel starts twice.
    ...(options.kernel === undefined ? ["-no-reboot"] : []),
    ...["-drive", drive("system", options.image, `format=${options.format},snapshot=on`)],
    ...["-device", "virtio-blk-pci,drive=system,bootindex=1"],
    ...["-drive", drive("payload", disks.payload, "format=raw,snapshot=on")],
    ...["-device", "ide-hd,drive=payload,bus=ide.0,bootindex=2"],
    ...["-drive", drive("out", disks.out, "format=raw")],
    ...["-device", "ide-hd,drive=out,bus=ide.1,bootindex=3"],
    ...["-device", "virtio-rng-pci"],
    ...options.nets.flatMap((net, index) => netArguments(net, index, accelerator === "tcg")),
  ];
}

/** Runs the guest to its end, and shows its console as it comes. */
export function runGuest(
  qemu: string,
  args: readonly string[],
  options: VmTestOptions,
  show: (text: string) => void,
): Promise<GuestEnding> {
  return new Promise((resolve, reject) => {
    const talk = new Conversation(commands(options));
    const child = spawn(qemu, args, { stdio: ["pipe", "pipe", "inherit"] });
    // Also if this process ends by a signal, or since nobody reads its output any more.
    const forget = atEnd(() => child.kill("SIGKILL"));
    let ending: GuestEnding | undefined;
    const end = (how: GuestEnding) => {
      ending ??= how;
      child.kill("SIGKILL");
    };
    const interrupt = () => end({ kind: "interrupted" });
    const limit = setTimeout(() => end({ kind: "timeout" }), options.timeout * 1000);
    const hush = setTimeout(() => end({ kind: "silence" }), options.silence * 1000);
    let dying: NodeJS.Timeout | undefined;
    process.on("SIGINT", interrupt);
    const done = () => {
      clearTimeout(limit);
      clearTimeout(hush);
      clearTimeout(dying);
      process.removeListener("SIGINT", interrupt);
      forget();
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      hush.refresh();
      show(text.replaceAll("\r", ""));
      const answer = talk.hear(text);
      if (answer !== undefined) {
        child.stdin.write(answer);
      }
      if (talk.ending?.kind === "panic") {
        ending ??= talk.ending;
        dying ??= setTimeout(() => child.kill("SIGKILL"), lastWords);
      } else if (talk.ending !== undefined) {
        end(talk.ending);
      }
    });
    // It may end while we type.
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => {
      done();
      reject(error);
    });
    child.on("close", () => {
      done();
      resolve(
        ending ??
          (talk.started
            ? { kind: "gone" }
            : {
                kind: "no-shell",
                why: 'no prompt came on the first serial line; loader.conf needs console="comconsole"',
              }),
      );
    });
  });
}
