/**
 * The network stack: configured from the command line when a program first uses it.
 *
 * @module
 */
import { StackError, StackEvent } from "../stack/interface.ts";
import { configure as configureStack, frameModule } from "../stack/stack.frame.ts";
import { Ipv4 } from "./address.ts";
import { NetworkError, networkError } from "./errors.ts";
import { type FrameEventListener, native } from "./native.ts";

let configured = false;

/** To be called before the stack's functions are: takes the interface into use. */
export function useStack(): void {
  if (!configured) configure();
}

let udp: FrameEventListener | undefined;
let tcp: FrameEventListener | undefined;

/** Events of the stack that are about that transport go to `listener`. */
export function listenToStack(transport: "udp" | "tcp", listener: FrameEventListener): void {
  if (transport === "udp") udp = listener;
  else tcp = listener;
  // Most programs have one transport, whose events then go straight to it.
  native.frameCodeListen(frameModule, udp !== undefined && tcp !== undefined ? dispatch : listener);
}

function dispatch(...event: Parameters<FrameEventListener>): void {
  const listener = event[0] >= StackEvent.TcpAccepted ? tcp : udp;
  listener?.(...event);
}

function configure(): void {
  const { ipv4, gateway, sockets } = native.config;
  if (sockets) {
    configured = true;
    return;
  }
  if (native.netifCount() === 0) {
    throw new NetworkError(
      "ENETDOWN",
      "there is no network: give one with --net, such as --net tap:mirage0 or the host's own sockets, --net socket",
    );
  }
  if (ipv4 === undefined) {
    throw new NetworkError(
      "ENETDOWN",
      "there is no IPv4 address: give one with --ipv4 10.0.0.2/24 (in the kernel: sysctl kern.mirage.ipv4=10.0.0.2/24)",
    );
  }
  const own = Ipv4.parseCidr(ipv4);
  const next = gateway === undefined ? 0 : Ipv4.parse(gateway);
  const result = configureStack(0, own.address, own.prefix, next) | 0;
  if (result === StackError.EINVAL) {
    throw new NetworkError(
      "EINVAL",
      gateway === undefined
        ? `${ipv4} is not the address of a host in its network`
        : `${ipv4} and gateway ${gateway} are not the addresses of two hosts in one network`,
    );
  }
  if (result < 0) throw networkError(result, `configure ${ipv4}`);
  configured = true;
}
