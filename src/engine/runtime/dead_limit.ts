import { formatCount } from "../words.ts";

/**
 * How many dead letters end a job: records that could not be decoded, or at which a function threw. Late ones do not count.
 * Windows and timers that the job goes on without are counted like records, those of each operator by themselves. The limit
 * that is passed first ends it.
 */
export interface DeadLimit {
  /**
   * A live job ends when more than this share of its last 1,000 records are dead letters, at least 100 of them. > 0; 1 for never;
   * default 0.5. A bounded run goes to its end, and fails there if no record was good.
   */
  readonly share?: number;
  /** A job ends when there are more dead letters than this within a minute; > 0; default: never. */
  readonly perMinute?: number;
}

/** The default of `DeadLimit.share`. */
export const DEAD_SHARE = 0.5;
/** The share is counted over the last so many records. */
const LAST_RECORDS = 1_000;
/** Fewer dead letters end no job, whatever their share: at its start the first record may be one. */
const LEAST_DEAD_LETTERS = 100;

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

/** Something that could not be processed. */
export interface DeadOne {
  /** How many there have been of its kind, this one included: records that the job has taken, or firings of an operator. */
  readonly number: number;
  /** 1; less if it is one of several that were made of one record. */
  readonly weight: number;
  readonly nowMs: number;
  /** The operator, if it is a window or timer that has fired; left out for a record. */
  readonly firingOf?: string | undefined;
}

/** Counts the dead letters of one attempt of a job, and returns when they are too many. Other records cost it nothing. */
export class DeadCounter {
  readonly #share: number;
  readonly #perMinute: number;
  /** Dead letters among the last records, or firings of an operator: how many there had been by then, and how much each counts. */
  readonly #last = new Map<string | undefined, { readonly number: number; readonly weight: number }[]>();
  /** When those of the last minute occurred, ms; kept only if there is a limit. */
  #times: number[] = [];

  /** @param ends whether the attempt comes to an end by itself */
  constructor({ share = DEAD_SHARE, perMinute = Number.POSITIVE_INFINITY }: DeadLimit, ends: boolean) {
    this.#share = ends ? 1 : share;
    this.#perMinute = perMinute;
  }

  /** @returns which limit is passed, as part of a sentence: "612 of its last 1,000 records"; undefined if it is not passed */
  add(dead: DeadOne): string | undefined {
    return this.#addToShare(dead) ?? this.#addToMinute(dead.nowMs);
  }

  #addToShare({ number, weight, firingOf }: DeadOne): string | undefined {
    if (this.#share === 1) return undefined;
    let last = this.#last.get(firingOf) ?? [];
    last.push({ number, weight });
    if (last[0]!.number <= number - LAST_RECORDS) last = last.filter((bad) => bad.number > number - LAST_RECORDS);
    this.#last.set(firingOf, last);
    const bad = Math.round(last.reduce((sum, { weight }) => sum + weight, 0));
    const of = Math.min(number, LAST_RECORDS);
    if (bad < LEAST_DEAD_LETTERS || bad <= of * this.#share) return undefined;
    const what = firingOf === undefined ? "records" : `windows or timers of "${firingOf}"`;
    return `${formatCount(bad)} of its last ${formatCount(of)} ${what}`;
  }

  #addToMinute(now: number): string | undefined {
    if (this.#perMinute === Number.POSITIVE_INFINITY) return undefined;
    this.#times = [...this.#times.filter((ms) => ms > now - 60_000), now];
    return this.#times.length > this.#perMinute ? `more than ${this.#perMinute} records within a minute` : undefined;
  }
}
