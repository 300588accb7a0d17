import { NEWLINE } from "./format.ts";

const CARRIAGE_RETURN = 0x0d;

/** Whether both have the same bytes. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** The index where the text of a line ends, before its newline. */
export function lineEnd(bytes: Uint8Array, start: number, end: number, newline: number): number {
  if (bytes[end - 1] !== newline) return end;
  return newline === NEWLINE && end - 2 >= start && bytes[end - 2] === CARRIAGE_RETURN ? end - 2 : end - 1;
}

/** How many lines end between `start` and `end`. */
export function countLines(bytes: Uint8Array, start: number, end: number, newline: number): number {
  let lines = 0;
  for (let i = bytes.indexOf(newline, start); i >= 0 && i < end; i = bytes.indexOf(newline, i + 1)) {
    lines++;
    if (i + 1 === end) break;
  }
  return lines;
}
