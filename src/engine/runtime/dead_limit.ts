/**
 * How many bad records end a job: those that could not be decoded, or at which a function threw. Late ones do not count. The
 * limit that is passed first ends it.
 */
export interface DeadLimit {
  /**
   * For a live job: a larger share of its last 1,000 records, if they are 100 at least. > 0; 1 for never; default 0.5. A bounded
   * run goes to its end, and fails there if no record was good.
   */
  readonly share?: number;
  /** More of them within a minute; > 0; default: never. */
  readonly perMinute?: number;
}

/** The share is one of so many records. */
const LAST_RECORDS = 1_000;
/** Fewer bad records end no job, whatever their share: at its start one may be all. */
const LEAST_BAD = 100;

/** @throws {RangeError} if a limit is out of range */
export function checkDeadLimit({ share = 1, perMinute = 1 }: DeadLimit): void {
  if (!(share > 0 && share <= 1)) {
    throw new RangeError(
      `Cannot create an environment as maxDead.share must be > 0 and at most 1: current value is ${share}`,
    );
  }
  if (!(perMinute > 0)) {
    throw new RangeError(
      `Cannot create an environment as maxDead.perMinute must be > 0: current value is ${perMinute}`,
    );
  }
}

/** Counts the bad records of one attempt of a job, and says when they are too many. Good ones cost it nothing. */
export class DeadCounter {
  readonly #share: number;
  readonly #perMinute: number;
  /** Bad ones among the last records: how many had come with them, and how much each counts. */
  #last: { readonly number: number; readonly weight: number }[] = [];
  /** When they died within the last minute, ms; kept only if there is a limit. */
  #times: number[] = [];

  /** @param ends whether the attempt comes to an end by itself */
  constructor({ share = 0.5, perMinute = Number.POSITIVE_INFINITY }: DeadLimit, ends: boolean) {
    this.#share = ends ? 1 : share;
    this.#perMinute = perMinute;
  }

  /**
   * @param record.number how many records the job has taken, this one included
   * @param record.weight 1; less if it is one of several that were made of one record
   * @returns which limit is passed, as part of a sentence: "612 of its last 1,000 records"; undefined if none
   */
  add(record: { readonly number: number; readonly weight: number; readonly nowMs: number }): string | undefined {
    return this.#addToShare(record.number, record.weight) ?? this.#addToMinute(record.nowMs);
  }

  #addToShare(number: number, weight: number): string | undefined {
    if (this.#share === 1) return undefined;
    this.#last.push({ number, weight });
    if (this.#last[0]!.number <= number - LAST_RECORDS) {
      this.#last = this.#last.filter((bad) => bad.number > number - LAST_RECORDS);
    }
    const bad = Math.round(this.#last.reduce((sum, { weight }) => sum + weight, 0));
    const of = Math.min(number, LAST_RECORDS);
    if (bad < LEAST_BAD || bad <= of * this.#share) return undefined;
    return `${bad.toLocaleString("en-US")} of its last ${of.toLocaleString("en-US")} records`;
  }

  #addToMinute(now: number): string | undefined {
    if (this.#perMinute === Number.POSITIVE_INFINITY) return undefined;
    this.#times = [...this.#times.filter((ms) => ms > now - 60_000), now];
    return this.#times.length > this.#perMinute ? `more than ${this.#perMinute} records within a minute` : undefined;
  }
}
