import type { DataStream } from "../api/data_stream.ts";
import { JOB_ENTRY, jobText } from "../commit_format.ts";
import type { StreamNode } from "../graph.ts";
import type { DeadLetter } from "../job_store.ts";
import { NO_TIMESTAMP } from "../record.ts";
import { checkBooks } from "../runtime/book_rules.ts";
import { becomesDeadLetter, errorOf } from "../runtime/dead_letters.ts";
import type { ErrorPolicy, WindowErrorPolicy } from "../runtime/error_policy.ts";
import { jobRecord } from "../runtime/job_record.ts";
import { Snapshot } from "../runtime/snapshot.ts";
import { FanOut } from "../runtime/edge.ts";
import { Counts } from "../runtime/counts.ts";
import type { Task } from "../runtime/task.ts";
import { newTask } from "../runtime/open_running_job.ts";
import type { OutputTag } from "../side_output.ts";
import { applyChanges, lastOf } from "../state/changes.ts";
import type { Key } from "../state/key.ts";
import type { KeyedStateStore, MapState, MapStateDescriptor } from "../state/state.ts";
import {
  type CreateOperator,
  describedBy,
  describedOnStreams,
  type DescribedOperators,
  type OperatorHarnessOptions,
} from "./described_operators.ts";
import { inputsOf, InputStreams } from "./input_streams.ts";
import { ManualClock } from "./manual_clock.ts";
import { OperatorView, type PendingTimer, type Seen, type StateOptions } from "./operator_view.ts";
import { type Flow, Probe } from "./probe.ts";
import { nextTurn } from "./watched_clock.ts";
import { newAttemptContext, type TestAttemptContext } from "./attempt_context.ts";
import { SideProbes } from "./side_probes.ts";

/** The state from which a restart goes on. */
interface Stored {
  readonly entries: ReadonlyMap<string, string>;
  /** The watermark of each stream by the uid of its source, ms. */
  readonly watermarks: ReadonlyMap<string, number>;
}

/**
 * Runs one operator, or one function in the operator that the API makes for it: a test passes in records and watermarks, and
 * takes all that is emitted, watermarks included. Everything happens synchronously, during the call.
 *
 * Use `of()` to test a function of your own; the constructor is for tests of operators.
 *
 * @example A function
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { DataStream } from "@stream-apps/deno";
 *
 * const harness = OperatorHarness.of((fares: DataStream<{ city: string; sum: number }>) =>
 *   fares.keyBy(({ city }) => city).reduce((accumulated, next) => ({ city: accumulated.city, sum: accumulated.sum + next.sum })),
 * );
 * harness.record({ city: "Ulm", sum: 1 }, 100).watermark(200).record({ city: "Ulm", sum: 2 }, 300);
 *
 * assertEquals(harness.take(), [[{ city: "Ulm", sum: 1 }, 100], { watermark: 200 }, [{ city: "Ulm", sum: 3 }, 300]]);
 * ```
 *
 * @example An operator
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const harness = new OperatorHarness<number, number>(() => ({
 *   processElement: ({ value, timestampMs }, output) => output.collect(value * 2, timestampMs),
 * }));
 * harness.record(1, 100).watermark(200).record(3, 250).idle();
 *
 * assertEquals(harness.take(), [[2, 100], { watermark: 200 }, [6, 250], "idle"]);
 * ```
 *
 * @see Flink: OneInputStreamOperatorTestHarness, ProcessFunctionTestHarnesses
 */
export class OperatorHarness<IN, OUT, IN2 = never> {
  /** Processing time of the operator. */
  readonly clock: ManualClock;
  /** @internal */
  readonly attempt: TestAttemptContext;
  /** @internal */
  protected readonly tasks: readonly Task[];
  readonly #described: DescribedOperators;
  readonly #probe: Probe<OUT>;
  readonly #sides: readonly SideProbes[];
  readonly #inputs: InputStreams;
  readonly #view: OperatorView;
  /** The content of the last commit. */
  #stored: Stored;

  /** @internal */
  constructor(
    create: CreateOperator<IN, OUT, IN2> | DescribedOperators,
    options: OperatorHarnessOptions<IN, IN2> = {},
    stored: Stored = { entries: new Map(), watermarks: new Map() },
  ) {
    const { clock = new ManualClock() } = options;
    const described = typeof create === "function" ? describedBy(create, options) : create;
    this.clock = clock;
    this.#described = described;
    this.#stored = stored;
    this.attempt = newAttemptContext(clock, options.onError ?? "fail", options.onWindowError);
    const { journal } = this.attempt.changes;
    this.#probe = new Probe<OUT>(journal);
    const { operators, outlet } = described;
    const nodes = [...inputsOf(described), ...operators];
    const outputs = new Map(nodes.map((node) => [node, new FanOut(new Counts(journal))]));
    this.#inputs = new InputStreams(described, outputs);
    const sides = new Map(nodes.map((node) => [node, new SideProbes(outputs.get(node)!, journal)]));
    this.#sides = [...sides.values()];
    const snapshot = new Snapshot(new Map(stored.entries));
    this.tasks = operators.map((node) =>
      newTask(node, {
        operator: node.create(),
        outputs: { main: outputs, sides },
        snapshot,
        attempt: this.attempt,
      })
    );
    const output = outlet.tag === undefined ? outputs.get(outlet.node)! : sides.get(outlet.node)!.get(outlet.tag.id);
    output.add(this.#probe);
    for (const task of this.tasks) task.open();
    this.#view = new OperatorView(operators.at(-1)!.uid, () => this.#seen());
    this.#inputs.restore(stored.watermarks);
    for (const task of this.tasks) task.start();
    // The operator has emitted its watermark before the commit.
    this.#probe.take();
  }

  /**
   * Tests the operator that `describe` adds to streams, by a call such as `map()`, `keyBy().process()`, `connect().process()`.
   * @param describe gets two streams, of which it may use the second, and returns the stream behind the operator
   * @param options.clock left out: one at 0
   * @param options.onError default "fail"
   * @param options.onWindowError default "fail"
   * @throws {TypeError} if it describes no operator, or a source or sink
   */
  static of<IN, OUT, IN2 = never>(
    describe: (stream: DataStream<IN>, second: DataStream<IN2>) => DataStream<OUT>,
    options: {
      readonly clock?: ManualClock;
      readonly onError?: ErrorPolicy;
      readonly onWindowError?: WindowErrorPolicy;
    } = {},
  ): OperatorHarness<IN, OUT, IN2> {
    return new OperatorHarness<IN, OUT, IN2>(describedOnStreams(describe), options);
  }

  /**
   * Passes in a record of the first input.
   * @param timestampMs event time, ms since the Unix epoch; left out: the record has no timestamp
   * @param input which stream of the first input, counted from 0
   * @throws {OperatorError} if the function throws and `onError` is "fail"; as in a job, its effects of the record are undone
   */
  record(value: IN, timestampMs: number = NO_TIMESTAMP, input = 0): this {
    return this.#collect(this.#inputs.first(input), value, timestampMs);
  }

  /**
   * Passes in a watermark of a stream; `MAX_WATERMARK` is the end of the input. As behind a source, a watermark that is not higher
   * than the last one is ignored.
   */
  watermark(watermarkMs: number, input = 0): this {
    this.#inputs.emitWatermark(this.#inputs.first(input), watermarkMs);
    return this;
  }

  /** Marks a stream as idle, so that it does not hold back event time, or as active again. */
  idle(idle = true, input = 0): this {
    this.#inputs.emitIdle(this.#inputs.first(input), idle);
    return this;
  }

  /** Passes in a record of the second input. */
  record2(value: IN2, timestampMs: number = NO_TIMESTAMP): this {
    return this.#collect(this.#inputs.second, value, timestampMs);
  }

  /** Passes in a watermark of the second input. */
  watermark2(watermarkMs: number): this {
    this.#inputs.emitWatermark(this.#inputs.second, watermarkMs);
    return this;
  }

  /** Marks the second input as idle, so that it does not hold back event time, or as active again. */
  idle2(idle = true): this {
    this.#inputs.emitIdle(this.#inputs.second, idle);
    return this;
  }

  /** Moves the clock to `nowMs`: processing-time timers that are due fire. */
  processingTime(nowMs: number): this {
    this.clock.nowMs = nowMs;
    for (const task of this.tasks) {
      if (task.operator.onPeriodicEmit !== undefined) task.emitPeriodically(nowMs);
      task.advanceProcessingTime(nowMs);
      task.emitReady();
    }
    return this;
  }

  /** Makes the calls of an asynchronous function, lets their promises settle, and emits their results. */
  async settle(): Promise<this> {
    do {
      this.attempt.woken = false;
      for (const task of this.tasks) task.emitReady();
      await nextTurn();
    } while (this.attempt.woken);
    checkBooks([], this.tasks);
    return this;
  }

  /** What was emitted since the last call. */
  take(): Flow<OUT>[] {
    return this.#probe.take();
  }

  /** Records that were emitted to a side output since the last call; its watermarks are those of the main output. */
  takeSide<T>(tag: OutputTag<T>): [value: T, timestampMs: number][] {
    return this.#sides.flatMap((sides) => sides.take<T>(tag.id));
  }

  /** Dead letters: late records without a side output, and records that have failed if `onError` is "dead-letter". */
  get deadLetters(): readonly Omit<DeadLetter, "attempt">[] {
    return this.attempt.letters;
  }

  /** How many records were late, those in side outputs included. */
  get lateRecords(): number {
    return this.tasks.reduce((sum, task) => sum + task.counts.late, 0);
  }

  /** The operator's watermark, ms. */
  currentWatermark(): number {
    return this.tasks.at(-1)!.currentWatermark();
  }

  /** The states of a key (and window); see `OperatorView.state()`. */
  state(key: Key, options: StateOptions = {}): KeyedStateStore {
    return this.#view.state(key, options);
  }

  /** A broadcast state, as a copy; see `OperatorView.broadcastState()`. */
  broadcastState<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.#view.broadcastState(descriptor);
  }

  /** Event-time timers in the order in which they will fire. */
  timers(): PendingTimer[] {
    return this.#view.timers();
  }

  /** Processing-time timers in the order in which they will fire. */
  processingTimers(): PendingTimer[] {
    return this.#view.processingTimers();
  }

  /** Commits all changes. @returns the changed entries of state and timers; `null` for those that were deleted */
  commit(): [entry: string, value: string | null][] {
    const entries = new Map(this.#stored.entries);
    const changes = lastOf(this.attempt.changes.drain());
    applyChanges(entries, changes);
    const job = { sources: [], tasks: this.tasks, sinks: [] };
    entries.set(JOB_ENTRY, jobText(jobRecord(job, { bounds: null, finishedAtMs: null, ahead: new Map() })));
    this.#stored = { entries, watermarks: this.#inputs.watermarks() };
    return [...changes];
  }

  /** A new operator in a new harness, restored from the last commit: later changes are lost. */
  restart(): this {
    const Harness = this.constructor as new (...parts: ConstructorParameters<typeof OperatorHarness>) => this;
    const { onError, onWindowError } = this.attempt;
    return new Harness(this.#described, { clock: this.clock, onError, onWindowError }, this.#stored);
  }

  /**
   * The task of the operator; of several the first.
   * @internal
   */
  get task(): Task {
    return this.tasks[0]!;
  }

  #collect(node: StreamNode, value: unknown, timestampMs: number): this {
    const { journal } = this.attempt.changes;
    journal.begin();
    try {
      this.#inputs.collect(node, value, timestampMs);
    } catch (error) {
      journal.undo();
      if (!becomesDeadLetter(error, this.attempt.onError)) throw error;
      this.attempt.deadLetter({ ...errorOf(error), origin: undefined, value, timestampMs, operator: error.operator });
    }
    journal.end();
    checkBooks([], this.tasks);
    return this;
  }

  #seen(): Seen {
    const entries = new Map(this.#stored.entries);
    applyChanges(entries, this.attempt.changes.peek());
    return { entries, versions: this.tasks.at(-1)!.state.versions(), nowMs: this.clock.nowMs };
  }
}
