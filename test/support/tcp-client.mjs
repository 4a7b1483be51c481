/**
 * A peer made of Node's own sockets; prints what it saw as JSON. Run by tests, in a network namespace of theirs.
 *
 *     echo HOST PORT CONNECTIONS BYTES   opens all at once, sends BYTES on each, ends its side, compares what comes back
 *     sink HOST PORT BYTES               sends BYTES, ends its side, waits for the other end's
 *     source HOST PORT BYTES             reads BYTES, then resets; prints the first and last 100 of them
 *     lines HOST PORT BYTES              reads BYTES, compares them with RFC 864's lines as chargen makes them, then resets
 *     reset HOST PORT                    sends some bytes, then resets
 *     hash HOST PORT                     reads to the end; prints length and SHA-256
 */
import { createHash } from "node:crypto";
import { connect } from "node:net";

const [how, host, port, ...numbers] = process.argv.slice(2);
const [first, second] = numbers.map(Number);

/** Bytes that differ from flow to flow and from place to place. */
function pattern(seed, length) {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function open(onData) {
  const socket = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
  socket.on("data", (data) => onData(data, socket));
  const ended = new Promise((resolve) => {
    socket.on("end", () => resolve("end"));
    socket.on("error", (error) => resolve(error.code));
    socket.on("close", () => resolve("close"));
  });
  return { socket, ended };
}

async function echo(seed, length) {
  const sent = pattern(seed, length);
  let at = 0;
  let same = true;
  const { socket, ended } = open((data) => {
    same &&= sent.subarray(at, at + data.length).equals(data);
    at += data.length;
  });
  socket.end(sent);
  const end = await ended;
  socket.destroy();
  if (end !== "end") return end;
  return same && at === length ? "same" : `changed: ${at} of ${length} bytes`;
}

/** One period of what chargen sends: 95 lines of 72 characters, each of which begins one further (RFC 864). */
function rfc864() {
  const lines = Array.from({ length: 95 }, (_, line) =>
    Buffer.from([...Array.from({ length: 72 }, (_, at) => 32 + ((line + at) % 95)), 13, 10]),
  );
  return Buffer.concat(lines);
}

/** Reads lines of RFC 864; `changed` counts pieces that are not as they should be. */
async function lines(length) {
  const period = rfc864();
  const expected = Buffer.concat([period, period]); // a piece may begin anywhere in one
  let at = 0;
  let changed = 0;
  const { ended } = open((data, socket) => {
    for (let from = 0; from < data.length; from += period.length) {
      const piece = data.subarray(from, from + period.length);
      const begin = (at + from) % period.length;
      if (!expected.subarray(begin, begin + piece.length).equals(piece)) changed++;
    }
    at += data.length;
    if (at >= length) socket.resetAndDestroy();
  });
  await ended;
  return { length: Math.min(at, length), changed };
}

async function run() {
  switch (how) {
    case "echo": {
      const results = await Promise.all(Array.from({ length: first }, (_, i) => echo(i, second)));
      const counts = {};
      for (const result of results) counts[result] = (counts[result] ?? 0) + 1;
      return counts;
    }
    case "sink": {
      let received = 0;
      const { socket, ended } = open((data) => {
        received += data.length;
      });
      socket.end(pattern(1, first));
      const end = await ended;
      return { end, received, sent: socket.bytesWritten };
    }
    case "source": {
      const chunks = [];
      let length = 0;
      const { ended } = open((data, socket) => {
        chunks.push(data);
        length += data.length;
        if (length >= first) socket.resetAndDestroy();
      });
      await ended;
      const all = Buffer.concat(chunks).subarray(0, first);
      const at = all.length - 100;
      return {
        length: all.length,
        head: all.subarray(0, 100).toString("latin1"),
        tail: all.subarray(at).toString("latin1"),
      };
    }
    case "lines":
      return lines(first);
    case "reset": {
      const { socket, ended } = open(() => {});
      socket.write("some bytes", () => socket.resetAndDestroy());
      return { end: await ended };
    }
    case "hash": {
      const hash = createHash("sha256");
      let length = 0;
      const { socket, ended } = open((data) => {
        hash.update(data);
        length += data.length;
      });
      const end = await ended;
      socket.destroy();
      return { end, length, sha256: hash.digest("hex") };
    }
    default:
      throw new Error(`no such mode: ${how}`);
  }
}

console.log(JSON.stringify(await run()));
