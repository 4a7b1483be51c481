/** What the assembly sees of UDP: the functions of `docs/stack-interface.md`, by the names that they have there. */
export interface Datagrams {
  bind(address: u32, port: u32): i32;
  port(socket: u32): i32;
  close(socket: u32): i32;
  send(socket: u32, payload: u32, offset: u32, length: u32, address: u32, port: u32): i32;
  maxPayload(address: u32): i32;
}
