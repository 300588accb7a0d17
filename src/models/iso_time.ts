/**
 * Times as the records have them, texts in ISO 8601, compared and subtracted as they are: almost every record needs that more
 * than once, and `Date.parse()` is slow.
 *
 * All functions take only what a schema's `z.iso.datetime({ local: true, offset: true })` has let pass: an existing date with a time
 * of day, with or without seconds, fraction and zone. A time without zone counts as UTC, but for {@link isAfter}.
 */

/**
 * Seconds from one time to another: exact at 0 and at every full minute, and without the fractions of a second between them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(secondsBetween("2026-10-19T23:30:00", "2026-10-20T01:15:59"), 6_359);
 * assertEquals(secondsBetween("2026-10-19T08:00:00+02:00", "2026-10-19T08:00:00Z"), 7_200);
 * ```
 */
export function secondsBetween(from: string, to: string): number {
  const seconds = (wholeMinutes(to) - wholeMinutes(from)) * 60 + secondsOf(to) - secondsOf(from);
  return seconds % 60 === 0 && fraction(to) < fraction(from) ? seconds - 1 : seconds;
}

/** Whether `to` is at the same moment as `from`, or after it. */
export function isInOrder(from: string, to: string): boolean {
  // Zoneless texts of one length sort like their times; almost every record ends here.
  if (from.length === to.length && from <= to && isZoneless(from) && isZoneless(to)) return true;
  return secondsBetween(from, to) >= 0;
}

/** Whether a time is after a moment, ms since the Unix epoch. A time without zone is this machine's here. */
export function isAfter(time: string, momentMs: number): boolean {
  const apart = wholeMinutes(time) - EPOCH_MINUTES - momentMs / MINUTE_MS;
  // Days away no zone matters: most times need no Date.parse().
  return Math.abs(apart) > 2 * DAY_MINUTES ? apart > 0 : Date.parse(time) > momentMs;
}

/** Minutes on a clock that runs evenly, read as UTC where no zone is given. V8 keeps integers below 2^31 as such, as these are. */
function wholeMinutes(time: string): number {
  return dayNumber(time) * DAY_MINUTES + digits(time, 11) * 60 + digits(time, 14) - offsetMinutes(time);
}

/** 56 of "2026-10-19T12:34:56.789" */
function secondsOf(time: string): number {
  return time.charCodeAt(16) === COLON ? digits(time, 17) : 0;
}

/** Days since the first of March of the year 0: a year that begins in March has its leap day at the end. */
function dayNumber(time: string): number {
  const month = digits(time, 5);
  const year = digits(time, 0) * 100 + digits(time, 2) - (month < 3 ? 1 : 0);
  const century = Math.floor(year / 100);
  const leapDays = (year >> 2) - century + (century >> 2);
  const daysBeforeMonth = Math.floor((153 * (month < 3 ? month + 9 : month - 3) + 2) / 5);
  return year * 365 + leapDays + daysBeforeMonth + digits(time, 8) - 1;
}

/** 0.789 of "2026-10-19T12:34:56.789+02:00" */
function fraction(time: string): number {
  return time.charCodeAt(19) === DOT ? parseFloat("0" + time.slice(19)) : 0;
}

/** 120 of "2026-10-19T12:34:56.789+02:00"; 0 without zone and with "Z" */
function offsetMinutes(time: string): number {
  if (isZoneless(time) || time.endsWith("Z")) return 0;
  const minutes = digits(time, time.length - 5) * 60 + digits(time, time.length - 2);
  return time.at(-6) === "-" ? -minutes : minutes;
}

function isZoneless(time: string): boolean {
  const sign = time.charCodeAt(time.length - 6);
  return sign !== PLUS && sign !== MINUS && time.charCodeAt(time.length - 1) !== Z;
}

function digits(text: string, at: number): number {
  return (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
}

const [PLUS, MINUS, DOT, ZERO, COLON, Z] = [43, 45, 46, 48, 58, 90];

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** The Unix epoch on the clock of {@link wholeMinutes}. */
const EPOCH_MINUTES = wholeMinutes("1970-01-01T00:00");
