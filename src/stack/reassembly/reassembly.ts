import {
  Alarm,
  clock_ns,
  count,
  counter,
  counter_add,
  frame_alloc,
  frame_append,
  frame_length,
  frame_release,
  NANOSECONDS_PER_SECOND,
  random_u32,
} from "mirage/framecode";
import { hashOfAddress } from "../address";
import { Fragment, Reassembler, ReassemblyClient } from "./interface";
import { NONE, PIECE_AT_MAX, PieceTable } from "./pieces";
import { PartialPacket, PartialTable, REASSEMBLY_PACKETS_MAX } from "./table";

/** From the first fragment's arrival, as FreeBSD (IPFRAGTTL, 30 s); RFC 1122 section 3.3.2 wants 60 to 120 s. */
export const REASSEMBLY_SECONDS: u64 = 30;
/** Bytes of frames that are held, whatever they belong to. */
export const REASSEMBLY_BYTES_MAX: u32 = 2 * 1024 * 1024;
/** Of these, bytes of the packets that share a set: mostly, those from one source. */
export const REASSEMBLY_BYTES_PER_SET: u32 = 640 * 1024;
/** Fragments of one packet: enough for the longest packet over a path of 576 bytes. */
export const REASSEMBLY_FRAGMENTS_PER_PACKET: u32 = 128;

const ECN_MASK: u32 = 3;
const ECN_CONGESTION: u32 = 3;

/**
 * Puts fragments of IPv4 (RFC 791, RFC 815 without its trick of writing into the gaps) and IPv6 (RFC 8200 section 4.5)
 * together, by reference. Memory is bounded by packets, fragments and bytes, in all and for each source; the oldest
 * packet makes room. Fragments that overlap are an attack: the packet is given up, and so is what still comes of it
 * (RFC 5722, which is for IPv6; IPv4 does not need it either). A fragment that comes twice is ignored.
 */
export class Reassembly<Above extends ReassemblyClient> implements Reassembler {
  private readonly table: PartialTable = new PartialTable();
  private readonly pieces: PieceTable = new PieceTable();
  private readonly first: Fragment = new Fragment();
  private readonly key: u32 = random_u32();
  /** Bytes of frames that are held. */
  private bytes: u32 = 0;

  private readonly fragments: u32 = counter("reassembly.fragments");
  private readonly packets: u32 = counter("reassembly.packets");
  private readonly duplicates: u32 = counter("drop.reassembly.duplicate");
  private readonly dropOverlap: u32 = counter("drop.reassembly.overlap");
  private readonly dropMalformed: u32 = counter("drop.reassembly.malformed");
  private readonly dropTimeout: u32 = counter("drop.reassembly.timeout");
  private readonly dropEvicted: u32 = counter("drop.reassembly.evicted");
  private readonly dropTooMany: u32 = counter("drop.reassembly.too-many");
  private readonly dropNoMemory: u32 = counter("drop.reassembly.no-memory");
  private readonly dropEcn: u32 = counter("drop.reassembly.ecn");

  constructor(
    private readonly above: Above,
    private readonly alarm: Alarm,
  ) {}

  add(fragment: Fragment, headroomBytes: u32, most: u32): u32 {
    count(this.fragments);
    const length = fragment.length;
    const end = fragment.offset + length;
    const odd = fragment.more && (length & 7) !== 0;
    if (length === 0 || odd || fragment.offset > most || end > most || fragment.at > PIECE_AT_MAX) {
      this.drop(fragment.frame, this.dropMalformed);
      return 0;
    }
    const hash = hashOfAddress(
      fragment.sourceHigh ^ fragment.destinationHigh,
      fragment.sourceLow ^ (fragment.destinationLow << 1),
      this.key,
    );
    let packet = this.table.find(hash, fragment);
    if (packet === null) packet = this.begin(hash, fragment);
    if (packet.poisoned) {
      this.drop(fragment.frame, this.dropOverlap);
      return 0;
    }
    const place = this.placeFor(packet, fragment.offset, end, fragment.more);
    if (place === Place.Duplicate) {
      this.drop(fragment.frame, this.duplicates);
      return 0;
    }
    if (place === Place.Overlap) {
      counter_add(this.dropOverlap, packet.count + 1);
      frame_release(fragment.frame);
      this.poison(packet);
      return 0;
    }
    if (!this.makeRoom(packet, frame_length(fragment.frame))) {
      this.drop(fragment.frame, this.dropTooMany);
      return 0;
    }
    this.insert(packet, fragment, end);
    if (packet.total === 0 || packet.received !== packet.total) return 0;
    return this.finish(packet, fragment, headroomBytes);
  }

  /** Deadlines have passed. The alarm was reset: sets it for the next one. */
  timer(nowNs: u64): void {
    for (let packet = this.table.oldest; packet !== null; packet = this.table.oldest) {
      if (packet.deadlineNs > nowNs) {
        this.alarm.at(packet.deadlineNs);
        return;
      }
      this.expire(packet);
    }
  }

  /** Gives up all that came by an interface, which is not in use any more. */
  flush(netif: u32): void {
    for (let i: u32 = 0; i < REASSEMBLY_PACKETS_MAX; i++) {
      const packet = this.table.at(i);
      if (packet.used && packet.netif === netif) this.evict(packet);
    }
  }

  private begin(hash: u32, fragment: Fragment): PartialPacket {
    const victim = this.table.victim(hash, fragment);
    if (victim.used) this.evict(victim);
    this.table.begin(victim, fragment);
    victim.deadlineNs = clock_ns() + REASSEMBLY_SECONDS * NANOSECONDS_PER_SECOND;
    this.alarm.at(victim.deadlineNs);
    return victim;
  }

  /** Where a fragment belongs: sets `pieces.before`. Mostly it is the next one, sometimes the order is reversed. */
  private placeFor(packet: PartialPacket, start: u32, end: u32, more: bool): u32 {
    const pieces = this.pieces;
    const total = packet.total;
    if (total !== 0 && (more ? end >= total : end !== total)) return Place.Overlap;
    const last = packet.lastPiece;
    if (last !== NONE && start >= pieces.endOf(last)) return this.found(last);
    let before = NONE;
    for (let piece = packet.firstPiece; piece !== NONE; piece = pieces.nextOf(piece)) {
      if (pieces.startOf(piece) === start && pieces.endOf(piece) === end) return Place.Duplicate;
      if (pieces.endOf(piece) <= start) {
        before = piece;
        continue;
      }
      if (pieces.startOf(piece) < end) return Place.Overlap;
      break;
    }
    // The last one cannot have anything behind it.
    if (!more && last !== before) return Place.Overlap;
    return this.found(before);
  }

  private found(before: u32): u32 {
    this.pieces.before = before;
    return Place.Found;
  }

  /** Makes room for a fragment of `bytes`. False: its packet or its source has too much already. */
  private makeRoom(packet: PartialPacket, bytes: u32): bool {
    if (packet.count >= REASSEMBLY_FRAGMENTS_PER_PACKET) return false;
    if (this.table.bytesOfSet(packet) + bytes > REASSEMBLY_BYTES_PER_SET) return false;
    while (this.bytes + bytes > REASSEMBLY_BYTES_MAX || !this.pieces.hasRoom) {
      let oldest = this.table.oldest;
      if (oldest === packet) oldest = packet.newer;
      if (oldest === null) return false;
      this.evict(oldest);
    }
    return true;
  }

  private insert(packet: PartialPacket, fragment: Fragment, end: u32): void {
    const pieces = this.pieces;
    const before = pieces.before;
    const piece = pieces.take(fragment.frame, fragment.at, fragment.offset, end);
    if (before === NONE) {
      pieces.setNext(piece, packet.firstPiece);
      packet.firstPiece = piece;
    } else {
      pieces.setNext(piece, pieces.nextOf(before));
      pieces.setNext(before, piece);
    }
    if (packet.lastPiece === before) packet.lastPiece = piece;
    const bytes = frame_length(fragment.frame);
    packet.count++;
    packet.bytes += bytes;
    this.bytes += bytes;
    packet.received += fragment.length;
    packet.ecnSeen |= 1 << (fragment.trafficClass & ECN_MASK);
    if (!fragment.more) packet.total = end;
    if (fragment.offset === 0) {
      packet.trafficClass = fragment.trafficClass;
      packet.protocol = fragment.protocol;
    }
  }

  private finish(packet: PartialPacket, fragment: Fragment, headroomBytes: u32): u32 {
    // RFC 3168 section 5.3: congestion that a router saw must not get lost, nor be said of who does not speak ECN.
    const congested = (packet.ecnSeen & (1 << ECN_CONGESTION)) !== 0;
    if (congested && (packet.ecnSeen & 1) !== 0) {
      counter_add(this.dropEcn, packet.count);
      this.free(packet);
      return 0;
    }
    const pieces = this.pieces;
    let whole = frame_alloc(headroomBytes);
    for (let piece = packet.firstPiece; piece !== NONE && whole !== 0; piece = pieces.nextOf(piece)) {
      const length = pieces.endOf(piece) - pieces.startOf(piece);
      if (frame_append(whole, pieces.frameOf(piece), pieces.atOf(piece), length)) continue;
      frame_release(whole);
      whole = 0;
    }
    if (whole === 0) {
      counter_add(this.dropNoMemory, packet.count);
    } else {
      count(this.packets);
      fragment.protocol = packet.protocol;
      fragment.trafficClass = congested ? packet.trafficClass | ECN_CONGESTION : packet.trafficClass;
    }
    this.free(packet);
    return whole;
  }

  private expire(packet: PartialPacket): void {
    const pieces = this.pieces;
    const head = packet.firstPiece;
    let frame: u32 = 0;
    if (head !== NONE && pieces.startOf(head) === 0) {
      const first = this.first;
      packet.describe(first);
      frame = pieces.frameOf(head);
      first.frame = frame;
      first.at = pieces.atOf(head);
      first.length = pieces.endOf(head);
      first.offset = 0;
      first.more = true;
      pieces.forget(head);
    }
    counter_add(this.dropTimeout, packet.count);
    this.free(packet);
    // The entry is free before anybody hears of it.
    if (frame !== 0) this.above.expired(this.first);
  }

  private evict(packet: PartialPacket): void {
    counter_add(this.dropEvicted, packet.count);
    this.free(packet);
  }

  /** Gives up the fragments; the entry stays until its time is over, so that what comes later is known. */
  private poison(packet: PartialPacket): void {
    this.empty(packet);
    packet.poisoned = true;
  }

  private free(packet: PartialPacket): void {
    this.empty(packet);
    this.table.end(packet);
  }

  private empty(packet: PartialPacket): void {
    this.bytes -= packet.bytes;
    this.pieces.give(packet.firstPiece);
    packet.empty();
  }

  private drop(frame: u32, reason: u32): void {
    count(reason);
    frame_release(frame);
  }
}

/** What `placeFor` found. */
enum Place {
  Found = 0,
  Duplicate,
  Overlap,
}
