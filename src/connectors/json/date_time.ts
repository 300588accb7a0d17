/**
 * Times as nearly all records have them, checked without the expression of their format, which takes many times as long.
 */

/** Days of each month, 1 to 12. That February may have one more is left to the expression. */
const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** The length of "2026-10-19T12:34:56". */
const SECONDS_LENGTH = 19;
const [DASH, DOT, ZERO, COLON, T] = [45, 46, 48, 58, 84];

/** Whether a text is a date with a time of day without zone, with seconds: "2026-10-19T12:34:56.789". False: it may be all the same. */
export function isPlainDateTime(text: string): boolean {
  const { length } = text;
  if (length < SECONDS_LENGTH || length === SECONDS_LENGTH + 1) return false;
  if (
    text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH || text.charCodeAt(10) !== T ||
    text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON
  ) return false;
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (twoDigits(text, 0) < 0 || twoDigits(text, 2) < 0 || month < 1 || month > 12 || day < 1 || day > DAYS[month]!) {
    return false;
  }
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  if (length === SECONDS_LENGTH) return true;
  if (text.charCodeAt(SECONDS_LENGTH) !== DOT) return false;
  for (let at = SECONDS_LENGTH + 1; at < length; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

/** The number of two digits; below 0 if they are something else. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + ones - ZERO : -1;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code < ZERO + 10;
}
