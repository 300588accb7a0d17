import {
  type Aggregation,
  type Field,
  fieldAggregate,
  type HasComparable,
  type HasNumber,
} from "../functions/field_aggregate.ts";
import type { ProcessWindowFunction } from "../functions/functions.ts";
import type { Operator } from "../operators/operator.ts";
import type { WindowDescription } from "../operators/window/description.ts";
import { FieldFold, type WindowFold } from "../operators/window/folds.ts";
import type { OutputTag } from "../side_output.ts";
import type { Evictor } from "../windows/evictor.ts";
import type { Trigger } from "../windows/trigger.ts";
import type { Window } from "../windows/window.ts";
import { MergingWindowAssigner, type WindowAssigner } from "../windows/window_assigner.ts";
import { checkField, checkFunctions, checkTag } from "./checks.ts";
import type { SingleOutputStreamOperator } from "./data_stream.ts";
import { newWindowOperator } from "./new_window_operator.ts";

/**
 * Adds an operator behind the stream whose windows are described.
 * @internal
 */
export type Transform<T> = <R>(operation: string, create: () => Operator<T, R>) => SingleOutputStreamOperator<R>;

/**
 * What windows of streams with and without keys have in common: their settings, and folds of one field.
 * @see Flink: WindowOperatorBuilder, which has the settings there
 */
export abstract class BaseWindowedStream<T, W extends Window> {
  readonly #method: string;
  readonly #assigner: WindowAssigner<T, W>;
  readonly #transform: Transform<T>;
  #trigger: Trigger<T, W> | undefined;
  #evictor: Evictor<T, W> | undefined;
  #allowedLatenessMs = 0;
  #lateTag: OutputTag<unknown> | undefined;

  /**
   * @param method that has described the windows: the operators are named after it
   * @internal
   */
  constructor(method: "window" | "windowAll", assigner: WindowAssigner<T, W>, transform: Transform<T>) {
    checkFunctions(method, "a window assigner", assigner, ["assignWindows", "windowOf", "getDefaultTrigger"]);
    this.#method = method;
    this.#assigner = assigner;
    this.#transform = transform;
  }

  /**
   * Sets the trigger that decides when windows fire, instead of the assigner's default one.
   * @throws {TypeError} if windows merge, as sessions do, and the trigger does not support it
   */
  trigger(trigger: Trigger<T, W>): this {
    checkFunctions("trigger", "a trigger", trigger, ["onElement", "onEventTime", "onProcessingTime", "clear"]);
    if (this.#assigner instanceof MergingWindowAssigner && !trigger.canMerge()) {
      throw new TypeError(
        `Cannot describe trigger(): the windows of ${this.#assigner.description} merge, which ${trigger.description} does not support`,
      );
    }
    this.#trigger = trigger;
    return this;
  }

  /** Removes records from a window when it fires. All records of a window are kept then, also for `reduce()`. */
  evictor(evictor: Evictor<T, W>): this {
    checkFunctions("evictor", "an evictor", evictor, ["evictBefore", "evictAfter"]);
    this.#evictor = evictor;
    return this;
  }

  /**
   * Keeps windows for `latenessMs` of event time after their end. A record that arrives in that time fires its window again,
   * with all its records. It has no effect on windows of processing time.
   *
   * A function that sums over windows in `globalState()` counts the window's earlier records again at each such firing.
   * @throws {RangeError} unless it is >= 0
   */
  allowedLateness(latenessMs: number): this {
    if (!(latenessMs >= 0)) {
      throw new RangeError(`Cannot describe allowedLateness() as it must be >= 0 ms: current value is ${latenessMs}`);
    }
    this.#allowedLatenessMs = latenessMs;
    return this;
  }

  /**
   * Emits records that are too late for all their windows to a side output, instead of making them dead letters; they count as
   * late all the same. So do records that fall into a gap between windows.
   */
  sideOutputLateData<R>(this: BaseWindowedStream<R, W>, tag: OutputTag<R>): this;
  sideOutputLateData(tag: unknown): this {
    checkTag("sideOutputLateData", tag);
    this.#lateTag = tag;
    return this;
  }

  /** The window's first record with the sum of a field. */
  sum<N extends Field<T>>(this: BaseWindowedStream<HasNumber<N>, W>, field: N): SingleOutputStreamOperator<T> {
    return this.#field("sum", field);
  }

  /** The window's first record with the smallest value of a field; `minBy()` returns the record that has that value. */
  min<N extends Field<T>>(this: BaseWindowedStream<HasComparable<N>, W>, field: N): SingleOutputStreamOperator<T> {
    return this.#field("min", field);
  }

  /** The window's first record with the largest value of a field; `maxBy()` returns the record that has that value. */
  max<N extends Field<T>>(this: BaseWindowedStream<HasComparable<N>, W>, field: N): SingleOutputStreamOperator<T> {
    return this.#field("max", field);
  }

  /** The window's record with the smallest value of a field; of several the first, or with `false` the last. */
  minBy<N extends Field<T>>(
    this: BaseWindowedStream<HasComparable<N>, W>,
    field: N,
    first = true,
  ): SingleOutputStreamOperator<T> {
    return this.#field("minBy", field, first);
  }

  /** The window's record with the largest value of a field; of several the first, or with `false` the last. */
  maxBy<N extends Field<T>>(
    this: BaseWindowedStream<HasComparable<N>, W>,
    field: N,
    first = true,
  ): SingleOutputStreamOperator<T> {
    return this.#field("maxBy", field, first);
  }

  /**
   * Describes windows that keep one value, with which `process` is called.
   * @internal
   */
  protected fold<ACC, V, R, K>(
    method: string,
    fold: WindowFold<T, ACC, V>,
    process: ProcessWindowFunction<V, R, K, W> | undefined,
  ): SingleOutputStreamOperator<R> {
    const description = this.#describe(fold, process);
    return this.#transform(`${this.#method} ${method}`, () => newWindowOperator(description));
  }

  /** Describes windows that keep all records. */
  protected list<R, K>(process: ProcessWindowFunction<T, R, K, W>): SingleOutputStreamOperator<R> {
    const description = this.#describe(undefined, process);
    return this.#transform(`${this.#method} process`, () => newWindowOperator(description));
  }

  #field<R>(aggregation: Aggregation, field: string | number, first = true): SingleOutputStreamOperator<R> {
    checkField(aggregation, field);
    const fold = new FieldFold(fieldAggregate<T>(aggregation, field, first));
    return this.fold<T, T, R, unknown>(aggregation, fold, undefined);
  }

  /** The description as a copy: later settings are for another operator. */
  #describe<ACC, V, R, K>(
    fold: WindowFold<T, ACC, V> | undefined,
    process: ProcessWindowFunction<V, R, K, W> | undefined,
  ): WindowDescription<T, ACC, V, R, K, W> {
    return {
      assigner: this.#assigner,
      trigger: this.#trigger,
      evictor: this.#evictor,
      allowedLatenessMs: this.#allowedLatenessMs,
      lateTag: this.#lateTag,
      fold,
      process,
    };
  }
}

/** @throws {TypeError} if `given` is not a window function */
export function checkWindowFunction(method: string, given: unknown): void {
  checkFunctions(method, "a window function", given, ["process"], ["clear", "open", "close"]);
}

/** @throws {TypeError} if `given` lacks a function of an AggregateFunction */
export function checkAggregateFunction(given: unknown): void {
  checkFunctions("aggregate", "an AggregateFunction", given, ["createAccumulator", "add", "getResult", "merge"]);
}
