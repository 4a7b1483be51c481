import { Line } from "mirage/framecode";
import { isMapped, isUnspecified, mappedAddress, wordOf } from "./address";

/** Entries that one call of `report` looks at, at most: each call has a budget. */
export const REPORT_ENTRIES: u32 = 64;
/** Answers of `report` besides where to go on. */
export const REPORT_DONE: u32 = 0;
export const REPORT_NO_SECTION: u32 = u32.MAX_VALUE;

/** What the tables of a stack have in common for `mirage netstat`. */
export interface Reported {
  /** Entries to look at, free ones included. */
  reportSize(): u32;
  /** Puts entry `index` (below `reportSize`) on the line; false: it is free, and the line is as it was. */
  describe(line: Line, index: u32): bool;
}

/**
 * Writes the entries of a table from `from` on, a bounded number, behind the heading. Answers where to go on, or
 * `REPORT_DONE`.
 */
export function reportTable<Table extends Reported>(
  line: Line,
  table: Table,
  title: string,
  heading: string,
  from: u32,
): u32 {
  if (from === 0) {
    line.text(title).report();
    line.text(heading).report();
  }
  const size = table.reportSize();
  const left = size > from ? size - from : 0;
  const end = from + (left < REPORT_ENTRIES ? left : REPORT_ENTRIES);
  for (let i = from; i < end; i++) if (table.describe(line, i)) line.report();
  return end < size ? end : REPORT_DONE;
}

/** Word of 16 bits, 0 (most significant) to 7, of an address. */
function pieceOf(high: u64, low: u64, index: u32): u32 {
  const word = wordOf(high, low, index >>> 1);
  return (index & 1) === 0 ? word >>> 16 : word & 0xffff;
}

/** Hexadecimal digits without leading zeros, as RFC 5952 section 4.1 wants them. */
function putPiece(line: Line, piece: u32): void {
  line.hex(piece, piece > 0xfff ? 4 : piece > 0xff ? 3 : piece > 0xf ? 2 : 1);
}

/** An address as text (RFC 5952): the first of the longest runs of zeros, of two pieces at least, becomes `::`. */
export function putAddress(line: Line, high: u64, low: u64): void {
  if (isMapped(high, low)) {
    line.ipv4(mappedAddress(low));
    return;
  }
  let runAt: u32 = 8;
  let runPieces: u32 = 1;
  for (let i: u32 = 0; i < 8; ) {
    let end = i;
    while (end < 8 && pieceOf(high, low, end) === 0) end++;
    if (end - i > runPieces) {
      runAt = i;
      runPieces = end - i;
    }
    i = end === i ? i + 1 : end;
  }
  for (let i: u32 = 0; i < 8; ) {
    if (i === runAt) {
      line.text("::");
      i += runPieces;
      continue;
    }
    if (i !== 0 && i !== runAt + runPieces) line.text(":");
    putPiece(line, pieceOf(high, low, i));
    i++;
  }
}

/** Address and port: `10.0.0.2:80`, `[fe80::1]:80`, `*:80`; no port: `*:*`. */
export function putEndpoint(line: Line, high: u64, low: u64, port: u32): void {
  if (isUnspecified(high, low)) {
    line.text("*");
  } else if (isMapped(high, low)) {
    putAddress(line, high, low);
  } else {
    line.text("[");
    putAddress(line, high, low);
    line.text("]");
  }
  line.text(":");
  if (port === 0) line.text("*");
  else line.decimal(port);
}

/** `10.0.0.0/24`; of an IPv4-mapped prefix `bits` counts from 96. */
export function putPrefix(line: Line, high: u64, low: u64, bits: u32): void {
  const mapped = isMapped(high, low) && bits >= 96;
  if (bits === (mapped ? 96 : 0)) {
    line.text(mapped ? "default" : "default6");
    return;
  }
  putAddress(line, high, low);
  line.text("/").decimal(mapped ? bits - 96 : bits);
}

/** Columns of the tables, counted from 0. */
export const LOCAL_COLUMN: u32 = 6;
export const REMOTE_COLUMN: u32 = 34;
export const STATE_COLUMN: u32 = 62;
export const NUMBERS_COLUMN: u32 = 75;
const NUMBER_COLUMNS: u32 = 9;

/** Column of number `i` in a row of them. */
export function numberColumn(i: u32): u32 {
  return NUMBERS_COLUMN + i * NUMBER_COLUMNS;
}

/** `tcp4` and the like, by the version of an address. */
export function putProtocol(line: Line, name: string, high: u64, low: u64): void {
  line.text(name).text(isMapped(high, low) ? "4" : isUnspecified(high, low) ? "" : "6");
}

/** `netif0`: the number that all of a stack's functions take. */
export function putNetif(line: Line, index: u32): void {
  line.text("netif").decimal(index);
}
