import type { RecordOrigin } from "../errors.ts";
import { NO_TIMESTAMP } from "../record.ts";
import type { Json, SourceContext, SourceReader, SourceSplit, SplitStatus } from "../source.ts";
import type { NumberedRecords, NumberedSource, RecordNumbers } from "../numbered_source.ts";

/** The values of an array, once, without timestamps. Its position is in the commit, so a restart goes on behind it. */
export class CollectionSource<T> implements NumberedSource<T> {
  readonly description: string;
  readonly bounded = true;
  readonly madeUp = true;
  readonly #values: readonly T[];

  constructor(values: readonly T[]) {
    this.#values = values;
    this.description = `a collection of ${values.length}`;
  }

  get numbers(): RecordNumbers {
    return { first: 0, end: this.#values.length, ratePerSecond: Number.POSITIVE_INFINITY };
  }

  createRecords(): NumberedRecords<T> {
    return { valueOf: (number) => this.#values[number]!, timestampOf: () => NO_TIMESTAMP };
  }

  open(context: SourceContext): Promise<SourceReader<T>> {
    const split = new CollectionSplit(this.#values, Number(context.restored?.get("collection") ?? 0));
    return Promise.resolve({ splits: [split], start() {}, poll: () => undefined, close: () => Promise.resolve() });
  }
}

class CollectionSplit<T> implements SourceSplit<T> {
  readonly id = "collection";
  readonly nextTimestampMs = NO_TIMESTAMP;
  readonly bound = undefined;
  readonly #values: readonly T[];
  #next: number;

  constructor(values: readonly T[], next: number) {
    this.#values = values;
    this.#next = next;
  }

  get status(): SplitStatus {
    return this.#next < this.#values.length ? "ready" : "finished";
  }

  get position(): Json {
    return this.#next;
  }

  get lag(): number {
    return this.#values.length - this.#next;
  }

  take(): T {
    return this.#values[this.#next++]!;
  }

  origin(): RecordOrigin | undefined {
    return undefined;
  }
}
