import type { NodeInput, OperatorNode, Outlet, SinkNode } from "../graph.ts";
import { FilterOperator } from "../operators/filter.ts";
import type { FilterFunction, KeySelector, MapFunction, ReduceFunction } from "../operators/functions.ts";
import { MapOperator } from "../operators/map.ts";
import type { Operator } from "../operators/operator.ts";
import { ReduceOperator } from "../operators/reduce.ts";
import { TimestampsAndWatermarksOperator } from "../operators/timestamps_and_watermarks.ts";
import type { Sink } from "../sink.ts";
import { CollectSink } from "../sinks/collect_sink.ts";
import { PrintSink } from "../sinks/print_sink.ts";
import type { Key } from "../state/key.ts";
import { WatermarkStrategy } from "../time/watermark_strategy.ts";
import type { WindowAssigner } from "../windows/window.ts";
import type { StreamExecutionEnvironment } from "./environment.ts";
import { setName, setUid } from "./graph_builder.ts";
import { WindowedStream } from "./windowed_stream.ts";

/** A stream of records of one type. Its methods describe; nothing runs before `env.execute()`. */
export class DataStream<T> {
  protected readonly env: StreamExecutionEnvironment;
  protected readonly from: readonly Outlet[];

  /** Streams come from an environment and from one another. */
  constructor(env: StreamExecutionEnvironment, from: readonly Outlet[]) {
    this.env = env;
    this.from = from;
  }

  /** Each record as what `map` makes of it, at its timestamp. */
  map<R>(map: MapFunction<T, R>): SingleOutputStreamOperator<R> {
    checkFunction("map", map);
    return this.transform("map", () => new MapOperator(map));
  }

  /** The records for which `filter` is true. */
  filter(filter: FilterFunction<T>): SingleOutputStreamOperator<T> {
    checkFunction("filter", filter);
    return this.transform("filter", () => new FilterOperator(filter));
  }

  /** The records of all streams. Between streams there is no order; event time is that of the one furthest behind. */
  union(...streams: readonly DataStream<T>[]): DataStream<T> {
    for (const stream of streams) {
      if (stream.env !== this.env) throw new TypeError("Cannot union streams of two environments");
    }
    const from = [this, ...streams].flatMap((stream) => stream.from);
    if (new Set(from.map(({ node, tag }) => `${node.uid} ${tag?.id}`)).size < from.length) {
      throw new TypeError("Cannot union a stream with itself: put a map() between to have its records twice");
    }
    return new DataStream(this.env, from);
  }

  /** Groups the records by key: state, timers and windows behind it are one per key. */
  keyBy<K extends Key>(keySelector: KeySelector<T, K>): KeyedStream<T, K> {
    checkFunction("keyBy", keySelector);
    return new KeyedStream(this.env, { from: this.from, keySelector: keySelector as KeySelector<unknown, unknown> });
  }

  /** Gives records event time, in place of what they have; a strategy given to `fromSource()` works partition by partition. */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStreamOperator<T> {
    checkStrategy("assignTimestampsAndWatermarks", strategy);
    if (strategy.idlenessMs !== undefined) {
      throw new TypeError(
        "Cannot describe assignTimestampsAndWatermarks() with withIdleness(): only partitions fall idle; give the strategy to fromSource()",
      );
    }
    return this.transform("timestamps/watermarks", () => new TimestampsAndWatermarksOperator(strategy));
  }

  /** Hands the records to a sink. */
  sinkTo(sink: Sink<T>): DataStreamSink {
    checkHas("sinkTo", "a sink", sink, "open");
    const node = this.env.graph.add<SinkNode>(
      { kind: "sink", inputs: [{ from: this.from, keySelector: undefined }], sink: sink as Sink<unknown> },
      "sink",
    );
    return new DataStreamSink(node);
  }

  /** Prints the records on standard output, one a line: text as it is, all else as JSON. */
  print(prefix = ""): DataStreamSink {
    return this.sinkTo(new PrintSink<T>(prefix)).name(
      prefix === "" ? `print-${this.env.graph.nodes.length}` : `print ${prefix}`,
    );
  }

  /** Runs the whole job and gives this stream's records in an array. For bounded inputs. */
  async executeAndCollect(): Promise<T[]> {
    const sink = new CollectSink<T>();
    this.sinkTo(sink);
    await this.env.execute();
    return [...sink.values];
  }

  /** Adds an operator behind this stream. */
  protected transform<R>(
    operation: string,
    create: () => Operator<T, R>,
    input: NodeInput = { from: this.from, keySelector: undefined },
  ): SingleOutputStreamOperator<R> {
    const node = this.env.graph.add<OperatorNode>(
      { kind: "operator", operation, inputs: [input], create: create as () => Operator<unknown, unknown> },
      operation,
    );
    return new SingleOutputStreamOperator<R>(this.env, [{ node, tag: undefined }]);
  }
}

/** The stream behind one operator, which can be named. */
export class SingleOutputStreamOperator<T> extends DataStream<T> {
  /** Names the operator for people, and its state if `uid()` is not called. */
  name(name: string): this {
    setName(this.from[0]!.node, name);
    return this;
  }

  /** Names the operator's state over restarts and changes of the job; unique in the job. */
  uid(uid: string): this {
    setUid(this.from[0]!.node, uid);
    return this;
  }
}

/** A stream whose records have a key. */
export class KeyedStream<T, K> extends DataStream<T> {
  /** Carries the type only. */
  declare protected readonly keyType: K;
  readonly #input: NodeInput;

  /** See `DataStream.keyBy()`. */
  constructor(env: StreamExecutionEnvironment, input: NodeInput) {
    super(env, input.from);
    this.#input = input;
  }

  /** The running fold of each key's records, after each of them. */
  reduce(reduce: ReduceFunction<T>): SingleOutputStreamOperator<T> {
    checkFunction("reduce", reduce);
    return this.transform("reduce", () => new ReduceOperator(reduce), this.#input);
  }

  /** Groups each key's records by time. */
  window(assigner: WindowAssigner): WindowedStream<T, K> {
    checkHas("window", "a window assigner", assigner, "assignWindows");
    return new WindowedStream<T, K>(assigner, (operation, create) => this.transform(operation, create, this.#input));
  }
}

/** The end of a stream, which can be named. */
export class DataStreamSink {
  readonly #node: SinkNode;

  constructor(node: SinkNode) {
    this.#node = node;
  }

  /** Names the sink for people. */
  name(name: string): this {
    setName(this.#node, name);
    return this;
  }

  /** Names the sink over restarts; unique in the job. */
  uid(uid: string): this {
    setUid(this.#node, uid);
    return this;
  }
}

/** @throws {TypeError} at the learner's line, not somewhere at run time */
export function checkFunction(method: string, given: unknown): void {
  if (typeof given !== "function") {
    throw new TypeError(
      `Cannot describe ${method}(): it takes a function, it was given ${given === null ? "null" : typeof given}`,
    );
  }
}

/** @throws {TypeError} likewise */
export function checkStrategy(method: string, given: unknown): void {
  if (!(given instanceof WatermarkStrategy)) {
    throw new TypeError(
      `Cannot describe ${method}(): it takes a WatermarkStrategy, such as WatermarkStrategy.noWatermarks()`,
    );
  }
}

/** @throws {TypeError} likewise */
export function checkHas(method: string, what: string, given: unknown, member: string): void {
  if (typeof (given as Record<string, unknown> | null | undefined)?.[member] !== "function") {
    throw new TypeError(`Cannot describe ${method}(): it takes ${what}, which has ${member}()`);
  }
}
