/**
 * A peer of Node's own UDP sockets, run by tests. Each further argument is one question: text, or "#N" for N bytes; what
 * is answered to each is printed as a list in JSON: text, "#N" for the same N bytes, or null for nothing within 3 seconds.
 *
 *     datagram-client.mjs HOST PORT QUESTION...
 *
 * A question "@HOST TEXT" goes to another address; multicast interface addresses come behind a comma: "@224.0.0.9,10.0.0.1 TEXT".
 */
import { createSocket } from "node:dgram";

const [host, port, ...questions] = process.argv.slice(2);
const ANSWER_MS = 3000;
const SHORT_BYTES = 100;

const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
await new Promise((resolve) => socket.bind(0, resolve));
const answers = [];

for (const question of questions) {
  let to = host;
  let text = question;
  if (question.startsWith("@")) {
    const [where, ...words] = question.slice(1).split(" ");
    const [address, netif] = where.split(",");
    if (netif !== undefined) socket.setMulticastInterface(netif);
    to = address;
    text = words.join(" ");
  }
  const bytes = text.startsWith("#")
    ? Buffer.from(Array.from({ length: Number(text.slice(1)) }, (_, i) => (i * 13 + (i >> 8)) & 0xff))
    : Buffer.from(text);
  const answer = await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ANSWER_MS);
    socket.once("message", (message) => {
      clearTimeout(timer);
      resolve(message);
    });
    socket.send(bytes, Number(port), to);
  });
  socket.removeAllListeners("message");
  if (answer === null) answers.push(null);
  else if (answer.length <= SHORT_BYTES) answers.push(answer.toString());
  else answers.push(answer.equals(bytes) ? `#${answer.length}` : "changed");
}
socket.close();
console.log(JSON.stringify(answers));
