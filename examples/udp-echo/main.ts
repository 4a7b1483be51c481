/** Sends each datagram at UDP port 7 back to where it came from (RFC 862). */
import { Udp } from "mirage";

const socket = Udp.bind({ port: 7 });
console.log(`udp-echo: listening on UDP port ${socket.port}`);

for await (const datagram of socket) {
  try {
    // The payload still lies in the frame that it came in, and goes out of it again.
    socket.send(datagram.data, datagram);
  } catch (error) {
    // One peer that cannot be answered must not end the service for the others.
    console.warn(`udp-echo: ${(error as Error).message}`);
  }
}
