import type { OperatorNode, Outlet } from "../graph.ts";
import {
  type CoGroupFunction,
  CoGroupWindowFunction,
  type JoinFunction,
  joining,
  type TaggedUnion,
} from "../operators/join/co_group.ts";
import type { KeySelector } from "../functions/functions.ts";
import { MapOperator } from "../operators/map.ts";
import type { Operator } from "../operators/operator.ts";
import type { Key } from "../state/key.ts";
import type { Evictor } from "../windows/evictor.ts";
import type { Trigger } from "../windows/trigger.ts";
import type { TimeWindow, Window } from "../windows/window.ts";
import type { WindowAssigner } from "../windows/window_assigner.ts";
import { checkPlainFunction } from "./checks.ts";
import type { SingleOutputStreamOperator } from "./data_stream.ts";
import type { StreamExecutionEnvironment } from "./environment.ts";
import { WindowedStream } from "./windowed_stream.ts";

/** Two streams of one environment. */
export interface StreamPair {
  readonly env: StreamExecutionEnvironment;
  readonly left: readonly Outlet[];
  readonly right: readonly Outlet[];
}

/** Two streams, and the key of the records of their union. */
interface KeyedPair extends StreamPair {
  readonly keySelector: KeySelector<unknown, unknown>;
}

/**
 * Two streams to be joined: `left.join(right).where(keyOfLeft).equalTo(keyOfRight).window(…).apply(…)`.
 *
 * As in SQL's inner join, a record without a partner in its window has no result. Event time is that of the stream further
 * behind.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
 * import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
 *
 * const env = new StreamExecutionEnvironment();
 * const atMs = WatermarkStrategy.forMonotonousTimestamps().withTimestampAssigner<{ ms: number }>(({ ms }) => ms);
 * const fares = env.fromCollection([{ flight: "SKY1", fare: 90, ms: 2 }]).assignTimestampsAndWatermarks(atMs);
 * const seats = env.fromCollection([{ flight: "SKY1", seat: "9A", ms: 7 }]).assignTimestampsAndWatermarks(atMs);
 *
 * const tickets = fares.join(seats).where(({ flight }) => flight).equalTo(({ flight }) => flight)
 *   .window(TumblingEventTimeWindows.of(10))
 *   .apply(({ fare }, { seat }) => `${seat} for ${fare}`);
 * assertEquals(await tickets.executeAndCollect(), ["9A for 90"]);
 * ```
 * @see Flink: JoinedStreams
 */
export class JoinedStreams<T1, T2> {
  /** Carries the types only. */
  declare protected readonly recordTypes: readonly [T1, T2];
  readonly #streams: StreamPair;

  /** Made by `DataStream.join()`. */
  constructor(streams: StreamPair) {
    this.#streams = streams;
  }

  /** The key of the left stream's records. */
  where<K extends Key>(keySelector: KeySelector<T1, K>): JoinWhere<T1, T2, K> {
    checkPlainFunction("where", keySelector);
    return {
      equalTo: (other) => {
        const keyed = keyedPair(this.#streams, keySelector, other);
        return { window: (assigner) => new WindowedJoin(keyed, assigner) };
      },
    };
  }
}

/** A join with the key of its left stream, from `where()`. */
export interface JoinWhere<T1, T2, K> {
  /** The key of the right stream's records, of the same type. */
  equalTo(keySelector: KeySelector<T2, K>): JoinEqualTo<T1, T2, K>;
}

/** A join with the keys of both streams, from `equalTo()`. */
export interface JoinEqualTo<T1, T2, K> {
  /** Sets the windows: records are joined that fall into the same window. */
  window<W extends Window = TimeWindow>(assigner: WindowAssigner<TaggedUnion<T1, T2>, W>): WindowedJoin<T1, T2, K, W>;
}

/**
 * Two streams whose records are grouped together by key and window. A function gets all records of both streams in a window, also
 * if one stream has no records there, while `join()` calls it for each pair.
 * @see Flink: CoGroupedStreams
 */
export class CoGroupedStreams<T1, T2> {
  /** Carries the types only. */
  declare protected readonly recordTypes: readonly [T1, T2];
  readonly #streams: StreamPair;

  /** Made by `DataStream.coGroup()`. */
  constructor(streams: StreamPair) {
    this.#streams = streams;
  }

  /** The key of the left stream's records. */
  where<K extends Key>(keySelector: KeySelector<T1, K>): CoGroupWhere<T1, T2, K> {
    checkPlainFunction("where", keySelector);
    return {
      equalTo: (other) => {
        const keyed = keyedPair(this.#streams, keySelector, other);
        return { window: (assigner) => new WindowedCoGroup(keyed, assigner) };
      },
    };
  }
}

/** A coGroup with the key of its left stream, from `where()`. */
export interface CoGroupWhere<T1, T2, K> {
  /** The key of the right stream's records, of the same type. */
  equalTo(keySelector: KeySelector<T2, K>): CoGroupEqualTo<T1, T2, K>;
}

/** A coGroup with the keys of both streams, from `equalTo()`. */
export interface CoGroupEqualTo<T1, T2, K> {
  /** Sets the windows: records are grouped that fall into the same window. */
  window<W extends Window = TimeWindow>(
    assigner: WindowAssigner<TaggedUnion<T1, T2>, W>,
  ): WindowedCoGroup<T1, T2, K, W>;
}

/** The windows of a join or coGroup, with the settings that `WindowedStream` has too. */
export abstract class WindowedPair<T1, T2, K, W extends Window> {
  readonly #windows: WindowedStream<TaggedUnion<T1, T2>, K, W>;

  /** @internal */
  constructor(operation: string, streams: KeyedPair, assigner: WindowAssigner<TaggedUnion<T1, T2>, W>) {
    this.#windows = new WindowedStream(assigner, (_operation, create) => addNodes(operation, streams, create));
  }

  /** Sets the trigger that decides when windows fire, instead of the assigner's default one. */
  trigger(trigger: Trigger<TaggedUnion<T1, T2>, W>): this {
    this.#windows.trigger(trigger);
    return this;
  }

  /** Removes records from a window when it fires. */
  evictor(evictor: Evictor<TaggedUnion<T1, T2>, W>): this {
    this.#windows.evictor(evictor);
    return this;
  }

  /** Keeps windows for `latenessMs` after their end: a record that arrives in that time fires its whole window again. */
  allowedLateness(latenessMs: number): this {
    this.#windows.allowedLateness(latenessMs);
    return this;
  }

  /** @internal */
  protected coGroup<R>(coGroup: CoGroupFunction<T1, T2, R>): SingleOutputStreamOperator<R> {
    return this.#windows.process(new CoGroupWindowFunction(coGroup));
  }
}

/** A join of two streams in windows, whose last call is `apply()`. */
export class WindowedJoin<T1, T2, K, W extends Window> extends WindowedPair<T1, T2, K, W> {
  /** @internal */
  constructor(streams: KeyedPair, assigner: WindowAssigner<TaggedUnion<T1, T2>, W>) {
    super("window join", streams, assigner);
  }

  /**
   * Emits what the function returns for each pair, with the window's last millisecond as timestamp: first the pairs of the left
   * stream's first record. (For Flink's `FlatJoinFunction` put a `flatMap()` behind it.)
   */
  apply<R>(join: JoinFunction<T1, T2, R>): SingleOutputStreamOperator<R> {
    checkPlainFunction("apply", join);
    return this.coGroup(joining(join));
  }
}

/** A coGroup of two streams in windows, whose last call is `apply()`. */
export class WindowedCoGroup<T1, T2, K, W extends Window> extends WindowedPair<T1, T2, K, W> {
  /** @internal */
  constructor(streams: KeyedPair, assigner: WindowAssigner<TaggedUnion<T1, T2>, W>) {
    super("window coGroup", streams, assigner);
  }

  /** Emits what the function collects, with the window's last millisecond as timestamp. Records of a stream are in order of arrival. */
  apply<R>(coGroup: CoGroupFunction<T1, T2, R>): SingleOutputStreamOperator<R> {
    checkPlainFunction("apply", coGroup);
    return this.coGroup(coGroup);
  }
}

function keyedPair<T1, T2, K>(streams: StreamPair, left: KeySelector<T1, K>, right: KeySelector<T2, K>): KeyedPair {
  checkPlainFunction("equalTo", right);
  const keySelector = (record: TaggedUnion<T1, T2>) => ("one" in record ? left(record.one) : right(record.two));
  return { ...streams, keySelector: keySelector as KeySelector<unknown, unknown> };
}

/** Adds the operators, as in Flink: the records of each stream are tagged with their stream, and go through one window operator. */
function addNodes<T1, T2, R>(
  operation: string,
  { env, left, right, keySelector }: KeyedPair,
  create: () => Operator<TaggedUnion<T1, T2>, R>,
): SingleOutputStreamOperator<R> {
  const tagging = (from: readonly Outlet[], tag: (value: unknown) => TaggedUnion<unknown, unknown>) =>
    env.graph.add<OperatorNode>(
      {
        kind: "operator",
        operation: "tag",
        inputs: [{ from, keySelector: undefined }],
        create: () => new MapOperator(tag),
      },
      "tag",
    );
  const sides = [tagging(left, (one) => ({ one })), tagging(right, (two) => ({ two }))];
  return env.addOperator<R>({
    operation,
    inputs: [{ from: sides.map((node) => ({ node, tag: undefined })), keySelector }],
    pairs: true,
    create: create as () => Operator<unknown, unknown>,
  });
}
