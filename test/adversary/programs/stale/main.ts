/** What programs may do with views while the runtime is at work on them. Each case gets a frame of its own. */
import { type Frame, Netif } from "mirage";

const netif = Netif.open();
const bytes = (n: number): Uint8Array => new Uint8Array(n).fill(7);

interface NodeBuffer {
  prototype: { fill(this: Uint8Array, value: unknown, start?: unknown, end?: unknown): Uint8Array };
}
const { Buffer } = globalThis as unknown as { Buffer: NodeBuffer };

/** A list whose second element is made when it is read. */
function listWith(first: Uint8Array, make: () => Uint8Array): Uint8Array[] {
  return Object.defineProperty([first, bytes(8), bytes(8)], 1, { get: make });
}

const cases: Record<string, (view: Uint8Array, release: () => number, frame: Frame) => unknown> = {
  "write in a getter": () =>
    netif.write(
      listWith(bytes(20), () => {
        netif.write([bytes(14), bytes(7)]);
        return bytes(20);
      }),
    ),
  "failed write in a getter": () =>
    netif.write(
      listWith(bytes(20), () => {
        try {
          netif.write([bytes(1)]);
        } catch {}
        return bytes(20);
      }),
    ),
  "release in a getter": (view, release) =>
    netif.write(
      listWith(view, () => {
        release();
        return bytes(20);
      }),
    ),
  "fill from": (view, release) => Buffer.prototype.fill.call(view, 1, { valueOf: release }).length,
  "fill with text": (view, release) =>
    Buffer.prototype.fill.call(view, "ab", 0, { valueOf: () => release() + 30 }).length,
  decode: (view, release) =>
    new TextDecoder().decode(view, {
      get stream() {
        return release() !== 0;
      },
    }),
  "views with a setter": (_view, release, frame) => {
    Object.defineProperty(Array.prototype, 0, { set: release, configurable: true });
    try {
      return frame.views.length;
    } finally {
      Reflect.deleteProperty(Array.prototype, 0);
    }
  },
};

const names = Object.keys(cases);
let next = 0;
netif.listen((frame) => {
  const name = names[next++ % names.length]!;
  const view = frame.bytes;
  let shown: unknown;
  try {
    shown = cases[name]!(
      view,
      () => {
        if (!frame.released) frame.release();
        return 0;
      },
      frame,
    );
  } catch (error) {
    shown = error;
  }
  console.log(`${name}: ${JSON.stringify(shown) ?? "sent"} ${shown instanceof Error ? shown.message : ""}`);
});
