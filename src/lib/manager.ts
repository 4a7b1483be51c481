/**
 * `Manager` and `Flow` in the shape of MirageOS (`Net.Manager`, `Mirage_flow.S`, `Tcpip.Tcp.S`), over the same flows as
 * `Tcp`: what was written for MirageOS reads the same here.
 *
 * @module
 */
import type { Chunk } from "./chunk.ts";
import type { Endpoint } from "./endpoint.ts";
import { NetworkError } from "./errors.ts";
import type { TcpFlow } from "./flow.ts";
import type { FlowInfo, FlowOptions } from "./flow-options.ts";
import { Netif } from "./netif.ts";
import { Tcp, type TcpConnectOptions, type TcpListenOptions } from "./tcp.ts";

/** What `Flow.read` gives: bytes, or the peer's end. */
export type ReadResult =
  | {
      readonly tag: "Data";
      /** In the frame that they came in, until the flow's next `read` or `close`. */
      readonly data: Uint8Array;
    }
  | { readonly tag: "Eof" };

const EOF: ReadResult = { tag: "Eof" };

/** A flow as `Mirage_flow.S` has it. Errors are thrown: `NetworkError`, as of `TcpFlow`. */
export class Flow {
  private last: Chunk | undefined;

  /** The same as the library's own flow. */
  constructor(readonly tcp: TcpFlow) {}

  /** The next bytes, or `Eof`. Those that were read before are given back. */
  async read(): Promise<ReadResult> {
    this.giveBack();
    const chunk = await this.tcp.read();
    if (chunk === undefined) return EOF;
    this.last = chunk;
    return { tag: "Data", data: chunk.data };
  }

  /** Resolves when the send buffer has taken all. What was read may be written on as it is: nothing is copied. */
  write(data: Uint8Array | string): Promise<void> {
    const last = this.last;
    // Read and written as a whole: no new frame around it.
    return this.tcp.write(last !== undefined && data === last.data ? last : data);
  }

  /** Writes several pieces one after the other. */
  writev(views: readonly Uint8Array[]): Promise<void> {
    return this.tcp.writev(views);
  }

  /** Ends this side of the flow, "write", or both. */
  async shutdown(side: "write" | "read_write"): Promise<void> {
    if (side === "write") await this.tcp.shutdown();
    else await this.close();
  }

  /** Ends the flow: what was written is still sent. Resolves when the flow is over. */
  close(): Promise<void> {
    this.giveBack();
    return this.tcp.close();
  }

  /** The other end: `Tcpip.Tcp.S.dst`. */
  dst(): readonly [address: string, port: number] {
    const { address, port } = this.tcp.remote;
    return [address, port];
  }

  /** This end. */
  src(): readonly [address: string, port: number] {
    const { address, port } = this.tcp.local;
    return [address, port];
  }

  info(): FlowInfo {
    return this.tcp.info();
  }

  set(options: FlowOptions): void {
    this.tcp.set(options);
  }

  private giveBack(): void {
    const last = this.last;
    this.last = undefined;
    if (last !== undefined && !last.released) last.release();
  }
}

/** The network of a program. */
export class Manager {
  private constructor(
    /** Its interfaces; none on the host's own sockets. */
    readonly interfaces: readonly Netif[],
  ) {}

  /** Calls back with the network, and resolves when that is done: `Net.Manager.create`. */
  static async create(main: (manager: Manager) => Promise<void> | void): Promise<void> {
    await main(new Manager(Netif.all()));
  }

  /**
   * Calls back for each flow that comes to a port, which is closed when the callback is done. A `NetworkError` that the
   * callback throws is logged and ends its own flow; any other error ends the program. Resolves never: the network is
   * listened to for as long as the program runs.
   *
   * @throws NetworkError as `Tcp.listen`
   */
  listen(options: TcpListenOptions, callback: (flow: Flow) => Promise<void>): Promise<never> {
    const listener = Tcp.listen(options);
    listener.listen((tcp) => {
      const flow = new Flow(tcp);
      callback(flow).then(
        () => void flow.close(),
        (error: unknown) => {
          tcp.abort();
          if (!(error instanceof NetworkError)) throw error;
          console.warn(`flow: ${error.message}`);
        },
      );
    });
    return new Promise<never>(() => {});
  }

  /** Connects to a peer: `Tcpip.Tcp.S.create_connection`. */
  async connect(to: Endpoint | TcpConnectOptions): Promise<Flow> {
    return new Flow(await Tcp.connect(to));
  }
}
