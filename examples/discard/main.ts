/** Throws away all bytes that come to TCP port 9 (RFC 863): a sink for measuring. */
import { args, Clock, Endpoint, Tcp, type TcpFlow } from "mirage";

const NS_PER_SECOND = 1_000_000_000;

const listener = Tcp.listen({ port: Number(args[0] ?? 9) });
console.log(`discard: listening on TCP port ${listener.port}`);

listener.listen((flow: TcpFlow) => {
  const from = Clock.elapsedNs();
  let bytes = 0;
  // A callback instead of a loop: no promise is made for any of the chunks.
  flow.listen(
    (chunk) => {
      bytes += chunk.length;
    },
    (error) => {
      const seconds = (Clock.elapsedNs() - from) / NS_PER_SECOND;
      const rate = ((bytes * 8) / 1e6 / seconds).toFixed(0);
      const end = error === undefined ? "" : `, ended by ${error.message}`;
      console.log(`discard: ${bytes} bytes from ${Endpoint.format(flow.remote)}, ${rate} Mbit/s${end}`);
      void flow.close();
    },
  );
});
