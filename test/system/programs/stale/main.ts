/**
 * Keeps views of each frame in every form past its release, and looks at them when later frames have arrived, whose
 * memory may be the same. Every byte of frame n is n + 1, so that a stale view that shows any byte tells whose it is.
 */
import { type Frame, Netif } from "mirage";

interface Kept {
  readonly frame: Frame;
  readonly bytes: Uint8Array;
  readonly part: Uint8Array;
  readonly words: Uint16Array;
  readonly view: DataView;
  readonly again: Uint8Array;
}

const WRITTEN = 0xee;
const kept: Kept[] = [];
const errors = new Set<string>();
let shown = 0;
let wrongWhileAlive = 0;

function message(run: () => unknown): string {
  try {
    run();
    return "no error";
  } catch (error) {
    return (error as Error).message.replace(/0x[0-9a-f]+/, "N");
  }
}

function look(old: Kept): void {
  for (const view of [old.bytes, old.part, old.again]) {
    for (let i = 0; i < 60; i++) {
      // WRITTEN is what look() itself tried to write: Duktape keeps it as a plain property behind the end of an array.
      if (view[i] && view[i] !== WRITTEN) shown++;
    }
    for (const byte of view) {
      if (byte !== 0) shown++;
    }
    if (new Uint8Array(view).some((byte) => byte !== 0)) shown++;
    try {
      if (view.slice(0, 8).some((byte) => byte !== 0)) shown++;
      if (new Uint8Array(view.buffer).some((byte) => byte !== 0)) shown++;
    } catch {
      // An error is as good as nothing.
    }
  }
  for (let i = 0; i < old.words.length; i++) {
    if (old.words[i]) shown++;
  }
  try {
    if (old.view.getUint32(8) !== 0) shown++;
  } catch {
    // As above.
  }
  try {
    old.bytes[0] = WRITTEN;
    old.view.setUint8(1, WRITTEN);
  } catch {
    // As above: and no later frame may have been written to, which its own check shows.
  }
  errors.add(message(() => old.frame.bytes));
  errors.add(message(() => old.frame.release()));
}

let count = 0;
const netif = Netif.all()[0]!;
netif.listen((frame) => {
  const bytes = frame.bytes;
  count++;
  for (const old of kept) {
    look(old);
  }
  for (const byte of bytes) {
    if (byte !== count) wrongWhileAlive++;
  }
  kept.push({
    frame,
    bytes,
    part: bytes.subarray(4, 40),
    words: new Uint16Array(bytes.buffer, bytes.byteOffset, 20),
    view: frame.dataView,
    again: new Uint8Array(bytes.buffer, bytes.byteOffset + 2, 10),
  });
  if (count === 20) {
    netif.stop();
    setTimeout(() => {
      for (const old of kept) {
        look(old);
      }
      console.log(JSON.stringify({ count, shown, wrongWhileAlive, errors: [...errors] }));
    }, 1);
  }
});
