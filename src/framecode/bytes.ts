/**
 * Byte order in linear memory, which is little-endian; bytes in frames need none of this, since the accessors of
 * frames speak network byte order.
 */

export function load16be(pointer: usize): u32 {
  return bswap<u16>(load<u16>(pointer));
}

export function load32be(pointer: usize): u32 {
  return bswap<u32>(load<u32>(pointer));
}

export function store16be(pointer: usize, value: u32): void {
  store<u16>(pointer, bswap<u16>(<u16>value));
}

export function store32be(pointer: usize, value: u32): void {
  store<u32>(pointer, bswap<u32>(value));
}
