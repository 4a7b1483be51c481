/**
 * Random numbers, from the platform's strong generator. `generate` is MirageOS's name.
 *
 * @module
 */
import { native } from "./native.ts";

const word = new Uint8Array(4);

export const Random = {
  /** `length` random bytes. */
  generate(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    native.random(bytes);
    return bytes;
  },

  /** Fills a view in place. */
  fill(view: Uint8Array): void {
    native.random(view);
  },

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    native.random(word);
    const high = ((word[0] as number) << 8) | (word[1] as number);
    return high * 0x10000 + (((word[2] as number) << 8) | (word[3] as number));
  },

  /**
   * A whole number from 0 to `limit` - 1, each as likely as the other.
   *
   * @throws RangeError if `limit` is not a whole number from 1 to 2^32
   */
  below(limit: number): number {
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 0x100000000)) {
      throw new RangeError(`Random.below: ${limit} is not a whole number from 1 to 2^32`);
    }
    // Values from the last, incomplete run of `limit` would make the lower numbers likelier.
    const end = 0x100000000 - (0x100000000 % limit);
    for (;;) {
      const value = Random.uint32();
      if (value < end) return value % limit;
    }
  },
} as const;
