// Bulk transfer between two of the host's own sockets, every byte compared.
//
//	tcp-bulk.mjs serve PORT                  receives connections; prints a line for each
//	tcp-bulk.mjs send ADDRESS PORT BYTES     prints {"bytes":...,"seconds":...} when the server has said "same"
import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";

const CHUNK_BYTES = 1 << 20;
const [mode, ...words] = process.argv.slice(2);

/** Bytes that repeat only after 1 MB less a bit, so that no two segments of a window are alike. */
function chunk() {
  const bytes = Buffer.alloc(CHUNK_BYTES - 7);
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

if (mode === "serve") {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const hash = createHash("sha256");
    socket.on("data", (data) => hash.update(data));
    socket.on("end", () => socket.end(hash.digest("hex")));
    socket.on("error", (error) => console.log(String(error)));
  });
  server.listen(Number(words[0]), "::", () => console.log("listening"));
} else {
  const [address, port, total] = [words[0], Number(words[1]), Number(words[2])];
  const started = performance.now();
  const hash = createHash("sha256");
  const socket = connect(port, address);
  const bytes = chunk();
  let sent = 0;
  let answer = "";
  const push = () => {
    while (sent < total) {
      const part = bytes.subarray(0, Math.min(bytes.length, total - sent));
      sent += part.length;
      hash.update(part);
      if (!socket.write(part)) return;
    }
    socket.end();
  };
  socket.on("connect", push);
  socket.on("drain", push);
  socket.on("data", (data) => {
    answer += data;
  });
  socket.on("close", () => {
    const same = answer === hash.digest("hex");
    console.log(JSON.stringify({ bytes: sent, seconds: (performance.now() - started) / 1000, same }));
    process.exit(same ? 0 : 1);
  });
  socket.on("error", (error) => {
    console.log(String(error));
    process.exit(1);
  });
}
