/** What `frame_flags` says: the interface card's verdicts (`MIRAGE_FRAME_RX_*` in `runtime/include/mirage/frame.h`). */
export enum FrameFlag {
  /** The IPv4 header checksum was verified. */
  Layer3ChecksumGood = 0x0001,
  /** The TCP or UDP checksum was verified. */
  Layer4ChecksumGood = 0x0002,
}

/** What `netif_tx_offload` says (`MIRAGE_FRAME_TX_*`). */
export enum NetifOffload {
  /** `frame_checksum` may be used. */
  Checksum = 0x0010,
}
