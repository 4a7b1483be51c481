/**
 * Explicit congestion notification (RFC 3168 section 6.1): routers mark packets instead of dropping them, the receiver says so (ECE)
 * until the sender has said that it sends less (CWR).
 *
 * @module
 */
import { count } from "mirage/framecode";
import { Packet } from "../network";
import { Connection, FLAG_ACK_NOW, FLAG_ECN_ECHO, FLAG_ECN_REDUCED } from "./connection";
import { Core } from "./core";
import { Segment } from "./segment";
import { CWR, ECE, ECN_MASK } from "./wire";

const ECN_EXPERIENCED: u32 = 3;

/** Does a SYN ask for it? */
export function asksForEcn(segment: Segment): bool {
  return (segment.flags & (ECE | CWR)) === (ECE | CWR);
}

/** Does a SYN and ACK agree to it? */
export function agreesToEcn(segment: Segment): bool {
  return (segment.flags & (ECE | CWR)) === ECE;
}

/** What an acceptable segment of a connection that has agreed on it says about the way from the peer. */
export function ecnArrived(core: Core, connection: Connection, packet: Packet, segment: Segment): void {
  if (segment.has(CWR)) {
    connection.flags &= ~FLAG_ECN_ECHO;
    connection.flags |= FLAG_ACK_NOW;
  }
  if ((packet.trafficClass & ECN_MASK) === ECN_EXPERIENCED) {
    count(core.counters.receivedMarked);
    connection.flags |= FLAG_ECN_ECHO;
  }
}

/** The peer says, about what is under way or was until this acknowledgement, that some of it was marked. */
export function ecnEchoed(core: Core, connection: Connection): void {
  count(core.counters.receivedEchoes);
  if (connection.sndUna === connection.sndNxt) return;
  if (!core.recoveries.congestionExperienced(connection.recovery)) return;
  count(core.counters.ecnReductions);
  connection.flags |= FLAG_ECN_REDUCED;
}
