/** Headless Chromium over the DevTools protocol, on a pipe: no port, no package. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const names = ["chromium", "chromium-browser", "google-chrome"];

function findChromium(): string | undefined {
  return names.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}

/** Why there is no browser here; undefined if there is one. */
export function whyNoChromium(): string | undefined {
  return findChromium() === undefined ? "no chromium (apt-get install chromium)" : undefined;
}

type Values = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Values;
  readonly result?: Values;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

/** Milliseconds in which each command is answered, on a machine that is busy. */
const PATIENCE = 60_000;

export interface View {
  readonly width: number;
  readonly dark: boolean;
  /** Off: as a reader has it who does not let pages run scripts. */
  readonly scripts?: boolean;
}

/** What a page did while it was open. */
export interface Complaints {
  /** Messages of the console and exceptions. */
  readonly console: string[];
  /** Addresses that were asked for, the page's own left out. */
  readonly requests: string[];
}

export class Chromium {
  private readonly folder = mkdtempSync(join(tmpdir(), "mirage-chromium-"));
  private readonly process: ChildProcess;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly listeners = new Set<(message: Message) => void>();
  private last = 0;
  private text = "";
  private session: string | undefined;

  constructor() {
    this.process = spawn(
      findChromium() ?? "chromium",
      [
        "--headless=new",
        "--remote-debugging-pipe",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        `--user-data-dir=${this.folder}`,
        "about:blank",
      ],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    const output = this.process.stdio[4] as Readable;
    output.setEncoding("utf8");
    output.on("data", (part: string) => this.receive(part));
  }

  private receive(part: string): void {
    const messages = (this.text + part).split("\0");
    this.text = messages.pop() ?? "";
    for (const text of messages) {
      const message = JSON.parse(text) as Message;
      if (message.id !== undefined) {
        this.waiting.get(message.id)?.(message);
        this.waiting.delete(message.id);
      } else {
        for (const listener of this.listeners) listener(message);
      }
    }
  }

  private call(method: string, params: Values = {}): Promise<Values> {
    const id = ++this.last;
    const session = this.session === undefined ? {} : { sessionId: this.session };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`chromium does not answer to ${method}`)), PATIENCE);
      this.waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      (this.process.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    });
  }

  /** Opens the page, waits until it is loaded, and collects what it did meanwhile. */
  async open(url: string, { width, dark, scripts = true }: View): Promise<Complaints> {
    if (this.session === undefined) {
      const { targetId } = await this.call("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
      this.session = String(sessionId);
      for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.call(`${domain}.enable`);
    }
    const complaints: Complaints = { console: [], requests: [] };
    const loaded = new Promise<void>((resolve) => {
      const listener = ({ method, params = {} }: Message): void => {
        if (method === "Network.requestWillBeSent") {
          const request = params.request as { url: string };
          if (request.url !== url) complaints.requests.push(request.url);
        } else if (method === "Runtime.consoleAPICalled" || method === "Runtime.exceptionThrown") {
          complaints.console.push(JSON.stringify(params));
        } else if (method === "Log.entryAdded") {
          complaints.console.push((params.entry as { text: string }).text);
        } else if (method === "Page.loadEventFired") {
          resolve();
        }
      };
      this.listeners.clear();
      this.listeners.add(listener);
    });
    await this.call("Emulation.setScriptExecutionDisabled", { value: !scripts });
    await this.call("Emulation.setDeviceMetricsOverride", {
      width,
      height: 900,
      deviceScaleFactor: 1,
      mobile: width < 500,
    });
    await this.call("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }],
    });
    await this.call("Page.navigate", { url });
    await loaded;
    return complaints;
  }

  /** What `expression` gives in the page, as JSON carries it. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** The page as PNG: all of it, or a part of its height. */
  async screenshot(part?: {
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }): Promise<Buffer> {
    const { data } = await this.call("Page.captureScreenshot", {
      captureBeyondViewport: true,
      ...(part === undefined ? {} : { clip: { x: 0, scale: 1, ...part } }),
    });
    return Buffer.from(String(data), "base64");
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.session = undefined;
    await this.call("Browser.close").catch(() => this.process.kill("SIGKILL"));
    await gone;
    // Its helpers end a little later, and write until then.
    for (let tries = 0; ; tries++) {
      try {
        rmSync(this.folder, { recursive: true, force: true });
        return;
      } catch (error) {
        if (tries === 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}
