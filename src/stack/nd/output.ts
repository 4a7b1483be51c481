import { count, counter, frame_alloc } from "mirage/framecode";
import { sumOfAddress } from "../address";
import { LINK_HEADER_BYTES, LINK_TYPE_IPV6, Link } from "../ethernet/interface";
import {
  ICMP6_NEIGHBOUR_ADVERTISEMENT,
  ICMP6_NEIGHBOUR_SOLICITATION,
  ICMP6_ROUTER_SOLICITATION,
  Icmp6Header,
  seal,
} from "../icmp6/wire";
import { StackError } from "../interface";
import {
  ALL_NODES_LOW,
  ALL_ROUTERS_LOW,
  GROUP_MAC_HIGH,
  groupMacLow,
  LINK_GROUP_HIGH,
  solicitedNodeLow,
} from "../ipv6/address";
import { Address6, Interface6 } from "../ipv6/interfaces";
import { HEADER_ICMP6, IPV6_HEADER_BYTES, Ipv6Header } from "../ipv6/wire";
import {
  buildLinkAddress,
  buildNonce,
  NA_OVERRIDE,
  ND_HOP_LIMIT_HOPS,
  ND_LINK_ADDRESS_OPTION_BYTES,
  ND_NONCE_OPTION_BYTES,
  ND_SOURCE_LINK_ADDRESS,
  ND_TARGET_LINK_ADDRESS,
  NEIGHBOUR_MESSAGE_BYTES,
  neighbourMessage,
  ROUTER_SOLICITATION_BYTES,
} from "./wire";

const HEADER_AT: u32 = LINK_HEADER_BYTES;
const MESSAGE_AT: u32 = LINK_HEADER_BYTES + IPV6_HEADER_BYTES;

/** Writes and sends the messages of neighbour discovery that a host sends (RFC 4861 sections 4.1, 4.3 and 4.4). */
export class NdOutput<Below extends Link> {
  private readonly header: Ipv6Header = new Ipv6Header();
  private readonly message: Icmp6Header = new Icmp6Header();
  private readonly noMemory: u32 = counter("nd.no-memory");
  private readonly routerSolicitations: u32 = counter("nd.router-solicitations-sent");
  private readonly solicitations: u32 = counter("nd.solicitations-sent");
  private readonly advertisements: u32 = counter("nd.advertisements-sent");

  constructor(private readonly below: Below) {
    this.header.nextHeader = HEADER_ICMP6;
    this.header.hopLimit = ND_HOP_LIMIT_HOPS;
  }

  /** Asks all who might have the address. */
  solicit(on: Interface6, source: Address6, high: u64, low: u64): void {
    this.destineToGroup(solicitedNodeLow(low));
    const frame = this.solicitation(source, high, low);
    if (frame !== 0)
      this.transmit(on, frame, GROUP_MAC_HIGH, groupMacLow(solicitedNodeLow(low)), this.solicitations);
  }

  /** Asks a neighbour that is known whether it is still there. */
  probe(on: Interface6, source: Address6, high: u64, low: u64, macHigh: u32, macLow: u32): void {
    this.header.destinationHigh = high;
    this.header.destinationLow = low;
    const frame = this.solicitation(source, high, low);
    if (frame !== 0) this.transmit(on, frame, macHigh, macLow, this.solicitations);
  }

  private solicitation(source: Address6, high: u64, low: u64): u32 {
    this.header.sourceHigh = source.high;
    this.header.sourceLow = source.low;
    const frame = this.begin(NEIGHBOUR_MESSAGE_BYTES + ND_LINK_ADDRESS_OPTION_BYTES);
    if (frame === 0) return 0;
    neighbourMessage.build(frame, MESSAGE_AT, ICMP6_NEIGHBOUR_SOLICITATION, 0, high, low);
    const netif = source.on.netif;
    const optionAt = MESSAGE_AT + NEIGHBOUR_MESSAGE_BYTES;
    buildLinkAddress(frame, optionAt, ND_SOURCE_LINK_ADDRESS, netif.macHigh, netif.macLow);
    return frame;
  }

  /** Asks whether anybody has our tentative address, with a nonce to know the question by (RFC 4862 section 5.4.2, RFC 7527). */
  solicitTentative(address: Address6): void {
    this.destineToGroup(solicitedNodeLow(address.low));
    this.header.sourceHigh = 0;
    this.header.sourceLow = 0;
    const frame = this.begin(NEIGHBOUR_MESSAGE_BYTES + ND_NONCE_OPTION_BYTES);
    if (frame === 0) return;
    neighbourMessage.build(frame, MESSAGE_AT, ICMP6_NEIGHBOUR_SOLICITATION, 0, address.high, address.low);
    buildNonce(frame, MESSAGE_AT + NEIGHBOUR_MESSAGE_BYTES, address.nonceHigh, address.nonceLow);
    const macLow = groupMacLow(solicitedNodeLow(address.low));
    this.transmit(address.on, frame, GROUP_MAC_HIGH, macLow, this.solicitations);
  }

  /**
   * An advertisement for an address of ours, without its link header and checksum sealed: for who is to send it. 0 for
   * want of memory.
   */
  advertisement(address: Address6, flags: u32, destinationHigh: u64, destinationLow: u64): u32 {
    this.header.sourceHigh = address.high;
    this.header.sourceLow = address.low;
    this.header.destinationHigh = destinationHigh;
    this.header.destinationLow = destinationLow;
    const frame = this.begin(NEIGHBOUR_MESSAGE_BYTES + ND_LINK_ADDRESS_OPTION_BYTES);
    if (frame === 0) return 0;
    neighbourMessage.build(
      frame,
      MESSAGE_AT,
      ICMP6_NEIGHBOUR_ADVERTISEMENT,
      flags,
      address.high,
      address.low,
    );
    const netif = address.on.netif;
    const optionAt = MESSAGE_AT + NEIGHBOUR_MESSAGE_BYTES;
    buildLinkAddress(frame, optionAt, ND_TARGET_LINK_ADDRESS, netif.macHigh, netif.macLow);
    seal(frame, MESSAGE_AT, this.addressSum());
    count(this.advertisements);
    return frame;
  }

  /** Tells everyone about an address that is in use from now on, and may have been another's before (RFC 4861 section 7.2.6). */
  announce(address: Address6): void {
    const frame = this.advertisement(address, NA_OVERRIDE, LINK_GROUP_HIGH, ALL_NODES_LOW);
    if (frame === 0) return;
    this.below.send(address.on.netif, frame, GROUP_MAC_HIGH, groupMacLow(ALL_NODES_LOW), LINK_TYPE_IPV6);
  }

  /** Asks for routers (RFC 4861 section 6.3.7); `source` null: from the unspecified address. */
  solicitRouters(on: Interface6, source: Address6 | null): void {
    this.destineToGroup(ALL_ROUTERS_LOW);
    this.header.sourceHigh = source === null ? 0 : source.high;
    this.header.sourceLow = source === null ? 0 : source.low;
    const option = source === null ? 0 : ND_LINK_ADDRESS_OPTION_BYTES;
    const frame = this.begin(ROUTER_SOLICITATION_BYTES + option);
    if (frame === 0) return;
    this.message.type = ICMP6_ROUTER_SOLICITATION;
    const optionAt = MESSAGE_AT + ROUTER_SOLICITATION_BYTES;
    if (source !== null) {
      buildLinkAddress(frame, optionAt, ND_SOURCE_LINK_ADDRESS, on.netif.macHigh, on.netif.macLow);
    }
    this.message.build(frame, MESSAGE_AT, this.addressSum());
    this.transmit(on, frame, GROUP_MAC_HIGH, groupMacLow(ALL_ROUTERS_LOW), this.routerSolicitations);
  }

  private destineToGroup(low: u64): void {
    this.header.destinationHigh = LINK_GROUP_HIGH;
    this.header.destinationLow = low;
  }

  /** A frame with the IPv6 header written and room for a message. */
  private begin(messageBytes: u32): u32 {
    const frame = frame_alloc(MESSAGE_AT + messageBytes);
    if (frame === 0) {
      count(this.noMemory);
      return 0;
    }
    this.header.payloadBytes = messageBytes;
    this.header.build(frame, HEADER_AT);
    return frame;
  }

  private addressSum(): u32 {
    const header = this.header;
    return (
      sumOfAddress(header.sourceHigh, header.sourceLow) +
      sumOfAddress(header.destinationHigh, header.destinationLow)
    );
  }

  private transmit(on: Interface6, frame: u32, macHigh: u32, macLow: u32, counted: u32): void {
    seal(frame, MESSAGE_AT, this.addressSum());
    if (this.below.send(on.netif, frame, macHigh, macLow, LINK_TYPE_IPV6) === StackError.None) count(counted);
  }
}
