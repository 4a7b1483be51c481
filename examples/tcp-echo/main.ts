/** Sends all bytes at TCP port 7 back to where they came from (RFC 862). */
import { args, Endpoint, Tcp } from "mirage";

// Many peers may come at once: that is what echoes are good for.
const listener = Tcp.listen({ port: Number(args[0] ?? 7), backlog: 1024 });
console.log(`tcp-echo: listening on TCP port ${listener.port}`);

// A peer that resets its flow ends this loop by a NetworkError, which is the flow's own affair.
listener.serve(async (flow) => {
  console.debug(`tcp-echo: ${Endpoint.format(flow.remote)} connected`);
  for await (const chunk of flow) {
    // The bytes still lie in the frame that they came in. Nothing more is read until the peer takes them back.
    await flow.write(chunk);
  }
});
