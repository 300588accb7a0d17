import { isExpected } from "../error_codes.ts";
import { OperatorError, RecordError } from "../errors.ts";
import type { SourceNode } from "../graph.ts";
import type { SourceSplit } from "../source.ts";
import type { ClockLimit } from "../time/clock_limit.ts";
import type { WatermarkCombiner } from "../time/watermark_combiner.ts";
import { checkTimestamp, type WatermarkGenerator } from "../time/watermark_strategy.ts";
import type { SplitView } from "../reporting/job_view.ts";
import { becomesDeadLetter, errorOf } from "./dead_letters.ts";
import type { AttemptContext } from "./attempt_context.ts";
import type { FanOut } from "./edge.ts";

/** The source at work that a split is of. */
export interface SplitOwner {
  readonly node: SourceNode;
  readonly attempt: AttemptContext;
  readonly output: FanOut;
  readonly combiner: WatermarkCombiner;
  readonly clockLimit: ClockLimit;
  /** A record came from a split that was idle. */
  setActive(split: SplitTask): void;
  /** A split is silent: it holds event time back no longer. */
  setIdle(split: SplitTask): void;
  /** A split has come to its bound. */
  finish(split: SplitTask): void;
}

/** Which split it is, and where it begins. */
export interface SplitTaskOptions {
  readonly source: SplitOwner;
  readonly split: SourceSplit<unknown>;
  /** Its place among the splits of the source. */
  readonly index: number;
  /** Event time of the last commit, ms. */
  readonly watermarkMs: number;
  /** The present moment, ms of the monotonic clock. */
  readonly monotonicMs: number;
}

/** A split at work: it takes records through the job, one by one, and event time out of them. */
export class SplitTask implements SplitView {
  readonly source: SplitOwner;
  readonly split: SourceSplit<unknown>;
  readonly index: number;
  /** Event time of this split, ms. */
  watermarkMs: number;
  /** Whether a record came from it since the last look at idleness. */
  active = false;
  /** ms of the monotonic clock. */
  lastActiveMs: number;
  finished = false;
  /** Whether its last record was beyond the clock's limit: then it moves no event time, and is not waited for. */
  isAhead = false;
  /** Its place among all splits of the job; decides between records of one time. */
  order = 0;
  readonly #generator: WatermarkGenerator<unknown> | undefined;

  constructor({ source, split, index, watermarkMs, monotonicMs }: SplitTaskOptions) {
    this.source = source;
    this.split = split;
    this.index = index;
    this.watermarkMs = watermarkMs;
    this.lastActiveMs = monotonicMs;
    this.#generator = source.node.strategy.createGenerator();
  }

  /** Takes one record through the job. Only while the split is ready. */
  step(): void {
    const { source, split } = this;
    const { attempt, node } = source;
    const { counts } = source.output;
    const { active } = this;
    this.active = true;
    counts.in++;
    attempt.recordsIn++;
    const assign = node.strategy.timestampAssigner;
    let timestampMs = split.nextTimestampMs;
    let value: unknown;
    try {
      value = split.take();
      if (assign !== undefined) timestampMs = checkTimestamp(assign(value, timestampMs));
    } catch (error) {
      const undecodable = error instanceof RecordError && attempt.onError !== "fail";
      const found = isExpected(error)
        ? error
        : new OperatorError(node.name, error, { place: split.origin(), byRecord: true });
      const { tracing } = attempt;
      if (tracing.tracer !== undefined) {
        tracing.begin(node.name, split.origin(), timestampMs);
        tracing.dead(node.name, found as RecordError | OperatorError, attempt.onError);
      }
      if (!undecodable && !becomesDeadLetter(found, attempt.onError)) throw found;
      counts.dead++;
      return this.#deadLetter(node.name, undecodable ? error : found as OperatorError, timestampMs);
    }
    const { clockLimit } = source;
    this.isAhead = this.#generator !== undefined && clockLimit.isBeyond(timestampMs);
    if (this.isAhead) this.active = active;
    else if (source.combiner.isIdle(this.index)) source.setActive(this);
    const { changes: { journal }, tracing } = attempt;
    const { output } = source;
    output.place = split;
    journal.begin();
    const isTraced = tracing.tracer !== undefined;
    if (isTraced) tracing.begin(node.name, split.origin(), timestampMs, { value });
    try {
      output.collect(value, timestampMs);
    } catch (error) {
      if (error instanceof OperatorError) tracing.dead(error.operator, error, attempt.onError);
      if (!becomesDeadLetter(error, attempt.onError)) throw error;
      journal.undo();
      counts.takenBack++;
      return this.#deadLetter(error.operator, error, timestampMs);
    }
    if (isTraced) tracing.end();
    journal.end();
    counts.consumed++;
    if (this.#generator === undefined) return;
    if (this.isAhead) clockLimit.note(timestampMs, split.origin());
    else this.advance(this.#generator.onEvent(value, timestampMs));
  }

  /** Whether it has been silent for so long that it no longer holds event time back. */
  get idle(): boolean {
    return this.source.combiner.isIdle(this.index);
  }

  get periodic(): boolean {
    return this.#generator?.onPeriodicEmit !== undefined;
  }

  emitPeriodically(now: number): void {
    const watermarkMs = this.#generator?.onPeriodicEmit?.(now);
    if (watermarkMs !== undefined && !this.finished) this.advance(watermarkMs);
  }

  /** Event time of this split has come to `watermarkMs`. */
  advance(watermarkMs: number): void {
    if (watermarkMs <= this.watermarkMs) return;
    const { clockLimit, combiner, output } = this.source;
    // The clock may have been set back.
    this.watermarkMs = Math.max(this.watermarkMs, clockLimit.cap(watermarkMs));
    if (combiner.update(this.index, this.watermarkMs)) output.emitWatermark(combiner.watermarkMs);
  }

  #deadLetter(operator: string, error: RecordError | OperatorError, timestampMs: number): void {
    this.source.attempt.deadLetter({ ...errorOf(error), origin: this.split.origin(), timestampMs, operator });
  }
}
