/** Joins its two network interfaces: what arrives at one leaves by the other, unchanged. */
import { Netif } from "mirage";

const [one, other] = Netif.all();
if (one === undefined || other === undefined) {
  throw new Error(`a cable has two ends: rtparam n names ${Netif.all().length}`);
}
one.listen((frame) => other.write(frame.views));
other.listen((frame) => one.write(frame.views));
