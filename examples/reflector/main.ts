/**
 * Answers ARP and ping by itself, on raw frames: what a network stack does, in ordinary TypeScript. It imports no
 * sockets, so no stack is linked in, and every frame comes here.
 */
import { type Frame, Ipv4, Mac, Netif, Program } from "mirage";
import { answerArp, answerPing, ETHERTYPE_ARP, ETHERTYPE_IPV4, etherType } from "./answers.ts";

/** Used without --ipv4. */
const DEFAULT_ADDRESS = "10.0.0.2";

const netif = Netif.open();
const mac = Mac.parse(netif.mac);
const address = Program.ipv4?.address ?? DEFAULT_ADDRESS;
const own = Ipv4.parse(address);
const counts = { arp: 0, ping: 0, other: 0 };

/** Changes the frame in place to its answer; false if there is none. */
function reflect(frame: Frame): boolean {
  const bytes = frame.bytes;
  if (etherType(bytes) === ETHERTYPE_ARP && answerArp(bytes, mac, own)) {
    counts.arp++;
    return true;
  }
  if (etherType(bytes) === ETHERTYPE_IPV4 && answerPing(bytes, mac, own)) {
    counts.ping++;
    return true;
  }
  counts.other++;
  return false;
}

console.log(`reflector: ${address} at ${netif.mac} on ${netif.name}`);
netif.listen((frame) => {
  if (reflect(frame)) netif.write(frame.bytes);
});
