import type { OutputTag } from "../side_output.ts";
import type { Collector, KeyedRuntimeContext, RuntimeContext } from "./functions.ts";

/** Which clock a timer goes by. */
export type TimeDomain = "EVENT_TIME" | "PROCESSING_TIME";

/** Both clocks, to be read. */
export interface ReadOnlyTimerService {
  /** ms since the Unix epoch */
  currentProcessingTime(): number;
  /** The operator's event time, ms; −∞ before there is any. While event-time timers fire, it is the watermark that fires them. */
  currentWatermark(): number;
}

/**
 * Both clocks, and timers of the key at work: at most one per key, clock and time. `onTimer()` is called when event time, or the
 * machine's clock, has come to a timer's time. A timer in the past fires with the next watermark, or the next time that the
 * clock is read.
 *
 * Timers of all keys fire in order of time, those of one time in the order in which they were registered (Flink promises no
 * order among the latter).
 * @see Flink: TimerService
 */
export interface TimerService extends ReadOnlyTimerService {
  /**
   * `onTimer()` is called when event time has come to `timeMs`.
   * @param timeMs ms since the Unix epoch
   * @throws {TypeError} if it is not finite
   */
  registerEventTimeTimer(timeMs: number): void;
  /**
   * `onTimer()` is called when the machine's clock has come to `timeMs`.
   * @param timeMs ms since the Unix epoch
   * @throws {TypeError} if it is not finite
   */
  registerProcessingTimeTimer(timeMs: number): void;
  /** Deletes the event-time timer of that time, if one is registered. */
  deleteEventTimeTimer(timeMs: number): void;
  /** Deletes the processing-time timer of that time, if one is registered. */
  deleteProcessingTimeTimer(timeMs: number): void;
}

/** What functions learn about the record at work. One object serves all calls: keep what it returns, not the object. */
export interface ProcessContext {
  /** Event time of the record, ms since the Unix epoch; undefined if it has none (null in Flink). In `onTimer()` the timer's. */
  timestamp(): number | undefined;
  /** Both clocks. */
  timerService(): ReadOnlyTimerService;
  /**
   * Emits `value` to a side output, at `timestamp()`, also when a processing-time timer fires. If nobody reads it with
   * `getSideOutput(tag)`, it is dropped.
   */
  output<T>(tag: OutputTag<T>, value: T): void;
}

/** What functions behind `keyBy()` learn about the record at work. One object serves all calls: do not keep it. */
export interface KeyedProcessContext<K> extends ProcessContext {
  /** Both clocks, and timers of the key at work. */
  timerService(): TimerService;
  /** Key of the record, or timer, at work. @see Flink: getCurrentKey() */
  currentKey(): K;
}

/** What `onTimer()` learns. */
export interface OnTimerContext<K> extends KeyedProcessContext<K> {
  /** By which clock the timer goes. */
  timeDomain(): TimeDomain;
}

/**
 * Emits any number of records for each record, reads both clocks, and may emit to side outputs.
 *
 * Records that it emits have the timestamp of the one at work. It is described once and opened anew for each attempt of the
 * job. `process()` takes any object with these functions, so a small one needs no class.
 * For state and timers take a `KeyedProcessFunction`, behind `keyBy()`.
 * @see Flink: ProcessFunction
 */
export abstract class ProcessFunction<I, O> {
  /** Carries the types only. */
  declare readonly functionType?: (value: I, context: ProcessContext) => O;
  /** Called for each record. */
  abstract processElement(value: I, context: ProcessContext, out: Collector<O>): void;
  /** Called before the first record of each attempt. */
  open?(context: RuntimeContext): void;
  /** Called when the attempt ends, however it ends. */
  close?(): void;
}

/**
 * Emits any number of records for each record, with state and timers of the record's key.
 *
 * What it emits in `onTimer()` has the timer's time as its timestamp if that is an event-time timer, and no timestamp if it is a
 * processing-time timer. A timer that `onTimer()` registers at or before event time fires with the same watermark, even one at
 * the time of the timer at work.
 * @see Flink: KeyedProcessFunction
 */
export abstract class KeyedProcessFunction<K, I, O> {
  /** Carries the types only. */
  declare readonly functionType?: (value: I, context: KeyedProcessContext<K>) => O;
  /** Called for each record; state and timers are those of its key. */
  abstract processElement(value: I, context: KeyedProcessContext<K>, out: Collector<O>): void;
  /** Called when a timer comes due; state and timers are those of its key. */
  onTimer?(timestampMs: number, context: OnTimerContext<K>, out: Collector<O>): void;
  /** Called before the first record of each attempt: the place to ask for states. They can be used when a key is at work. */
  open?(context: KeyedRuntimeContext): void;
  /** Called when the attempt ends, however it ends. */
  close?(): void;
}

/**
 * Emits any number of records for each record of either input. For state and timers take a `KeyedCoProcessFunction`, behind
 * `keyBy()`.
 * @see Flink: CoProcessFunction
 */
export abstract class CoProcessFunction<IN1, IN2, OUT> {
  /** Carries the types only. */
  declare readonly functionType?: (value1: IN1, value2: IN2, context: ProcessContext) => OUT;
  /** Called for each record of the first input. */
  abstract processElement1(value: IN1, context: ProcessContext, out: Collector<OUT>): void;
  /** Called for each record of the second input. */
  abstract processElement2(value: IN2, context: ProcessContext, out: Collector<OUT>): void;
  /** Called before the first record of each attempt. */
  open?(context: RuntimeContext): void;
  /** Called when the attempt ends, however it ends. */
  close?(): void;
}

/**
 * Emits any number of records for each record of either input, with state and timers of the record's key. Both inputs share
 * them: what one writes the other reads. Event time is that of the input further behind.
 *
 * What it emits in `onTimer()` has the timer's time as its timestamp if that is an event-time timer, and no timestamp if it is a
 * processing-time timer.
 * @see Flink: KeyedCoProcessFunction
 */
export abstract class KeyedCoProcessFunction<K, IN1, IN2, OUT> {
  /** Carries the types only. */
  declare readonly functionType?: (value1: IN1, value2: IN2, context: KeyedProcessContext<K>) => OUT;
  /** Called for each record of the first input. */
  abstract processElement1(value: IN1, context: KeyedProcessContext<K>, out: Collector<OUT>): void;
  /** Called for each record of the second input. */
  abstract processElement2(value: IN2, context: KeyedProcessContext<K>, out: Collector<OUT>): void;
  /** Called when a timer comes due; state and timers are those of its key. */
  onTimer?(timestampMs: number, context: OnTimerContext<K>, out: Collector<OUT>): void;
  /** Called before the first record of each attempt: the place to ask for states. They can be used when a key is at work. */
  open?(context: KeyedRuntimeContext): void;
  /** Called when the attempt ends, however it ends. */
  close?(): void;
}

/**
 * Returns one record for each record of either input; it is emitted with that record's timestamp.
 *
 * Behind `keyBy()` `open()` gets a {@link KeyedRuntimeContext}, and both functions share the states of the record's key.
 * @see Flink: CoMapFunction, and with `open()` RichCoMapFunction
 */
export interface CoMapFunction<IN1, IN2, OUT, C = RuntimeContext> {
  /** What becomes of a record of the first input. */
  readonly map1: (value: IN1) => OUT;
  /** What becomes of a record of the second input. */
  readonly map2: (value: IN2) => OUT;
  /** Called before the first record of each attempt: behind `keyBy()` the place to ask for states. */
  readonly open?: (context: C) => void;
  /** Called when the attempt ends, however it ends. */
  readonly close?: () => void;
}

/**
 * Collects any number of records for each record of either input; they are emitted with that record's timestamp.
 *
 * Behind `keyBy()` `open()` gets a {@link KeyedRuntimeContext}, and both functions share the states of the record's key.
 * @see Flink: CoFlatMapFunction, and with `open()` RichCoFlatMapFunction
 */
export interface CoFlatMapFunction<IN1, IN2, OUT, C = RuntimeContext> {
  /** Emits any number of records for one of the first input. */
  readonly flatMap1: (value: IN1, out: Collector<OUT>) => void;
  /** Emits any number of records for one of the second input. */
  readonly flatMap2: (value: IN2, out: Collector<OUT>) => void;
  /** Called before the first record of each attempt: behind `keyBy()` the place to ask for states. */
  readonly open?: (context: C) => void;
  /** Called when the attempt ends, however it ends. */
  readonly close?: () => void;
}
