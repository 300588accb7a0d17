import { isExpected, OperatorError, RecordError } from "../errors.ts";
import type { SourceNode } from "../graph.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../record.ts";
import type { SourceReader, SourceSplit } from "../source.ts";
import { type ClockLimit, NO_LIMIT } from "../time/clock_limit.ts";
import { SPLITS, WatermarkCombiner } from "../time/watermark_combiner.ts";
import { checkTimestamp, type WatermarkGenerator } from "../time/watermark_strategy.ts";
import { mayBury, wordsOf } from "./dead_letters.ts";
import type { Shared } from "./shared.ts";
import type { FanOut } from "./edge.ts";

/** Event times of the last commit, ms. */
export interface RestoredSourceTimes {
  readonly outputMs: number;
  readonly splitMs: ReadonlyMap<string, number>;
}

/** A source at work: it gives its splits' records event time and says how far event time has come. */
export class SourceTask {
  readonly node: SourceNode;
  readonly reader: SourceReader<unknown>;
  readonly output: FanOut;
  readonly splits: readonly SplitTask[];
  readonly shared: Shared;
  readonly combiner: WatermarkCombiner;
  /** Whether the clock speaks for the source: then it is not idle. See `Silence`. */
  byClock = false;
  readonly clockLimit: ClockLimit;
  readonly #idlenessMs: number;
  #realMs: number;
  #idle = false;
  #ended = false;

  constructor(
    node: SourceNode,
    reader: SourceReader<unknown>,
    output: FanOut,
    shared: Shared,
    defaultIdlenessMs: number,
    restored: RestoredSourceTimes,
  ) {
    this.node = node;
    this.reader = reader;
    this.output = output;
    this.shared = shared;
    const { bounded, madeUp } = node.source;
    this.clockLimit = bounded || madeUp ? NO_LIMIT : shared.clockLimit;
    this.#idlenessMs = node.strategy.idlenessMs ?? defaultIdlenessMs;
    this.#realMs = restored.outputMs;
    this.combiner = new WatermarkCombiner(reader.splits.length, SPLITS, restored.outputMs);
    const now = shared.clock.monotonicMs();
    this.splits = reader.splits.map((split, index) => {
      const ms = restored.splitMs.get(split.id) ?? MIN_WATERMARK;
      // What it was told by a clock that was wrong must not come to the others when they fall idle.
      return new SplitTask(this, split, index, this.clockLimit.isBeyond(ms) ? restored.outputMs : ms, now);
    });
  }

  /** Tells the tasks below how far event time had come. */
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
    this.#tellIdle(this.combiner.idle && !this.byClock);
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
    this.#tellIdle(false);
    if (this.combiner.raise(watermarkMs)) this.output.emitWatermark(this.combiner.watermarkMs);
  }

  /** No split has given anything, and none is waited for any longer. */
  giveUp(): void {
    for (const { index } of this.splits) this.combiner.setIdle(index, true);
    this.#tellIdle(true);
  }

  #tellIdle(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.output.emitIdle(idle);
  }

  /** A record came from a split that was idle. */
  setActive(split: SplitTask): void {
    this.combiner.setIdle(split.index, false);
    this.#tellIdle(false);
  }

  /** Asks generators that give watermarks from time to time. */
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
    this.#tellIdle(this.combiner.idle && !this.byClock);
  }

  /** Also for a source without splits. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#tellIdle(false);
    this.output.emitWatermark(MAX_WATERMARK);
  }
}

/** A split at work. */
export class SplitTask {
  readonly source: SourceTask;
  readonly split: SourceSplit<unknown>;
  readonly index: number;
  /** Event time of this split, ms. */
  watermarkMs: number;
  /** Whether it gave a record since the last look at idleness. */
  active = false;
  /** ms of the monotonic clock. */
  lastActiveMs: number;
  finished = false;
  /** Whether its last record was beyond the clock's limit: then it says nothing of event time, and need not be waited for. */
  isAhead = false;
  /** Its place among all splits of the job; decides between records of one time. */
  order = 0;
  readonly #generator: WatermarkGenerator<unknown> | undefined;

  constructor(source: SourceTask, split: SourceSplit<unknown>, index: number, watermarkMs: number, now: number) {
    this.source = source;
    this.split = split;
    this.index = index;
    this.watermarkMs = watermarkMs;
    this.lastActiveMs = now;
    this.#generator = source.node.strategy.createGenerator();
  }

  /** Takes one record through the job. Only while the split is ready. */
  step(): void {
    const { source, split } = this;
    const { shared, node } = source;
    const { tally } = source.output;
    const { active } = this;
    this.active = true;
    tally.in++;
    const assign = node.strategy.timestampAssigner;
    let timestampMs = split.nextTimestampMs;
    let value: unknown;
    try {
      value = split.take();
      if (assign !== undefined) timestampMs = checkTimestamp(assign(value, timestampMs));
    } catch (error) {
      const undecodable = error instanceof RecordError && shared.onError !== "fail";
      const found = isExpected(error) ? error : new OperatorError(node.name, error, split.origin(), true);
      if (!undecodable && !mayBury(found, shared.onError)) throw found;
      tally.dead++;
      return this.#bury(node.name, undecodable ? error : found as OperatorError, timestampMs);
    }
    const { clockLimit } = source;
    this.isAhead = this.#generator !== undefined && clockLimit.isBeyond(timestampMs);
    if (this.isAhead) this.active = active;
    else if (source.combiner.isIdle(this.index)) source.setActive(this);
    shared.current = split;
    const { journal } = shared.changes;
    journal.begin();
    try {
      source.output.collect(value, timestampMs);
    } catch (error) {
      if (!mayBury(error, shared.onError)) throw error;
      journal.undo();
      tally.takenBack++;
      return this.#bury(error.operator, error, timestampMs);
    } finally {
      shared.current = undefined;
    }
    journal.end();
    tally.consumed++;
    if (this.#generator === undefined) return;
    if (this.isAhead) clockLimit.note(timestampMs, split.origin());
    else this.advance(this.#generator.onEvent(value, timestampMs));
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

  #bury(operator: string, error: RecordError | OperatorError, timestampMs: number): void {
    this.source.shared.deadLetter({ ...wordsOf(error), origin: this.split.origin(), timestampMs, operator });
  }
}
