import type { RecordOrigin } from "../errors.ts";
import type { SplitTask } from "../runtime/split_task.ts";
import type { Json, Position, SourceSplit, SplitStatus } from "../source.ts";

/** A record in a partition, or one that cannot be decoded. */
export interface Entry<T> {
  /** The source's timestamp, ms since the Unix epoch, or `NO_TIMESTAMP`. */
  readonly timestampMs: number;
  readonly value?: T;
  /** Thrown when the record is taken, instead of returning a value. */
  readonly error?: Error;
}

/** An action of the test between two records. */
export type Act = (task: SplitTask) => void;

/** An item of a partition: a record, or an action of the test. */
type Item<T> = Entry<T> & { readonly offset: number } | Act;

/** A log that outlives its readers. */
export class TestPartition<T> {
  readonly id: string;
  /** For the origin of its records. */
  readonly topic: string;
  readonly partition: number;
  readonly items: Item<T>[] = [];
  /** How many items the reader has; the rest is known to exist. */
  arrived = Number.POSITIVE_INFINITY;
  /** Whether no items will follow. */
  ended = false;
  #offset = 0;

  constructor(id: string, topic = id, partition = 0) {
    this.id = id;
    this.topic = topic;
    this.partition = partition;
  }

  add(entry: Entry<T>): void {
    this.items.push({ ...entry, offset: this.#offset++ });
  }
}

/** What a {@link TestSplit} is made of. */
export interface TestSplitParts<T> {
  readonly partition: TestPartition<T>;
  /** The index of the next item. */
  readonly next: number;
  /** Where a bounded run ends. */
  readonly bound: number | undefined;
  /** Called before each record that the job takes. */
  readonly beforeTake: () => void;
}

/** A reader's way through a partition. */
export class TestSplit<T> implements SourceSplit<T> {
  readonly bound: number | undefined;
  /** Its task; without one the test's actions cannot be carried out. */
  task: SplitTask | undefined;
  readonly #partition: TestPartition<T>;
  readonly #beforeTake: () => void;
  #next: number;

  constructor({ partition, next, bound, beforeTake }: TestSplitParts<T>) {
    this.#partition = partition;
    this.#next = next;
    this.bound = bound;
    this.#beforeTake = beforeTake;
  }

  get id(): string {
    return this.#partition.id;
  }

  get #end(): number {
    return this.bound ?? this.#partition.items.length;
  }

  get status(): SplitStatus {
    const { ended, arrived, items } = this.#partition;
    if (this.#next >= this.#end) return this.bound !== undefined || ended ? "finished" : "caughtUp";
    return this.#next < arrived && typeof items[this.#next] !== "function" ? "ready" : "pending";
  }

  /** Carries out the test's actions before the next record. */
  act(): void {
    const { arrived, items } = this.#partition;
    const end = Math.min(this.#end, arrived);
    for (; this.#next < end; this.#next++) {
      const item = items[this.#next];
      if (typeof item !== "function") return;
      if (this.task === undefined) {
        throw new TypeError(`Cannot move event time of "${this.id}" by hand: its job does not run in a JobHarness`);
      }
      item(this.task);
    }
  }

  get nextTimestampMs(): number {
    return (this.#partition.items[this.#next] as Entry<T>).timestampMs;
  }

  take(): T {
    this.#beforeTake();
    const { value, error } = this.#partition.items[this.#next++] as Entry<T>;
    if (error !== undefined) throw error;
    return value as T;
  }

  origin(): RecordOrigin | undefined {
    const { items, topic, partition } = this.#partition;
    const item = items[this.#next - 1];
    if (item === undefined || typeof item === "function") return undefined;
    const { offset, timestampMs } = item;
    return { topic, partition, offset, timestampMs, key: null, value: null, headers: undefined };
  }

  get position(): Json {
    return this.#next;
  }

  get topicPosition(): Position {
    const { topic, partition } = this.#partition;
    return { topic, partition, offset: this.#next };
  }

  get lag(): number {
    return this.#end - this.#next;
  }
}
