import type { Key } from "../state/key.ts";
import type {
  AggregatingState,
  AggregatingStateDescriptor,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingState,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueState,
  ValueStateDescriptor,
} from "../state/state.ts";
import type { Collector, KeyedRuntimeContext, RuntimeContext } from "./functions.ts";
import type { ProcessContext, ReadOnlyTimerService, TimeDomain, TimerService } from "./process_functions.ts";

/** A map that belongs to no key: what the function keeps of the broadcast stream. */
export type BroadcastState<K extends Key, V> = MapState<K, V>;

/** Broadcast state, to be read only. */
export type ReadOnlyBroadcastState<K extends Key, V> = Pick<
  MapState<K, V>,
  "get" | "contains" | "entries" | "keys" | "values" | "isEmpty"
>;

/** What a broadcast function learns of a record of the stream that is not broadcast. */
export interface ReadOnlyBroadcastContext extends Omit<ProcessContext, "timerService">, ReadOnlyTimerService {
  /**
   * What is kept of the broadcast stream so far.
   * @throws {TypeError} if `broadcast()` has no descriptor of that name
   */
  getBroadcastState<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V>;
}

/** What a broadcast function learns of a record of the broadcast stream. */
export interface BroadcastContext extends ReadOnlyBroadcastContext {
  /** What is kept of the broadcast stream so far, to be read and changed. */
  getBroadcastState<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V>;
}

/** What a broadcast function learns of a record of the stream that is not broadcast, behind `keyBy()`. */
export interface KeyedReadOnlyBroadcastContext<K> extends ReadOnlyBroadcastContext {
  /** Both clocks, and timers of the key at work. */
  timerService(): TimerService;
  /** Key of the record, or timer, at work. @see Flink: getCurrentKey() */
  currentKey(): K;
}

/** What `onTimer()` of a broadcast function learns. */
export interface BroadcastOnTimerContext<K> extends KeyedReadOnlyBroadcastContext<K> {
  /** By which clock the timer goes. */
  timeDomain(): TimeDomain;
}

/** What a broadcast function of a keyed stream learns of a record of the broadcast stream: no key is at work. */
export interface KeyedBroadcastContext<K> extends BroadcastContext {
  /**
   * Calls `fn` for every key that has something in a state, with that state: `fn` may read, change and clear it, and no other.
   *
   * It visits all keys: right for a rule that changes now and then, too slow for each record of a busy stream. Emit what comes of a
   * key in `fn`: on a Flink cluster each subtask visits its own keys, and only one of them emits what is emitted behind it.
   */
  applyToKeyedState<D extends StateDescriptor>(descriptor: D, fn: (key: K, state: StateOf<D>) => void): void;
}

/** The state that a descriptor describes. */
export type StateOf<D> = D extends ValueStateDescriptor<infer T> ? ValueState<T>
  : D extends ListStateDescriptor<infer T> ? ListState<T>
  : D extends MapStateDescriptor<infer K, infer V> ? MapState<K, V>
  : D extends ReducingStateDescriptor<infer T> ? ReducingState<T>
  : D extends AggregatingStateDescriptor<infer IN, infer _ACC, infer OUT> ? AggregatingState<IN, OUT>
  : never;

/**
 * Processes a stream with what it keeps of a broadcast one: rules, prices, a list of who is blocked.
 *
 * Only `processBroadcastElement()` may write broadcast state. Between the streams there is no order, so a record may come
 * before the rule that it needs. Event time is that of the stream further behind: one without watermarks holds it back for ever.
 * @see Flink: BroadcastProcessFunction
 */
export abstract class BroadcastProcessFunction<IN1, IN2, OUT> {
  /** Carries the types only. */
  declare readonly functionType?: (value1: IN1, value2: IN2, context: ReadOnlyBroadcastContext) => OUT;
  /** Called for each record of the stream that is not broadcast. */
  abstract processElement(value: IN1, context: ReadOnlyBroadcastContext, out: Collector<OUT>): void;
  /** Called for each record of the broadcast stream. */
  abstract processBroadcastElement(value: IN2, context: BroadcastContext, out: Collector<OUT>): void;
  /** Called before the first record of each attempt. */
  open?(context: RuntimeContext): void;
  /** Called when the attempt ends, however it ends. */
  close?(): void;
}

/**
 * Processes a keyed stream with what it keeps of a broadcast one, and with state and timers of the record's key.
 *
 * In `processBroadcastElement()` no key is at work; `applyToKeyedState()` there visits all keys.
 * @see Flink: KeyedBroadcastProcessFunction
 */
export abstract class KeyedBroadcastProcessFunction<K, IN1, IN2, OUT> {
  /** Carries the types only. */
  declare readonly functionType?: (value1: IN1, value2: IN2, context: KeyedReadOnlyBroadcastContext<K>) => OUT;
  /** Called for each record of the keyed stream; state and timers are those of its key. */
  abstract processElement(value: IN1, context: KeyedReadOnlyBroadcastContext<K>, out: Collector<OUT>): void;
  /** Called for each record of the broadcast stream. */
  abstract processBroadcastElement(value: IN2, context: KeyedBroadcastContext<K>, out: Collector<OUT>): void;
  /** Called when a timer comes due; state and timers are those of its key. */
  onTimer?(timestampMs: number, context: BroadcastOnTimerContext<K>, out: Collector<OUT>): void;
  /** Called before the first record of each attempt: the place to ask for states. They can be used when a key is at work. */
  open?(context: KeyedRuntimeContext): void;
  /** Called when the attempt ends, however it ends. */
  close?(): void;
}
