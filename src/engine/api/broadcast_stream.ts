import type { NodeInput, Outlet } from "../graph.ts";
import type { BroadcastDescriptors } from "../operators/co_function_context.ts";
import type { BroadcastProcessFunction, KeyedBroadcastProcessFunction } from "../functions/broadcast_functions.ts";
import { CoProcessOperator } from "../operators/co_process.ts";
import type { KeyedOptions } from "../operators/function_context.ts";
import { broadcastFunction, type TwoInputFunction } from "../operators/two_input_functions.ts";
import { MapStateDescriptor } from "../state/state.ts";
import { checkFunctions } from "./checks.ts";
import { ConnectedStreams } from "./connected_streams.ts";
import type { SingleOutputStreamOperator } from "./data_stream.ts";
import type { StreamExecutionEnvironment } from "./environment.ts";

/**
 * A stream whose records reach all keys of another one, with the descriptors of the maps in which a function keeps what it
 * needs of them. Hand it to `connect()` of the other stream.
 * @see Flink: BroadcastStream
 */
export class BroadcastStream<T> {
  /** Carries the type only. */
  declare protected readonly recordType: T;
  /** The environment of its job. For the API itself. */
  readonly env: StreamExecutionEnvironment;
  /** @internal */
  readonly input: NodeInput;
  /** @internal */
  readonly descriptors: BroadcastDescriptors;

  /** Made by `DataStream.broadcast()`. */
  constructor(env: StreamExecutionEnvironment, from: readonly Outlet[], descriptors: BroadcastDescriptors) {
    checkDescriptors(descriptors);
    this.env = env;
    this.input = { from, keySelector: undefined, broadcast: true };
    this.descriptors = descriptors;
  }
}

/** A stream connected with a broadcast one. @see Flink: BroadcastConnectedStream */
export class BroadcastConnectedStream<T1, T2> {
  /** @internal */
  protected readonly env: StreamExecutionEnvironment;
  /** @internal */
  protected readonly streams: ConnectedStreams<T1, T2>;
  /** @internal */
  protected readonly descriptors: BroadcastDescriptors;

  /** Made by `DataStream.connect()`. */
  constructor(first: NodeInput, { env, input, descriptors }: BroadcastStream<T2>) {
    this.env = env;
    this.streams = new ConnectedStreams(env, first, input);
    this.descriptors = descriptors;
  }

  /** Emits what the function collects: any number of records for each record of either stream. */
  process<R>(fn: BroadcastProcessFunction<T1, T2, R>): SingleOutputStreamOperator<R> {
    checkFunctions("process", "a BroadcastProcessFunction", fn, ["processElement", "processBroadcastElement"]);
    this.env.graph.claim("process", fn);
    return this.transform(() => broadcastFunction(fn), { keyed: false });
  }

  /** @internal */
  protected transform<K, R>(
    create: () => TwoInputFunction<K, T1, T2, R>,
    { keyed }: KeyedOptions,
  ): SingleOutputStreamOperator<R> {
    const { descriptors: broadcast } = this;
    return this.streams.transform(
      "broadcast process",
      () => new CoProcessOperator(create(), { keyed, broadcast }),
    );
  }
}

/** A keyed stream connected with a broadcast one: the function has state and timers for each key. */
export class KeyedBroadcastConnectedStream<T1, T2, K> extends BroadcastConnectedStream<T1, T2> {
  /** Carries the type only. */
  declare protected readonly keyType: K;

  /** Emits what the function collects: any number of records for each record of either stream, and for each timer. */
  override process<R>(fn: KeyedBroadcastProcessFunction<K, T1, T2, R>): SingleOutputStreamOperator<R> {
    const [members, optional] = [["processElement", "processBroadcastElement"], ["onTimer", "open", "close"]] as const;
    checkFunctions("process", "a KeyedBroadcastProcessFunction", fn, members, optional);
    this.env.graph.claim("process", fn);
    return this.transform(() => broadcastFunction(fn), { keyed: true });
  }
}

function checkDescriptors(descriptors: readonly unknown[]): void {
  if (descriptors.length === 0 || !descriptors.every((descriptor) => descriptor instanceof MapStateDescriptor)) {
    throw new TypeError(
      "Cannot describe broadcast(): it takes a MapStateDescriptor for each state that keeps the stream's records",
    );
  }
  const names = descriptors.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new TypeError(`Cannot describe broadcast(): it has two descriptors named "${twice}"; rename one`);
  }
}
