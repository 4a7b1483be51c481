import { Line } from "mirage/framecode";
import { ArpCache } from "./arp/cache";
import { Interfaces6 } from "./ipv6/interfaces";
import { Routes6 } from "./ipv6/routes";
import { NeighbourCache } from "./nd/cache";
import { Netifs } from "./netif";
import { REPORT_NO_SECTION, reportTable } from "./report";
import { Routes } from "./routes";
import { Listeners } from "./tcp/listeners";
import { ConnectionTable } from "./tcp/table";
import { SocketTable } from "./udp/sockets";

const FLOWS =
  "Proto Local address               Remote address              State        Recv-Q   Send-Q   RTT us   Window   Resent";
const LISTENERS = "Proto Local address               Waiting/backlog";
const SOCKETS = "Proto Local address               Remote address";
const NEIGHBOURS = "Address                           MAC                         Netif        State";
const ROUTES = "Destination                       Gateway                     Netif        From";
const ADDRESSES = "Address                                                       Netif        State";

/** What a stack says of itself: the sections of `mirage netstat`. */
export class Reports {
  private readonly line: Line = new Line();

  constructor(
    private readonly connections: ConnectionTable,
    private readonly listeners: Listeners,
    private readonly sockets: SocketTable,
    private readonly neighbours4: ArpCache,
    private readonly neighbours6: NeighbourCache,
    private readonly routes4: Routes,
    private readonly routes6: Routes6,
    private readonly addresses4: Netifs,
    private readonly addresses6: Interfaces6,
  ) {}

  /** As the export `report`. */
  report(section: u32, from: u32): u32 {
    const line = this.line;
    switch (section) {
      case 0:
        return reportTable<ConnectionTable>(line, this.connections, "TCP connections", FLOWS, from);
      case 1:
        return reportTable<Listeners>(line, this.listeners, "TCP listeners", LISTENERS, from);
      case 2:
        return reportTable<SocketTable>(line, this.sockets, "UDP sockets", SOCKETS, from);
      case 3:
        return reportTable<Netifs>(line, this.addresses4, "IPv4 addresses", ADDRESSES, from);
      case 4:
        return reportTable<Interfaces6>(line, this.addresses6, "IPv6 addresses", ADDRESSES, from);
      case 5:
        return reportTable<Routes>(line, this.routes4, "IPv4 routes", ROUTES, from);
      case 6:
        return reportTable<Routes6>(line, this.routes6, "IPv6 routes", ROUTES, from);
      case 7:
        return reportTable<ArpCache>(line, this.neighbours4, "IPv4 neighbours", NEIGHBOURS, from);
      case 8:
        return reportTable<NeighbourCache>(line, this.neighbours6, "IPv6 neighbours", NEIGHBOURS, from);
      default:
        return REPORT_NO_SECTION;
    }
  }
}
