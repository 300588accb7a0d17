import { isExpected, OperatorError, RecordError, type RecordOrigin } from "../errors.ts";
import type { OperatorNode, SinkNode } from "../graph.ts";
import type { DeadLetter, Firing } from "../job_store.ts";
import type { KeySelector } from "../functions/functions.ts";
import type { FailedWindow, Lateness, Operator, OperatorContext, TwoInputOperator } from "../operators/operator.ts";
import { MAX_WATERMARK, MIN_WATERMARK, type Output, StreamRecord } from "../record.ts";
import type { OutputTag } from "../side_output.ts";
import { type Key, keyId } from "../state/key.ts";
import type { Journal } from "../state/journal.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import type { ClockLimit } from "../time/clock_limit.ts";
import type { Timer, TimerQueue } from "../time/timer_queue.ts";
import { CONNECTED, UNION, WatermarkCombiner } from "../time/watermark_combiner.ts";
import { describeFiring, mayBury, wordsOf } from "./dead_letters.ts";
import { Edge, FanOut, SecondEdge, UnreadOutput } from "./edge.ts";
import type { Shared } from "./shared.ts";
import type { Tally } from "./tally.ts";

/** What a task is made of. */
export interface TaskParts {
  readonly node: OperatorNode | SinkNode;
  readonly operator: Operator<unknown, unknown> | TwoInputOperator<unknown, unknown, unknown>;
  readonly state: KeyedStateBackend;
  readonly timers: TimerQueue;
  readonly processingTimers: TimerQueue;
  readonly output: FanOut;
  /** By the id of their tag. */
  readonly sideOutputs: ReadonlyMap<string, FanOut>;
  readonly shared: Shared;
  /** Event time of the last commit, ms. */
  readonly restoredWatermarkMs: number;
  /** What {@link Task.realWatermarkMs} was then. */
  readonly restoredRealMs: number;
}

/** A firing for its dead letter. */
interface FailedFiring extends Pick<DeadLetter, "timestampMs" | "value"> {
  readonly firing: Firing;
}

/**
 * One operator at work: it hands records to it, keeps its event time, fires its timers and names its errors.
 */
export class Task implements OperatorContext {
  readonly node: OperatorNode | SinkNode;
  readonly operator: Operator<unknown, unknown> & TwoInputOperator<unknown, unknown, unknown>;
  readonly state: KeyedStateBackend;
  readonly timers: TimerQueue;
  readonly processingTimers: TimerQueue;
  readonly output: FanOut;
  /** Whether event time means nothing to it but to be handed on. */
  readonly passive: boolean;
  readonly tally: Tally;
  readonly journal: Journal;
  readonly #sideOutputs: ReadonlyMap<string, FanOut>;
  /** Side outputs that nobody reads: what goes there is counted only. */
  readonly #unread = new Map<string, FanOut>();
  readonly #shared: Shared;
  readonly #keySelectors: readonly (KeySelector<unknown, unknown> | undefined)[];
  readonly #keySelector: KeySelector<unknown, unknown> | undefined;
  readonly #record = new StreamRecord<unknown>();
  /** For each input that is a union. */
  readonly #unions: readonly (WatermarkCombiner | undefined)[];
  /** For two inputs. */
  readonly #combiner: WatermarkCombiner | undefined;
  readonly #fire: (timer: Timer) => void;
  readonly #fireProcessing: (timer: Timer) => void;
  readonly #ownWatermark: (() => number) | undefined;
  #realMs: number;
  /** What came in; that of a passive task is known to its output only. */
  #watermarkMs: number;
  #inputsIdle = false;
  /** Also while a record is at work behind which event time is made anew. */
  #timerAtWork = false;
  /** What those below were told. */
  #idle = false;

  constructor(parts: TaskParts) {
    this.node = parts.node;
    // The node's number of inputs decides which of the two it is.
    this.operator = parts.operator as Operator<unknown, unknown> & TwoInputOperator<unknown, unknown, unknown>;
    this.state = parts.state;
    this.timers = parts.timers;
    this.processingTimers = parts.processingTimers;
    this.output = parts.output;
    this.tally = parts.output.tally;
    this.#sideOutputs = parts.sideOutputs;
    this.#shared = parts.shared;
    this.journal = parts.shared.changes.journal;
    const { inputs } = parts.node;
    this.#keySelectors = inputs.map(({ keySelector }) => keySelector);
    this.#keySelector = this.#keySelectors[0];
    const restoredMs = parts.restoredWatermarkMs;
    this.#realMs = parts.restoredRealMs;
    this.#watermarkMs = restoredMs;
    this.output.watermarkMs = restoredMs;
    this.#ownWatermark = parts.operator.ownWatermark;
    this.#unions = inputs.map(({ from }) =>
      from.length > 1 ? new WatermarkCombiner(from.length, UNION, restoredMs) : undefined
    );
    this.#combiner = inputs.length > 1 ? new WatermarkCombiner(inputs.length, CONNECTED, restoredMs) : undefined;
    const { ownWatermark, later } = parts.operator;
    this.passive = inputs.length === 1 && inputs[0].from.length === 1 && ownWatermark === undefined &&
      parts.operator.onEventTime === undefined && later === undefined;
    const firesWindows = parts.operator.firesWindows === true;
    const onEventTime = (timer: Timer) => this.operator.onEventTime?.(timer, this.output);
    const onProcessingTime = (timer: Timer) => this.operator.onProcessingTime?.(timer, this.output);
    this.#fire = (timer) => {
      this.#turnToTimer(timer);
      this.#timerAtWork = true;
      try {
        if (firesWindows) onEventTime(timer);
        else this.#firing(() => onEventTime(timer), () => this.#failedTimer(timer));
      } finally {
        this.#timerAtWork = false;
      }
    };
    this.#fireProcessing = (timer) => {
      this.#turnToTimer(timer);
      if (firesWindows) onProcessingTime(timer);
      else this.#firing(() => onProcessingTime(timer), () => this.#failedTimer(timer));
    };
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

  /** See {@link OperatorContext.currentWatermark}. */
  currentWatermark(): number {
    return this.passive ? this.output.watermarkMs : this.#watermarkMs;
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

  processingTime(): number {
    return this.#shared.clock.now();
  }

  monotonicMs(): number {
    return this.#shared.clock.monotonicMs();
  }

  get clockLimit(): ClockLimit {
    return this.#shared.clockLimit;
  }

  /** See {@link OperatorContext.origin}. */
  origin(): RecordOrigin | undefined {
    return this.#shared.current?.origin();
  }

  get signal(): AbortSignal {
    return this.#shared.signal;
  }

  wake(): void {
    this.#shared.wake();
  }

  open(): void {
    this.#guard(() => this.operator.open?.(this));
    this.tally.restored = this.tally.pending = this.operator.later?.pending ?? 0;
  }

  /** Tells the tasks below how far event time had come: a union must know it of each of its streams. */
  start(): void {
    const { watermarkMs } = this.output;
    if (!this.passive && watermarkMs > MIN_WATERMARK) this.output.emitWatermark(watermarkMs);
  }

  process(value: unknown, timestampMs: number): void {
    try {
      const record = this.#turnTo(value, timestampMs, this.#keySelector);
      // Asked by the number of inputs and not by the operator: one call site each stays fast.
      if (this.#combiner === undefined) this.operator.processElement(record, this.output);
      else this.operator.processElement1(record, this.output);
    } catch (error) {
      throw this.#atRecord(error);
    }
    this.#count();
    if (this.#ownWatermark !== undefined) this.emitWatermark(this.#ownWatermark());
  }

  /** A record of the second input. */
  processSecond(value: unknown, timestampMs: number): void {
    try {
      const record = this.#turnTo(value, timestampMs, this.#keySelectors[1]);
      this.operator.processElement2(record, this.output);
    } catch (error) {
      throw this.#atRecord(error);
    }
    this.#count();
  }

  /** The record at work is through, or at work for a while. */
  #count(): void {
    if (this.operator.later === undefined) this.tally.consumed++;
    else this.tally.pending++;
  }

  /** Makes the value the record at work, and its key the one whose state is used. */
  #turnTo(
    value: unknown,
    timestampMs: number,
    keySelector: KeySelector<unknown, unknown> | undefined,
  ): StreamRecord<unknown> {
    this.tally.touch();
    this.tally.in++;
    if (keySelector !== undefined) {
      const key = keySelector(value);
      this.state.setCurrentKeyAndId(key as Key, keyId(key));
    }
    const record = this.#record;
    record.value = value;
    record.timestampMs = timestampMs;
    return record;
  }

  #turnToTimer({ key, keyId }: Timer): void {
    this.tally.touch();
    this.tally.fired++;
    this.state.setCurrentKeyAndId(key, keyId);
  }

  /** Event time of one stream of one input has come to `watermarkMs`. */
  inputWatermark(input: number, channel: number, watermarkMs: number): void {
    const union = this.#unions[input];
    if (union === undefined) this.#inputAdvanced(input, watermarkMs);
    else if (union.update(channel, watermarkMs)) this.#inputAdvanced(input, union.watermarkMs);
    // One that ends leaves those that are idle alone.
    if (watermarkMs === MAX_WATERMARK) this.#inputIdle(input, union?.idle ?? false);
  }

  inputIdle(input: number, channel: number, idle: boolean): void {
    const union = this.#unions[input];
    if (union?.setIdle(channel, idle)) this.#inputAdvanced(input, union.watermarkMs);
    this.#inputIdle(input, union?.idle ?? idle);
  }

  #inputIdle(input: number, idle: boolean): void {
    const combiner = this.#combiner;
    if (combiner?.setIdle(input, idle)) this.#advance(combiner.watermarkMs);
    this.#inputsIdle = combiner?.idle ?? idle;
    this.#tellIdle();
  }

  /** Records still at work hold event time back below like any that come: their results would be late else. (Not in Flink.) */
  #tellIdle(): void {
    const idle = this.#inputsIdle && (this.operator.later?.pending ?? 0) === 0;
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.output.emitIdle(idle);
  }

  /** The clock has come to `nowMs`. */
  advanceProcessingTime(nowMs: number): void {
    const { processingTimers } = this;
    if (processingTimers.nextTimeMs > nowMs) return;
    this.#guard(() => processingTimers.advance(nowMs, this.#fireProcessing));
  }

  emitPeriodically(nowMs: number): void {
    this.#guard(() => this.operator.onPeriodicEmit?.(nowMs));
    if (this.#ownWatermark !== undefined) this.emitWatermark(this.#ownWatermark());
  }

  /** Takes what {@link LaterResults} has ready. */
  giveReady(): void {
    this.#guard(() => this.operator.later?.giveReady(this.output));
    this.#tellIdle();
  }

  /** See {@link OperatorContext.asRecord}. */
  asRecord(value: unknown, timestampMs: number, work: () => void): void {
    const { journal, tally } = this;
    tally.pending--;
    journal.begin();
    try {
      work();
    } catch (error) {
      const blamed = this.#blamed(error);
      if (!mayBury(blamed, this.#shared.onError)) throw blamed;
      journal.undo();
      if (blamed === error) tally.takenBack++;
      else tally.dead++;
      const letter = { ...wordsOf(blamed), origin: undefined, value, timestampMs, operator: blamed.operator };
      this.#shared.deadLetter(letter, tally.in + tally.restored);
      return;
    }
    tally.consumed++;
    journal.end();
  }

  /** See {@link OperatorContext.firing}. */
  firing(work: () => void, what: () => FailedWindow): void {
    this.#firing(work, () => {
      const { window, value, timestampMs } = what();
      return { firing: { key: this.state.currentKey, window }, value, timestampMs };
    });
  }

  #failedTimer({ timeMs }: Timer): FailedFiring {
    return { firing: { key: this.state.currentKey, timerMs: timeMs }, timestampMs: timeMs };
  }

  #firing(work: () => void, what: () => FailedFiring): void {
    const { journal } = this;
    const fails = this.#shared.onWindowError === "fail";
    try {
      if (fails) work();
      else journal.part(work);
    } catch (error) {
      // What made the window fire is a record, and no time that has come: that one is to blame.
      const byRecord = journal.isActive && !this.#timerAtWork;
      if (fails && byRecord) throw error;
      if (isExpected(error) && !(error instanceof RecordError)) throw error;
      // One that is not by a record has been named by a firing below.
      if (error instanceof OperatorError && !error.byRecord) throw error;
      const { firing, ...rest } = what();
      const [operator, cause] = error instanceof OperatorError ? [error.operator, error.cause] : [this.name, error];
      const named = new OperatorError(operator, cause, `in ${describeFiring(firing)}`);
      if (fails) throw named;
      this.tally.touch();
      this.tally.failed++;
      const letter = { ...wordsOf(named), origin: undefined, operator, firing, ...rest };
      this.#shared.deadLetter(letter, byRecord ? undefined : this.tally.fired);
    }
  }

  /** See {@link OperatorContext.sideOutput}. */
  sideOutput<T>(tag: OutputTag<T>): Output<T> {
    let output = this.#sideOutputs.get(tag.id) ?? this.#unread.get(tag.id);
    if (output === undefined) {
      const words = `gives records to its side output "${tag.id}", which nobody reads: they are counted and dropped; ` +
        "getSideOutput() reads them";
      this.#unread.set(tag.id, output = new UnreadOutput(this.output, () => this.warn(words)));
    }
    return output;
  }

  /** See {@link OperatorContext.warn}. */
  warn(message: string): void {
    this.#shared.warn(`"${this.name}": ${message}`);
  }

  /** See {@link OperatorContext.countFiltered}. */
  countFiltered(): void {
    this.tally.countFiltered();
  }

  /** See {@link OperatorContext.countLate}. */
  countLate(): void {
    this.tally.countLate(false);
  }

  /** See {@link OperatorContext.late}. */
  late(value: unknown, timestampMs: number, { message, lateFromMs }: Lateness): void {
    this.tally.countLate(true);
    this.#shared.deadLetter({
      origin: this.#shared.current?.origin(),
      value,
      timestampMs,
      operator: this.name,
      errorClass: "LateRecord",
      message,
      lateFromMs,
    });
  }

  /** See {@link OperatorContext.emitWatermark}. */
  emitWatermark(watermarkMs: number): void {
    if (watermarkMs > this.output.watermarkMs) this.output.emitWatermark(watermarkMs);
  }

  #inputAdvanced(input: number, watermarkMs: number): void {
    const combiner = this.#combiner;
    if (combiner === undefined) this.#advance(watermarkMs);
    else if (combiner.update(input, watermarkMs)) this.#advance(combiner.watermarkMs);
  }

  #advance(watermarkMs: number): void {
    if (watermarkMs <= this.#watermarkMs) return;
    this.#watermarkMs = watermarkMs;
    if (this.timers.nextTimeMs <= watermarkMs) this.#guard(() => this.timers.advance(watermarkMs, this.#fire));
    const { later } = this.operator;
    if (later !== undefined) later.takeWatermark(watermarkMs);
    else if (this.#ownWatermark === undefined || watermarkMs === MAX_WATERMARK) this.emitWatermark(watermarkMs);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw this.#named(error);
    }
  }

  /** An error with the name of the operator nearest to it: those above see that it has one. */
  #named(error: unknown): unknown {
    if (error instanceof OperatorError || isExpected(error)) return error;
    return new OperatorError(this.name, error, this.#shared.current?.origin());
  }

  /** Likewise, for an error while a record was on its way through: that one is counted. */
  #atRecord(error: unknown): unknown {
    const blamed = this.#blamed(error);
    if (blamed !== error) this.tally.dead++;
    return blamed;
  }

  /** An error with the record to blame; as it is if an operator below has named it, or if no record is to blame. */
  #blamed(error: unknown): unknown {
    if (error instanceof OperatorError || (isExpected(error) && !(error instanceof RecordError))) return error;
    return new OperatorError(this.name, error, this.#shared.current?.origin(), true);
  }
}
