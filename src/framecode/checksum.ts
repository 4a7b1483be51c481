/**
 * Arithmetic of the Internet checksum (RFC 1071). A "sum" is folded to 16 bits and not inverted; a "checksum" is what
 * stands in a header: the inverted sum.
 *
 * @module
 */

/** Folds a sum of up to 65,536 words of 16 bits to 16 bits. */
export function sumFold(sum: u32): u32 {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** Adds the two halves of a 32-bit value, unfolded: at most 0x1fffe. */
export function sumOf32(value: u32): u32 {
  return (value >>> 16) + (value & 0xffff);
}

/** The checksum that stands for a folded sum. */
export function checksumOf(sum: u32): u32 {
  return ~sum & 0xffff;
}

/** A header's checksum after one of its 16-bit words changed (RFC 1624 equation 3). */
export function checksumUpdate(checksum: u32, before: u32, after: u32): u32 {
  return checksumOf(sumFold((~checksum & 0xffff) + (~before & 0xffff) + (after & 0xffff)));
}
