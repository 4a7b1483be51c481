/**
 * The disks beside the guest's own: a tar archive with what it runs, and an empty one for what it brings back.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError } from "../../src/build/errors.ts";
import { NO_KERNEL, VERDICT } from "./console.ts";
import type { VmTestOptions } from "./options.ts";

/** Folder of the guest in which all happens; /tmp may be made anew, and is writable then. */
export const GUEST_FOLDER = "/tmp/mirage-vm";

/** Kernel below /boot that a file of this machine becomes. */
const KERNEL_OF_FILE = "mirage-vm";

const mebibyte = 1 << 20;

/** What a guest may bring back, in bytes of its tar archive. */
const outBytes = 64 * mebibyte;

/** For sh: one word, whatever is in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function tar(args: readonly string[]): void {
  const { status, error, stderr } = spawnSync("tar", args, { encoding: "utf8" });
  if (status !== 0) {
    throw new BuildError(`tar: ${error?.message ?? stderr.trim()}`);
  }
}

/** What the guest runs: the payload, then the verdict, when all that it brings back is on the disk. */
function startScript(options: VmTestOptions): string {
  const settings = options.env.map((setting) => {
    const at = setting.indexOf("=");
    return `export ${setting.slice(0, at)}=${quoted(setting.slice(at + 1))}\n`;
  });
  const kernel = kernelName(options);
  const check =
    kernel === undefined
      ? ""
      : `case $(sysctl -n kern.bootfile) in */${kernel}/kernel) ;; *) echo "${NO_KERNEL} ${kernel}"; exit ;; esac\n`;
  return `${check}${settings.join("")}cd ${GUEST_FOLDER}/payload && mkdir -p out
sh ./run.sh ${options.words.map(quoted).join(" ")} </dev/null
status=$?
tar -b 20 -cf - -C ${GUEST_FOLDER}/payload/out . | dd of=/dev/ada1 bs=10240 conv=sync 2>/dev/null
sync
echo ${VERDICT} $status
`;
}

function kernelName(options: VmTestOptions): string | undefined {
  return options.kernel?.kind === "file" ? KERNEL_OF_FILE : options.kernel?.name;
}

/** Makes the kernel the next boot's, and boots it. */
function kernelScript(name: string): string {
  return `mount -u -o rw / || mount -o rw /
if [ -f ${GUEST_FOLDER}/kernel ]; then mkdir -p /boot/${name} && cp ${GUEST_FOLDER}/kernel /boot/${name}/kernel; fi
if [ -f /boot/${name}/kernel ]; then
	echo 'kernel="${name}"' >>/boot/loader.conf.local
	sync; sync
	reboot
else
	echo "${NO_KERNEL} ${name}"
fi
`;
}

/** What is typed at each boot's prompt. The folder is one in memory where /tmp cannot be written. */
export function commands(options: VmTestOptions): string[] {
  // The disks may come after the prompt. For any shell: root's may be csh(1).
  const run = (script: string) =>
    `sh -c 'until [ -c /dev/ada1 ]; do sleep 1; done; mkdir -p ${GUEST_FOLDER} || mount -t tmpfs tmpfs /tmp && mkdir -p ${GUEST_FOLDER}; tar -xf /dev/ada0 -C ${GUEST_FOLDER} && sh ${GUEST_FOLDER}/${script}'`;
  const start = run("start.sh");
  return options.kernel === undefined ? [start] : [run("kernel.sh"), start];
}

/** Writes both disks below `folder`; their paths. */
export function makeDisks(options: VmTestOptions, folder: string): { payload: string; out: string } {
  const top = join(folder, "guest");
  mkdirSync(top);
  writeFileSync(join(top, "start.sh"), startScript(options));
  const name = kernelName(options);
  if (name !== undefined) {
    writeFileSync(join(top, "kernel.sh"), kernelScript(name));
  }
  if (options.kernel?.kind === "file") {
    cpSync(options.kernel.file, join(top, "kernel"));
  }
  cpSync(options.payload, join(top, "payload"), { recursive: true });
  const payload = join(folder, "payload.img");
  tar(["--format=ustar", "--owner=0", "--group=0", "-cf", payload, "-C", top, "."]);
  truncateSync(payload, Math.ceil(statSync(payload).size / mebibyte) * mebibyte);
  const out = join(folder, "out.img");
  writeFileSync(out, "");
  truncateSync(out, outBytes);
  return { payload, out };
}

/** Unpacks what the guest brought back; the names at its top. */
export function takeOut(image: string, folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  tar(["-xf", image, "-C", folder, "--no-same-owner"]);
  return readdirSync(folder);
}
