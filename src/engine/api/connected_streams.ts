import type { NodeInput } from "../graph.ts";
import { CoProcessOperator } from "../operators/co_process.ts";
import { coFlatMap, coMap } from "../operators/two_input_functions.ts";
import type { KeyedRuntimeContext, KeySelector } from "../functions/functions.ts";
import type { TwoInputOperator } from "../operators/operator.ts";
import type {
  CoFlatMapFunction,
  CoMapFunction,
  CoProcessFunction,
  KeyedCoProcessFunction,
} from "../functions/process_functions.ts";
import type { Key } from "../state/key.ts";
import { checkFunctions, checkPlainFunction } from "./checks.ts";
import type { SingleOutputStreamOperator } from "./data_stream.ts";
import type { StreamExecutionEnvironment } from "./environment.ts";

/**
 * Two streams of any types that go into one function. There is no order between the two; event time is that of the stream
 * further behind; one that comes back from idleness holds it back again.
 * @see Flink: ConnectedStreams
 */
export class ConnectedStreams<T1, T2> {
  /** Carries the types only. */
  declare protected readonly recordTypes: readonly [T1, T2];
  /** @internal */
  protected readonly env: StreamExecutionEnvironment;
  /** @internal */
  protected readonly first: NodeInput;
  /** @internal */
  protected readonly second: NodeInput;

  /** Made by `DataStream.connect()`, of two streams of one environment. */
  constructor(env: StreamExecutionEnvironment, first: NodeInput, second: NodeInput) {
    this.env = env;
    this.first = first;
    this.second = second;
  }

  /** Groups the records of both streams by keys of one type: the function behind has state and timers for each key, shared by both. */
  keyBy<K extends Key>(
    keySelector1: KeySelector<T1, K>,
    keySelector2: KeySelector<T2, K>,
  ): KeyedConnectedStreams<T1, T2, K> {
    checkPlainFunction("keyBy", keySelector1);
    checkPlainFunction("keyBy", keySelector2);
    return new KeyedConnectedStreams(
      this.env,
      { ...this.first, keySelector: keySelector1 as KeySelector<unknown, unknown> },
      { ...this.second, keySelector: keySelector2 as KeySelector<unknown, unknown> },
    );
  }

  /** Emits what `map1()` or `map2()` returns for each record, with the record's timestamp. */
  map<R>(fn: CoMapFunction<T1, T2, R>): SingleOutputStreamOperator<R> {
    checkFunctions("map", "a CoMapFunction", fn, ["map1", "map2"]);
    this.env.graph.claim("map", fn);
    return this.transform("co-map", () => new CoProcessOperator(coMap(fn), { keyed: false }));
  }

  /** Emits what `flatMap1()` and `flatMap2()` collect, with the record's timestamp. */
  flatMap<R>(fn: CoFlatMapFunction<T1, T2, R>): SingleOutputStreamOperator<R> {
    checkFunctions("flatMap", "a CoFlatMapFunction", fn, ["flatMap1", "flatMap2"]);
    this.env.graph.claim("flatMap", fn);
    return this.transform("co-flatMap", () => new CoProcessOperator(coFlatMap(fn), { keyed: false }));
  }

  /** Emits what the function collects: any number of records for each record of either stream. */
  process<R>(fn: CoProcessFunction<T1, T2, R>): SingleOutputStreamOperator<R> {
    checkFunctions("process", "a CoProcessFunction", fn, ["processElement1", "processElement2"]);
    this.env.graph.claim("process", fn);
    return this.transform("co-process", () => new CoProcessOperator(fn, { keyed: false }));
  }

  /**
   * Adds an operator behind the two. For the API itself.
   * @internal
   */
  transform<R>(operation: string, create: () => TwoInputOperator<T1, T2, R>): SingleOutputStreamOperator<R> {
    return this.env.addOperator<R>({
      operation,
      inputs: [this.first, this.second],
      create: create as () => TwoInputOperator<unknown, unknown, unknown>,
    });
  }
}

/** Two streams whose records have keys of one type: their function has state and timers for each key. */
export class KeyedConnectedStreams<T1, T2, K> extends ConnectedStreams<T1, T2> {
  /** Carries the type only. */
  declare protected readonly keyType: K;

  /** Emits what `map1()` or `map2()` returns for each record. States are those of the record's key; both functions share them. */
  override map<R>(fn: CoMapFunction<T1, T2, R, KeyedRuntimeContext>): SingleOutputStreamOperator<R> {
    checkFunctions("map", "a CoMapFunction", fn, ["map1", "map2"]);
    this.env.graph.claim("map", fn);
    return this.transform("co-map", () => new CoProcessOperator(coMap(fn), { keyed: true }));
  }

  /** Emits what `flatMap1()` and `flatMap2()` collect. States are those of the record's key; both functions share them. */
  override flatMap<R>(fn: CoFlatMapFunction<T1, T2, R, KeyedRuntimeContext>): SingleOutputStreamOperator<R> {
    checkFunctions("flatMap", "a CoFlatMapFunction", fn, ["flatMap1", "flatMap2"]);
    this.env.graph.claim("flatMap", fn);
    return this.transform("co-flatMap", () => new CoProcessOperator(coFlatMap(fn), { keyed: true }));
  }

  /** Emits what the function collects: any number of records for each record of either stream, and for each timer. */
  override process<R>(fn: KeyedCoProcessFunction<K, T1, T2, R>): SingleOutputStreamOperator<R> {
    const [members, optional] = [["processElement1", "processElement2"], ["onTimer", "open", "close"]] as const;
    checkFunctions("process", "a KeyedCoProcessFunction", fn, members, optional);
    this.env.graph.claim("process", fn);
    return this.transform("co-process", () => new CoProcessOperator(fn, { keyed: true }));
  }
}

/**
 * Connects two streams of one environment; the result is keyed if both are.
 * @throws {TypeError} if one stream is keyed and the other is not: whether state is meant is not clear
 */
export function connectStreams<T1, T2>(
  env: StreamExecutionEnvironment,
  first: NodeInput,
  second: NodeInput,
): ConnectedStreams<T1, T2> {
  if (first.keySelector === undefined && second.keySelector === undefined) {
    return new ConnectedStreams(env, first, second);
  }
  if (first.keySelector !== undefined && second.keySelector !== undefined) {
    return new KeyedConnectedStreams(env, first, second);
  }
  throw new TypeError(
    "Cannot connect a keyed stream with one that has no key: call keyBy() on both, or on what connect() returns",
  );
}
