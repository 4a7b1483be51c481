/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) with a 64-bit result, over 64-bit words: a keyed hash for what an outsider
 * must not foresee (initial sequence numbers, RFC 6528; ephemeral ports, RFC 6056; interface identifiers, RFC 7217;
 * the places of tables). Both parts of the key come from `random_u32`, or from the configuration.
 */
export class SipHash {
  private v0: u64 = 0;
  private v1: u64 = 0;
  private v2: u64 = 0;
  private v3: u64 = 0;
  private bytes: u64 = 0;

  constructor(
    private key0: u64,
    private key1: u64,
  ) {
    this.begin();
  }

  /** Changes the key, and begins. */
  rekey(key0: u64, key1: u64): void {
    this.key0 = key0;
    this.key1 = key1;
    this.begin();
  }

  /** Begins a new hash. */
  begin(): void {
    this.v0 = this.key0 ^ 0x736f6d6570736575;
    this.v1 = this.key1 ^ 0x646f72616e646f6d;
    this.v2 = this.key0 ^ 0x6c7967656e657261;
    this.v3 = this.key1 ^ 0x7465646279746573;
    this.bytes = 0;
  }

  /** Adds 8 bytes: as the algorithm reads them, the lowest first. */
  add(word: u64): void {
    this.bytes += 8;
    this.compress(word);
  }

  /** The hash of what was added since `begin`, which must be called before the next one. */
  finish(): u64 {
    this.compress(this.bytes << 56);
    this.v2 ^= 0xff;
    this.round();
    this.round();
    this.round();
    this.round();
    return this.v0 ^ this.v1 ^ this.v2 ^ this.v3;
  }

  private compress(word: u64): void {
    this.v3 ^= word;
    this.round();
    this.round();
    this.v0 ^= word;
  }

  private round(): void {
    let v0 = this.v0;
    let v1 = this.v1;
    let v2 = this.v2;
    let v3 = this.v3;
    v0 += v1;
    v1 = rotl<u64>(v1, 13) ^ v0;
    v0 = rotl<u64>(v0, 32);
    v2 += v3;
    v3 = rotl<u64>(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl<u64>(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl<u64>(v1, 17) ^ v2;
    v2 = rotl<u64>(v2, 32);
    this.v0 = v0;
    this.v1 = v1;
    this.v2 = v2;
    this.v3 = v3;
  }
}
