/**
 * Does a little of all that the scripts of dtrace/ show, until it is stopped: echoes over UDP and TCP, calls functions,
 * makes objects and garbage, copies, and connects to an address that stays silent.
 */
import { sleep, Tcp, Udp } from "mirage";

/** Two of them in a ring are garbage that only a collection frees. */
class Link {
  next: Link | undefined = undefined;
  constructor(readonly label: string) {}
}

/** Kept, so that it shows as memory that grows, for some minutes. */
class Session {
  readonly notes: string[] = [];
  constructor(readonly number: number) {
    this.notes.push(`session ${number} begins`);
  }
}

const sessions: Session[] = [];

function garbage(count: number): number {
  let length = 0;
  for (let i = 0; i < count; i++) {
    const one = new Link(`link ${i}`);
    one.next = new Link("back");
    one.next.next = one;
    length += one.label.length;
  }
  return length;
}

function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

function work(round: number): void {
  garbage(30);
  fibonacci(10);
  if (sessions.length < 1000) {
    sessions.push(new Session(round));
  }
}

async function echoDatagrams(): Promise<void> {
  const socket = Udp.bind({ port: 7 });
  for await (const datagram of socket) {
    socket.send(datagram.data, datagram);
    // JavaScript's own bytes are copied into a frame.
    socket.send(new Uint8Array(16), datagram);
    // "collect": some of these make a collection.
    if (datagram.data[0] === 0x63) {
      garbage(10_000);
    }
  }
}

/** Nobody has that address, so the SYN is sent again. */
async function knock(address: string): Promise<void> {
  for (;;) {
    try {
      (await Tcp.connect({ address, port: 81, timeoutMs: 4000 })).abort();
    } catch {
      await sleep(100);
    }
  }
}

Tcp.listen({ port: 7 }).serve(async (flow) => {
  for await (const chunk of flow) {
    await flow.write(chunk);
  }
});
void echoDatagrams();
void knock("10.0.0.77");
console.log("observed: begins");
for (let round = 0; ; round++) {
  work(round);
  if (round % 40 === 0) {
    console.log(`observed: round ${round}`);
  }
  await sleep(50);
}
