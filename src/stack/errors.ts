/**
 * What errors of ICMP and ICMPv6 have in common: how many may be sent, and what they quote.
 *
 * @module
 */
import { clock_ns, frame_alloc, frame_append, frame_release } from "mirage/framecode";

/** A token bucket (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f)): some at once, then one each interval. */
export class ErrorLimit {
  private left: u32;
  private sinceNs: u64 = 0;

  constructor(
    private readonly burst: u32,
    private readonly intervalNs: u64,
  ) {
    this.left = burst;
  }

  /** True if one more may be sent; it is counted. */
  take(): bool {
    const now = clock_ns();
    const earned = (now - this.sinceNs) / this.intervalNs;
    if (this.left + earned >= this.burst) {
      this.left = this.burst;
      this.sinceNs = now;
    } else {
      this.left += <u32>earned;
      this.sinceNs += earned * this.intervalNs;
    }
    if (this.left === 0) return false;
    this.left--;
    return true;
  }
}

/** A fresh frame with room for `headers` bytes, followed by a range of another by reference; 0 for want of memory. */
export function quote(headers: u32, frame: u32, offset: u32, length: u32): u32 {
  const fresh = frame_alloc(headers);
  if (fresh === 0) return 0;
  if (length === 0 || frame_append(fresh, frame, offset, length)) return fresh;
  frame_release(fresh);
  return 0;
}
