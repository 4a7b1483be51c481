/** UDP echo on port 7 through a listener: the same as `examples/udp-echo` without a promise for each datagram. */
import { Udp } from "mirage";

const socket = Udp.bind({ port: 7 });
socket.listen((datagram) => socket.send(datagram.data, datagram));
