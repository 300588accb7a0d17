import { JobError, type RecordOrigin } from "../errors.ts";
import { NO_TIMESTAMP } from "../record.ts";
import type { Json, Source, SourceContext, SourceReader, SourceSplit, SplitStatus } from "../source.ts";
import type { NumberedRecords, RecordNumbers } from "../numbered_source.ts";

const SPLIT = "sequence";

/**
 * The whole numbers `from` to `to`, both included, in order, without timestamps. Its position is in the commit, so a restart
 * goes on behind it; with another `to` the next run goes on to that. It ends by itself.
 *
 * @see Flink: NumberSequenceSource, fromSequence(); here it has one split, so there is one order
 */
export class SequenceSource implements Source<number> {
  readonly description: string;
  /** True: it ends by itself. */
  readonly bounded = true;
  /** True: its records are made up. */
  readonly madeUp = true;
  readonly #from: number;
  readonly #to: number;

  /**
   * The numbers `from` to `to`.
   * @throws {RangeError} if one is not a safe integer, or `from` > `to`
   */
  constructor(from: number, to: number) {
    for (const [name, value] of [["from", from], ["to", to]] as const) {
      if (!Number.isSafeInteger(value)) {
        throw new RangeError(`Cannot create a sequence as ${name} must be a safe integer: current value is ${value}`);
      }
    }
    if (from > to) {
      throw new RangeError(`Cannot create a sequence as from must be <= to: current values are ${from} and ${to}`);
    }
    this.#from = from;
    this.#to = to;
    this.description = `the numbers ${from} to ${to}`;
  }

  /** @internal */
  get numbers(): RecordNumbers {
    return { first: this.#from, end: this.#to + 1, ratePerSecond: Number.POSITIVE_INFINITY };
  }

  /** @internal */
  createRecords(): NumberedRecords<number> {
    return { valueOf: (number) => number, timestampOf: () => NO_TIMESTAMP };
  }

  /**
   * Goes on at the committed number.
   * @throws {JobError} if the committed position is not in this sequence
   */
  open(context: SourceContext): Promise<SourceReader<number>> {
    const next = Number(context.restored?.get(SPLIT) ?? this.#from);
    if (!(next >= this.#from && next <= this.#to + 1)) {
      return Promise.reject(
        new JobError(
          `Cannot go on with ${this.description} at ${next}: the job was once described with other numbers; ` +
            "describe it as it was, or forget the job's commit with --reset",
        ),
      );
    }
    const split = new SequenceSplit(next, this.#to);
    return Promise.resolve({ splits: [split], start() {}, poll: () => undefined, close: () => Promise.resolve() });
  }
}

class SequenceSplit implements SourceSplit<number> {
  readonly id = SPLIT;
  readonly nextTimestampMs = NO_TIMESTAMP;
  readonly bound = undefined;
  readonly #to: number;
  #next: number;

  constructor(next: number, to: number) {
    this.#next = next;
    this.#to = to;
  }

  get status(): SplitStatus {
    return this.#next <= this.#to ? "ready" : "finished";
  }

  get position(): Json {
    return this.#next;
  }

  get lag(): number {
    return this.#to - this.#next + 1;
  }

  take(): number {
    return this.#next++;
  }

  origin(): RecordOrigin | undefined {
    return undefined;
  }
}
