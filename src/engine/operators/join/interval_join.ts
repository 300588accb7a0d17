import { formatTime, NO_TIMESTAMP, type Output, type StreamRecord } from "../../record.ts";
import type { OutputTag } from "../../side_output.ts";
import type { KeyId } from "../../state/key.ts";
import type { Timer } from "../../time/timer_queue.ts";
import { FunctionContext } from "../function_context.ts";
import type { KeyedRuntimeContext } from "../../functions/functions.ts";
import { type Bucket, IntervalJoinBuffer } from "./interval_join_buffer.ts";
import type { JoinContext, ProcessJoinFunction } from "../../functions/process_join_function.ts";
import type { OperatorContext, OperatorTrace, TwoInputOperator } from "../operator.ts";

/** Which pairs an interval join finds, and where late records go. */
export interface IntervalJoinOptions {
  /** How far right may be behind left at most, ms, included; what is before left is negative. */
  readonly lowerMs: number;
  /** How far right may be after left at most, ms, included. */
  readonly upperMs: number;
  /** Left out: late records are dead letters. */
  readonly leftLateTag?: OutputTag<unknown> | undefined;
  readonly rightLateTag?: OutputTag<unknown> | undefined;
}

/**
 * Joins each record with those of the other side whose time is near its own: `left + lowerMs <= right <= left + upperMs`.
 *
 * In: `IN1` and `IN2`, keyed. Out: what the function makes of each pair, at the larger of the two timestamps. The pairs of a
 * record come when it comes, in order of the other's time and arrival (Flink's order is that of a hash map of times).
 * State: `left` and `right`, the records of a time per key and time, until event time reaches the last time that a partner
 * can have: one that comes at that very time is not late, yet finds nothing, as in Flink.
 * A record before event time is late: it joins with nothing, even if its partner is still there.
 * @see Flink: IntervalJoinOperator
 */
export class IntervalJoinOperator<IN1, IN2, OUT> implements TwoInputOperator<IN1, IN2, OUT> {
  readonly #options: IntervalJoinOptions;
  readonly #function: ProcessJoinFunction<IN1, IN2, OUT>;
  #left!: Side<IN1>;
  #right!: Side<IN2>;
  #pair!: Pair<IN1, IN2, OUT>;

  constructor(options: IntervalJoinOptions, joinFunction: ProcessJoinFunction<IN1, IN2, OUT>) {
    this.#options = options;
    this.#function = joinFunction;
  }

  compatibility(): Record<string, string> {
    return { interval: `${this.#options.lowerMs} ms to ${this.#options.upperMs} ms` };
  }

  get userFunction(): unknown {
    return this.#function;
  }

  open(context: OperatorContext): void {
    const { lowerMs, upperMs, leftLateTag, rightLateTag } = this.#options;
    this.#left = new Side(LEFT, context, Math.max(upperMs, 0), leftLateTag);
    this.#right = new Side(RIGHT, context, Math.max(-lowerMs, 0), rightLateTag);
    this.#pair = new Pair(context, this.#function);
    this.#function.open?.(this.#pair.runtimeContext());
  }

  close(): void {
    this.#function.close?.();
  }

  processElement1({ value, timestampMs }: StreamRecord<IN1>, output: Output<OUT>): void {
    if (!this.#left.take(value, timestampMs)) return;
    const { lowerMs, upperMs } = this.#options;
    for (const { key: atMs, value: rights } of this.#right.between(timestampMs + lowerMs, timestampMs + upperMs)) {
      for (const right of rights!) this.#pair.join(value, right, timestampMs, atMs as number, output);
    }
  }

  processElement2({ value, timestampMs }: StreamRecord<IN2>, output: Output<OUT>): void {
    if (!this.#right.take(value, timestampMs)) return;
    const { lowerMs, upperMs } = this.#options;
    for (const { key: atMs, value: lefts } of this.#left.between(timestampMs - upperMs, timestampMs - lowerMs)) {
      for (const left of lefts!) this.#pair.join(left, value, atMs as number, timestampMs, output);
    }
  }

  onEventTime({ namespace, timeMs, keyId }: Timer): void {
    if (namespace === LEFT) this.#left.drop(timeMs, keyId);
    else this.#right.drop(timeMs, keyId);
  }
}

/** Name their states and timers. */
const LEFT = "left";
const RIGHT = "right";

/** The records of one side that may still find partners. */
class Side<T> {
  readonly #name: string;
  readonly #context: OperatorContext;
  readonly #keepMs: number;
  readonly #lateTag: OutputTag<unknown> | undefined;
  readonly #buffer: IntervalJoinBuffer<T>;

  /** @param keepMs how far behind a record its last possible partner is */
  constructor(name: string, context: OperatorContext, keepMs: number, lateTag: OutputTag<unknown> | undefined) {
    this.#name = name;
    this.#context = context;
    this.#keepMs = keepMs;
    this.#lateTag = lateTag;
    this.#buffer = new IntervalJoinBuffer(context.state.mapTable(name, 1), context.journal);
  }

  /** Keeps a record for partners that come after it. @returns false if it is late */
  take(value: T, timestampMs: number): boolean {
    const { name, state, timers } = this.#context;
    if (timestampMs === NO_TIMESTAMP) {
      throw new TypeError(
        `Cannot join a record in "${name}": it has no timestamp; call assignTimestampsAndWatermarks() before intervalJoin()`,
      );
    }
    const watermarkMs = this.#context.currentWatermark();
    if (timestampMs < watermarkMs) {
      this.#refuse(value, timestampMs, watermarkMs);
      return false;
    }
    const { currentKey, currentKeyId } = state;
    this.#context.trace.keep(value);
    if (this.#buffer.add(currentKey, currentKeyId, timestampMs, value)) {
      timers.register(timestampMs + this.#keepMs, this.#name, currentKey, currentKeyId);
    }
    return true;
  }

  /** Records of the current key by time, in order of time; both bounds are included. */
  between(fromMs: number, toMs: number): Bucket<T>[] {
    return this.#buffer.between(this.#context.state.currentKeyId, fromMs, toMs);
  }

  /** A timer has come due. */
  drop(timerMs: number, id: KeyId): void {
    this.#buffer.drop(id, timerMs - this.#keepMs);
  }

  #refuse(value: T, timestampMs: number, watermarkMs: number): void {
    const message = `Record came too late to be joined: event time is at ${formatTime(watermarkMs)} already`;
    if (this.#lateTag === undefined) {
      this.#context.late(value, timestampMs, { message, lateFromMs: timestampMs + 1 });
    } else {
      this.#context.countLate();
      this.#context.trace.late({ message, lateFromMs: timestampMs + 1 });
      this.#context.sideOutput(this.#lateTag).collect(value, timestampMs);
    }
  }
}

/** The pair at work, as its function sees it. */
class Pair<IN1, IN2, OUT> implements JoinContext {
  readonly #function: ProcessJoinFunction<IN1, IN2, OUT>;
  readonly #context: FunctionContext<unknown, OUT>;
  readonly #trace: OperatorTrace;
  #leftMs = NO_TIMESTAMP;
  #rightMs = NO_TIMESTAMP;

  constructor(context: OperatorContext, joinFunction: ProcessJoinFunction<IN1, IN2, OUT>) {
    this.#function = joinFunction;
    this.#context = new FunctionContext(context, { keyed: true });
    this.#trace = context.trace;
  }

  runtimeContext(): KeyedRuntimeContext {
    return this.#context.runtimeContext();
  }

  join(left: IN1, right: IN2, leftMs: number, rightMs: number, output: Output<OUT>): void {
    if (!this.#trace.isOn) return this.#join(left, right, leftMs, rightMs, output);
    this.#trace.joined({ left, right }, () => this.#join(left, right, leftMs, rightMs, output));
  }

  #join(left: IN1, right: IN2, leftMs: number, rightMs: number, output: Output<OUT>): void {
    this.#leftMs = leftMs;
    this.#rightMs = rightMs;
    this.#context.setCurrentRecord(this.timestamp(), output);
    this.#function.processElement(left, right, this, this.#context.out);
    this.#context.leaveKey();
  }

  leftTimestamp(): number {
    return this.#leftMs;
  }

  rightTimestamp(): number {
    return this.#rightMs;
  }

  timestamp(): number {
    return Math.max(this.#leftMs, this.#rightMs);
  }

  output<T>(tag: OutputTag<T>, value: T): void {
    this.#context.output(tag, value);
  }
}
