/** A TCP relay: each peer gets a flow to the target, and bytes go on in the frames that they came in. */
import { args, Endpoint, exit, NetworkError, Tcp, type TcpFlow } from "mirage";

const CONNECT_TIMEOUT_MS = 10_000;

const [port, target] = args;
if (port === undefined || target === undefined) {
  console.error("usage: proxy PORT TARGET, as in: proxy 8080 10.0.0.1:80");
  exit(64);
}
const { address, port: targetPort } = Endpoint.parse(target);

/** One direction, to its end: the end is passed on too, and the other direction goes on. */
async function relay(from: TcpFlow, to: TcpFlow): Promise<void> {
  for await (const chunk of from) await to.write(chunk);
  await to.shutdown();
}

const listener = Tcp.listen({ port: Number(port) });
console.log(`proxy: relaying TCP port ${listener.port} to ${target}`);

listener.serve(async (near) => {
  let far: TcpFlow;
  try {
    far = await Tcp.connect({ address, port: targetPort, timeoutMs: CONNECT_TIMEOUT_MS });
  } catch (error) {
    if (error instanceof NetworkError) console.warn(`proxy: ${error.message}`);
    throw error;
  }
  try {
    await Promise.all([relay(near, far), relay(far, near)]);
    await far.close();
  } catch (error) {
    // One side was reset: so is the other.
    far.abort();
    throw error;
  }
});
