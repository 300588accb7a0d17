import type { Clock } from "../clock.ts";
import { JobError, type RecordOrigin } from "../errors.ts";
import { NO_TIMESTAMP } from "../record.ts";
import type { Json, Source, SourceContext, SourceReader, SourceSplit, SplitStatus } from "../source.ts";
import { GeneratedRecords } from "./generated_records.ts";
import type { NumberedRecords, RecordNumbers } from "../numbered_source.ts";

const SPLIT = "generator";
/** How much a job that fell behind makes up for at most, ms, as with Flink's rate limiter. */
const MAX_BEHIND_MS = 1_000;

/** Options of a {@link DataGeneratorSource}. */
export interface DataGeneratorOptions<T> {
  /**
   * Makes the record of an index, 0, 1, 2, … It must depend on its arguments alone: then a restart makes the same records as the
   * first run.
   * @param random returns numbers in [0, 1) that depend on `seed` and `index` alone; not to be called after `generate` has returned
   */
  readonly generate: (index: number, random: () => number) => T;
  /** How many records, a whole number >= 0; left out: it is unbounded. */
  readonly count?: number;
  /** The highest rate, > 0; the first record comes at once. Left out: as fast as the job takes them. */
  readonly ratePerSecond?: number;
  /** Any safe integer; default 0. */
  readonly seed?: number;
  /** The timestamp of the record of an index, ms since the Unix epoch; left out: records have no timestamps. */
  readonly timestamp?: (index: number) => number;
}

/**
 * Records that a function generates. The index of the next one is in the commit, so a restart goes on with the same records.
 *
 * With a `count` it ends by itself. Without one it is unbounded, so a bounded run is refused. After a pause (the machine was
 * suspended, a sink was slow) at most the records of one second are made at once, the rest of the pause is skipped.
 *
 * @see Flink: DataGeneratorSource, RateLimiterStrategy.perSecond(); here `random` comes with the index
 */
export class DataGeneratorSource<T> implements Source<T> {
  readonly description: string;
  /** Whether there is a `count`. */
  readonly bounded: boolean;
  /** True: its records are made up. */
  readonly madeUp = true;
  readonly #options: DataGeneratorOptions<T>;

  /**
   * Describes it: nothing is generated before the job runs.
   * @throws {TypeError | RangeError} if an option is invalid
   */
  constructor(options: DataGeneratorOptions<T>) {
    const { generate, count, ratePerSecond, seed = 0 } = options;
    if (typeof generate !== "function") {
      throw new TypeError(
        `Cannot create a data generator as generate must be a function: current value is ${generate}`,
      );
    }
    if (count !== undefined) check("count", count, Number.isSafeInteger(count) && count >= 0, "a whole number >= 0");
    if (ratePerSecond !== undefined) check("ratePerSecond", ratePerSecond, ratePerSecond > 0, "> 0");
    check("seed", seed, Number.isSafeInteger(seed), "a safe integer");
    this.#options = options;
    this.bounded = count !== undefined;
    this.description = `a generator of ${count ?? "endless"} records`;
  }

  /** @internal */
  get numbers(): RecordNumbers {
    const { count, ratePerSecond } = this.#options;
    return {
      first: 0,
      end: count ?? Number.POSITIVE_INFINITY,
      ratePerSecond: ratePerSecond ?? Number.POSITIVE_INFINITY,
    };
  }

  /** @internal */
  createRecords(): NumberedRecords<T> {
    return new GeneratedRecords(this.#options);
  }

  /**
   * Goes on at the committed index.
   * @throws {JobError} if a bounded run is asked for that would have no end
   */
  open({ restored, bounded, clock, wake }: SourceContext): Promise<SourceReader<T>> {
    if (bounded && this.#options.count === undefined) {
      return Promise.reject(
        new JobError(
          "Cannot run a data generator without an end up to its end; give it a count, or leave out bounded",
        ),
      );
    }
    const split = new GeneratorSplit(this.#options, Number(restored?.get(SPLIT) ?? 0));
    return Promise.resolve(new GeneratorReader(split, this.#options.ratePerSecond, clock, wake));
  }
}

function check(name: string, value: number, fits: boolean, what: string): void {
  if (!fits) {
    throw new RangeError(`Cannot create a data generator as ${name} must be ${what}: current value is ${value}`);
  }
}

/** Counts the records that are due, and wakes the job when the next one is. */
class GeneratorReader<T> implements SourceReader<T> {
  readonly splits: readonly [GeneratorSplit<T>];
  readonly #ratePerMs: number;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #closed = new AbortController();
  #waits = false;
  /** The record `#baseIndex` is due at `#baseMs`, and the others by the rate. */
  #baseIndex = 0;
  #baseMs = 0;

  constructor(split: GeneratorSplit<T>, ratePerSecond: number | undefined, clock: Clock, wake: () => void) {
    this.splits = [split];
    this.#ratePerMs = (ratePerSecond ?? Number.POSITIVE_INFINITY) / 1_000;
    this.#clock = clock;
    this.#wake = wake;
    split.due = this.#limited ? split.next : split.count;
  }

  get #limited(): boolean {
    return this.#ratePerMs < Number.POSITIVE_INFINITY;
  }

  start(): void {
    this.#baseIndex = this.splits[0].next;
    this.#baseMs = this.#clock.monotonicMs();
    this.poll();
  }

  poll(): undefined {
    const [split] = this.splits;
    if (!this.#limited) return;
    const now = this.#clock.monotonicMs();
    if (this.#dueMs(split.next) < now - MAX_BEHIND_MS) {
      this.#baseIndex = split.next;
      this.#baseMs = now - MAX_BEHIND_MS;
    }
    const due = this.#baseIndex + Math.floor((now - this.#baseMs) * this.#ratePerMs) + 1;
    split.due = Math.min(split.count, due);
    if (due < split.count && !this.#waits) this.#wakeIn(Math.max(1, Math.ceil(this.#dueMs(due) - now)));
  }

  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #dueMs(index: number): number {
    return this.#baseMs + (index - this.#baseIndex) / this.#ratePerMs;
  }

  async #wakeIn(ms: number): Promise<void> {
    this.#waits = true;
    await this.#clock.sleep(ms, this.#closed.signal);
    this.#waits = false;
    if (!this.#closed.signal.aborted) this.#wake();
  }
}

class GeneratorSplit<T> implements SourceSplit<T> {
  readonly id = SPLIT;
  readonly bound = undefined;
  readonly count: number;
  nextTimestampMs = NO_TIMESTAMP;
  next: number;
  /** The first index that is not due yet. */
  due = 0;
  readonly #records: GeneratedRecords<T>;

  constructor(options: DataGeneratorOptions<T>, next: number) {
    this.count = options.count ?? Number.POSITIVE_INFINITY;
    this.next = next;
    this.#records = new GeneratedRecords(options);
    this.#settle();
  }

  get status(): SplitStatus {
    if (this.next < this.due) return "ready";
    return this.next < this.count ? "caughtUp" : "finished";
  }

  get position(): Json {
    return this.next;
  }

  /** Without a `count`, the number of records that are due. */
  get lag(): number {
    return Math.max(0, (this.count === Number.POSITIVE_INFINITY ? this.due : this.count) - this.next);
  }

  take(): T {
    const index = this.next++;
    this.#settle();
    return this.#records.valueOf(index);
  }

  origin(): RecordOrigin | undefined {
    return undefined;
  }

  #settle(): void {
    if (this.next < this.count) this.nextTimestampMs = this.#records.timestampOf(this.next);
  }
}
