/**
 * What the guest's console says, and what is typed in answer.
 *
 * @module
 */

/** Begins the line with which the guest's script ends. */
export const VERDICT = "MIRAGE-VM-VERDICT";

/** Begins what the guest says if it does not boot the kernel that was asked for. */
export const NO_KERNEL = "MIRAGE-VM-NO-KERNEL";

/** Lines that only a kernel in trouble writes; the debugger's prompt has no end. */
const panicLine =
  /^(?:(?:panic: .*|Fatal (?:double fault|trap \d+).*|KDB: enter: panic.*)\n|db(?::\d+:\w+)?> ?$)/m;

export type Ending = { readonly kind: "verdict"; readonly status: number } | Panic | NoShell;

interface Panic {
  readonly kind: "panic";
  readonly line: string;
}

interface NoShell {
  readonly kind: "no-shell";
  readonly why: string;
}

/** One boot of a guest, from its first line to its end. */
export class Conversation {
  /** How it ended; undefined: not yet. */
  ending: Ending | undefined;
  #loggedIn = false;
  #debugger = false;
  readonly #commands: string[];
  #tail = "";

  /** Each command is typed at a prompt of its own: one for each boot of the guest. */
  constructor(commands: readonly string[]) {
    this.#commands = [...commands];
  }

  /** True once all commands are typed. */
  get started(): boolean {
    return this.#commands.length === 0;
  }

  #answer(text: string): string {
    this.#tail = "";
    return text;
  }

  /** Takes what came; returns what is to be typed. */
  hear(text: string): string | undefined {
    this.#tail = (this.#tail + text.replaceAll("\r", "")).slice(-8192);
    const panic = panicLine.exec(this.#tail);
    if (panic !== null && this.ending === undefined) {
      this.ending = { kind: "panic", line: panic[0].trim() };
    }
    // The debugger says where it was, once.
    if (!this.#debugger && /^db> ?$/m.test(this.#tail)) {
      this.#debugger = true;
      return this.#answer("bt\n");
    }
    // What came may end within a line.
    const verdict = new RegExp(`^${VERDICT} (\\d+)\n`, "m").exec(this.#tail);
    if (verdict !== null && this.ending === undefined) {
      this.ending = { kind: "verdict", status: Number(verdict[1]) };
    }
    const kernel = new RegExp(`^${NO_KERNEL} (\\S+)\n`, "m").exec(this.#tail);
    if (kernel !== null) {
      this.ending ??= { kind: "no-shell", why: `the image boots no kernel /boot/${kernel[1]}/kernel` };
    }
    if (!this.#loggedIn && /^\S* ?login: $/m.test(this.#tail)) {
      this.#loggedIn = true;
      return this.#answer("root\n");
    }
    if (this.#loggedIn && !this.started && /^Password:\s*$/m.test(this.#tail)) {
      this.ending ??= { kind: "no-shell", why: "root has a password there; it must have none" };
    }
    if (/pathname of shell or RETURN for \/bin\/sh: ?$/.test(this.#tail)) {
      return this.#answer("\n");
    }
    if (!this.started && /# $/.test(this.#tail)) {
      this.#loggedIn = false;
      return this.#answer(`${this.#commands.shift()}\n`);
    }
    return undefined;
  }
}
