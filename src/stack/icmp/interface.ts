import { Netif } from "../netif";

/** Codes of "destination unreachable" (RFC 792, RFC 1122 section 3.2.2.1) that a host sends. */
export const UNREACHABLE_PROTOCOL: u32 = 2;
export const UNREACHABLE_PORT: u32 = 3;

/** What a transport sees of error reporting. */
export interface Errors {
  /**
   * Tells the sender of a received packet that it could not be delivered, unless RFC 1122 section 3.2.2 forbids it or
   * too many such messages were sent. `at` is where the packet's payload begins. Takes the reference on the frame.
   */
  unreachable(netif: Netif, frame: u32, at: u32, source: u32, group: bool, code: u32): void;
}

/** What error reporting sees of the transports: `NetworkClient.failed`. */
export interface ErrorsClient {
  failed(frame: u32, protocol: u32, at: u32, source: u32, destination: u32, type: u32, code: u32): void;
}
