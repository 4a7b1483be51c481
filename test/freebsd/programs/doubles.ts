/**
 * Echoes datagrams, and for each computes with doubles what has one right result, found on a machine with an FPU. A wrong
 * one ends the program.
 */
import { Udp } from "mirage";

/** Sums, products, quotients, roots and a sine: all that an FPU would be used for. */
function compute(rounds: number): number {
  let x = 0.1;
  for (let i = 1; i <= rounds; i++) {
    x = Math.sqrt(x * 1.7 + i / 3) + Math.sin(x) * 0.25;
  }
  return x;
}

const expected = 3.464092050808721;

const socket = Udp.bind({ port: 7 });
for await (const datagram of socket) {
  const result = compute(20);
  if (Math.abs(result - expected) > 1e-12) throw new Error(`computed ${result}, not ${expected}`);
  socket.send(datagram.data, datagram);
}
