import type { Output } from "../record.ts";
import type { KeyedStateStore } from "../state/state.ts";
import type { TimeWindow } from "../windows/window.ts";

/** One record in, one out. */
export type MapFunction<T, R> = (value: T) => R;

/** Whether a record stays. */
export type FilterFunction<T> = (value: T) => boolean;

/** The key of a record: text, a finite number, a boolean or plain JSON of them. Pure. */
export type KeySelector<T, K> = (value: T) => K;

/** Folds `next` into `sofar`. Pure; both arguments share one key. */
export type ReduceFunction<T> = (sofar: T, next: T) => T;

/** Takes what a function gives; each record gets the timestamp that the operator's documentation says. */
export interface Collector<T> {
  collect(value: T): void;
}

/** What a {@link ProcessWindowFunction} learns about the window that fires. */
export interface WindowContext {
  readonly window: TimeWindow;
  /** ms; while timers fire it is the new watermark already */
  currentWatermark(): number;
  /** ms since the Unix epoch */
  currentProcessingTime(): number;
  /** State of the key over all its windows. It grows with the keys: nothing clears it. */
  globalState(): KeyedStateStore;
  /** State of the key and this window; release it in `clear()`. */
  windowState(): KeyedStateStore;
}

/**
 * Makes the result of a window of a key.
 *
 * In: what the window holds (after a reduce: one value). Out: any number of records, at the window's last millisecond.
 * @see Flink: ProcessWindowFunction
 */
export abstract class ProcessWindowFunction<IN, OUT, K> {
  /** Called when the window fires. */
  abstract process(key: K, context: WindowContext, elements: Iterable<IN>, out: Collector<OUT>): void;
  /** Called when the window is discarded. */
  clear(_context: WindowContext): void {}
}

/** Gives `value`s one timestamp. */
export class TimestampedCollector<T> implements Collector<T> {
  timestampMs = 0;
  output!: Output<T>;

  collect(value: T): void {
    this.output.collect(value, this.timestampMs);
  }
}

/** @throws {TypeError} if the function gave nothing: it would be taken for a key without a value */
export function folded<T>(reduce: ReduceFunction<T>, sofar: T, next: T): T {
  const value = reduce(sofar, next);
  if (value === undefined) {
    throw new TypeError("The function of reduce() gave undefined: it must return the folded value");
  }
  return value;
}
