import type { OutputTag } from "../side_output.ts";
import type { Collector, KeyedRuntimeContext } from "./functions.ts";

/** What a {@link ProcessJoinFunction} learns about a pair. One object serves all calls: do not keep it. */
export interface JoinContext {
  /** ms since the Unix epoch */
  leftTimestamp(): number;
  /** ms since the Unix epoch */
  rightTimestamp(): number;
  /** The larger of the two: the timestamp of what the function emits. */
  timestamp(): number;
  /** Emits `value` to a side output, at `timestamp()`. If nobody reads it with `getSideOutput(tag)`, it is dropped. */
  output<T>(tag: OutputTag<T>, value: T): void;
}

/**
 * Emits any number of records for each pair that an interval join finds, with the larger of the pair's timestamps.
 *
 * It is described once and opened anew for each attempt of the job. Any object with these functions will do.
 * @see Flink: ProcessJoinFunction
 */
export abstract class ProcessJoinFunction<IN1, IN2, OUT> {
  /** Carries the types only. */
  declare readonly functionType?: (left: IN1, right: IN2) => OUT;
  /** Called for each pair. */
  abstract processElement(left: IN1, right: IN2, context: JoinContext, out: Collector<OUT>): void;
  /** Called before the first record of each attempt: the place to ask for states, which are one per key. */
  open?(context: KeyedRuntimeContext): void;
  /** Called when the attempt ends, however it ends. */
  close?(): void;
}
