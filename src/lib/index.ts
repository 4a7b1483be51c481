/**
 * The library of Mirage programs: `import { Udp, sleep } from "mirage"`. What a program does not use is not linked in.
 *
 * @module
 */
export { Ipv4, Mac } from "./address.ts";
export { Chunk } from "./chunk.ts";
export { Clock, Mclock, Pclock } from "./clock.ts";
export { Console } from "./console.ts";
export { Address, Endpoint } from "./endpoint.ts";
export { NetworkError, type NetworkErrorCode } from "./errors.ts";
export { type FlowPayload, TcpFlow } from "./flow.ts";
export type { FlowInfo, FlowOptions, KeepAlive } from "./flow-options.ts";
export { Frame } from "./frame.ts";
export { type AddressWords, Ipv6 } from "./ipv6.ts";
export { Flow, Manager, type ReadResult } from "./manager.ts";
export { Netif } from "./netif.ts";
export { args, exit, Program } from "./program.ts";
export { Random } from "./random.ts";
export { sleep, sleepNs } from "./sleep.ts";
export { addressesReady } from "./stack.ts";
export { Tcp, type TcpConnectOptions, TcpListener, type TcpListenOptions } from "./tcp.ts";
export {
  Datagram,
  Udp,
  type UdpBindOptions,
  type UdpEndpoint,
  type UdpPayload,
  UdpSocket,
  type UdpUnreachable,
} from "./udp.ts";
