import { RecordError } from "../errors.ts";
import { MIN_WATERMARK, NO_TIMESTAMP } from "../record.ts";
import type { SourceTask } from "../runtime/source_task.ts";
import type { Source, SourceContext, SourceReader } from "../source.ts";
import { WatermarkStrategy } from "../time/watermark_strategy.ts";
import { type Act, TestPartition, TestSplit } from "./test_partition.ts";

/** Which partition is meant. */
export interface PartitionOptions {
  /** The partition, counted from 0; default 0. */
  readonly partition?: number;
}

/** Runs the job that reads a {@link TestSource}. */
export interface SourceDriver {
  /** Resolves when the job has nothing left to do. */
  settle(): Promise<void>;
  /** Called before each record that the job takes. */
  beforeTake(): void;
}

/**
 * A source for tests: partitions that a test fills by hand, record by record.
 *
 * Records stay there as on a broker: they outlive the job that reads them, are there for the next one, and are read again from
 * the last commit when a job crashes. Each method resolves when the job has processed what it was given.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { JobHarness, TestSink } from "@stream-apps/deno/testing";
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
  /** The name of the source, from its constructor. */
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
   * @param timestampMs the source's timestamp, ms since the Unix epoch; left out: the record has no timestamp
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

  /** Adds a record that cannot be decoded; `message` says why. */
  pushUndecodable(message: string, timestampMs: number = NO_TIMESTAMP, options: PartitionOptions = {}): Promise<void> {
    return this.#add(options, (partition) => partition.add({ error: new RecordError(message), timestampMs }));
  }

  /**
   * Advances event time: no record at or below `watermarkMs` is expected any more. It has its place among the records, and so is
   * read again with them. It is for {@link watermarksByHand}, but works with any strategy; an idle partition becomes active.
   * @param watermarkMs event time, ms since the Unix epoch
   * @param options.partition left out: all partitions
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
   * Marks a partition as idle, so that it does not hold back event time, as if it had been without records for the job's `idleMs`;
   * the next record or watermark makes it active. After a restart all partitions are active.
   * @param options.partition left out: all partitions
   */
  idle(options: PartitionOptions = {}): Promise<void> {
    return this.#act(options, (task) => task.source.setIdle(task));
  }

  /** Marks an idle partition as active, so that it holds back event time. @param options.partition left out: all partitions */
  active(options: PartitionOptions = {}): Promise<void> {
    return this.#act(options, (task) => task.source.setActive(task));
  }

  /**
   * Withholds what is pushed from now on: it is known to exist but does not arrive, as with a slow broker. A job that takes records
   * in timestamp order waits for it.
   * @param options.partition left out: all partitions
   */
  withhold(options: PartitionOptions = {}): void {
    for (const partition of this.#chosen(options)) {
      partition.arrived = Math.min(partition.arrived, partition.items.length);
    }
  }

  /**
   * Delivers what was withheld.
   * @param count how many records, while later ones stay withheld; left out: all, and nothing is withheld any more
   * @param options.partition left out: all partitions
   */
  deliver(count: number = Number.POSITIVE_INFINITY, options: PartitionOptions = {}): Promise<void> {
    for (const partition of this.#chosen(options)) partition.arrived += count;
    return this.#settle();
  }

  /** Ends the source: no record will follow, event time advances to its end. `JobHarness.finish()` ends a whole job. */
  end(): Promise<void> {
    for (const partition of this.partitions) partition.ended = true;
    return this.#settle();
  }

  /** For `JobHarness`, when the job has finished: the source can be filled again. */
  reopen(): void {
    for (const partition of this.partitions) partition.ended = false;
  }

  /** For `JobHarness`: sets the harness that runs the job. */
  drivenBy(driver: SourceDriver): void {
    this.#driver = driver;
  }

  /**
   * For `JobHarness`: sets the task of this source, so that event time can be advanced by hand.
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
      return new TestSplit({
        partition,
        next: start as number,
        bound: bound as number | undefined,
        beforeTake: () => this.#driver?.beforeTake(),
      });
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

  /** Wakes the job, as there is something new. */
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

/** A strategy with the watermarks of `TestSource.watermark()`, whatever the records' timestamps are. */
export function watermarksByHand<T = unknown>(): WatermarkStrategy<T> {
  return WatermarkStrategy.forGenerator<T>(() => ({ onEvent: () => MIN_WATERMARK }));
}
