import type { RecordOrigin } from "../errors.ts";
import type { MetricGroup } from "../functions/metric_group.ts";
import type { Output, StreamRecord } from "../record.ts";
import type { SentRecord } from "../trace.ts";
import type { OutputTag } from "../side_output.ts";
import type { Journal } from "../state/journal.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import type { ClockLimit } from "../time/clock_limit.ts";
import type { Timer, TimerQueue } from "../time/timer_queue.ts";

/**
 * A record in, records out. The runtime sets the current key, forwards watermarks, names errors and counts; an operator
 * repeats none of that.
 */
export interface Operator<IN, OUT> extends OperatorLife<OUT> {
  processElement(record: StreamRecord<IN>, output: Output<OUT>): void;
}

/** An operator with two inputs of different types, which share state and timers. */
export interface TwoInputOperator<IN1, IN2, OUT> extends OperatorLife<OUT> {
  processElement1(record: StreamRecord<IN1>, output: Output<OUT>): void;
  processElement2(record: StreamRecord<IN2>, output: Output<OUT>): void;
}

/** What all operators have in common. */
export interface OperatorLife<OUT> {
  /** Called once, before the first record and after state and timers are restored. */
  open?(context: OperatorContext): void;
  /** Called once when the attempt ends, however it ends. */
  close?(): void;
  /** An event-time timer has come due. The current key is the timer's. */
  onEventTime?(timer: Timer, output: Output<OUT>): void;
  /** A processing-time timer has come due. The current key is the timer's. */
  onProcessingTime?(timer: Timer, output: Output<OUT>): void;
  /**
   * For operators that make event time themselves: watermarks from above, but the last one, go no further. Called after each
   * record for the watermark to be emitted now, ms.
   */
  readonly ownWatermark?: () => number;
  /** Called from time to time for operators that make event time themselves. @param nowMs ms since the Unix epoch */
  readonly onPeriodicEmit?: (nowMs: number) => void;
  /** Set for operators whose timers are windows, which they hand to `OperatorContext.firing()`; else a timer is one firing. */
  readonly firesWindows?: true;
  /** Set for operators whose answers come later. */
  readonly pendingResults?: PendingResults<OUT>;
  /** What stored state depends on, by name: another text for the same name cannot read it. */
  compatibility?(): Record<string, string>;
  /** The user's function, for traces. */
  readonly userFunction?: unknown;
  /** For operators that keep windows: the window of the current key whose contents are kept under that namespace, for traces. */
  describeWindow?(namespace: string): WindowView;
}

/** The part of an operator whose answers come later than its records. The runtime asks for them between batches. */
export interface PendingResults<OUT> {
  /** Records at work; the job is not over before they are through. What must survive a crash of them is in the state. */
  readonly pending: number;
  /** Whether no more records should come for now. A few more may come all the same. */
  readonly full: boolean;
  /** When `emitReady()` is to be called at the latest, ms of the monotonic clock; +∞ if only news matters. */
  readonly nextTimeMs: number;
  /** Takes a watermark in place of its being handed on: records before it are not through yet. */
  takeWatermark(watermarkMs: number): void;
  /**
   * Emits what is ready; watermarks go through `OperatorContext.emitWatermark()`. Called after each `OperatorContext.wake()`, and
   * from time to time.
   */
  emitReady(output: Output<OUT>): void;
}

/** Why a record is late. */
export interface Lateness {
  /** One sentence: what it missed. */
  readonly message: string;
  /** Event time from which on it is late, ms; −∞ if it always is. */
  readonly lateFromMs: number;
}

/** What a window holds now. */
export interface WindowView {
  /** Its bounds. */
  readonly window: string;
  /** Its last moment, ms. */
  readonly lastMs: number;
  readonly contents: unknown;
}

/** A window for which functions are called, for its dead letter and for traces. */
export interface FailedWindow {
  /** Under which its contents are kept. */
  readonly namespace: string;
  /** Whether its function is called, and not only its trigger. */
  readonly emits: boolean;
  /** Its bounds. */
  readonly window: string;
  /** What it holds. */
  readonly value: unknown;
  /** Event time of its results, ms. */
  readonly timestampMs: number;
}

/** A record that came before, whose answer is there. */
export interface RecordAtWork {
  readonly value: unknown;
  readonly timestampMs: number;
}

/** Reports what becomes of records that somebody follows; what the runtime sees by itself need not be reported. */
export interface OperatorTrace {
  /** Whether anybody follows any record. Where it is not asked first, a call costs a comparison. */
  readonly isOn: boolean;
  /** Whether somebody follows the record at work, or the window or timer that fires. */
  readonly isAtWork: boolean;
  /** `item` waits: what comes of it by `asRecord()` or {@link OperatorTrace.joined} comes of the record at work too. */
  keep(item: unknown): void;
  /** Does `work` for a pair of values. */
  joined(pair: { readonly left: unknown; readonly right: unknown }, work: () => void): void;
  /** The record at work is late, and goes to a side output. */
  late(lateness: Lateness): void;
  /** A sink has taken the record at work. */
  sent(value: unknown, timestampMs: number, record: SentRecord | undefined): void;
  /** What the current key has in windows is in another one now. */
  merged(target: string, sources: readonly string[]): void;
  /** A window of the current key is no more. */
  closed(namespace: string): void;
}

/** What an operator may use. */
export interface OperatorContext {
  /** For records that are followed. */
  readonly trace: OperatorTrace;
  /** For messages. */
  readonly name: string;
  readonly state: KeyedStateBackend;
  /** Event-time timers. */
  readonly timers: TimerQueue;
  readonly processingTimers: TimerQueue;
  /** Metrics of its functions. */
  readonly metrics: MetricGroup;
  /** Takes note of effects outside of state and timers, which take care of themselves, so that they can be taken back. */
  readonly journal: Journal;
  /**
   * For {@link PendingResults}: does `work` as part of a record that came before. If that throws, the job's error policy decides,
   * as when a function throws at a record that has just come: all that `work` has done is taken back.
   */
  asRecord(record: RecordAtWork, work: () => void): void;
  /**
   * Calls functions for a window that fires. If they throw, the job's policy for windows decides: it fails, or what they did is
   * taken back, the window becomes a dead letter, and the operator goes on as if they had emitted nothing.
   * @param work may throw
   * @param what is asked only if it does
   */
  firing(work: () => void, what: () => FailedWindow): void;
  /** ms since the Unix epoch */
  processingTime(): number;
  /** ms since some moment, never set: for durations. */
  monotonicMs(): number;
  /** The operator's event time, ms. */
  currentWatermark(): number;
  /** A side output; what goes to one that nobody reads is counted and dropped. */
  sideOutput<T>(tag: OutputTag<T>): Output<T>;
  /** Counts the record at work as late and keeps it from vanishing. */
  late(value: unknown, timestampMs: number, lateness: Lateness): void;
  /** Logs what may need a person, with the operator's name. */
  warn(message: string): void;
  /** Counts the record at work as one that goes no further, as is meant. */
  countFiltered(): void;
  /** Counts the record at work as late; it goes to a side output. */
  countLate(): void;
  /** How far event time may be ahead of the clock, for operators that make it themselves. */
  readonly clockLimit: ClockLimit;
  /** Of the record at work; undefined if that is not known. */
  origin(): RecordOrigin | undefined;
  /** For {@link PendingResults}: hands event time on, ms. */
  emitWatermark(watermarkMs: number): void;
  /** For {@link PendingResults}: event time that was emitted is still at work below, and nothing may be emitted before that is done. */
  readonly isPaused: boolean;
  /** For {@link PendingResults}: there is something for `emitReady()`. May be called at any time. */
  wake(): void;
  /**
   * Whether what comes of a broadcast record is emitted here. False for an instance of an operator beside another one that gets all
   * of them, too: it emits only what comes of its keys, which the other does not have.
   */
  readonly emitsBroadcast: boolean;
  /** Aborted when the attempt ends: work outside should end too. */
  readonly signal: AbortSignal;
}
