import { MIN_WATERMARK, type Output, type StreamRecord } from "../record.ts";
import {
  checkTimestamp,
  type TimestampAssigner,
  type WatermarkGenerator,
  type WatermarkStrategy,
} from "../time/watermark_strategy.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/**
 * Gives records event time in the middle of a job.
 *
 * In: `T`. Out: the same values at the time that the strategy's assigner says; watermarks of its generator in place of
 * those from above.
 */
export class TimestampsAndWatermarksOperator<T> implements Operator<T, T> {
  readonly #assign: TimestampAssigner<T> | undefined;
  readonly #generator: WatermarkGenerator<T> | undefined;
  #context!: OperatorContext;
  #watermarkMs = MIN_WATERMARK;
  readonly ownWatermark = (): number => this.#watermarkMs;
  readonly onPeriodicEmit?: (nowMs: number) => void;

  constructor(strategy: WatermarkStrategy<T>) {
    this.#assign = strategy.timestampAssigner;
    const generator = strategy.createGenerator();
    this.#generator = generator;
    if (generator?.onPeriodicEmit !== undefined) {
      this.onPeriodicEmit = (nowMs) => this.#advance(generator.onPeriodicEmit!(nowMs));
    }
  }

  open(context: OperatorContext): void {
    this.#context = context;
  }

  processElement(record: StreamRecord<T>, output: Output<T>): void {
    const { value } = record;
    const timestampMs = this.#assign === undefined
      ? record.timestampMs
      : checkTimestamp(this.#assign(value, record.timestampMs));
    output.collect(value, timestampMs);
    if (this.#generator === undefined) return;
    const { clockLimit } = this.#context;
    if (clockLimit.isBeyond(timestampMs)) clockLimit.note(timestampMs, this.#context.origin());
    else this.#advance(this.#generator.onEvent(value, timestampMs));
  }

  #advance(watermarkMs: number): void {
    if (watermarkMs <= this.#watermarkMs) return;
    this.#watermarkMs = Math.max(this.#watermarkMs, this.#context.clockLimit.cap(watermarkMs));
  }
}
