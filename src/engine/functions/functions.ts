import type { MetricGroup } from "./metric_group.ts";
import type { Output } from "../record.ts";
import type { OutputTag } from "../side_output.ts";
import type { ReduceFunction } from "../state/functions.ts";
import type { KeyedStateStore } from "../state/state.ts";
import type { TimeWindow, Window } from "../windows/window.ts";

export type { AggregateFunction, ReduceFunction } from "../state/functions.ts";

/** One record in, one out. */
export type MapFunction<T, R> = (value: T) => R;

/** Whether a record stays. */
export type FilterFunction<T> = (value: T) => boolean;

/** The key of a record: text, a finite number, a boolean or plain JSON of them. Pure. */
export type KeySelector<T, K> = (value: T) => K;

/** Takes what a function emits; each record gets the timestamp that the operator's documentation says. */
export interface Collector<T> {
  /** Emits a record. Not to be called after the function has returned. */
  collect(value: T): void;
}

/** Any number of records for one, each at its timestamp. */
export type FlatMapFunction<T, R> = (value: T, out: Collector<R>) => void;

/** What a function learns when it is opened, anew for each attempt of the job. */
export interface RuntimeContext {
  /** The operator's name in the job, for messages. */
  name(): string;
  /** Aborted when the attempt ends: work outside should end too. */
  signal(): AbortSignal;
  /** Where the function registers its own metrics. */
  metrics(): MetricGroup;
}

/**
 * What a function behind `keyBy()` learns when it is opened, anew for each attempt of the job: with states, one per key, to be used
 * when a key is at work.
 */
export interface KeyedRuntimeContext extends RuntimeContext, KeyedStateStore {}

/** What a {@link ProcessWindowFunction} learns about the window that fires. */
export interface WindowContext<W extends Window = TimeWindow> {
  /** The window that fires, or is discarded. */
  window(): W;
  /** ms; while timers fire it is the new watermark already */
  currentWatermark(): number;
  /** ms since the Unix epoch */
  currentProcessingTime(): number;
  /** State of the key over all its windows. It grows with the keys: nothing clears it. */
  globalState(): KeyedStateStore;
  /**
   * State of the key and this window; release it in `clear()`.
   * @throws {TypeError} if windows merge, as sessions do: what would become of it is not defined
   */
  windowState(): KeyedStateStore;
  /** Emits `value` to a side output, at the window's last millisecond. If nobody reads it, it is dropped. */
  output<X>(tag: OutputTag<X>, value: X): void;
}

/**
 * Makes the result of a window of a key.
 *
 * In: what the window holds (after a reduce or aggregate: one value). Out: any number of records, at the window's last
 * millisecond. It is described once and opened anew for each attempt of the job.
 * @see Flink: ProcessWindowFunction
 */
export abstract class ProcessWindowFunction<IN, OUT, K, W extends Window = TimeWindow> {
  /** Carries the types only. */
  declare readonly functionType?: (key: K, context: WindowContext<W>, element: IN) => OUT;
  /** Called when the window fires. */
  abstract process(key: K, context: WindowContext<W>, elements: Iterable<IN>, out: Collector<OUT>): void;
  /** Called when the window is discarded. */
  clear?(context: WindowContext<W>): void;
  /** Called before the first record of each attempt. States asked for here are those of `globalState()`. */
  open?(context: KeyedRuntimeContext): void;
  /** Called when the attempt ends, however it ends. */
  close?(): void;
}

/**
 * Makes the result of a window of a stream without key.
 *
 * In: what the window holds (after a reduce or aggregate: one value). Out: any number of records, at the window's last
 * millisecond. It is described once and opened anew for each attempt of the job.
 * @see Flink: ProcessAllWindowFunction
 */
export abstract class ProcessAllWindowFunction<IN, OUT, W extends Window = TimeWindow> {
  /** Carries the types only. */
  declare readonly functionType?: (context: WindowContext<W>, element: IN) => OUT;
  /** Called when the window fires. */
  abstract process(context: WindowContext<W>, elements: Iterable<IN>, out: Collector<OUT>): void;
  /** Called when the window is discarded. */
  clear?(context: WindowContext<W>): void;
  /** Called before the first record of each attempt. */
  open?(context: RuntimeContext): void;
  /** Called when the attempt ends, however it ends. */
  close?(): void;
}

/** Emits values at one timestamp. */
export class TimestampedCollector<T> implements Collector<T> {
  timestampMs = 0;
  output!: Output<T>;

  collect(value: T): void {
    this.output.collect(value, this.timestampMs);
  }
}

/** The next accumulated value. @throws {TypeError} if the function returned nothing: it would be taken for a key without a value */
export function folded<T>(reduce: ReduceFunction<T>, accumulated: T, next: T): T {
  const value = reduce(accumulated, next);
  if (value === undefined) {
    throw new TypeError("The function of reduce() returned undefined: it must return the folded value");
  }
  return value;
}
