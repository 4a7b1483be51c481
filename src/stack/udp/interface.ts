/** What the assembly sees of UDP: the functions of `docs/stack-interface.md`, by the names that they have there. */
export interface Datagrams {
  bind(high: u64, low: u64, port: u32): i32;
  connect(socket: u32, high: u64, low: u64, port: u32): i32;
  port(socket: u32): i32;
  close(socket: u32): i32;
  send(socket: u32, payload: u32, offset: u32, length: u32, high: u64, low: u64, port: u32): i32;
  join(socket: u32, high: u64, low: u64, netif: u32): i32;
  leave(socket: u32, high: u64, low: u64, netif: u32): i32;
  set(socket: u32, option: u32, value: u32): i32;
  maxPayload(high: u64, low: u64): i32;
}
