import type { RecordOrigin } from "../errors.ts";
import type { MetricGroup, OperatorMetrics } from "../functions/metric_group.ts";
import type { FailedWindow, Lateness, OperatorContext, OperatorTrace, RecordAtWork } from "../operators/operator.ts";
import type { Output } from "../record.ts";
import type { OutputTag } from "../side_output.ts";
import type { Journal } from "../state/journal.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import type { ClockLimit } from "../time/clock_limit.ts";
import type { TimerQueue } from "../time/timer_queue.ts";
import type { AttemptContext } from "./attempt_context.ts";
import { type FanOut, UnreadOutput } from "./edge.ts";
import type { Counts } from "./counts.ts";
import type { TaskFailures } from "./task_failures.ts";
import { TaskTrace } from "./task_trace.ts";
import type { TracedTask } from "./traced_changes.ts";
import type { Tracing } from "./tracing.ts";

/** The task whose context it is. */
export interface ContextTask extends TracedTask {
  readonly name: string;
  readonly state: KeyedStateBackend;
  readonly timers: TimerQueue;
  readonly processingTimers: TimerQueue;
  readonly output: FanOut;
  readonly counts: Counts;
  readonly metrics: OperatorMetrics;
  currentWatermark(): number;
  emitWatermark(watermarkMs: number): void;
}

/** What a task hands to its operator beside what can be seen of it. */
export interface TaskContextOptions {
  /** By the id of their tag. */
  readonly sideOutputs: ReadonlyMap<string, FanOut>;
  readonly failures: TaskFailures;
  readonly attempt: AttemptContext;
}

/** What an operator may use of its task and of the attempt. */
export class TaskContext implements OperatorContext {
  readonly name: string;
  readonly state: KeyedStateBackend;
  readonly timers: TimerQueue;
  readonly processingTimers: TimerQueue;
  readonly metrics: MetricGroup;
  readonly journal: Journal;
  readonly clockLimit: ClockLimit;
  readonly signal: AbortSignal;
  readonly emitsBroadcast: boolean;
  readonly trace: OperatorTrace;
  readonly #tracing: Tracing;
  readonly #task: ContextTask;
  readonly #sideOutputs: ReadonlyMap<string, FanOut>;
  /** Side outputs that nobody reads: what goes there is counted only. */
  readonly #unread = new Map<string, FanOut>();
  readonly #failures: TaskFailures;
  readonly #attempt: AttemptContext;

  constructor(task: ContextTask, { sideOutputs, failures, attempt }: TaskContextOptions) {
    this.name = task.name;
    this.state = task.state;
    this.timers = task.timers;
    this.processingTimers = task.processingTimers;
    this.metrics = task.metrics;
    this.journal = attempt.changes.journal;
    this.clockLimit = attempt.clockLimit;
    this.signal = attempt.signal;
    this.emitsBroadcast = attempt.emitsBroadcast;
    this.trace = new TaskTrace(attempt.tracing, task);
    this.#tracing = attempt.tracing;
    this.#task = task;
    this.#sideOutputs = sideOutputs;
    this.#failures = failures;
    this.#attempt = attempt;
  }

  /** Event time of the operator, ms. */
  currentWatermark(): number {
    return this.#task.currentWatermark();
  }

  /** ms since the Unix epoch */
  processingTime(): number {
    return this.#attempt.clock.now();
  }

  /** ms since some moment, never set: for durations. */
  monotonicMs(): number {
    return this.#attempt.clock.monotonicMs();
  }

  /** Of the record at work; undefined if that is not known. */
  origin(): RecordOrigin | undefined {
    return this.#task.output.place?.origin();
  }

  /** For pending results: there is something to emit. */
  wake(): void {
    this.#attempt.wake();
  }

  /** For pending results: emits event time, ms. */
  emitWatermark(watermarkMs: number): void {
    this.#task.emitWatermark(watermarkMs);
  }

  /** For pending results: whether nothing may be emitted now. */
  get isPaused(): boolean {
    return this.#attempt.slices.isPaused;
  }

  /** For pending results: does `work` as a part of a record that came before. */
  asRecord(record: RecordAtWork, work: () => void): void {
    if (this.#tracing.tracer === undefined) this.#failures.asRecord(record, work);
    else this.#asFollowedRecord(record, work);
  }

  /** Calls functions for a window that fires. */
  firing(work: () => void, what: () => FailedWindow): void {
    if (this.#tracing.mayConcern) this.#followedFiring(work, what);
    else this.#failures.window(work, what);
  }

  /** A side output; what goes to one that nobody reads is counted and dropped. */
  sideOutput<T>(tag: OutputTag<T>): Output<T> {
    let output = this.#sideOutputs.get(tag.id) ?? this.#unread.get(tag.id);
    if (output === undefined) {
      const message =
        `emits records to its side output "${tag.id}", which nobody reads: they are counted and dropped; ` +
        "getSideOutput() reads them";
      output = new UnreadOutput(this.#task.output, () => this.warn(message));
      this.#tracing.addOutput(output, this.#task.node, tag.id);
      this.#unread.set(tag.id, output);
    }
    return output;
  }

  /** Logs what may need a person, with the operator's name. */
  warn(message: string): void {
    this.#attempt.warn(`"${this.name}": ${message}`);
  }

  /** Counts the record at work as one that goes no further, as is meant. */
  countFiltered(): void {
    this.#task.counts.countFiltered();
    this.#tracing.filtered(this.#task);
  }

  /** Counts the record at work as late; it goes to a side output. */
  countLate(): void {
    this.#task.counts.countLate(false);
  }

  /** Counts the record at work as late, and makes a dead letter of it. */
  late(value: unknown, timestampMs: number, lateness: Lateness): void {
    const { message, lateFromMs } = lateness;
    this.#task.counts.countLate(true);
    this.#tracing.late(this.#task, lateness, "dead letters");
    this.#attempt.deadLetter({
      origin: this.origin(),
      value,
      timestampMs,
      operator: this.name,
      errorClass: "LateRecord",
      message,
      lateFromMs,
    });
  }

  // Methods of their own: what a closure holds would be allocated with each call, also where nobody follows.

  #asFollowedRecord(record: RecordAtWork, work: () => void): void {
    this.#tracing.answered(this.#task, record, (work) => this.#failures.asRecord(record, work), work);
  }

  #followedFiring(work: () => void, what: () => FailedWindow): void {
    this.#tracing.window(this.#task, what(), () => this.#failures.window(work, what));
  }
}
