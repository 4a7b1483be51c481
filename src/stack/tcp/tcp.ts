import { Alarm, count, frame_get32, frame_length, NANOSECONDS_PER_MILLISECOND } from "mirage/framecode";
import { StackError, TcpField, TcpOption, TcpState } from "../interface";
import { Failure, Network, Packet, Report, Transport } from "../network";
import {
  Connection,
  FLAG_ACK_NOW,
  FLAG_ECN_ASKED,
  FLAG_FIN_WANTED,
  FLAG_IN_BACKLOG,
  FLAG_RELEASED,
  FLAG_WRITE_BLOCKED,
  Waiting,
} from "./connection";
import { Core } from "./core";
import { begin, peerMss } from "./establish";
import { Input } from "./input";
import { Listening } from "./listen";
import { LISTENER_BIT, Listeners } from "./listeners";
import { Output } from "./output";
import { EPHEMERAL_PORTS, EphemeralPorts } from "./ports";
import { Receiver } from "./receive";
import { growSendBuffer } from "./sendbuffer";
import { LINGER_FOREVER } from "./settings";
import { ConnectionTable } from "./table";
import { Timers } from "./timers";
import { NEVER } from "./timerwheel";
import { ECN_ASK } from "./tuning";
import { chooseUserTimeout } from "./usertimeout";
import { windowUpdate } from "./window";

const PORT_MAX: u32 = 0xffff;

/** TCP (RFC 9293): what the assembly, the network layer and, through the assembly's exports, programs see of it. */
export class Tcp<Below extends Network> implements Transport {
  private readonly core: Core;
  private readonly output: Output<Below>;
  private readonly listening: Listening<Below>;
  private readonly receiver: Receiver;
  private readonly input: Input<Below>;
  private readonly timers: Timers<Below>;
  private readonly ports: EphemeralPorts = new EphemeralPorts();

  constructor(
    private readonly below: Below,
    private readonly alarm: Alarm,
  ) {
    const core = new Core();
    const output = new Output<Below>(core, below);
    const listening = new Listening<Below>(core, below, output);
    const receiver = new Receiver(core);
    core.resets = output;
    this.core = core;
    this.output = output;
    this.listening = listening;
    this.receiver = receiver;
    this.input = new Input<Below>(core, below, output, listening, receiver);
    this.timers = new Timers<Below>(core, output);
  }

  /** A segment. Takes the reference on `packet.frame`. */
  received(packet: Packet): void {
    this.input.received(packet);
    this.wind();
  }

  /** Called when a deadline of the alarm has passed. */
  timer(): void {
    this.core.tick();
    this.core.changed = true; // the alarm has forgotten what it was told
    this.core.expireEarly();
    this.timers.run();
    this.listening.timer();
    this.wind();
  }

  /** The event queue has room again. */
  resume(): void {
    const core = this.core;
    core.tick();
    for (
      let connection = core.notifier.takeFirst();
      connection !== null;
      connection = core.notifier.takeFirst()
    ) {
      const told = core.notifier.tellAll(connection);
      core.reap(connection);
      if (!told) return;
    }
  }

  /** The program has ended: all that it had open is reset, as RFC 9293 section 3.10.5 has it for ABORT. */
  stop(): void {
    this.core.tick();
    const table = this.core.table;
    for (let slot: u32 = 0; slot < table.size; slot++) {
      const connection = table.inSlot(slot);
      if (connection.used) this.output.reset(connection);
    }
  }

  /** Tells the alarm when the wheel wants to be turned next. */
  get connections(): ConnectionTable {
    return this.core.table;
  }

  get listeners(): Listeners {
    return this.listening.listeners;
  }

  private wind(): void {
    if (!this.core.changed) return;
    this.core.changed = false;
    const core = this.core;
    const next = min(core.wheel.nextMilliseconds(), this.listening.cache.nextMilliseconds());
    const soonest = min(next, core.early.nextMilliseconds);
    if (soonest !== NEVER) this.alarm.at(soonest * NANOSECONDS_PER_MILLISECOND);
  }

  // Programs: see docs/stack-interface.md.

  listen(high: u64, low: u64, port: u32, backlog: u32): i32 {
    if (port > PORT_MAX) return StackError.EINVAL;
    if ((high | low) !== 0 && !this.below.isOwn(high, low)) return StackError.EADDRNOTAVAIL;
    const listeners = this.listening.listeners;
    if (port !== 0) return listeners.add(high, low, port, max(backlog, 1));
    this.ports.begin(high, low, 0, 0, 0);
    for (let i: u32 = 0; i < EPHEMERAL_PORTS; i++) {
      const free = this.ports.next();
      if (!listeners.conflicts(high, low, free)) return listeners.add(high, low, free, max(backlog, 1));
    }
    return StackError.EADDRNOTAVAIL;
  }

  unlisten(id: u32): i32 {
    const listener = this.listening.listeners.at(id);
    if (listener === null) return StackError.EBADF;
    this.listening.listeners.remove(listener);
    return StackError.None;
  }

  listenerPort(id: u32): i32 {
    const listener = this.listening.listeners.at(id);
    return listener !== null ? listener.port : StackError.EBADF;
  }

  connect(
    remoteHigh: u64,
    remoteLow: u64,
    remotePort: u32,
    localHigh: u64,
    localLow: u64,
    localPort: u32,
  ): i32 {
    const core = this.core;
    core.tick();
    if (remotePort === 0 || remotePort > PORT_MAX || localPort > PORT_MAX) return StackError.EINVAL;
    if ((localHigh | localLow) !== 0 && !this.below.isOwn(localHigh, localLow))
      return StackError.EADDRNOTAVAIL;
    const connection = core.make();
    if (connection === null) return StackError.ENOMEM;
    connection.settings.reset();
    begin(connection, core.tuning);
    connection.remoteHigh = remoteHigh;
    connection.remoteLow = remoteLow;
    connection.localHigh = localHigh;
    connection.localLow = localLow;
    const error = this.open(connection, remotePort, localPort);
    if (error !== StackError.None) {
      core.table.give(connection);
      return error;
    }
    this.call(connection);
    return connection.id;
  }

  /** Finds the way and a port. */
  private open(connection: Connection, remotePort: u32, localPort: u32): i32 {
    const error = this.output.open(connection);
    if (error !== StackError.None) return error;
    if (localPort !== 0) {
      const ports = (remotePort << 16) | localPort;
      if (this.isTaken(connection, ports)) return StackError.EADDRINUSE;
      connection.ports = ports;
      return StackError.None;
    }
    this.ports.begin(
      connection.localHigh,
      connection.localLow,
      connection.remoteHigh,
      connection.remoteLow,
      remotePort,
    );
    for (let i: u32 = 0; i < EPHEMERAL_PORTS; i++) {
      const port = this.ports.next();
      const ports = (remotePort << 16) | port;
      if (this.isTaken(connection, ports)) continue;
      if (this.listening.listeners.find(connection.localHigh, connection.localLow, port) !== null) continue;
      connection.ports = ports;
      return StackError.None;
    }
    return StackError.EADDRNOTAVAIL;
  }

  private isTaken(connection: Connection, ports: u32): bool {
    const other = this.core.table.find(
      connection.localHigh,
      connection.localLow,
      connection.remoteHigh,
      connection.remoteLow,
      ports,
    );
    return other !== null;
  }

  /** Sends the SYN (RFC 9293 section 3.10.1). */
  private call(connection: Connection): void {
    const core = this.core;
    const numbers = core.sequenceNumbers;
    connection.tsOffset = numbers.timestampOffset(
      connection.localHigh,
      connection.localLow,
      connection.remoteHigh,
      connection.remoteLow,
    );
    connection.iss = numbers.initial(
      connection.localHigh,
      connection.localLow,
      connection.ports & 0xffff,
      connection.remoteHigh,
      connection.remoteLow,
      connection.ports >>> 16,
      core.nowMicroseconds * 1000,
    );
    if (core.tuning.ecn === ECN_ASK) connection.flags |= FLAG_ECN_ASKED;
    connection.sndUna = connection.iss;
    connection.sndNxt = connection.iss + 1;
    connection.peerMss = peerMss(connection, 0);
    this.output.measure(connection);
    core.queues.reset(connection.queue, connection.sndNxt);
    core.enter(connection, TcpState.SynSent);
    core.table.insert(connection);
    count(core.counters.attempts);
    connection.waiting = Waiting.Handshake;
    connection.retransmitAt = core.nowMilliseconds + connection.recovery.roundTrip.timeoutMilliseconds;
    connection.lifeAt = core.nowMilliseconds + core.tuning.connectMilliseconds;
    connection.progressAtMilliseconds = core.nowMilliseconds;
    core.arm(connection);
    connection.synSentMicroseconds = core.nowMicroseconds;
    this.output.synchronize(connection);
    this.wind();
  }

  /** The connection that a program speaks of; it counts against no backlog from now on. */
  private flow(id: u32): Connection | null {
    const connection = this.core.table.at(id);
    if (connection === null || connection.has(FLAG_RELEASED)) return null;
    if (connection.has(FLAG_IN_BACKLOG)) {
      connection.flags &= ~FLAG_IN_BACKLOG;
      const listener = this.listening.listeners.at(connection.listener);
      if (listener !== null) listener.waiting--;
    }
    return connection;
  }

  write(id: u32, frame: u32, offset: u32, length: u32): i32 {
    const connection = this.flow(id);
    if (connection === null) return StackError.EBADF;
    if (length !== 0) {
      const available = frame_length(frame);
      if (offset > available || length > available - offset) return StackError.EINVAL;
    }
    switch (connection.state) {
      case TcpState.SynSent:
      case TcpState.SynReceived:
        return StackError.ENOTCONN;
      case TcpState.Established:
      case TcpState.CloseWait:
        break;
      default:
        if (connection.error !== 0) return -(<i32>connection.error);
        return StackError.EPIPE;
    }
    if (connection.has(FLAG_FIN_WANTED)) return StackError.EPIPE;
    const taken = min(length, min(connection.sendRoomBytes, this.core.queues.roomBytes(connection.queue)));
    if (taken !== 0 && this.append(connection, frame, offset, taken)) {
      this.core.tick();
      if (taken < length) {
        connection.flags |= FLAG_WRITE_BLOCKED;
        growSendBuffer(connection);
      }
      this.output.send(connection);
      this.wind();
      return taken;
    }
    if (length === 0) return 0;
    connection.flags |= FLAG_WRITE_BLOCKED;
    this.core.tick();
    this.output.send(connection);
    this.wind();
    return 0;
  }

  /** False: there is no memory, or what there is belongs to others. */
  private append(connection: Connection, frame: u32, offset: u32, length: u32): bool {
    const core = this.core;
    const queue = connection.queue;
    if (core.queues.extend(queue, frame, offset, length)) return true;
    if (!core.hasShare(connection)) {
      if (queue.count !== 0) return false;
      core.tick();
      if (!core.mayHold(connection)) return false;
    }
    return core.queues.append(queue, frame, offset, length);
  }

  consume(id: u32, bytes: u32): i32 {
    const connection = this.flow(id);
    if (connection === null) return StackError.EBADF;
    this.receiver.consumed(connection, bytes);
    if (connection.state >= <u32>TcpState.Established && windowUpdate(connection, this.core.isScarce)) {
      this.core.tick();
      count(this.core.counters.sentWindowUpdates);
      connection.flags |= FLAG_ACK_NOW;
      this.output.send(connection);
      this.wind();
    }
    return StackError.None;
  }

  shutdown(id: u32): i32 {
    const connection = this.flow(id);
    if (connection === null) return StackError.EBADF;
    switch (connection.state) {
      case TcpState.SynSent:
      case TcpState.SynReceived:
        return StackError.ENOTCONN;
      case TcpState.Established:
      case TcpState.CloseWait:
        this.core.tick();
        this.finish(connection);
        return StackError.None;
      default:
        return connection.state === <u32>TcpState.Closed ? StackError.ENOTCONN : StackError.None;
    }
  }

  /** A FIN follows what is queued (RFC 9293 section 3.10.4). */
  private finish(connection: Connection): void {
    connection.flags |= FLAG_FIN_WANTED;
    this.output.send(connection);
    this.wind();
  }

  close(id: u32): i32 {
    const connection = this.flow(id);
    if (connection === null) return StackError.EBADF;
    const core = this.core;
    core.tick();
    const unread = connection.unconsumedBytes !== 0;
    const linger = connection.settings.lingerMilliseconds;
    this.release(connection);
    switch (connection.state) {
      case TcpState.Closed:
      case TcpState.TimeWait:
        core.reap(connection);
        return StackError.None;
      case TcpState.SynSent:
        core.end(connection, 0);
        return StackError.None;
      default:
        break;
    }
    if (linger === 0 || unread) {
      // What the program did not read is lost, and the peer must know (RFC 1122 section 4.2.2.13).
      this.output.reset(connection);
      core.end(connection, <u32>-StackError.ECONNABORTED);
      return StackError.None;
    }
    if (linger !== LINGER_FOREVER) connection.lingerAt = core.nowMilliseconds + linger;
    if (connection.state === TcpState.FinWait2) core.awaitFin(connection);
    if (connection.state === TcpState.SynReceived) connection.flags |= FLAG_FIN_WANTED;
    else this.finish(connection);
    core.arm(connection);
    this.wind();
    return StackError.None;
  }

  abort(id: u32): i32 {
    const connection = this.flow(id);
    if (connection === null) return StackError.EBADF;
    this.core.tick();
    this.release(connection);
    this.output.reset(connection);
    if (connection.state === TcpState.Closed) this.core.reap(connection);
    else if (connection.state !== <u32>TcpState.TimeWait)
      this.core.end(connection, <u32>-StackError.ECONNABORTED);
    return StackError.None;
  }

  /** The program is done with the flow. */
  private release(connection: Connection): void {
    this.core.notifier.discard(connection);
    this.receiver.consumed(connection, connection.unconsumedBytes);
    connection.flags |= FLAG_RELEASED;
  }

  set(id: u32, option: u32, value: u32): i32 {
    if ((id & LISTENER_BIT) !== 0) {
      const listener = this.listening.listeners.at(id);
      return listener !== null ? listener.settings.set(option, value) : StackError.EBADF;
    }
    const connection = this.flow(id);
    if (connection === null) return StackError.EBADF;
    const error = connection.settings.set(option, value);
    if (error === StackError.None) this.apply(connection, option);
    return error;
  }

  private apply(connection: Connection, option: u32): void {
    const settings = connection.settings;
    switch (option) {
      case TcpOption.NoDelay:
        if (!settings.noDelay) return;
        this.core.tick();
        this.output.send(connection);
        this.wind();
        return;
      case TcpOption.KeepAliveIdleMilliseconds:
        this.core.tick();
        if (connection.state === TcpState.Established) connection.lifeAt = NEVER;
        this.core.heard(connection);
        this.wind();
        return;
      case TcpOption.UserTimeoutMilliseconds:
      case TcpOption.AdoptUserTimeout:
        this.core.tick();
        chooseUserTimeout(connection);
        if (option === TcpOption.UserTimeoutMilliseconds) this.output.announceUserTimeout(connection);
        this.output.limitWait(connection);
        this.wind();
        return;
      case TcpOption.SendBufferBytes:
        if (settings.sendBufferBytes !== 0) connection.sendBufferBytes = settings.sendBufferBytes;
        return;
      case TcpOption.ReceiveBufferBytes:
        if (settings.receiveBufferBytes !== 0) connection.receiveBufferBytes = settings.receiveBufferBytes;
        return;
      case TcpOption.Congestion:
        connection.recovery.congestion.algorithm = settings.congestion;
        return;
      case TcpOption.HopLimit:
        connection.hopLimit = settings.hopLimit;
        return;
      case TcpOption.TrafficClass:
        connection.trafficClass = settings.trafficClass;
        return;
      default:
        return;
    }
  }

  get(id: u32, field: u32): u32 {
    const connection = this.flow(id);
    if (connection === null) return <u32>StackError.EBADF;
    const recovery = connection.recovery;
    switch (field) {
      case TcpField.LocalWord0:
        return <u32>(connection.localHigh >>> 32);
      case TcpField.LocalWord1:
        return <u32>connection.localHigh;
      case TcpField.LocalWord2:
        return <u32>(connection.localLow >>> 32);
      case TcpField.LocalWord3:
        return <u32>connection.localLow;
      case TcpField.LocalPort:
        return connection.ports & 0xffff;
      case TcpField.RemoteWord0:
        return <u32>(connection.remoteHigh >>> 32);
      case TcpField.RemoteWord1:
        return <u32>connection.remoteHigh;
      case TcpField.RemoteWord2:
        return <u32>(connection.remoteLow >>> 32);
      case TcpField.RemoteWord3:
        return <u32>connection.remoteLow;
      case TcpField.RemotePort:
        return connection.ports >>> 16;
      case TcpField.State:
        return connection.state;
      case TcpField.Mss:
        return connection.mss;
      case TcpField.CongestionWindowBytes:
        return recovery.congestion.windowBytes;
      case TcpField.SlowStartThresholdBytes:
        return recovery.congestion.thresholdBytes;
      case TcpField.RoundTripMicroseconds:
        return recovery.roundTrip.smoothedMicroseconds;
      case TcpField.RetransmissionTimeoutMilliseconds:
        return recovery.roundTrip.timeoutMilliseconds;
      case TcpField.RetransmittedSegments:
        return connection.retransmittedSegments;
      case TcpField.SendQueueBytes:
        return connection.queue.bytes;
      case TcpField.ReceiveQueueBytes:
        return connection.unconsumedBytes;
      case TcpField.SendWindowBytes:
        return connection.sndWnd;
      case TcpField.ReceiveBufferBytes:
        return connection.receiveBufferBytes;
      case TcpField.SendBufferBytes:
        return connection.sendBufferBytes;
      default:
        return <u32>StackError.EINVAL;
    }
  }

  /** Sets a `TcpTuning`. */
  tune(tuning: u32, value: u32): i32 {
    return this.core.tuning.set(tuning, value);
  }

  /** How many connections are in a `TcpState`, those in the SYN cache included. Looks through all: for who asks. */
  count(state: u32): i32 {
    const table = this.core.table;
    let found: i32 = state === TcpState.SynReceived ? this.listening.cache.size : 0;
    if (state === TcpState.Listen) return this.listening.listeners.size;
    for (let slot: u32 = 0; slot < table.size; slot++) {
      const connection = table.inSlot(slot);
      if (connection.used && connection.state === state && state !== TcpState.Closed) found++;
    }
    return found;
  }

  /** An error about a segment of ours (RFC 5927): believed only about a live flow and what it has under way. */
  failed(report: Report): bool {
    const ports = frame_get32(report.frame, report.at);
    const sequence = frame_get32(report.frame, report.at + 4);
    // The quoted segment is ours: its ports are in the other order.
    const turned = (ports << 16) | (ports >>> 16);
    this.core.tick();
    const connection = this.core.table.find(
      report.localHigh,
      report.localLow,
      report.remoteHigh,
      report.remoteLow,
      turned,
    );
    if (connection === null) return this.listening.failed(report, turned, sequence);
    if (sequence - connection.sndUna >= connection.sndNxt - connection.sndUna) return false;
    const believed = this.believe(connection, report);
    this.wind();
    return believed;
  }

  private believe(connection: Connection, report: Report): bool {
    const opening = connection.state === TcpState.SynSent || connection.state === TcpState.SynReceived;
    switch (report.failure) {
      case Failure.TooBig:
        if (report.mtu >= connection.mtu) return false;
        this.below.tooBig(connection, report.mtu);
        // The path is stale now: what is under way in longer segments is lost, and goes out again.
        this.output.send(connection);
        return true;
      case Failure.Port:
      case Failure.Protocol:
      case Failure.Prohibited:
        // Final only while nothing of the peer's was heard (RFC 5927 section 5.2).
        if (opening && this.core.tuning.icmpMayReset)
          this.core.end(connection, <u32>-StackError.ECONNREFUSED);
        else connection.softError = <u32>-StackError.ECONNREFUSED;
        return true;
      case Failure.TimeExceeded:
        // Code 0: on the way (RFC 792). As FreeBSD: a loop of routes does not mend while one waits.
        if (opening && report.code === 0 && this.core.tuning.icmpMayReset) {
          this.core.end(connection, <u32>-StackError.EHOSTUNREACH);
          return true;
        }
        connection.softError = <u32>-StackError.EHOSTUNREACH;
        return true;
      case Failure.Unreachable:
        connection.softError = <u32>-StackError.EHOSTUNREACH;
        return true;
      default:
        return false;
    }
  }
}
