/** Links on which transfers must arrive whole, whatever they do. */
import type { TransferOptions } from "./transfer.ts";

export interface Condition {
  readonly name: string;
  readonly options: TransferOptions;
}

const MILLISECOND_NS = 1e6;
const SECOND_NS = 1e9;
/** The hosts' clocks begin at one second. */
const outage = (fromSeconds: number, seconds: number): [number, number] => [
  (1 + fromSeconds) * SECOND_NS,
  (1 + fromSeconds + seconds) * SECOND_NS,
];
/** A link on which even small transfers take seconds, so that outages hit them. */
const SLOW = { latencyNs: 5 * MILLISECOND_NS, bitsPerSecond: 10e6, queueBytes: 64_000 };
const WIDE_AREA = { latencyNs: 20 * MILLISECOND_NS, bitsPerSecond: 100e6, queueBytes: 250_000 };

/** `NetifOffload`: checksums, and segmentation of IPv4 and IPv6. */
const OFFLOADS = { offload: 0x10 | 0x20 | 0x40, segmentMax: 65_549 };

const on = (name: string, options: TransferOptions): Condition => ({ name, options });

export const CONDITIONS: readonly Condition[] = [
  on("nothing wrong", {}),
  ...[0.001, 0.01, 0.03, 0.1, 0.2, 0.3].map((loss) => on(`loss ${loss * 100} %`, { faults: { loss } })),
  on("loss 10 % on the way there", { faults: { loss: 0.1 }, faultsBack: {} }),
  on("loss 30 % on the way back", { faults: {}, faultsBack: { loss: 0.3 } }),
  on("loss 5 %, NewReno", { faults: { loss: 0.05 }, congestion: 1 }),
  on("reordering 10 %", { faults: { reordering: 0.1 } }),
  on("reordering 50 %", { faults: { reordering: 0.5 } }),
  on("reordering by less than a round trip", {
    faults: { ...WIDE_AREA, reordering: 0.2, overtakenNs: 25 * MILLISECOND_NS },
  }),
  on("duplication 30 %", { faults: { duplication: 0.3 } }),
  on("corruption 5 %", { faults: { corruption: 0.05 } }),
  on("corruption 20 %", { faults: { corruption: 0.2 } }),
  on("truncation 5 %", { faults: { truncation: 0.05 } }),
  on("everything at once", {
    faults: { loss: 0.02, reordering: 0.1, duplication: 0.05, corruption: 0.02, truncation: 0.02 },
  }),
  on("a queue that overflows", { faults: { ...SLOW, queueBytes: 15_000 } }),
  on("a wide-area link", { faults: WIDE_AREA }),
  on("a wide-area link, loss 1 %", { faults: { ...WIDE_AREA, loss: 0.01 } }),
  on("outages of a second", { faults: { ...SLOW, outages: [outage(0.5, 1), outage(2, 1), outage(10, 1)] } }),
  on("outages of a second on the way back", {
    faults: SLOW,
    faultsBack: { ...SLOW, outages: [outage(0.5, 1), outage(2, 1)] },
  }),
  on("an outage of 30 seconds, and loss 1 %", { faults: { ...SLOW, loss: 0.01, outages: [outage(1, 30)] } }),
  ...[576, 1280, 9000].map((mtu) => on(`MTU ${mtu}, loss 1 %`, { mtu, faults: { loss: 0.01 } })),
  ...[1280, 1500, 9000].map((mtu) =>
    on(`IPv6, MTU ${mtu}, loss 1 %`, { version: 6, mtu, faults: { loss: 0.01 } }),
  ),
  on("IPv6, loss 10 %", { version: 6, faults: { loss: 0.1 } }),
  on("segmentation and checksums by the cards, loss 2 %", { netif: OFFLOADS, faults: { loss: 0.02 } }),
  on("IPv6, segmentation by the cards, loss 2 %", { version: 6, netif: OFFLOADS, faults: { loss: 0.02 } }),
  on("buffers of 8 KiB, loss 2 %", {
    sendBufferBytes: 8192,
    receiveBufferBytes: 8192,
    faults: { loss: 0.02 },
  }),
  on("an event queue of 4, loss 1 %", { eventRoom: 4, faults: { loss: 0.01 } }),
  on("writes of 100 bytes", { writeBytes: 100, faults: { loss: 0.01 } }),
  on("a slow reader", { readBytesPerSecond: 2_000_000, receiveBufferBytes: 65_536, faults: { loss: 0.01 } }),
];
