import { OperatorError } from "../errors.ts";
import type { OperatorNode, SinkNode } from "../graph.ts";
import type { Operator, OperatorContext } from "../operators/operator.ts";
import { MAX_WATERMARK, MIN_WATERMARK, type StreamOutput, StreamRecord } from "../record.ts";
import type { KeySelector } from "../operators/functions.ts";
import { type Key, keyId } from "../state/key.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import type { Timer, TimerQueue } from "../time/timer_queue.ts";
import { UNION, WatermarkCombiner } from "../time/watermark_combiner.ts";
import type { Shared } from "./shared.ts";

/** What a task is made of. */
export interface TaskParts {
  readonly node: OperatorNode | SinkNode;
  readonly operator: Operator<unknown, unknown>;
  readonly state: KeyedStateBackend;
  readonly timers: TimerQueue;
  readonly output: FanOut;
  readonly shared: Shared;
  /** Event time of the last commit, ms. */
  readonly restoredWatermarkMs: number;
}

/**
 * One operator at work: it hands records to it, keeps its event time, fires its timers and names its errors.
 */
export class Task implements OperatorContext {
  readonly node: OperatorNode | SinkNode;
  readonly operator: Operator<unknown, unknown>;
  readonly state: KeyedStateBackend;
  readonly timers: TimerQueue;
  readonly output: FanOut;
  lateRecords = 0;
  readonly #shared: Shared;
  readonly #keySelector: KeySelector<unknown, unknown> | undefined;
  readonly #record = new StreamRecord<unknown>();
  readonly #edges: Edge[] = [];
  readonly #combiner: WatermarkCombiner | undefined;
  readonly #fire: (timer: Timer) => void;
  readonly #ownWatermark: (() => number) | undefined;
  /** Whether event time means nothing to it but to be handed on. */
  readonly passive: boolean;
  #realMs: number;
  /** What came in; that of a passive task is known to its output only. */
  #watermarkMs: number;
  #idle = false;

  constructor(parts: TaskParts) {
    this.node = parts.node;
    this.operator = parts.operator;
    this.state = parts.state;
    this.timers = parts.timers;
    this.output = parts.output;
    this.#shared = parts.shared;
    this.#keySelector = parts.node.input.keySelector;
    this.#realMs = parts.restoredWatermarkMs;
    this.#watermarkMs = parts.restoredWatermarkMs;
    this.output.watermarkMs = parts.restoredWatermarkMs;
    this.#ownWatermark = parts.operator.ownWatermark;
    const inputs = parts.node.input.from.length;
    this.#combiner = inputs > 1 ? new WatermarkCombiner(inputs, UNION, parts.restoredWatermarkMs) : undefined;
    this.passive = inputs === 1 && this.#ownWatermark === undefined && parts.operator.onEventTime === undefined;
    this.#fire = (timer) => {
      this.state.setCurrentKeyAndId(timer.key, timer.keyId);
      this.operator.onEventTime?.(timer, this.output);
    };
  }

  /** Another way in, for the next of the node's inputs. */
  addEdge(): Edge {
    const edge = new Edge(this, this.#edges.length);
    this.#edges.push(edge);
    return edge;
  }

  get name(): string {
    return this.node.name;
  }

  get recordsIn(): number {
    return this.#edges.reduce((sum, edge) => sum + edge.records, 0);
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

  open(): void {
    this.#guard(() => this.operator.open?.(this));
  }

  /** Tells the tasks below how far event time had come: a union must know it of each of its streams. */
  start(): void {
    const { watermarkMs } = this.output;
    if (!this.passive && watermarkMs > MIN_WATERMARK) this.output.emitWatermark(watermarkMs);
  }

  process(value: unknown, timestampMs: number): void {
    const record = this.#record;
    record.value = value;
    record.timestampMs = timestampMs;
    try {
      const keySelector = this.#keySelector;
      if (keySelector !== undefined) {
        const key = keySelector(value);
        this.state.setCurrentKeyAndId(key as Key, keyId(key));
      }
      this.operator.processElement(record, this.output);
    } catch (error) {
      throw this.#named(error);
    }
    if (this.#ownWatermark !== undefined) this.#emit(this.#ownWatermark());
  }

  /** Event time of one input has come to `watermarkMs`. */
  inputWatermark(input: number, watermarkMs: number): void {
    const combiner = this.#combiner;
    if (combiner === undefined) this.#advance(watermarkMs);
    else if (combiner.update(input, watermarkMs)) this.#advance(combiner.watermarkMs);
  }

  inputIdle(input: number, idle: boolean): void {
    const combiner = this.#combiner;
    if (combiner !== undefined) {
      if (combiner.setIdle(input, idle)) this.#advance(combiner.watermarkMs);
      idle = combiner.idle;
    }
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.output.emitIdle(idle);
  }

  /** See {@link OperatorContext.late}. */
  late(value: unknown, timestampMs: number, message: string): void {
    this.lateRecords++;
    this.#shared.deadLetter({
      origin: this.#shared.current?.origin(),
      value,
      timestampMs,
      operator: this.name,
      errorClass: "LateRecord",
      message: `Record ${message}`,
    });
  }

  #advance(watermarkMs: number): void {
    if (watermarkMs <= this.#watermarkMs) return;
    this.#watermarkMs = watermarkMs;
    if (this.timers.nextTimeMs <= watermarkMs) this.#guard(() => this.timers.advance(watermarkMs, this.#fire));
    if (this.#ownWatermark === undefined || watermarkMs === MAX_WATERMARK) this.#emit(watermarkMs);
  }

  #emit(watermarkMs: number): void {
    if (watermarkMs > this.output.watermarkMs) this.output.emitWatermark(watermarkMs);
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
    if (error instanceof OperatorError || (error as { expected?: unknown } | null)?.expected === true) return error;
    return new OperatorError(this.name, error, this.#shared.current?.origin());
  }
}

/** The way from one task to another, or from a source to a task. */
export class Edge implements StreamOutput<unknown> {
  /** How many have passed. */
  records = 0;
  readonly #task: Task;
  readonly #input: number;

  constructor(task: Task, input: number) {
    this.#task = task;
    this.#input = input;
  }

  /** Where event time goes past the task: most tasks have no use for it, and nearly every record brings some. */
  get bypass(): FanOut | undefined {
    return this.#task.passive ? this.#task.output : undefined;
  }

  collect(value: unknown, timestampMs: number): void {
    this.records++;
    this.#task.process(value, timestampMs);
  }

  emitWatermark(watermarkMs: number): void {
    this.#task.inputWatermark(this.#input, watermarkMs);
  }

  emitIdle(idle: boolean): void {
    this.#task.inputIdle(this.#input, idle);
  }
}

/**
 * The ways out of a task or source: none, one (nearly always) or several. Wired once, before the first record, and from the
 * sources down.
 */
export class FanOut implements StreamOutput<unknown> {
  records = 0;
  #first: Edge | undefined;
  readonly #others: Edge[] = [];
  /** The next ones below to which event time means something. */
  readonly #timed: Edge[] = [];
  /** Whose event time goes past the task above: this output is given none of its own. */
  #bypassed: FanOut | undefined;
  #watermarkMs = MIN_WATERMARK;

  add(edge: Edge): void {
    if (this.#first === undefined) this.#first = edge;
    else this.#others.push(edge);
    const giver = this.#bypassed ?? this;
    const { bypass } = edge;
    if (bypass === undefined) giver.#timed.push(edge);
    else bypass.#bypassed = giver;
  }

  /** Event time behind this output, ms. */
  get watermarkMs(): number {
    return this.#bypassed === undefined ? this.#watermarkMs : this.#bypassed.#watermarkMs;
  }

  /** As the last commit has it: nothing is told to those below. */
  set watermarkMs(ms: number) {
    this.#watermarkMs = ms;
  }

  collect(value: unknown, timestampMs: number): void {
    this.records++;
    this.#first?.collect(value, timestampMs);
    for (let i = 0; i < this.#others.length; i++) this.#others[i]!.collect(value, timestampMs);
  }

  emitWatermark(watermarkMs: number): void {
    this.#watermarkMs = watermarkMs;
    for (let i = 0; i < this.#timed.length; i++) this.#timed[i]!.emitWatermark(watermarkMs);
  }

  emitIdle(idle: boolean): void {
    this.#first?.emitIdle(idle);
    for (const edge of this.#others) edge.emitIdle(idle);
  }
}
