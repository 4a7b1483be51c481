/** At most so many of something in a second, for what an outsider can bring about. */
export class RateLimit {
  private secondsSince: u64 = 0;
  private left: u32;

  constructor(private readonly perSecond: u32) {
    this.left = perSecond;
  }

  /** True if one more is allowed; it is counted. */
  take(nowMilliseconds: u64): bool {
    const second = nowMilliseconds / 1000;
    if (second !== this.secondsSince) {
      this.secondsSince = second;
      this.left = this.perSecond;
    }
    if (this.left === 0) return false;
    this.left--;
    return true;
  }
}
