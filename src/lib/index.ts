/**
 * The library of Mirage programs: `import { Udp, sleep } from "mirage"`. What a program does not use is not linked in.
 *
 * @module
 */
export { Ipv4, Mac } from "./address.ts";
export { Clock, Mclock, Pclock } from "./clock.ts";
export { Console } from "./console.ts";
export { NetworkError, type NetworkErrorCode } from "./errors.ts";
export { Frame } from "./frame.ts";
export { Netif } from "./netif.ts";
export { args, exit, Program } from "./program.ts";
export { Random } from "./random.ts";
export { sleep, sleepNs } from "./sleep.ts";
export {
  Datagram,
  Udp,
  type UdpBindOptions,
  type UdpEndpoint,
  type UdpPayload,
  UdpSocket,
  type UdpUnreachable,
} from "./udp.ts";
