import { probe_transport } from "mirage/framecode";
import { Packet, Path } from "./network";
import { ProbeWord } from "./probes";

/** What is told about a segment or datagram, or of a connection. One object, used again for each. */
export class ProbeRecord {
  private readonly words: StaticArray<u32> = new StaticArray<u32>(ProbeWord.Count);

  set(word: u32, value: u32): void {
    this.words[word] = value;
  }

  /** The ends of a way that is about to be taken, with so much behind the IP header. */
  sending(path: Path, length: u32): void {
    this.set(ProbeWord.Sending, 1);
    this.set(ProbeWord.Length, length);
    this.path(path);
  }

  path(path: Path): void {
    this.set(ProbeWord.Version, path.version);
    this.address(ProbeWord.Local, path.localHigh, path.localLow);
    this.address(ProbeWord.Remote, path.remoteHigh, path.remoteLow);
  }

  /** The ends of a packet that has come. */
  received(packet: Packet): void {
    this.set(ProbeWord.Sending, 0);
    this.set(ProbeWord.Version, packet.version);
    this.set(ProbeWord.Length, packet.length);
    this.address(ProbeWord.Local, packet.destinationHigh, packet.destinationLow);
    this.address(ProbeWord.Remote, packet.sourceHigh, packet.sourceLow);
  }

  ports(local: u32, remote: u32): void {
    this.set(ProbeWord.LocalPort, local);
    this.set(ProbeWord.RemotePort, remote);
  }

  private address(word: u32, high: u64, low: u64): void {
    this.set(word, <u32>(high >>> 32));
    this.set(word + 1, <u32>high);
    this.set(word + 2, <u32>(low >>> 32));
    this.set(word + 3, <u32>low);
  }

  /** `headerAt`: where the IP header is in the frame; 0: it is not written yet. `at`: the transport's header. */
  fire(probe: u32, frame: u32, headerAt: u32, at: u32): void {
    probe_transport(probe, changetype<usize>(this.words), frame, headerAt, at);
  }
}
