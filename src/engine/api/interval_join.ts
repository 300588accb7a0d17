import { IntervalJoinOperator, type IntervalJoinOptions } from "../operators/join/interval_join.ts";
import type { ProcessJoinFunction } from "../functions/process_join_function.ts";
import type { OutputTag } from "../side_output.ts";
import { checkFunctions, checkTag } from "./checks.ts";
import type { KeyedConnectedStreams } from "./connected_streams.ts";
import type { SingleOutputStreamOperator } from "./data_stream.ts";

/** Which ends of an interval are left out. */
export interface IntervalBounds {
  /** Whether a right record at exactly `left + lowerMs` is left out; default false. */
  readonly lowerBoundExclusive?: boolean;
  /** Whether a right record at exactly `left + upperMs` is left out; default false. */
  readonly upperBoundExclusive?: boolean;
}

/** Two keyed streams to be joined by event time. @see Flink: KeyedStream.IntervalJoin, which has no processing time either */
export class IntervalJoin<T1, T2, K> {
  readonly #streams: KeyedConnectedStreams<T1, T2, K>;

  /** Made by `KeyedStream.intervalJoin()`. */
  constructor(streams: KeyedConnectedStreams<T1, T2, K>) {
    this.#streams = streams;
  }

  /**
   * Joins pairs with `left + lowerMs <= right <= left + upperMs`: with `between(-5, 10)` those from 5 ms before to 10 ms after left.
   * @param lowerMs a whole number, <= upperMs
   * @throws {RangeError} if one is not a whole number, or no time lies between the two
   */
  between(lowerMs: number, upperMs: number, bounds: IntervalBounds = {}): IntervalJoined<T1, T2, K> {
    for (const [name, value] of [["lowerMs", lowerMs], ["upperMs", upperMs]] as const) {
      if (Number.isInteger(value)) continue;
      throw new RangeError(`Cannot describe between() as ${name} must be a whole number: current value is ${value}`);
    }
    const { lowerBoundExclusive = false, upperBoundExclusive = false } = bounds;
    const options = {
      lowerMs: lowerBoundExclusive ? lowerMs + 1 : lowerMs,
      upperMs: upperBoundExclusive ? upperMs - 1 : upperMs,
    };
    if (options.lowerMs > options.upperMs) {
      const without = lowerBoundExclusive || upperBoundExclusive ? " without the bounds that are left out" : "";
      throw new RangeError(
        `Cannot describe between() as no time lies between lowerMs and upperMs${without}: current values are ${lowerMs} and ${upperMs}`,
      );
    }
    return new IntervalJoined(this.#streams, options);
  }
}

/** Two keyed streams and the interval that joins them. @see Flink: KeyedStream.IntervalJoined */
export class IntervalJoined<T1, T2, K> {
  readonly #streams: KeyedConnectedStreams<T1, T2, K>;
  readonly #options: IntervalJoinOptions;

  /** Made by `between()`. */
  constructor(streams: KeyedConnectedStreams<T1, T2, K>, options: IntervalJoinOptions) {
    this.#streams = streams;
    this.#options = options;
  }

  /**
   * Emits late records of the left stream to a side output, with their timestamps; without a tag they become dead letters. (In
   * Flink they are then dropped without being counted.)
   */
  sideOutputLeftLateData<R>(this: IntervalJoined<R, T2, K>, tag: OutputTag<R>): IntervalJoined<T1, T2, K> {
    return this.#with({ leftLateTag: erased("sideOutputLeftLateData", tag) }) as IntervalJoined<never, T2, K>;
  }

  /** Emits late records of the right stream to a side output, with their timestamps; without a tag they become dead letters. */
  sideOutputRightLateData<R>(this: IntervalJoined<T1, R, K>, tag: OutputTag<R>): IntervalJoined<T1, T2, K> {
    return this.#with({ rightLateTag: erased("sideOutputRightLateData", tag) }) as IntervalJoined<T1, never, K>;
  }

  /** Emits what the function collects for each pair, with the larger of the two timestamps; see {@link ProcessJoinFunction}. */
  process<OUT>(joinFunction: ProcessJoinFunction<T1, T2, OUT>): SingleOutputStreamOperator<OUT> {
    checkFunctions("process", "a ProcessJoinFunction", joinFunction, ["processElement"]);
    return this.#streams.transform("interval join", () => new IntervalJoinOperator(this.#options, joinFunction));
  }

  #with(options: Partial<IntervalJoinOptions>): IntervalJoined<T1, T2, K> {
    return new IntervalJoined(this.#streams, { ...this.#options, ...options });
  }
}

/** A tag without its type, as the operator takes tags of all types. */
function erased(method: string, tag: unknown): OutputTag<unknown> {
  checkTag(method, tag);
  return tag;
}
