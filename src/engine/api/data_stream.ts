import type { NodeInput } from "../graph.ts";
import type { BroadcastDescriptors } from "../operators/co_function_context.ts";
import {
  type Aggregation,
  type Field,
  fieldAggregate,
  type HasComparable,
  type HasNumber,
} from "../functions/field_aggregate.ts";
import { FilterOperator } from "../operators/filter.ts";
import { FlatMapOperator } from "../operators/flat_map.ts";
import type {
  FilterFunction,
  FlatMapFunction,
  KeySelector,
  MapFunction,
  ReduceFunction,
} from "../functions/functions.ts";
import { MapOperator } from "../operators/map.ts";
import type { Operator } from "../operators/operator.ts";
import { ProcessOperator } from "../operators/process.ts";
import type { KeyedProcessFunction, ProcessFunction } from "../functions/process_functions.ts";
import { ReduceOperator } from "../operators/reduce.ts";
import { RollingAggregateOperator } from "../operators/rolling_aggregate.ts";
import { TimestampsAndWatermarksOperator } from "../operators/timestamps_and_watermarks.ts";
import type { OutputTag } from "../side_output.ts";
import type { Key } from "../state/key.ts";
import type { WatermarkStrategy } from "../time/watermark_strategy.ts";
import { GlobalWindows } from "../windows/global_windows.ts";
import type { GlobalWindow, Window } from "../windows/window.ts";
import type { WindowAssigner } from "../windows/window_assigner.ts";
import { AllWindowedStream, nullKey } from "./all_windowed_stream.ts";
import { BaseStream } from "./base_stream.ts";
import { BroadcastConnectedStream, BroadcastStream, KeyedBroadcastConnectedStream } from "./broadcast_stream.ts";
import { checkAssignedStrategy, checkField, checkFunctions, checkPlainFunction, checkSideOutput } from "./checks.ts";
import { type ConnectedStreams, connectStreams, type KeyedConnectedStreams } from "./connected_streams.ts";
import { byCount } from "./count_windows.ts";
import type { StreamExecutionEnvironment } from "./environment.ts";
import { setName, setUid } from "./graph_builder.ts";
import { IntervalJoin } from "./interval_join.ts";
import { CoGroupedStreams, JoinedStreams } from "./joined_streams.ts";
import { type Branches, splitStream, type SplitStreams } from "./split_streams.ts";
import { WindowedStream } from "./windowed_stream.ts";

/** A stream of records of one type. Its methods describe a job; nothing runs before `env.execute()`. */
export class DataStream<out T> extends BaseStream<T> {
  /** Emits what `map` returns for each record, with the record's timestamp. */
  map<R>(map: MapFunction<T, R>): SingleOutputStreamOperator<R> {
    checkPlainFunction("map", map);
    return this.transform("map", () => new MapOperator(map));
  }

  /** Emits what `flatMap` collects: any number of records for each record, with its timestamp. */
  flatMap<R>(flatMap: FlatMapFunction<T, R>): SingleOutputStreamOperator<R> {
    checkPlainFunction("flatMap", flatMap);
    return this.transform("flatMap", () => new FlatMapOperator(flatMap));
  }

  /** The records for which `filter` is true. A type guard narrows their type. */
  filter<S extends T>(filter: (value: T) => value is S): SingleOutputStreamOperator<S>;
  /** The records for which `filter` is true. */
  filter(filter: FilterFunction<T>): SingleOutputStreamOperator<T>;
  filter(filter: FilterFunction<T>): SingleOutputStreamOperator<T> {
    checkPlainFunction("filter", filter);
    return this.transform("filter", () => new FilterOperator(filter));
  }

  /**
   * Splits the stream into branches by name. Each record goes to the first branch whose predicate is true; a record for which no
   * predicate is true is dropped and counted as filtered out. A type guard narrows the type of its branch.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { StreamExecutionEnvironment } from "@stream-apps/deno";
   *
   * const prices = new StreamExecutionEnvironment().fromCollection([450, 900, 500]);
   * const { cheap } = prices.split({ cheap: (price) => price < 500, dear: (price) => price >= 500 });
   * assertEquals(await cheap.executeAndCollect(), [450]);
   * ```
   */
  split<B extends Branches<T>>(branches: B): SplitStreams<T, B> {
    return splitStream(this, branches);
  }

  /** Emits what the function collects: any number of records for each record. */
  process<R>(fn: ProcessFunction<T, R>): SingleOutputStreamOperator<R> {
    checkFunctions("process", "a ProcessFunction", fn, ["processElement"]);
    this.env.graph.claim("process", fn);
    return this.transform("process", () => new ProcessOperator(fn, { keyed: false }));
  }

  /** The records of all streams. There is no order between streams; event time is that of the stream furthest behind. */
  union(...streams: readonly DataStream<T>[]): DataStream<T> {
    for (const stream of streams) this.#checkFits("union", stream);
    const from = [this, ...streams].flatMap((stream) => stream.from);
    if (
      from.some(({ node, tag }, i) => from.findIndex((other) => other.node === node && other.tag?.id === tag?.id) < i)
    ) {
      throw new TypeError("Cannot union a stream with itself: put a map() between to have its records twice");
    }
    return new DataStream(this.env, from);
  }

  /**
   * This stream and another of any type, for functions that take both and may share what they know: `keyBy()` on both streams
   * or on what this returns. Event time is that of the one further behind.
   */
  connect<R>(other: DataStream<R>): ConnectedStreams<T, R>;
  /** Connects this stream with one whose records are for all of it, such as rules; see `broadcast()`. */
  connect<R>(broadcast: BroadcastStream<R>): BroadcastConnectedStream<T, R>;
  connect<R>(other: DataStream<R> | BroadcastStream<R>): ConnectedStreams<T, R> | BroadcastConnectedStream<T, R> {
    this.#checkFits("connect", other);
    const { env, input } = this;
    if (other instanceof DataStream) return connectStreams(env, input, other.input);
    return input.keySelector === undefined
      ? new BroadcastConnectedStream(input, other)
      : new KeyedBroadcastConnectedStream(input, other);
  }

  /** Joins this stream with another one: each pair of records with the same key and window. */
  join<R>(other: DataStream<R>): JoinedStreams<T, R> {
    this.#checkFits("join", other);
    return new JoinedStreams({ env: this.env, left: this.from, right: other.from });
  }

  /** This stream and another whose records are taken together, group by group, if key and window are the same. */
  coGroup<R>(other: DataStream<R>): CoGroupedStreams<T, R> {
    this.#checkFits("coGroup", other);
    return new CoGroupedStreams({ env: this.env, left: this.from, right: other.from });
  }

  /**
   * This stream as one whose records are for all keys of another stream, to be connected with it. What is kept of them lies in the
   * states that the descriptors name: maps that belong to no key.
   */
  broadcast(...descriptors: BroadcastDescriptors): BroadcastStream<T> {
    return new BroadcastStream(this.env, this.from, descriptors);
  }

  /** Groups the records by key: the function behind has state, timers and windows for each key. */
  keyBy<K extends Key>(keySelector: KeySelector<T, K>): KeyedStream<T, K> {
    checkPlainFunction("keyBy", keySelector);
    return new KeyedStream(this.env, { from: this.from, keySelector: keySelector as KeySelector<unknown, unknown> });
  }

  /** Groups all records by window, without keys: each window is one for the whole stream. */
  windowAll<W extends Window>(assigner: WindowAssigner<T, W>): AllWindowedStream<T, W> {
    return new AllWindowedStream<T, W>(
      assigner,
      (operation, create) => this.transform(operation, create, { from: this.from, keySelector: nullKey }),
    );
  }

  /**
   * Groups each `size` records of the stream; fewer that are left when the input ends wait for more. With a `slide` the last
   * `size` records, or as many as there are, after each `slide` of them.
   */
  countWindowAll(size: number, slide?: number): AllWindowedStream<T, GlobalWindow> {
    return byCount(this.windowAll(GlobalWindows.create()), size, slide);
  }

  /** Assigns event time to records, in place of what they have; a strategy of `fromSource()` works partition by partition. */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStreamOperator<T> {
    checkAssignedStrategy(strategy);
    return this.transform("timestamps/watermarks", () => new TimestampsAndWatermarksOperator(strategy));
  }

  /**
   * Adds an operator behind this stream. For the API itself.
   * @internal
   */
  transform<R>(
    operation: string,
    create: () => Operator<T, R>,
    input: NodeInput = { from: this.from, keySelector: undefined },
  ): SingleOutputStreamOperator<R> {
    return this.env.addOperator<R>({
      operation,
      inputs: [input],
      create: create as () => Operator<unknown, unknown>,
    });
  }

  /**
   * This stream as an input of an operator, with its key if it has one.
   * @internal
   */
  protected get input(): NodeInput {
    return { from: this.from, keySelector: undefined };
  }

  #checkFits(method: string, other: DataStream<unknown> | BroadcastStream<unknown>): void {
    const fits = other instanceof DataStream || (method === "connect" && other instanceof BroadcastStream);
    if (!fits) throw new TypeError(`Cannot describe ${method}(): it takes a stream`);
    if ((other as DataStream<unknown>).env !== this.env) {
      throw new TypeError(`Cannot ${method} streams of two environments`);
    }
  }
}

/** The stream behind one operator, which can be named. */
export class SingleOutputStreamOperator<out T> extends DataStream<T> {
  /** Names the operator in messages, and its state if `uid()` is not called. */
  name(name: string): this {
    setName(this.from[0]!.node, name);
    return this;
  }

  /** Identifies the operator's state over restarts and changes of the job; unique in the job. */
  uid(uid: string): this {
    setUid(this.from[0]!.node, uid);
    return this;
  }

  /**
   * What the operator's function emits to the side output `tag`.
   * @throws {TypeError} if the operator has no side outputs: the stream would wait for records for ever
   */
  getSideOutput<X>(tag: OutputTag<X>): DataStream<X> {
    const { node } = this.from[0]!;
    checkSideOutput(node, tag);
    return new DataStream<X>(this.env, [{ node, tag: tag as unknown as OutputTag<unknown> }]);
  }
}

/** A stream whose records have a key. */
export class KeyedStream<out T, out K> extends DataStream<T> {
  /** Carries the type only. */
  declare protected readonly keyType: K;
  readonly #input: NodeInput;

  /** A stream whose records have a key; `DataStream.keyBy()` makes it. */
  constructor(env: StreamExecutionEnvironment, input: NodeInput) {
    super(env, input.from);
    this.#input = input;
  }

  /** The running fold of each key's records, emitted after each of them. */
  reduce(reduce: ReduceFunction<T>): SingleOutputStreamOperator<T> {
    checkPlainFunction("reduce", reduce);
    return this.transform("reduce", () => new ReduceOperator(reduce), this.#input);
  }

  /** The running sum of a field per key, emitted after each record in a copy of the key's first record. */
  sum<N extends Field<T>>(this: KeyedStream<HasNumber<N>, K>, field: N): SingleOutputStreamOperator<T> {
    return this.#aggregate("sum", field);
  }

  /** The smallest value of a field per key so far, emitted after each record in a copy of the key's first record; see `minBy()`. */
  min<N extends Field<T>>(this: KeyedStream<HasComparable<N>, K>, field: N): SingleOutputStreamOperator<T> {
    return this.#aggregate("min", field);
  }

  /** The largest value of a field per key so far, after each record, in the first record of the key; see `maxBy()`. */
  max<N extends Field<T>>(this: KeyedStream<HasComparable<N>, K>, field: N): SingleOutputStreamOperator<T> {
    return this.#aggregate("max", field);
  }

  /** The record with the smallest value of a field per key so far, emitted after each record; of several the first, or with `false` the last. */
  minBy<N extends Field<T>>(
    this: KeyedStream<HasComparable<N>, K>,
    field: N,
    first = true,
  ): SingleOutputStreamOperator<T> {
    return this.#aggregate("minBy", field, first);
  }

  /** The record with the largest value of a field per key so far, after each record; of equal ones the first, or the last. */
  maxBy<N extends Field<T>>(
    this: KeyedStream<HasComparable<N>, K>,
    field: N,
    first = true,
  ): SingleOutputStreamOperator<T> {
    return this.#aggregate("maxBy", field, first);
  }

  /** Emits what the function collects: any number of records for each record, and for each timer. It has state for each key. */
  override process<R>(fn: KeyedProcessFunction<K, T, R>): SingleOutputStreamOperator<R> {
    checkFunctions("process", "a KeyedProcessFunction", fn, ["processElement"], ["onTimer", "open", "close"]);
    this.env.graph.claim("process", fn);
    return this.transform("process", () => new ProcessOperator(fn, { keyed: true }), this.#input);
  }

  /** This stream and another that is keyed by the same type: state behind them is one per key, for both. */
  override connect<R>(other: KeyedStream<R, K>): KeyedConnectedStreams<T, R, K>;
  /** This stream and one whose records are for all keys, such as rules; see `broadcast()`. */
  override connect<R>(broadcast: BroadcastStream<R>): KeyedBroadcastConnectedStream<T, R, K>;
  override connect(other: never): never {
    return super.connect(other) as never;
  }

  /** Joins each record with those of another stream that have the same key and a timestamp near its own. */
  intervalJoin<R>(other: KeyedStream<R, K>): IntervalJoin<T, R, K> {
    return new IntervalJoin(this.connect(other));
  }

  /** Groups each key's records by window. */
  window<W extends Window>(assigner: WindowAssigner<T, W>): WindowedStream<T, K, W> {
    return new WindowedStream<T, K, W>(assigner, (operation, create) => this.transform(operation, create, this.#input));
  }

  /** Groups each `size` records of a key, or its last `size` after each `slide` of them; see `countWindowAll()`. */
  countWindow(size: number, slide?: number): WindowedStream<T, K, GlobalWindow> {
    return byCount(this.window(GlobalWindows.create()), size, slide);
  }

  /** @internal */
  protected override get input(): NodeInput {
    return this.#input;
  }

  #aggregate<R>(aggregation: Aggregation, field: string | number, first = true): SingleOutputStreamOperator<R> {
    checkField(aggregation, field);
    const aggregate = fieldAggregate<T & R>(aggregation, field, first);
    return this.transform<R>(aggregation, () => new RollingAggregateOperator(aggregate), this.#input);
  }
}
