import { log, report_line } from "./mirage";

/** Writes a constant line to the console. For lines with numbers in them see `Line`. */
export function print(text: string): void {
  log(changetype<usize>(text), text.length);
}

/** Longest line in UTF-16 units; what is longer is cut. */
const LINE_UTF16_UNITS: u32 = 160;
const DIGITS = "0123456789abcdef";

/** A line of the console in the making, in memory that is allocated once: make one in `start()` and use it again. */
export class Line {
  private readonly units: StaticArray<u16> = new StaticArray<u16>(LINE_UTF16_UNITS);
  private length: u32 = 0;

  private unit(value: u16): void {
    if (this.length < LINE_UTF16_UNITS) this.units[this.length++] = value;
  }

  text(text: string): this {
    for (let i = 0; i < text.length; i++) this.unit(<u16>text.charCodeAt(i));
    return this;
  }

  decimal(value: u32): this {
    let divisor: u32 = 1;
    while (value / divisor >= 10) divisor *= 10;
    for (; divisor > 0; divisor /= 10) this.unit(<u16>DIGITS.charCodeAt((value / divisor) % 10));
    return this;
  }

  /** The lowest `digits` hexadecimal digits. */
  hex(value: u32, digits: u32): this {
    for (let i = digits; i > 0; i--) {
      this.unit(<u16>DIGITS.charCodeAt((value >>> ((i - 1) * 4)) & 0xf));
    }
    return this;
  }

  /** 10.0.0.2 */
  ipv4(address: u32): this {
    this.decimal(address >>> 24).text(".");
    this.decimal((address >>> 16) & 0xff).text(".");
    this.decimal((address >>> 8) & 0xff).text(".");
    return this.decimal(address & 0xff);
  }

  /** 02:00:5e:10:00:02 */
  mac(high: u32, low: u32): this {
    this.hex(high >>> 8, 2).text(":");
    this.hex(high, 2).text(":");
    this.hex(low >>> 24, 2).text(":");
    this.hex(low >>> 16, 2).text(":");
    this.hex(low >>> 8, 2).text(":");
    return this.hex(low, 2);
  }

  /** At least one space, and as many as it takes to go on at `column`, counted from 0. */
  column(column: u32): this {
    do this.unit(<u16>0x20);
    while (this.length < column && this.length < LINE_UTF16_UNITS);
    return this;
  }

  /** Writes the line into the answer to the module's `report()` and empties it. */
  report(): void {
    report_line(changetype<usize>(this.units), this.length);
    this.length = 0;
  }

  /** Writes the line to the console and empties it. */
  print(): void {
    log(changetype<usize>(this.units), this.length);
    this.length = 0;
  }
}
