/** Echo by ICMP, which the stacks answer themselves, and by UDP, which a process or application code answers. */
import { type Measurement, rateAndCpu, roundTrips, type Workload } from "../workload.ts";

const SIZES = [64, 1400];
/** Requests under way at once when packets are counted. */
const WINDOW = 32;

function measurements(protocol: "icmp" | "udp"): Measurement[] {
  return SIZES.flatMap((bytes) => [
    {
      id: `rtt-${bytes}`,
      bytes,
      load: `rtt ${protocol} ADDRESS ${bytes}`,
      withoutOffloads: false,
      figures: roundTrips,
    },
    {
      id: `flood-${bytes}`,
      bytes,
      load: `flood ${protocol} ADDRESS ${bytes} ${WINDOW}`,
      withoutOffloads: false,
      figures: rateAndCpu("received", "packets", "packet"),
    },
  ]);
}

export const icmpEcho: Workload = {
  id: "icmp-echo",
  title: "ICMP echo",
  program: "examples/udp-echo",
  measurements: measurements("icmp"),
};

export const udpEcho: Workload = {
  id: "udp-echo",
  title: "UDP echo",
  program: "examples/udp-echo",
  service: { name: "udp-echo", port: 7 },
  measurements: measurements("udp"),
};
