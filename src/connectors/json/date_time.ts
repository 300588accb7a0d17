/**
 * Times as nearly all records have them, checked in their bytes: the expression of their format takes many times as long.
 */

/** Days of each month, 1 to 12. That February may have one more is left to the expression. */
const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** The length of "2026-10-19T12:34:56". */
const SECONDS_LENGTH = 19;
const [DASH, DOT, ZERO, COLON, T] = [45, 46, 48, 58, 84] as const;

/**
 * Whether the bytes from `from` to `to` are a date with a time of day without zone, with seconds: "2026-10-19T12:34:56.789".
 * False: they may be all the same.
 */
export function isPlainDateTime(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length < SECONDS_LENGTH || length === SECONDS_LENGTH + 1) return false;
  if (
    bytes[from + 4] !== DASH || bytes[from + 7] !== DASH || bytes[from + 10] !== T ||
    bytes[from + 13] !== COLON || bytes[from + 16] !== COLON
  ) return false;
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  if (twoDigits(bytes, from) > 99 || twoDigits(bytes, from + 2) > 99 || month < 1 || month > 12) return false;
  if (day < 1 || day > DAYS[month]!) return false;
  if (twoDigits(bytes, from + 11) > 23 || twoDigits(bytes, from + 14) > 59 || twoDigits(bytes, from + 17) > 59) {
    return false;
  }
  if (length === SECONDS_LENGTH) return true;
  if (bytes[from + SECONDS_LENGTH] !== DOT) return false;
  for (let at = from + SECONDS_LENGTH + 1; at < to; at++) if (bytes[at]! - ZERO >>> 0 > 9) return false;
  return true;
}

/** The number of two digits; above 99 if they are something else. */
function twoDigits(bytes: Uint8Array, at: number): number {
  // Below "0" they become very large.
  const tens = bytes[at]! - ZERO >>> 0;
  const ones = bytes[at + 1]! - ZERO >>> 0;
  return tens <= 9 && ones <= 9 ? tens * 10 + ones : 100;
}
