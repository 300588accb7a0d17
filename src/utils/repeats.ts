/** Messages of one text are written so often within a minute; more are counted. */
const SHOWN = 10;
const SPAN_MS = 60_000;
/** Of so many texts is known how often they came; then all are forgotten. */
const KNOWN = 1_000;

/** Keeps one message that comes again and again from hiding all others. */
export class Repeats {
  readonly #seen = new Map<string, { sinceMs: number; count: number }>();
  readonly #nowMs: () => number;

  /** @param nowMs ms of a clock that is never set */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** The text to write for this message, which says how many were left out before it; undefined if it is left out. */
  take(message: string): string | undefined {
    const now = this.#nowMs();
    const seen = this.#seen.get(message);
    if (seen !== undefined && now - seen.sinceMs < SPAN_MS) {
      seen.count++;
      if (seen.count > SHOWN) return undefined;
      return seen.count < SHOWN ? message : `${message} (further ones within this minute are counted, not shown)`;
    }
    if (this.#seen.size >= KNOWN) this.#seen.clear();
    this.#seen.set(message, { sinceMs: now, count: 1 });
    const leftOut = (seen?.count ?? 0) - SHOWN;
    return leftOut > 0 ? `${message} (${leftOut} more of these were left out)` : message;
  }
}
