/** Times, numbers and bytes as people and topics write them. */

/**
 * A moment in ms since the Unix epoch, from ISO 8601 without zone (the machine's) or with one, or epoch milliseconds.
 * A date alone is its midnight.
 * @throws {SyntaxError} if the text has another form
 * @throws {RangeError} if it names a day or a time of day that does not exist
 */
export function parseTime(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  const [, day, timeOfDay = "T00:00"] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/
    .exec(text) ?? [];
  if (day === undefined) {
    throw new SyntaxError(
      `"${text}" is not a time such as 2026-10-19T12:34:56 (this machine's zone), 2026-10-19T12:34:56Z ` +
        "or milliseconds since 1970",
    );
  }
  const ms = Date.parse(day + timeOfDay);
  // Date.parse() reads 30 February as 2 March.
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(ms) || Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) {
    throw new RangeError(`"${text}" is a time that does not exist`);
  }
  return ms;
}

/**
 * Where to begin reading: "earliest", "latest" or a {@link parseTime}.
 * @throws {SyntaxError | RangeError} if the text is anything else
 */
export function parseStart(text: string): "earliest" | "latest" | number {
  if (text === "earliest" || text === "latest") return text;
  try {
    return parseTime(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`"${text}" is neither earliest nor latest; ${error.message}`, { cause: error });
  }
}

/**
 * ms of "500ms", "10s", "1.5s", "1m" or "2h".
 * @throws {SyntaxError} if the text is no such duration
 */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined) throw new SyntaxError(`"${text}" is not a duration such as 500ms, 10s, 1m or 2h`);
  return Math.round(Number(amount) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as "ms" | "s" | "m" | "h"]);
}

/** The text of a duration: "500ms", "10s", "1m", "2h". */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/**
 * A {@link parseDuration} that is not 0.
 * @throws {RangeError} if it is
 */
export function parsePositiveDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) throw new RangeError(`it must be longer than nothing: found "${text}"`);
  return ms;
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of compact JSON. */
export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(value));
}

/** The text that `bytes` are in UTF-8, exactly (a byte order mark stays); undefined if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}
