import { RecordError, type RecordOrigin } from "../errors.ts";
import { MIN_WATERMARK, NO_TIMESTAMP } from "../record.ts";
import type { SourceTask } from "../runtime/source_task.ts";
import type { SplitTask } from "../runtime/split_task.ts";
import type { Json, Position, Source, SourceContext, SourceReader, SourceSplit, SplitStatus } from "../source.ts";
import { WatermarkStrategy } from "../time/watermark_strategy.ts";

/** Which partition is meant. */
export interface PartitionOptions {
  /** Counted from 0; default 0. */
  readonly partition?: number;
}

/** A record that lies in a partition, or one that cannot be decoded. */
export interface Entry<T> {
  /** Event time as its source has it, ms since the Unix epoch, or `NO_TIMESTAMP`. */
  readonly timestampMs: number;
  readonly value?: T;
  /** Thrown when the record is taken, in place of a value. */
  readonly error?: Error;
}

/** Who runs the job that reads a {@link TestSource}. */
export interface SourceDriver {
  /** Resolves when the job has nothing left to do. */
  settle(): Promise<void>;
  /** Called before each record that the job takes. */
  beforeTake(): void;
}

/** What is done by hand between two records. */
type Act = (task: SplitTask) => void;

/** What lies in a partition, in order. */
type Item<T> = Entry<T> & { readonly offset: number } | Act;

/** A log that outlives its readers. */
export class TestPartition<T> {
  readonly id: string;
  /** For the origin of its records. */
  readonly topic: string;
  readonly partition: number;
  readonly items: Item<T>[] = [];
  /** How many items have come to the reader; the rest is known to be there. */
  arrived = Number.POSITIVE_INFINITY;
  /** Whether nothing comes after its items. */
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

/**
 * A source for tests: partitions that a test fills by hand, record by record.
 *
 * What is pushed lies there as on a broker: it outlives the job that reads it, is there for the next one, and is read again
 * from the last commit when a job dies. Each method resolves when the job has done all it could with what it was given.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { JobHarness } from "./job_harness.ts";
 * import { TestSink } from "./test_sink.ts";
 *
 * const numbers = new TestSource<number>("numbers", { partitions: 2 });
 * const doubled = new TestSink<number>("doubled");
 * await using _harness = await new JobHarness((env) => {
 *   env.fromSource(numbers, watermarksByHand(), "numbers").map((n) => n * 2).sinkTo(doubled);
 * }).start();
 *
 * await numbers.push(1, 1_000);
 * await numbers.push(2, 1_500, { partition: 1 });
 * assertEquals(doubled.records, [[2, 1_000], [4, 1_500]]);
 * ```
 */
export class TestSource<T> implements Source<T> {
  /** As it was given. */
  readonly name: string;
  readonly description: string;
  /** @internal */
  protected readonly partitions: TestPartition<T>[];
  #driver: SourceDriver | undefined;
  #splits: readonly TestSplit<T>[] = [];
  #wake: () => void = () => {};

  /**
   * A source whose partitions are empty.
   * @param name also that of its splits: "name-0", "name-1", …
   * @param options.partitions a whole number >= 0, default 1
   */
  constructor(name: string, options: { readonly partitions?: number } = {}) {
    const { partitions = 1 } = options;
    if (!Number.isInteger(partitions) || partitions < 0) {
      throw new RangeError(
        `Cannot create test source "${name}" as partitions must be a whole number >= 0: current value is ${partitions}`,
      );
    }
    this.name = name;
    this.description = `test source "${name}"`;
    this.partitions = Array.from(
      { length: partitions },
      (_, index) => new TestPartition(`${name}-${index}`, name, index),
    );
  }

  /** How many partitions there are. */
  get partitionCount(): number {
    return this.partitions.length;
  }

  /**
   * Adds a record. Several calls without `await` between them make one batch.
   * @param timestampMs event time as the source has it, ms since the Unix epoch; left out: none
   */
  push(value: T, timestampMs: number = NO_TIMESTAMP, options: PartitionOptions = {}): Promise<void> {
    return this.#add(options, (partition) => partition.add({ value, timestampMs }));
  }

  /** Adds records as one batch. */
  pushAll(records: Iterable<readonly [value: T, timestampMs: number]>, options: PartitionOptions = {}): Promise<void> {
    return this.#add(options, (partition) => {
      for (const [value, timestampMs] of records) partition.add({ value, timestampMs });
    });
  }

  /** Adds a record that cannot be decoded, with the sentence that says why. */
  pushUndecodable(message: string, timestampMs: number = NO_TIMESTAMP, options: PartitionOptions = {}): Promise<void> {
    return this.#add(options, (partition) => partition.add({ error: new RecordError(message), timestampMs }));
  }

  /**
   * Moves event time: no record at or below `watermarkMs` is to be expected any more. It has its place among the records and
   * so comes again when they do. It is for {@link watermarksByHand}, but goes with any strategy; a partition that is idle is
   * active from then on.
   * @param watermarkMs event time, ms since the Unix epoch
   * @param options.partition left out: all
   * @throws {RangeError} if it is not finite; see {@link TestSource.end}
   */
  watermark(watermarkMs: number, options: PartitionOptions = {}): Promise<void> {
    if (!Number.isFinite(watermarkMs)) {
      throw new RangeError(
        `Cannot move event time of "${this.name}" as watermarkMs must be finite: current value is ${watermarkMs}`,
      );
    }
    return this.#act(options, (task) => {
      if (task.source.combiner.isIdle(task.index)) task.source.setActive(task);
      task.advance(watermarkMs);
    });
  }

  /**
   * Lets a partition hold event time back no longer, as if it had been silent for the job's `idleMs`; with the next record or
   * watermark it does again. A restart begins with all partitions active.
   * @param options.partition left out: all
   */
  idle(options: PartitionOptions = {}): Promise<void> {
    return this.#act(options, (task) => task.source.setIdle(task));
  }

  /** Lets an idle partition hold event time back again. @param options.partition left out: all */
  active(options: PartitionOptions = {}): Promise<void> {
    return this.#act(options, (task) => task.source.setActive(task));
  }

  /**
   * From now on what is pushed is known to be there but does not come, as with a slow broker: a job that takes its records in
   * order of time waits for it.
   * @param options.partition left out: all
   */
  withhold(options: PartitionOptions = {}): void {
    for (const partition of this.#chosen(options)) {
      partition.arrived = Math.min(partition.arrived, partition.items.length);
    }
  }

  /**
   * Lets what was withheld come.
   * @param count so many records, and further ones stay withheld; left out: all, and nothing is withheld any more
   * @param options.partition left out: all
   */
  deliver(count: number = Number.POSITIVE_INFINITY, options: PartitionOptions = {}): Promise<void> {
    for (const partition of this.#chosen(options)) partition.arrived += count;
    return this.#settle();
  }

  /** Ends the source: no record will ever follow, event time goes to its end. `JobHarness.finish()` ends a whole job. */
  end(): Promise<void> {
    for (const partition of this.partitions) partition.ended = true;
    return this.#settle();
  }

  /** For `JobHarness`, once the job that was brought to its end is over. */
  reopen(): void {
    for (const partition of this.partitions) partition.ended = false;
  }

  /** For `JobHarness`. */
  drivenBy(driver: SourceDriver): void {
    this.#driver = driver;
  }

  /**
   * For `JobHarness`: what runs of this source, so that event time can be moved by hand.
   * @internal
   */
  attach(task: SourceTask): void {
    for (const [index, split] of this.#splits.entries()) split.task = task.splits[index];
  }

  /** @internal */
  open(context: SourceContext): Promise<SourceReader<T>> {
    this.#wake = context.wake;
    const splits = this.partitions.map((partition) => {
      const { id, items } = partition;
      const start = context.restored?.get(id) ??
        (context.restored !== undefined || context.from === "earliest" ? 0 : items.length);
      const bound = context.bounded ? context.restoredBounds?.get(id) ?? items.length : undefined;
      return new TestSplit(partition, start as number, bound as number | undefined, () => this.#driver?.beforeTake());
    });
    this.#splits = splits;
    return Promise.resolve({
      splits,
      start() {},
      poll() {
        for (const split of splits) split.act();
        return undefined;
      },
      close: () => Promise.resolve(),
    });
  }

  /** Says that there is news. */
  protected wake(): void {
    this.#wake();
  }

  #add({ partition = 0 }: PartitionOptions, add: (partition: TestPartition<T>) => void): Promise<void> {
    const [chosen] = this.#chosen({ partition });
    if (chosen!.ended) {
      throw new TypeError(`Cannot push into test source "${this.name}": it has ended`);
    }
    add(chosen!);
    return this.#settle();
  }

  #act(options: PartitionOptions, act: Act): Promise<void> {
    for (const partition of this.#chosen(options)) partition.items.push(act);
    return this.#settle();
  }

  #chosen({ partition }: PartitionOptions): TestPartition<T>[] {
    if (partition === undefined) return this.partitions;
    const chosen = this.partitions[partition];
    if (chosen !== undefined) return [chosen];
    const count = this.partitions.length;
    throw new RangeError(
      `Cannot use partition ${partition} of test source "${this.name}": it has ${count}, counted from 0; ` +
        "say how many with { partitions }",
    );
  }

  #settle(): Promise<void> {
    this.#wake();
    return this.#driver?.settle() ?? Promise.resolve();
  }
}

/** Event time as the test says with `TestSource.watermark()`, whatever the records' times are. */
export function watermarksByHand<T = unknown>(): WatermarkStrategy<T> {
  return WatermarkStrategy.forGenerator<T>(() => ({ onEvent: () => MIN_WATERMARK }));
}

class TestSplit<T> implements SourceSplit<T> {
  readonly bound: number | undefined;
  /** What runs of it; without one nothing can be done by hand. */
  task: SplitTask | undefined;
  readonly #partition: TestPartition<T>;
  readonly #beforeTake: () => void;
  #next: number;

  constructor(partition: TestPartition<T>, next: number, bound: number | undefined, beforeTake: () => void) {
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

  /** Does what is to be done by hand before the next record. */
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
