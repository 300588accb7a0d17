import type { OperatorNode, SinkNode } from "../graph.ts";
import { OperatorMetrics } from "../functions/metric_group.ts";
import type { KeySelector } from "../functions/functions.ts";
import type { Operator, TwoInputOperator } from "../operators/operator.ts";
import { MAX_WATERMARK, MIN_WATERMARK, StreamRecord } from "../record.ts";
import { type Key, keyId } from "../state/key.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import type { Timer, TimerQueue } from "../time/timer_queue.ts";
import type { TaskView } from "../reporting/job_view.ts";
import { TopKeys } from "../reporting/top_keys.ts";
import type { AttemptContext } from "./attempt_context.ts";
import { Edge, type FanOut, type RecordPlace, SecondEdge } from "./edge.ts";
import type { Counts } from "./counts.ts";
import type { Slices } from "./slices.ts";
import { TaskContext } from "./task_context.ts";
import { TaskEventTime } from "./task_event_time.ts";
import { TaskFailures } from "./task_failures.ts";
import { TaskInputs } from "./task_inputs.ts";
import type { Tracing } from "./tracing.ts";

/** An operator, and all that it works with. */
export interface TaskOptions {
  readonly node: OperatorNode | SinkNode;
  readonly operator: Operator<unknown, unknown> | TwoInputOperator<unknown, unknown, unknown>;
  readonly state: KeyedStateBackend;
  readonly timers: TimerQueue;
  readonly processingTimers: TimerQueue;
  readonly output: FanOut;
  /** By the id of their tag. */
  readonly sideOutputs: ReadonlyMap<string, FanOut>;
  readonly attempt: AttemptContext;
  /** Event time of the last commit, ms. */
  readonly restoredWatermarkMs: number;
  /** What {@link Task.realWatermarkMs} was then. */
  readonly restoredRealMs: number;
}

/** One operator at work: it hands records to it, keeps its event time and fires its timers. */
export class Task implements TaskView {
  readonly node: OperatorNode | SinkNode;
  readonly operator: Operator<unknown, unknown> & TwoInputOperator<unknown, unknown, unknown>;
  readonly state: KeyedStateBackend;
  readonly timers: TimerQueue;
  readonly processingTimers: TimerQueue;
  readonly output: FanOut;
  /** Whether event time means nothing to it but to be handed on: then it goes past it. */
  readonly ignoresTime: boolean;
  readonly counts: Counts;
  readonly metrics: OperatorMetrics;
  readonly topKeys: TopKeys | undefined;
  readonly #keySelectors: readonly (KeySelector<unknown, unknown> | undefined)[];
  readonly #keySelector: KeySelector<unknown, unknown> | undefined;
  readonly #hasTwoInputs: boolean;
  readonly #record = new StreamRecord<unknown>();
  readonly #inputs: TaskInputs;
  readonly #failures: TaskFailures;
  readonly #context: TaskContext;
  readonly #slices: Slices;
  readonly #fire: (timer: Timer) => boolean;
  readonly #fireProcessing: (timer: Timer) => boolean;
  readonly #ownWatermark: (() => number) | undefined;
  #realMs: number;
  /** How many records and timers had been at work when a key was noted. */
  readonly #noted = { recordsIn: 0, fired: 0 };
  readonly #eventTime: TaskEventTime;
  /** What those below know of it. */
  #idle = false;

  constructor(options: TaskOptions) {
    const { node, operator, output, attempt, restoredWatermarkMs } = options;
    this.node = node;
    // The node's number of inputs decides which of the two it is.
    this.operator = operator as Operator<unknown, unknown> & TwoInputOperator<unknown, unknown, unknown>;
    this.state = options.state;
    this.timers = options.timers;
    this.processingTimers = options.processingTimers;
    this.output = output;
    this.counts = output.counts;
    this.metrics = new OperatorMetrics(node.name);
    const { inputs } = node;
    this.#keySelectors = inputs.map(({ keySelector }) => keySelector);
    this.#keySelector = this.#keySelectors[0];
    this.topKeys = this.#keySelectors.some((selector) => selector !== undefined) ? new TopKeys() : undefined;
    this.#hasTwoInputs = inputs.length > 1;
    this.#inputs = new TaskInputs(inputs, restoredWatermarkMs);
    this.#failures = new TaskFailures({ name: node.name, output, state: this.state, attempt });
    this.#context = new TaskContext(this, { sideOutputs: options.sideOutputs, failures: this.#failures, attempt });
    this.#slices = attempt.slices;
    this.#realMs = options.restoredRealMs;
    output.watermarkMs = restoredWatermarkMs;
    const { ownWatermark, pendingResults } = operator;
    this.#ownWatermark = ownWatermark;
    this.ignoresTime = inputs.length === 1 && inputs[0].from.length === 1 && ownWatermark === undefined &&
      operator.onEventTime === undefined && pendingResults === undefined;
    const { tracing } = attempt;
    const eventTime = new TaskEventTime(this, restoredWatermarkMs);
    this.#eventTime = this.state.eventTime = eventTime;
    this.#fire = this.#firing(tracing, (timer) => {
      eventTime.timerFires(timer.timeMs);
      this.operator.onEventTime?.(timer, output);
    });
    this.#fireProcessing = this.#firing(tracing, (timer) => {
      eventTime.timerFires(MIN_WATERMARK);
      this.operator.onProcessingTime?.(timer, output);
    });
  }

  /** @returns what fires a timer by a call of its operator, and returns whether the next one may fire at once */
  #firing(tracing: Tracing, call: (timer: Timer) => void): (timer: Timer) => boolean {
    const failures = this.#failures;
    const slices = this.#slices;
    const fire = this.operator.firesWindows ? call : (timer: Timer) => failures.timer(timer, () => call(timer));
    return (timer) => {
      this.#setCurrentTimer(timer);
      failures.timerFires = true;
      try {
        if (tracing.mayConcern) this.#fireFollowed(tracing, timer, fire);
        else fire(timer);
      } finally {
        failures.timerFires = false;
      }
      return !slices.mustPause();
    };
  }

  /** A method of its own: what a closure holds would be allocated for each timer, followed or not. */
  #fireFollowed(tracing: Tracing, timer: Timer, fire: (timer: Timer) => void): void {
    tracing.timer(this, timer, () => fire(timer));
  }

  /**
   * Another way in.
   * @param input which of the node's inputs
   * @param channel which of the streams of that input
   */
  addEdge(input: number, channel: number): Edge {
    return input === 0 ? new Edge(this, 0, channel) : new SecondEdge(this, input, channel);
  }

  get name(): string {
    return this.node.name;
  }

  get outputWatermarkMs(): number {
    return this.output.watermarkMs;
  }

  get makesWatermarks(): boolean {
    return this.operator.ownWatermark !== undefined;
  }

  get isAsync(): boolean {
    return this.operator.pendingResults !== undefined;
  }

  /** Event time of the newest record that came, ms; {@link NO_TIMESTAMP} if it has none. */
  get newestTimestampMs(): number {
    return this.#record.timestampMs;
  }

  /** Whether a timer is at work, and no record. */
  get timerFires(): boolean {
    return this.#failures.timerFires;
  }

  /** {@link Task.realWatermarkMs} of the last commit. */
  get committedMs(): number {
    return this.#realMs;
  }

  get pendingRecords(): number {
    return this.operator.pendingResults?.pending ?? 0;
  }

  /** Event time of the operator, ms; what goes past it is known to its output only. */
  currentWatermark(): number {
    return this.ignoresTime ? this.output.watermarkMs : this.#inputs.watermarkMs;
  }

  /**
   * Event time behind this task as a later run must find it, ms: that a source has come to the bound of this run counts for
   * nothing, so what comes next is not late. It never goes back.
   * @param limitMs the same of the tasks above if one of their sources has come to a bound, else +∞
   */
  realWatermarkMs(limitMs: number): number {
    const ms = this.#ownWatermark === undefined ? Math.min(this.output.watermarkMs, limitMs) : this.#ownWatermark();
    return this.#realMs = Math.max(this.#realMs, ms);
  }

  open(): void {
    this.#failures.guard(() => this.operator.open?.(this.#context));
    this.counts.restored = this.counts.pending = this.operator.pendingResults?.pending ?? 0;
  }

  /** Emits how far event time had come: a union below must know it of each of its streams. */
  start(): void {
    const { watermarkMs } = this.output;
    if (!this.ignoresTime && watermarkMs > MIN_WATERMARK) this.output.emitWatermark(watermarkMs);
  }

  /** Takes a record. @param place where it comes from */
  process(value: unknown, timestampMs: number, place?: RecordPlace): void {
    this.output.place = place;
    try {
      const record = this.#setCurrentRecord(value, timestampMs, this.#keySelector);
      // Asked by the number of inputs and not by the operator: one call site each stays fast.
      if (this.#hasTwoInputs) this.operator.processElement1(record, this.output);
      else this.operator.processElement(record, this.output);
    } catch (error) {
      throw this.#failures.atRecord(error);
    }
    this.#count();
    if (this.#ownWatermark !== undefined) this.emitWatermark(this.#ownWatermark());
  }

  /** Takes a record of the second input. @param place where it comes from */
  processSecond(value: unknown, timestampMs: number, place?: RecordPlace): void {
    this.output.place = place;
    try {
      const record = this.#setCurrentRecord(value, timestampMs, this.#keySelectors[1]);
      this.operator.processElement2(record, this.output);
    } catch (error) {
      throw this.#failures.atRecord(error);
    }
    this.#count();
  }

  /** The record at work is through, or at work for a while. */
  #count(): void {
    if (this.operator.pendingResults === undefined) this.counts.consumed++;
    else this.counts.pending++;
  }

  /** Makes the value the record at work, and its key the one whose state is used. */
  #setCurrentRecord(
    value: unknown,
    timestampMs: number,
    keySelector: KeySelector<unknown, unknown> | undefined,
  ): StreamRecord<unknown> {
    this.counts.touch();
    this.counts.in++;
    if (keySelector !== undefined) {
      const key = keySelector(value);
      this.state.setCurrentKeyAndId(key as Key, keyId(key));
    }
    const record = this.#record;
    record.value = value;
    record.timestampMs = timestampMs;
    return record;
  }

  /** Makes the timer's key the one whose state is used; no record is at work. */
  #setCurrentTimer({ key, keyId }: Timer): void {
    this.counts.touch();
    this.counts.fired++;
    this.output.place = undefined;
    this.state.setCurrentKeyAndId(key, keyId);
  }

  /** Notes the key of the newest record for {@link Task.topKeys}, if one has come, and no timer after it. */
  noteKey(): void {
    const { counts: { in: recordsIn, fired }, topKeys, state } = this;
    const noted = this.#noted;
    const isTimers = fired !== noted.fired && this.output.place === undefined;
    if (recordsIn !== noted.recordsIn && !isTimers) topKeys?.note(state.currentKey);
    noted.recordsIn = recordsIn;
    noted.fired = fired;
  }

  /** Event time of one stream of one input has come to `watermarkMs`. */
  inputWatermark(input: number, channel: number, watermarkMs: number): void {
    if (this.#slices.isPaused) return this.#slices.putOff(() => this.inputWatermark(input, channel, watermarkMs));
    if (this.#inputs.advance(input, channel, watermarkMs)) this.#advance();
    if (watermarkMs === MAX_WATERMARK) this.#emitIdle();
  }

  /** One stream of one input holds event time back no longer, or does again. */
  inputIdle(input: number, channel: number, idle: boolean): void {
    if (this.#slices.isPaused) return this.#slices.putOff(() => this.inputIdle(input, channel, idle));
    if (this.#inputs.setIdle(input, channel, idle)) this.#advance();
    this.#emitIdle();
  }

  #advance(): void {
    const { watermarkMs } = this.#inputs;
    if (this.timers.isDue(watermarkMs) && !this.#failures.guard(() => this.timers.advance(watermarkMs, this.#fire))) {
      return this.#slices.putOff(() => this.#advance());
    }
    this.#eventTime.timersFired(watermarkMs);
    const { pendingResults } = this.operator;
    if (pendingResults !== undefined) pendingResults.takeWatermark(watermarkMs);
    else if (this.#ownWatermark === undefined || watermarkMs === MAX_WATERMARK) this.emitWatermark(watermarkMs);
  }

  /** Records still at work hold event time back below like any that come: their results would be late else. (Not in Flink.) */
  #emitIdle(): void {
    const idle = this.#inputs.idle && (this.operator.pendingResults?.pending ?? 0) === 0;
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.output.emitIdle(idle);
  }

  /** The clock has come to `nowMs`. */
  advanceProcessingTime(nowMs: number): void {
    const { processingTimers } = this;
    if (!processingTimers.isDue(nowMs)) return;
    if (this.#failures.guard(() => processingTimers.advance(nowMs, this.#fireProcessing))) return;
    this.#slices.putOff(() => this.advanceProcessingTime(nowMs));
  }

  emitPeriodically(nowMs: number): void {
    this.output.place = undefined;
    this.#failures.guard(() => this.operator.onPeriodicEmit?.(nowMs));
    if (this.#ownWatermark !== undefined) this.emitWatermark(this.#ownWatermark());
  }

  /** Emits the results that have come meanwhile, see `PendingResults`. */
  emitReady(): void {
    this.output.place = undefined;
    this.#failures.guard(() => this.operator.pendingResults?.emitReady(this.output));
    this.#emitIdle();
  }

  /** Emits event time, ms, unless it is no news. */
  emitWatermark(watermarkMs: number): void {
    if (watermarkMs > this.output.watermarkMs) this.output.emitWatermark(watermarkMs);
  }
}
