/** What the host's sockets answer, as a program sees it. */
import { Endpoint, Netif, NetworkError, Program, sleep, Tcp, type TcpFlow, Udp } from "mirage";

async function attempt(name: string, action: () => unknown): Promise<void> {
  try {
    console.log(`${name}:`, String(await action()));
  } catch (error) {
    console.log(`${name}:`, error instanceof NetworkError ? error.code : String(error));
  }
}

const listener = Tcp.listen({
  address: "127.0.0.1",
  noDelay: true,
  hopLimit: 9,
  keepAlive: { idleMs: 5000 },
});
const { port } = listener;
const address = "127.0.0.1";

await attempt("interfaces", () => Netif.all().length);
await attempt("addresses", () => Program.ipv4);
await attempt("port taken", () => Tcp.listen({ address, port }));
await attempt("not ours", () => Tcp.listen({ address: "192.0.2.1" }));
await attempt("not ours, IPv6", () => Tcp.listen({ address: "2001:db8::1" }));
await attempt("UDP not ours", () => Udp.bind({ address: "192.0.2.1" }));
await attempt("nobody there", () => Tcp.connect({ address, port: 1 }));
await attempt("too long", () => {
  using socket = Udp.bind();
  socket.send(new Uint8Array(65_508), { address, port: 9 });
});
await attempt("connected", () => {
  using socket = Udp.bind({ hopLimit: 3, trafficClass: 32 });
  socket.connect({ address, port: 9 });
  socket.send("x");
  socket.send("x", { address, port: 9 });
});

const accepted = listener.accept();
const near = await Tcp.connect({ address, port, local: { address } });
const far: TcpFlow = await accepted;
await attempt("ends meet", () => Endpoint.format(near.local) === Endpoint.format(far.remote));
await attempt("other ends meet", () => Endpoint.format(near.remote) === Endpoint.format(far.local));
await attempt("state", () => near.info().state);
await attempt("set", () =>
  near.set({ congestion: "newreno", sendBuffer: 8192, receiveBuffer: 4096, userTimeoutMs: 1000 }),
);
await attempt("write", () => near.write("one two"));
const chunk = await far.read();
await attempt("read", () => chunk?.toText());
await attempt("held", () => far.info().receiveQueueBytes);
chunk?.release();
await attempt("consumed", () => far.info().receiveQueueBytes);

// More than both buffers hold: the writer waits until the reader reads.
const BYTES = 3_000_000;
let written = false;
const write = near.write(new Uint8Array(BYTES)).then(() => {
  written = true;
});
await sleep(200);
await attempt("waits", () => !written && near.backlog === 1);
await attempt("bounded", () => far.info().receiveQueueBytes <= 256 * 1024 + 16_384);
let read = 0;
while (read < BYTES) {
  const next = await far.read();
  if (next === undefined) break;
  read += next.length;
  next.release();
}
await write;
await attempt("all came", () => read);

await near.shutdown();
await attempt("end", () => far.read());
await attempt("after shutdown", () => near.write("x"));
await attempt("half open", () => far.write("still"));
await attempt("half open read", async () => (await near.read())?.toText());
await far.close();
await attempt("both ended", () => near.read());
await near.close();
await attempt("closed", () => near.write("x"));
await attempt("state at the end", () => near.info().state);

const reset = await Tcp.connect({ address, port });
const other = await listener.accept();
const reading = other.read();
reset.abort();
await attempt("aborted", () => reset.read());
await attempt("reset", () => reading);
await attempt("write after reset", () => other.write("x"));
/** Both ends of one more flow. */
async function pair(receiveBuffer: number): Promise<[TcpFlow, TcpFlow]> {
  const [from, to] = await Promise.all([Tcp.connect({ address, port, receiveBuffer }), listener.accept()]);
  return [from, to];
}

const [careless, told] = await pair(4096);
await told.write("for nobody");
await sleep(100);
void careless.close();
await attempt("closed with unread bytes", () => told.read());

// The reader has room for a part of it; the rest waits at the host when the writer is gone.
const [slow, hasty] = await pair(4096);
await hasty.write(new Uint8Array(60_000));
hasty.set({ lingerMs: 300 });
await hasty.close();
await sleep(1500);
await attempt("gave up the rest", async () => {
  for await (const part of slow) void part;
});
listener.close();
await attempt("port free again", () => {
  const again = Tcp.listen({ address, port });
  again.close();
});
// Nothing is left to wait for: the program ends by itself.
await attempt("closed listener", () => listener.accept());
