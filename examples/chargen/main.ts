/** Sends lines of characters without end to whoever connects to TCP port 19 (RFC 864): a source for measuring. */
import { args, Clock, Endpoint, NetworkError, Tcp, type TcpFlow } from "mirage";

/** The printable characters of ASCII: from space to "~". */
const CHARACTERS = 95;
const FIRST_CHARACTER = 32;
/** Characters of a line, then carriage return and line feed. */
const LINE = 72;
const LINE_BYTES = LINE + 2;
/** All the lines that differ, several times over: what is written at once. */
const REPEATS = 9;
const NS_PER_SECOND = 1_000_000_000;

/** Each line begins one character later than the one before it. */
function makePattern(): Uint8Array {
  const pattern = new Uint8Array(CHARACTERS * LINE_BYTES);
  for (let line = 0; line < CHARACTERS; line++) {
    const at = line * LINE_BYTES;
    for (let i = 0; i < LINE; i++) pattern[at + i] = FIRST_CHARACTER + ((line + i) % CHARACTERS);
    pattern[at + LINE] = 13;
    pattern[at + LINE + 1] = 10;
  }
  return pattern;
}

const pattern = makePattern();
// The same bytes again and again: views are gathered, not copied.
const block: Uint8Array[] = [];
for (let i = 0; i < REPEATS; i++) block.push(pattern);
const blockBytes = REPEATS * pattern.length;

async function generate(flow: TcpFlow): Promise<void> {
  const from = Clock.elapsedNs();
  let bytes = 0;
  // What the peer sends is thrown away (RFC 864).
  flow.listen(() => {});
  try {
    for (;;) {
      await flow.write(block);
      bytes += blockBytes;
    }
  } catch (error) {
    // This is how it ends: the peer has enough.
    if (!(error instanceof NetworkError)) throw error;
  }
  const rate = ((bytes * 8) / 1e6 / ((Clock.elapsedNs() - from) / NS_PER_SECOND)).toFixed(0);
  console.log(`chargen: ${bytes} bytes to ${Endpoint.format(flow.remote)}, ${rate} Mbit/s`);
}

const listener = Tcp.listen({ port: Number(args[0] ?? 19) });
console.log(`chargen: listening on TCP port ${listener.port}`);
listener.serve(generate);
