/** Requests of 64 bytes on one connection, one after the other; and connections, each for one byte there and back. */
import { rateAndCpu, roundTrips, type Workload } from "../workload.ts";

const REQUEST_BYTES = 64;
const server = { program: "examples/tcp-echo", service: { name: "echo", port: 7 } };

export const tcpRequest: Workload = {
  ...server,
  id: "tcp-request",
  title: "TCP, request and response",
  measurements: [
    {
      id: "request",
      bytes: REQUEST_BYTES,
      load: `request ADDRESS 7 ${REQUEST_BYTES}`,
      withoutOffloads: false,
      figures: [...rateAndCpu("requests", "requests", "request"), ...roundTrips],
    },
  ],
};

export const tcpConnect: Workload = {
  ...server,
  id: "tcp-connect",
  title: "TCP, connections one after the other",
  measurements: [
    {
      id: "connect",
      load: "connect ADDRESS 7",
      withoutOffloads: false,
      figures: rateAndCpu("connections", "connections", "connection"),
    },
  ],
};
