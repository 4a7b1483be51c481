/** Does what datagrams say: "send ENDPOINT", "join GROUP", "leave GROUP", "connect ENDPOINT"; sends others back. */
import { args, Endpoint, NetworkError, Udp } from "mirage";

const socket = Udp.bind({
  port: Number(args[0] ?? 0),
  onUnreachable: ({ address, port, type, code }) =>
    console.log(`unreachable ${address} ${port} ${type}/${code}`),
});
console.log(`listening on UDP port ${socket.port}`);

function act(verb: string, what: string): string {
  switch (verb) {
    case "send":
      socket.send("you?", Endpoint.parse(what));
      return "sent";
    case "join":
      // By the first interface: on the host's sockets, its loopback.
      socket.join(what, 0);
      return "joined";
    case "leave":
      socket.leave(what, 0);
      return "left";
    case "connected": {
      const one = Udp.bind();
      one.connect(Endpoint.parse(what));
      one.listen((datagram) => console.log(`answer ${datagram.toText()} from port ${datagram.port}`));
      one.send("over a connected socket");
      return "sent";
    }
    default:
      return "?";
  }
}

const LONGEST_COMMAND = 100;

for await (const datagram of socket) {
  const text = datagram.length <= LONGEST_COMMAND ? datagram.toText() : "";
  const [, verb, what] = /^(send|join|leave|connected) (.+)$/.exec(text) ?? [];
  if (verb === undefined || what === undefined) {
    socket.send(datagram, datagram);
    continue;
  }
  let answer: string;
  try {
    answer = act(verb, what);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    answer = error.code;
  }
  socket.send(answer, datagram);
}
