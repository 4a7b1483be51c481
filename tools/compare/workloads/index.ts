/** All workloads, in the order of the tables. */
import type { Workload } from "../workload.ts";
import { icmpEcho, udpEcho } from "./echo.ts";
import { tcpIn, tcpOut } from "./tcp-bulk.ts";
import { tcpConnect, tcpRequest } from "./tcp-echo.ts";

export const workloads: readonly Workload[] = [icmpEcho, udpEcho, tcpIn, tcpOut, tcpRequest, tcpConnect];
