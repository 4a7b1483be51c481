/** One connection that carries all that it can: to the server, and from it. */
import { count, type Figure, type Workload } from "../workload.ts";

const figures: readonly Figure[] = [
  {
    metric: { id: "goodput", title: "goodput", unit: "Gbit/s", better: "higher" },
    value: (counts) => (count(counts, "bytes") * 8) / count(counts, "ns"),
  },
  {
    metric: { id: "cpu", title: "CPU time for each MB", unit: "us/MB", better: "lower" },
    value: (counts) => count(counts, "cpuNs") / 1000 / (count(counts, "bytes") / 1e6),
  },
];

export const tcpIn: Workload = {
  id: "tcp-in",
  title: "TCP, bulk to the server",
  program: "examples/discard",
  service: { name: "discard", port: 9 },
  measurements: [{ id: "send", load: "send ADDRESS 9", withoutOffloads: true, figures }],
};

export const tcpOut: Workload = {
  id: "tcp-out",
  title: "TCP, bulk from the server",
  program: "examples/chargen",
  service: { name: "chargen", port: 19 },
  measurements: [{ id: "receive", load: "receive ADDRESS 19", withoutOffloads: true, figures }],
};
