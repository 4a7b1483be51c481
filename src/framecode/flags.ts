/** What `frame_flags` says: the interface card's verdicts (`MIRAGE_FRAME_RX_*` in `runtime/include/mirage/frame.h`). */
export enum FrameFlag {
  /** The IPv4 header checksum was verified. */
  Layer3ChecksumGood = 0x0001,
  /** The TCP or UDP checksum was verified. */
  Layer4ChecksumGood = 0x0002,
}

/** What `netif_tx_offload` says (`MIRAGE_FRAME_TX_*`). */
export enum NetifOffload {
  /** The card fills in what `frame_checksum` asks for; otherwise the runtime does, at the price of a sum. */
  Checksum = 0x0010,
  /** The card cuts IPv4 packets: `frame_segment`. */
  Segment4 = 0x0020,
  /** The card cuts IPv6 packets. */
  Segment6 = 0x0040,
}
