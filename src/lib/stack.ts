/**
 * The network stack: configured from the command line when a program first uses it.
 *
 * @module
 */
import { Ip6AddressField, Ip6AddressState, Ip6Flag, StackError, StackEvent } from "../stack/interface.ts";
import {
  configure as configureStack,
  frameModule,
  ip6_address,
  ip6_configure,
  ip6_router,
} from "../stack/stack.frame.ts";
import { Ipv4 } from "./address.ts";
import { NetworkError, networkError } from "./errors.ts";
import { Ipv6 } from "./ipv6.ts";
import { type FrameEventListener, native, Settled } from "./native.ts";

let configured = false;

/** To be called before the stack's functions are: takes the interface into use. */
export function useStack(): void {
  if (!configured) configure();
}

let udp: FrameEventListener | undefined;
let tcp: FrameEventListener | undefined;
let listensToAddresses = false;

/** Events of the stack that are about that transport go to `listener`. */
export function listenToStack(transport: "udp" | "tcp", listener: FrameEventListener): void {
  if (transport === "udp") udp = listener;
  else tcp = listener;
  listen();
}

/** Most programs have one transport, whose events then go straight to it. */
function listen(): void {
  const one = udp === undefined ? tcp : tcp === undefined ? udp : undefined;
  native.frameCodeListen(frameModule, one === undefined || listensToAddresses ? dispatch : one);
}

function dispatch(...event: Parameters<FrameEventListener>): void {
  const kind = event[0];
  if (kind >= StackEvent.AddressUp) {
    addressEvent(kind, event[5]);
    return;
  }
  const listener = kind >= StackEvent.TcpAccepted ? tcp : udp;
  listener?.(...event);
}

/** Entries of the stack's table of addresses (`IP6_ADDRESSES_MAX`). */
const ADDRESSES = 32;
let settling: Promise<void> | undefined;

/**
 * Resolves once no IPv6 address is being checked for duplicates any more, which takes a second or two after the start.
 * Undefined: none is.
 */
export function addressesSettled(): Promise<void> | undefined {
  if (!listensToAddresses || !isSettling()) return undefined;
  if (settling === undefined) {
    settling = new native.promise.Pending<void>();
    native.keepAlive(1);
  }
  return settling;
}

/**
 * Resolves once the program's IPv6 addresses of the start are in use: until then nothing can be sent from them, nor a
 * socket be bound to one. `Tcp.connect` waits by itself.
 *
 * @throws NetworkError ENETDOWN without `--net` or an address
 */
export async function addressesReady(): Promise<void> {
  useStack();
  await addressesSettled();
}

function isSettling(): boolean {
  for (let index = 0; index < ADDRESSES; index++) {
    if (ip6_address(index, Ip6AddressField.State) === Ip6AddressState.Tentative) return true;
  }
  return false;
}

/** What the program made of prefixes that routers advertise is known to nobody else. */
function addressEvent(kind: number, index: number): void {
  const word = (field: number): number => ip6_address(index, field) >>> 0;
  const text = Ipv6.format([word(0), word(1), word(2), word(3)]);
  if (kind === StackEvent.AddressDuplicate)
    console.warn(`network: another host has ${text}, so it is not used`);
  else if (kind === StackEvent.AddressUp && native.config.ipv6 === "auto") console.info(`network: ${text}`);
  if (settling === undefined || isSettling()) return;
  native.promise.settle(settling, Settled.Fulfilled, undefined);
  settling = undefined;
  native.keepAlive(-1);
}

function configure(): void {
  const { ipv4, gateway, ipv6, sockets } = native.config;
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
  const has6 = ipv6 !== undefined && ipv6 !== "off";
  if (ipv4 === undefined && !has6) {
    throw new NetworkError(
      "ENETDOWN",
      "there is no address: give one with --ipv4 10.0.0.2/24, or --ipv6 auto (in the kernel: sysctl kern.mirage.ipv4=10.0.0.2/24)",
    );
  }
  if (ipv4 !== undefined) configure4(ipv4, gateway);
  if (has6) configure6(ipv6);
  configured = true;
}

function configure4(ipv4: string, gateway: string | undefined): void {
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
}

/** The addresses come up later, once nobody has objected to them (`StackEvent.AddressUp`). */
function configure6(ipv6: string): void {
  const auto = ipv6 === "auto";
  const { address, prefix } = auto ? { address: [0, 0, 0, 0] as const, prefix: 0 } : Ipv6.parseCidr(ipv6);
  const flags = auto ? Ip6Flag.Routers | Ip6Flag.Autoconfigure : Ip6Flag.Routers;
  const result = ip6_configure(0, ...address, prefix, flags) | 0;
  if (result === StackError.EINVAL) {
    throw new NetworkError("EINVAL", `${ipv6} is not the address of a host`);
  }
  if (result < 0) throw networkError(result, `configure ${ipv6}`);
  const { gateway6 } = native.config;
  if (gateway6 !== undefined) {
    const router = ip6_router(0, ...Ipv6.parse(gateway6)) | 0;
    if (router === StackError.EINVAL) {
      throw new NetworkError(
        "EINVAL",
        `the router ${gateway6} is not on the link: nor link-local, nor in ${ipv6}`,
      );
    }
    if (router < 0) throw networkError(router, `router ${gateway6}`);
  }
  listensToAddresses = true;
  listen();
}
