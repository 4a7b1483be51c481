/**
 * What `mirage vm-test` is asked for, checked before anything is started.
 *
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { UsageError } from "../../src/build/errors.ts";

/** As the command line has it. */
export interface VmTestArguments {
  readonly image: string | undefined;
  readonly payload: string | undefined;
  readonly kernel: string | undefined;
  readonly net: readonly string[];
  readonly accel: string;
  readonly cpus: string;
  readonly memory: string;
  readonly timeout: string;
  readonly silence: string;
  readonly out: string | undefined;
  readonly env: readonly string[];
  /** Words for run.sh. */
  readonly words: readonly string[];
}

/** Of the guest's network interface vtnetN. */
export type Net = { readonly kind: "user" } | { readonly kind: "tap"; readonly name: string };

/** Another kernel: a folder below /boot in the image, or a file of this machine. */
export type Kernel =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "file"; readonly file: string };

export interface VmTestOptions {
  readonly image: string;
  readonly format: "raw" | "qcow2";
  readonly payload: string;
  readonly kernel: Kernel | undefined;
  readonly nets: readonly Net[];
  readonly accel: "auto" | "kvm" | "tcg" | "tcg-multi" | "tcg-icount";
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  /** Seconds from the start to the verdict. */
  readonly timeout: number;
  /** Seconds without a word on the console. */
  readonly silence: number;
  readonly out: string | undefined;
  readonly env: readonly string[];
  readonly words: readonly string[];
}

function number(text: string, option: string, max: number): number {
  if (!/^[1-9]\d{0,6}$/.test(text) || Number(text) > max) {
    throw new UsageError(`--${option} ${text}: a number from 1 to ${max} is wanted.`);
  }
  return Number(text);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function checkImage(image: string | undefined): string {
  if (image === undefined) {
    throw new UsageError(
      "which image? --image IMG names a disk image of FreeBSD, raw or qcow2, with its console on the serial line.",
    );
  }
  if (!existsSync(image)) {
    throw new UsageError(`--image ${image}: no such file.`);
  }
  if (/\.(xz|gz|zst|bz2)$/.test(image)) {
    throw new UsageError(
      `--image ${image}: is compressed; unpack it first, as with xz -dk ${basename(image)}.`,
    );
  }
  if (!isFile(image)) {
    throw new UsageError(`--image ${image}: is no file.`);
  }
  return image;
}

function checkPayload(payload: string | undefined): string {
  if (payload === undefined) {
    throw new UsageError("which payload? PAYLOAD is a folder with run.sh, which the guest runs as root.");
  }
  if (!isFile(join(payload, "run.sh"))) {
    throw new UsageError(`${payload}: a payload is a folder with run.sh in it.`);
  }
  return payload;
}

function checkNets(nets: readonly string[]): Net[] {
  if (nets.includes("none")) {
    if (nets.length > 1) {
      throw new UsageError("--net none: goes with no other --net.");
    }
    return [];
  }
  return (nets.length === 0 ? ["user"] : nets).map((text) => {
    if (text === "user") {
      return { kind: "user" };
    }
    const name = /^tap:([^\s,/]{1,15})$/.exec(text)?.[1];
    if (name === undefined) {
      throw new UsageError(
        `--net ${text}: there is user, none, and tap:IFNAME, an interface of this machine (as from ip tuntap add IFNAME mode tap).`,
      );
    }
    if (!existsSync(`/sys/class/net/${name}`)) {
      throw new UsageError(
        `--net ${text}: there is no interface ${name}; ip tuntap add ${name} mode tap makes it.`,
      );
    }
    return { kind: "tap", name };
  });
}

function checkKernel(text: string | undefined): Kernel | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (text.includes("/")) {
    if (!isFile(text)) {
      throw new UsageError(
        `--kernel ${text}: no such file. Without a slash it is the name of a folder below /boot in the image.`,
      );
    }
    return { kind: "file", file: text };
  }
  if (!/^[\w.+-]{1,63}$/.test(text)) {
    throw new UsageError(
      `--kernel ${text}: a name of a folder below /boot in the image is wanted, or a file (with a slash).`,
    );
  }
  return { kind: "name", name: text };
}

function checkAccelerator(text: string): VmTestOptions["accel"] {
  if (text !== "auto" && text !== "kvm" && text !== "tcg" && text !== "tcg-multi" && text !== "tcg-icount") {
    throw new UsageError(
      `--accel ${text}: there is auto, kvm, tcg (emulation), tcg-multi (a thread for each CPU of the guest) and tcg-icount (one CPU whose clock counts its instructions).`,
    );
  }
  return text;
}

function checkEnvironment(settings: readonly string[]): readonly string[] {
  for (const setting of settings) {
    if (!/^[A-Za-z_]\w*=[^\n]*$/.test(setting)) {
      throw new UsageError(`--env ${setting}: NAME=VALUE is wanted.`);
    }
  }
  return settings;
}

/** @throws UsageError that says what is wrong and what would be right. */
export function checkOptions(args: VmTestArguments): VmTestOptions {
  const image = checkImage(args.image);
  const out = args.out;
  if (out !== undefined && existsSync(out) && !statSync(out).isDirectory()) {
    throw new UsageError(`--out ${out}: is no folder.`);
  }
  return {
    image,
    format: /\.qcow2$/.test(image) ? "qcow2" : "raw",
    payload: checkPayload(args.payload),
    kernel: checkKernel(args.kernel),
    nets: checkNets(args.net),
    accel: checkAccelerator(args.accel),
    cpus: number(args.cpus, "cpus", 64),
    memory: number(args.memory, "memory", 1048576),
    timeout: number(args.timeout, "timeout", 864000),
    silence: number(args.silence, "silence", 864000),
    out,
    env: checkEnvironment(args.env),
    words: args.words,
  };
}
