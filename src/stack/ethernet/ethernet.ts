import { count, counter, frame_release, netif_transmit, probe_enabled, probe_packet } from "mirage/framecode";
import { StackError } from "../interface";
import { Netif } from "../netif";
import { StackProbe } from "../probes";
import {
  LINK_HEADER_BYTES,
  LINK_TYPE_ARP,
  LINK_TYPE_IPV4,
  LINK_TYPE_IPV6,
  Link,
  LinkClient,
} from "./interface";
import { ethernet } from "./wire";

/** Ethernet II over the interfaces of the runtime. */
export class Ethernet<Above extends LinkClient> implements Link {
  private readonly dropShort: u32 = counter("drop.ethernet.short");
  private readonly dropNotForUs: u32 = counter("drop.ethernet.not-for-us");
  private readonly dropSource: u32 = counter("drop.ethernet.source");
  private readonly dropTransmit: u32 = counter("drop.ethernet.transmit");

  constructor(private readonly above: Above) {}

  /** A received frame. False leaves it, with its reference, to the caller: the protocol is none of ours. */
  input(netif: Netif, frame: u32): bool {
    if (!ethernet.check(frame)) return this.drop(frame, this.dropShort);
    const type = ethernet.type(frame);
    const isOurs = type === LINK_TYPE_IPV6 ? netif.ipv6 : type === LINK_TYPE_IPV4 || type === LINK_TYPE_ARP;
    if (!isOurs) return false;
    const group = ethernet.destinationIsGroup(frame);
    if (
      !group &&
      (ethernet.destinationLow(frame) !== netif.macLow || ethernet.destinationHigh(frame) !== netif.macHigh)
    ) {
      return this.drop(frame, this.dropNotForUs);
    }
    // A group address is no station (IEEE 802.3 section 3.2.3); an answer to it would be a broadcast.
    if ((ethernet.sourceHigh(frame) & 0x0100) !== 0) return this.drop(frame, this.dropSource);
    this.above.received(netif, frame, type, group);
    return true;
  }

  send(netif: Netif, frame: u32, destinationHigh: u32, destinationLow: u32, type: u32): i32 {
    ethernet.setDestination(frame, destinationHigh, destinationLow);
    ethernet.setSource(frame, netif.macHigh, netif.macLow);
    ethernet.setType(frame, type);
    if (probe_enabled(StackProbe.IpSend))
      probe_packet(StackProbe.IpSend, netif.index, frame, LINK_HEADER_BYTES);
    if (netif_transmit(netif.index, frame)) return StackError.None;
    count(this.dropTransmit);
    return StackError.ENOBUFS;
  }

  private drop(frame: u32, reason: u32): bool {
    count(reason);
    frame_release(frame);
    return true;
  }
}
