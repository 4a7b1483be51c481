import { frame_length } from "mirage/framecode";
import { Packet, Path } from "../network";
import { ProbeRecord } from "../proberecord";
import { ProbeWord, StackProbe } from "../probes";
import { Connection } from "./connection";
import { ConnectionTable } from "./table";
import { advertise } from "./window";
import { ACK, SYN, tcp } from "./wire";

/** Tells a tracer about segments and connections. Called only while one listens: see `StackProbe`. */
export class TcpProbes {
  private readonly record: ProbeRecord = new ProbeRecord();

  constructor(private readonly table: ConnectionTable) {}

  /** A segment that has come; `connection` null: it belongs to none. */
  received(probe: u32, connection: Connection | null, packet: Packet): void {
    const record = this.record;
    record.received(packet);
    const ports = tcp.ports(packet.frame, packet.at);
    record.ports(ports & 0xffff, ports >>> 16);
    this.describe(connection);
    record.fire(probe, packet.frame, packet.headerAt, packet.at);
  }

  /** A segment that is about to be sent, with its header. */
  sending(probe: u32, path: Path, frame: u32): void {
    const record = this.record;
    const at = path.headroomBytes;
    const ports = tcp.ports(frame, at);
    record.sending(path, frame_length(frame) - at);
    record.ports(ports >>> 16, ports & 0xffff);
    // In the order of what comes in.
    const turned = (ports << 16) | (ports >>> 16);
    this.describe(this.table.find(path.localHigh, path.localLow, path.remoteHigh, path.remoteLow, turned));
    record.fire(probe, frame, 0, at);
  }

  /** A segment that is about to be sent: is it a request to connect? */
  requesting(path: Path, frame: u32): void {
    const flags = tcp.flags(frame, path.headroomBytes);
    if ((flags & (SYN | ACK)) === SYN) this.sending(StackProbe.TcpConnectRequest, path, frame);
  }

  /** A segment that is about to be sent, perhaps again. */
  repeating(path: Path, frame: u32, again: bool): void {
    if (again) this.sending(StackProbe.TcpRetransmit, path, frame);
  }

  /** A segment that is about to be sent, perhaps to who belongs to no connection: then it is an RST. */
  refusing(path: Path, frame: u32, isAnswer: bool): void {
    if (isAnswer) this.sending(StackProbe.TcpAcceptRefused, path, frame);
  }

  /** A connection has another state. */
  changed(connection: Connection, previous: u32): void {
    const record = this.record;
    record.sending(connection, 0);
    record.ports(connection.ports & 0xffff, connection.ports >>> 16);
    record.set(ProbeWord.Previous, previous);
    this.describe(connection);
    record.fire(StackProbe.TcpStateChange, 0, 0, 0);
  }

  private describe(connection: Connection | null): void {
    const record = this.record;
    record.set(ProbeWord.Connected, connection !== null ? 1 : 0);
    record.set(ProbeWord.Flow, connection !== null ? connection.id : 0);
    if (connection === null) return;
    const recovery = connection.recovery;
    record.set(ProbeWord.State, connection.state);
    record.set(ProbeWord.Active, connection.listener === 0 ? 1 : 0);
    record.set(ProbeWord.Iss, connection.iss);
    record.set(ProbeWord.Irs, connection.irs);
    record.set(ProbeWord.SndUna, connection.sndUna);
    record.set(ProbeWord.SndMax, connection.sndNxt);
    record.set(ProbeWord.SndNxt, connection.sndNxt);
    record.set(ProbeWord.RcvAck, connection.lastAckSent);
    record.set(ProbeWord.RcvNxt, connection.rcvNxt);
    record.set(ProbeWord.SndWnd, connection.sndWnd);
    record.set(ProbeWord.RcvWnd, advertise(connection, false));
    record.set(ProbeWord.SndScale, connection.sndScale);
    record.set(ProbeWord.RcvScale, connection.rcvScale);
    record.set(ProbeWord.Cwnd, recovery.congestion.windowBytes);
    record.set(ProbeWord.Ssthresh, recovery.congestion.thresholdBytes);
    record.set(ProbeWord.Mss, connection.mss);
    record.set(ProbeWord.RtoMilliseconds, recovery.roundTrip.timeoutMilliseconds);
    record.set(ProbeWord.SrttMicroseconds, recovery.roundTrip.smoothedMicroseconds);
    record.set(ProbeWord.Retransmits, recovery.roundTrip.backoffs);
    record.set(ProbeWord.Dupacks, recovery.duplicates);
    record.set(ProbeWord.SndWl1, connection.sndWl1);
    record.set(ProbeWord.SndWl2, connection.sndWl2);
    record.set(ProbeWord.RcvAdv, connection.rcvAdv);
    record.set(ProbeWord.TsRecent, connection.tsRecent);
  }
}
