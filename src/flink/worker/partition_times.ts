import type { Operator, OperatorContext } from "../../engine/operators/operator.ts";
import { MIN_WATERMARK, type Output, type StreamRecord } from "../../engine/record.ts";
import { SPLITS, WatermarkCombiner } from "../../engine/time/watermark_combiner.ts";
import {
  checkTimestamp,
  PERIODIC_EMIT_MS,
  type WatermarkGenerator,
  type WatermarkStrategy,
} from "../../engine/time/watermark_strategy.ts";

/** What event time of a source is made by. */
export interface PartitionTimesOptions {
  readonly strategy: WatermarkStrategy<unknown>;
  /** Of partitions whose strategy does not say, ms. */
  readonly idleMs: number;
  /** Which partition the record at work is of. */
  readonly partition: () => number;
}

/** A partition that a subtask reads. */
interface Partition {
  /** Its place among the inputs of the combiner. */
  readonly index: number;
  readonly generator: WatermarkGenerator<unknown> | undefined;
  watermarkMs: number;
  /** How long it has been silent, ms, as far as this subtask could have had records. */
  silentMs: number;
}

/**
 * Event time of a source whose strategy has functions of the job: an assigner, a generator for each partition.
 *
 * In: what the source decodes. Out: the same values at the times that the assigner says; the smallest watermark of the partitions
 * that are not idle.
 *
 * It follows the rules of a source at home, but that a partition is idle by silence alone: what lies behind its last record is
 * known to Flink and not to a worker.
 */
export class PartitionTimes implements Operator<unknown, unknown> {
  readonly ownWatermark = (): number => this.#combiner.watermarkMs;
  readonly onPeriodicEmit?: (nowMs: number) => void;
  readonly #options: PartitionTimesOptions;
  readonly #idleMs: number;
  readonly #partitions = new Map<number, Partition>();
  #combiner = new WatermarkCombiner(0, SPLITS);
  #context!: OperatorContext;
  #lastLookMs: number | undefined;

  constructor(options: PartitionTimesOptions) {
    this.#options = options;
    const { strategy } = options;
    this.#idleMs = strategy.idlenessMs ?? options.idleMs;
    const generator = strategy.createGenerator();
    if (generator === undefined) return;
    if (generator.onPeriodicEmit === undefined && !Number.isFinite(this.#idleMs)) return;
    this.onPeriodicEmit = (nowMs) => this.#timePasses(nowMs);
  }

  /** Whether no partition holds event time back. */
  get idle(): boolean {
    return this.#combiner.idle;
  }

  open(context: OperatorContext): void {
    this.#context = context;
  }

  /** This subtask reads a partition from now on, which holds event time back until it has a record. */
  add(number: number): void {
    if (!this.#partitions.has(number)) this.#added(number);
  }

  /** A partition has come to the end of a bounded run, and holds event time back no longer. */
  finish(number: number): void {
    this.#combiner.finish(this.#partitionOf(number).index);
  }

  processElement(record: StreamRecord<unknown>, output: Output<unknown>): void {
    const { strategy: { timestampAssigner: assign }, partition } = this.#options;
    const { value } = record;
    const timestampMs = assign === undefined ? record.timestampMs : checkTimestamp(assign(value, record.timestampMs));
    const from = this.#partitionOf(partition());
    const { generator } = from;
    const { clockLimit } = this.#context;
    const isAhead = generator !== undefined && clockLimit.isBeyond(timestampMs);
    if (!isAhead) {
      from.silentMs = 0;
      this.#combiner.setIdle(from.index, false);
    }
    output.collect(value, timestampMs);
    if (generator === undefined) return;
    if (isAhead) clockLimit.note(timestampMs, this.#context.origin());
    else this.#advance(from, generator.onEvent(value, timestampMs));
  }

  #advance(partition: Partition, watermarkMs: number): void {
    if (watermarkMs <= partition.watermarkMs) return;
    partition.watermarkMs = Math.max(partition.watermarkMs, this.#context.clockLimit.cap(watermarkMs));
    this.#combiner.update(partition.index, partition.watermarkMs);
  }

  #timePasses(nowMs: number): void {
    // A worker that has nothing to do because others are slow is not silent: such a pause counts as one look.
    const sinceMs = Math.max(0, Math.min(nowMs - (this.#lastLookMs ?? nowMs), 2 * PERIODIC_EMIT_MS));
    this.#lastLookMs = nowMs;
    for (const partition of this.#partitions.values()) {
      const { generator, index } = partition;
      if (generator?.onPeriodicEmit !== undefined) this.#advance(partition, generator.onPeriodicEmit(nowMs));
      if (this.#combiner.isIdle(index)) continue;
      partition.silentMs += sinceMs;
      if (partition.silentMs >= this.#idleMs) this.#combiner.setIdle(index, true);
    }
  }

  #partitionOf(number: number): Partition {
    return this.#partitions.get(number) ?? this.#added(number);
  }

  #added(number: number): Partition {
    const before = this.#combiner;
    const index = this.#partitions.size;
    const combiner = new WatermarkCombiner(index + 1, SPLITS, before.watermarkMs);
    // The new one holds event time where it is while the others are noted.
    for (const partition of this.#partitions.values()) {
      const { index, watermarkMs } = partition;
      combiner.update(index, watermarkMs);
      if (before.hasEnded(index)) combiner.finish(index);
      else combiner.setIdle(index, before.isIdle(index));
    }
    this.#combiner = combiner;
    const generator = this.#options.strategy.createGenerator();
    const added = { index, generator, watermarkMs: MIN_WATERMARK, silentMs: 0 };
    this.#partitions.set(number, added);
    return added;
  }
}
