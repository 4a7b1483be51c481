/** Enough of HTTP/1.1 for curl: GET /hello, GET /bytes/N, and length and sum of what is POSTed or PUT. */
import { args, type Chunk, Tcp, type TcpFlow } from "mirage";

const PIECE_BYTES = 65_536;
const MODULUS = 65_521;

/** Byte i of what is served. */
function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + (i >> 8)) & 0xff;
  return bytes;
}

/** The pattern repeats each 65,536 bytes: so one piece serves all. */
const piece = pattern(PIECE_BYTES);

class Reader {
  private chunk: Chunk | undefined;
  /** Of the chunk: what was not handed out. */
  private views: Uint8Array[] = [];

  constructor(private readonly flow: TcpFlow) {}

  /** Bytes that are there, or come next; undefined at the end. They are valid until the next call. */
  async some(limit: number): Promise<Uint8Array | undefined> {
    while (this.views.length === 0) {
      this.chunk?.release();
      this.chunk = await this.flow.read();
      if (this.chunk === undefined) return undefined;
      this.views = this.chunk.views;
    }
    const view = this.views[0] as Uint8Array;
    if (view.length > limit) this.views[0] = view.subarray(limit);
    else this.views.shift();
    return view.subarray(0, limit);
  }

  async line(): Promise<string | undefined> {
    let text = "";
    for (;;) {
      const byte = await this.some(1);
      if (byte === undefined) return undefined;
      if (byte[0] === 10) return text.replace(/\r$/, "");
      text += String.fromCharCode(byte[0] as number);
    }
  }
}

function head(status: string, length: number): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length}\r\n\r\n`;
}

async function sum(reader: Reader, length: number): Promise<string> {
  let a = 1;
  let left = length;
  while (left > 0) {
    const bytes = await reader.some(left);
    if (bytes === undefined) break;
    left -= bytes.length;
    for (let i = 0; i < bytes.length; i += 97) a = (a * 31 + (bytes[i] as number)) % MODULUS;
  }
  return `${length - left} ${a}\n`;
}

async function serve(flow: TcpFlow): Promise<void> {
  const reader = new Reader(flow);
  for (;;) {
    const request = await reader.line();
    if (request === undefined) return;
    const [method = "", path = ""] = request.split(" ");
    let length = 0;
    for (let line = await reader.line(); line !== ""; line = await reader.line()) {
      if (line === undefined) return;
      const [name = "", value = ""] = line.split(/: */);
      if (name.toLowerCase() === "content-length") length = Number(value);
      if (name.toLowerCase() === "expect") await flow.write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (method === "GET" && path === "/hello") {
      await flow.write(`${head("200 OK", 6)}hello\n`);
    } else if (method === "GET" && path.startsWith("/bytes/")) {
      let left = Number(path.slice("/bytes/".length));
      await flow.write(head("200 OK", left));
      for (; left > 0; left -= PIECE_BYTES) await flow.write(piece.subarray(0, Math.min(left, PIECE_BYTES)));
    } else if (method === "PUT" || method === "POST") {
      const answer = await sum(reader, length);
      await flow.write(head("200 OK", answer.length) + answer);
    } else {
      await flow.write(head("404 Not Found", 0));
    }
  }
}

const listener = Tcp.listen({ port: Number(args[0] ?? 80), noDelay: true, backlog: 1024 });
console.log(`listening on TCP port ${listener.port}`);
listener.serve(serve);
