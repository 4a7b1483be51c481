/**
 * crypto.getRandomValues and crypto.randomUUID, Web Cryptography section 10. There is no `crypto.subtle`.
 *
 * @module
 */
import { native } from "../../src/lib/native.ts";
import { defineGlobal, defineTag } from "./define.ts";

/** Bytes, Web Cryptography section 10.1.1. */
const QUOTA = 65536;

function hex(byte: number): string {
  return (byte + 0x100).toString(16).slice(1);
}

const crypto = {
  getRandomValues: function getRandomValues<T extends ArrayBufferView>(view: T): T {
    if (!ArrayBuffer.isView(view) || view instanceof Float32Array || view instanceof Float64Array) {
      throw new TypeError("crypto.getRandomValues: the argument must be an integer typed array");
    }
    if (view.byteLength > QUOTA) {
      throw new RangeError(
        `crypto.getRandomValues: ${view.byteLength} bytes asked for, at most ${QUOTA} are given`,
      );
    }
    native.random(new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength));
    return view;
  },
  /** A version 4 UUID, RFC 9562 section 5.4. */
  randomUUID: function randomUUID(): string {
    const bytes = new Uint8Array(16);
    native.random(bytes);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    let text = "";
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) text += "-";
      text += hex(bytes[i] as number);
    }
    return text;
  },
};
defineTag(crypto, "Crypto");
defineGlobal("crypto", crypto);
