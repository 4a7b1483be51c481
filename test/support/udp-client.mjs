// usage: node udp-client.mjs ADDRESS PORT COUNT
// Sends COUNT datagrams of different sizes, at most 16 ahead of the answers, compares each answer with what was sent,
// and prints {"sent", "answered", "changed"}. Exit 1 when an answer is missing for two seconds or the peer refuses.
import { createSocket } from "node:dgram";

const [address, port, countText] = process.argv.slice(2);
const count = Number(countText);
const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
const WINDOW = 16;
let sent = 0;
let answered = 0;
let changed = 0;
let watchdog;

function datagram(index) {
  const bytes = Buffer.alloc(4 + ((index * 37) % 1400), index & 0xff);
  bytes.writeUInt32BE(index, 0);
  return bytes;
}

function finish(status) {
  clearTimeout(watchdog);
  console.log(JSON.stringify({ sent, answered, changed }));
  socket.close();
  process.exitCode = status;
}

function pump() {
  clearTimeout(watchdog);
  watchdog = setTimeout(finish, 2000, 1);
  while (sent < count && sent - answered < WINDOW) {
    socket.send(datagram(sent++));
  }
}

socket.on("message", (bytes) => {
  const index = bytes.readUInt32BE(0);
  if (!bytes.equals(datagram(index))) {
    changed++;
  }
  if (++answered === count) {
    finish(0);
  } else {
    pump();
  }
});
socket.on("error", (error) => {
  console.error(String(error));
  process.exit(1);
});
socket.connect(Number(port), address, pump);
