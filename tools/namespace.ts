/**
 * A network namespace that is made and removed, with devices in it: a host of its own for tests and measurements.
 *
 * @module
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";

/** Why no namespace with a tap can be made here, or `undefined` if it can. */
export function whyNoTap(): string | undefined {
  if (process.getuid?.() !== 0) {
    return "not root";
  }
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
    execFileSync("ip", ["netns", "list"], { stdio: "ignore" });
  } catch (error) {
    return `no tap device or no ip(8): ${(error as Error).message.split("\n")[0]}`;
  }
  try {
    new NetworkNamespace().remove();
  } catch (error) {
    // In a chroot that is no mount point, for one.
    return `no network namespace: ${(error as Error).message.trim().split("\n").pop()}`;
  }
  return undefined;
}

/** Where ip-netns(8) has their names. */
const NAMES = "/var/run/netns";

/** Removes what processes that were killed have left behind: their names say whose they were. */
export function removeLost(prefix: string): void {
  for (const name of existsSync(NAMES) ? readdirSync(NAMES) : []) {
    const [, pid] = new RegExp(`^${prefix}-(\\d+)-\\d+$`).exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      execFileSync("ip", ["netns", "del", name], { stdio: "ignore" });
    }
  }
}

export class NetworkNamespace {
  static #count = 0;
  readonly name: string;

  /** @param prefix of its name, before the number of this process. */
  constructor(prefix = "mirage-test") {
    this.name = `${prefix}-${process.pid}-${NetworkNamespace.#count++}`;
    execFileSync("ip", ["netns", "add", this.name], { stdio: ["ignore", "ignore", "pipe"] });
    try {
      this.run("ip", ["link", "set", "lo", "up"]);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Runs a command in the namespace and returns its output; throws if it fails. */
  run(command: string, args: string[]): string {
    return execFileSync("ip", ["netns", "exec", this.name, command, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  spawn(command: string, args: string[], options: SpawnOptions = {}): ChildProcess {
    return spawn("ip", ["netns", "exec", this.name, command, ...args], options);
  }

  /** Names of the network interfaces that exist now. */
  interfaces(): string[] {
    const links = JSON.parse(this.run("ip", ["-json", "link", "show"])) as { ifname: string }[];
    return links.map((link) => link.ifname);
  }

  remove(): void {
    execFileSync("ip", ["netns", "del", this.name]);
  }
}
