import type { SourceNode } from "../graph.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../record.ts";
import type { SourceReader } from "../source.ts";
import { type ClockLimit, NO_LIMIT } from "../time/clock_limit.ts";
import { SPLITS, WatermarkCombiner } from "../time/watermark_combiner.ts";
import type { RecordCounts, SourceView } from "../reporting/job_view.ts";
import type { AttemptContext } from "./attempt_context.ts";
import type { FanOut } from "./edge.ts";
import { SplitTask } from "./split_task.ts";

/** Event times of the last commit, ms. */
export interface RestoredSourceTimes {
  readonly outputMs: number;
  readonly splitMs: ReadonlyMap<string, number>;
}

/** A source, and all that it works with. */
export interface SourceTaskOptions {
  readonly node: SourceNode;
  readonly reader: SourceReader<unknown>;
  readonly output: FanOut;
  readonly attempt: AttemptContext;
  /** Of splits whose strategy does not say, see `JobRunOptions.idleMs`. */
  readonly idleMs: number;
  readonly restored: RestoredSourceTimes;
}

/** A source at work: it holds the event times of its splits together, and emits how far event time has come. */
export class SourceTask implements SourceView {
  readonly node: SourceNode;
  readonly reader: SourceReader<unknown>;
  readonly output: FanOut;
  readonly splits: readonly SplitTask[];
  readonly attempt: AttemptContext;
  readonly combiner: WatermarkCombiner;
  /** Whether the clock speaks for the source: then it is not idle. See `IdleEventTime`. */
  byClock = false;
  readonly clockLimit: ClockLimit;
  readonly #idlenessMs: number;
  #realMs: number;
  #idle = false;
  #ended = false;

  constructor({ node, reader, output, attempt, idleMs, restored }: SourceTaskOptions) {
    this.node = node;
    this.reader = reader;
    this.output = output;
    this.attempt = attempt;
    const { bounded, madeUp } = node.source;
    this.clockLimit = bounded || madeUp ? NO_LIMIT : attempt.clockLimit;
    this.#idlenessMs = node.strategy.idlenessMs ?? idleMs;
    this.#realMs = restored.outputMs;
    this.combiner = new WatermarkCombiner(reader.splits.length, SPLITS, restored.outputMs);
    const monotonicMs = attempt.clock.monotonicMs();
    this.splits = reader.splits.map((split, index) => {
      const ms = restored.splitMs.get(split.id) ?? MIN_WATERMARK;
      // What a wrong clock brought must not come to the others when they fall idle.
      const watermarkMs = this.clockLimit.isBeyond(ms) ? restored.outputMs : ms;
      return new SplitTask({ source: this, split, index, watermarkMs, monotonicMs });
    });
  }

  /** Emits how far event time had come. */
  start(): void {
    if (this.splits.length === 0) this.end();
    for (const split of this.splits) this.combiner.update(split.index, split.watermarkMs);
    if (this.combiner.watermarkMs > MIN_WATERMARK) this.output.emitWatermark(this.combiner.watermarkMs);
  }

  /** Whether {@link SourceTask.emitPeriodically} is asked for. */
  get periodic(): boolean {
    return this.splits.some(({ periodic }) => periodic);
  }

  /** Whether it has come to the end of a bounded run. */
  get ended(): boolean {
    return this.#ended;
  }

  get counts(): RecordCounts {
    return this.output.counts;
  }

  get outputWatermarkMs(): number {
    return this.output.watermarkMs;
  }

  /** Whether no split holds event time back. */
  get idle(): boolean {
    return this.combiner.idle;
  }

  get lag(): number {
    return this.splits.reduce((sum, { split }) => sum + split.lag, 0);
  }

  /**
   * Event time behind this source as a later run must find it: that this run's bound is reached counts for nothing. It never
   * goes back.
   */
  realWatermarkMs(): number {
    if (!this.splits.some(({ finished }) => finished)) return this.#realMs = this.combiner.watermarkMs;
    let minimum = MAX_WATERMARK;
    for (const { index, finished, watermarkMs } of this.splits) {
      if (finished || !this.combiner.isIdle(index)) minimum = Math.min(minimum, watermarkMs);
    }
    return this.#realMs = Math.max(this.#realMs, minimum);
  }

  /** Notices splits that have fallen idle. @param now ms of the monotonic clock @returns ms until the next one may, +∞ if none */
  checkIdleness(now: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const split of this.splits) {
      if (split.finished || this.combiner.isIdle(split.index)) continue;
      if ((split.split.status !== "caughtUp" && !split.isAhead) || split.active) {
        split.active = false;
        split.lastActiveMs = now;
      }
      const leftMs = split.lastActiveMs + this.#idlenessMs - now;
      if (leftMs <= 0) this.setIdle(split);
      else nextMs = Math.min(nextMs, leftMs);
    }
    return nextMs;
  }

  /** A split is silent: it holds event time back no longer. */
  setIdle(split: SplitTask): void {
    if (this.combiner.setIdle(split.index, true)) this.output.emitWatermark(this.combiner.watermarkMs);
    this.#emitIdle(this.combiner.idle && !this.byClock);
  }

  /** ms since the last record, 0 while there is or may be one at hand. @param now ms of the monotonic clock */
  silentMs(now: number): number {
    let lastActiveMs = Number.NEGATIVE_INFINITY;
    for (const task of this.splits) {
      if (task.finished) continue;
      if (task.split.status !== "caughtUp") return 0;
      lastActiveMs = Math.max(lastActiveMs, task.lastActiveMs);
    }
    return now - lastActiveMs;
  }

  /** Event time goes on though no record has come. */
  advanceByClock(watermarkMs: number): void {
    this.#emitIdle(false);
    if (this.combiner.raise(watermarkMs)) this.output.emitWatermark(this.combiner.watermarkMs);
  }

  /** No split has emitted anything, and none is waited for any longer. */
  giveUp(): void {
    for (const { index } of this.splits) this.combiner.setIdle(index, true);
    this.#emitIdle(true);
  }

  #emitIdle(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.output.emitIdle(idle);
  }

  /** A record came from a split that was idle. */
  setActive(split: SplitTask): void {
    this.combiner.setIdle(split.index, false);
    this.#emitIdle(false);
  }

  /** Asks generators that emit watermarks from time to time. */
  emitPeriodically(now: number): void {
    for (const split of this.splits) split.emitPeriodically(now);
  }

  /** A split has come to its bound. The last one to do so ends the source: nothing holds event time back any more. */
  finish(split: SplitTask): void {
    this.realWatermarkMs(); // as far as it came without a bound
    split.finished = true;
    const advanced = this.combiner.finish(split.index);
    if (this.splits.every(({ finished }) => finished)) return this.end();
    if (advanced) this.output.emitWatermark(this.combiner.watermarkMs);
    this.#emitIdle(this.combiner.idle && !this.byClock);
  }

  /** Also for a source without splits. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#emitIdle(false);
    this.output.emitWatermark(MAX_WATERMARK);
  }
}
