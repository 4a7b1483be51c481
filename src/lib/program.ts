/**
 * The program itself: its arguments, its end, what it runs on.
 *
 * @module
 */
import { Ipv4 } from "./address.ts";
import { native } from "./native.ts";

/** Words for the program from the command line, behind the options. */
export const args: readonly string[] = /* @__PURE__ */ (() => native.config.args)();

/** About this program and what runs it. */
export const Program = {
  /** "udp-echo" */
  get name(): string {
    return native.config.program;
  },
  /** Digest of all that the program was built from. */
  get buildId(): string {
    return native.config.buildId;
  },
  /** Version of Mirage. */
  get version(): string {
    return native.config.version;
  },
  /** "unix" */
  get target(): string {
    return native.config.target;
  },
  /** What `--ipv4` says: "10.0.0.2" and the length of its prefix in bits; undefined if it was not given. */
  get ipv4(): { address: string; prefix: number } | undefined {
    const text = native.config.ipv4;
    if (text === undefined) return undefined;
    const { address, prefix } = Ipv4.parseCidr(text);
    return { address: Ipv4.format(address), prefix };
  },
  /** What `--ipv6` says: "auto", "off", or "2001:db8::2/64"; undefined if it was not given. */
  get ipv6(): string | undefined {
    return native.config.ipv6;
  },
  /** What `--gateway6` says: "fe80::1"; undefined if it was not given. */
  get gateway6(): string | undefined {
    return native.config.gateway6;
  },
  /** What `--gateway` says: "10.0.0.1"; undefined if it was not given. */
  get gateway(): string | undefined {
    return native.config.gateway;
  },
  /**
   * Keeps the program running until somebody stops it. A program ends when nothing is left that could call it: no
   * timer, no socket, no listener. One whose work is all done in frame code has none of these, and says this instead.
   */
  stayAlive(): void {
    native.keepAlive(1);
  },
  /** Counters by name, as printed at exit. */
  stats(): Record<string, number> {
    return native.stats();
  },
} as const;

/** Ends the program at once: no `finally` runs. `code` is 0 to 255. */
export function exit(code = 0): never {
  return native.exit(code);
}
