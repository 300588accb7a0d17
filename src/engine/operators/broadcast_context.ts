import type { Key } from "../state/key.ts";
import type { MapState, MapStateDescriptor, StateDescriptor } from "../state/state.ts";
import type {
  BroadcastContext,
  BroadcastOnTimerContext,
  BroadcastState,
  KeyedBroadcastContext,
  ReadOnlyBroadcastContext,
  ReadOnlyBroadcastState,
  StateOf,
} from "../functions/broadcast_functions.ts";
import { FunctionContext, KeyedFunctionContext } from "./function_context.ts";
import type { OperatorContext } from "./operator.ts";

/** Descriptors of what a broadcast stream tells, at least one. */
export type BroadcastDescriptors = readonly [MapStateDescriptor<Key, unknown>, ...MapStateDescriptor<Key, unknown>[]];

/** The broadcast states of an operator. */
export class BroadcastStates {
  readonly #operator: OperatorContext;
  readonly #states: ReadonlyMap<string, MapState<Key, unknown>>;
  readonly #readOnly: ReadonlyMap<string, ReadOnlyBroadcastState<Key, unknown>>;

  /** Asks for all of them at once: what is not asked for would be lost to the functions. */
  constructor(operator: OperatorContext, descriptors: BroadcastDescriptors) {
    this.#operator = operator;
    this.#states = new Map(
      descriptors.map((descriptor) => [descriptor.name, operator.state.broadcastState(descriptor)]),
    );
    this.#readOnly = new Map([...this.#states].map(([name, state]) => [name, readOnly(state)]));
  }

  get<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.#found(this.#states, descriptor) as unknown as BroadcastState<K, V>;
  }

  getReadOnly<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V> {
    return this.#found(this.#readOnly, descriptor) as unknown as ReadOnlyBroadcastState<K, V>;
  }

  #found<S>(states: ReadonlyMap<string, S>, { name }: StateDescriptor): S {
    const state = states.get(name);
    if (state !== undefined) return state;
    const known = [...states.keys()].map((known) => `"${known}"`).join(", ");
    throw new TypeError(
      `Cannot use broadcast state "${name}" of "${this.#operator.name}": broadcast() was given ${known} only`,
    );
  }
}

/** See {@link ReadOnlyBroadcastContext}. */
export class ReadOnlyBroadcastFunctionContext<OUT> extends FunctionContext<OUT> implements ReadOnlyBroadcastContext {
  readonly #states: BroadcastStates;

  constructor(operator: OperatorContext, states: BroadcastStates) {
    super(operator);
    this.#states = states;
  }

  getBroadcastState<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V> {
    return this.#states.getReadOnly(descriptor);
  }
}

/** See {@link BroadcastContext}. */
export class BroadcastFunctionContext<OUT> extends FunctionContext<OUT> implements BroadcastContext {
  readonly #states: BroadcastStates;

  constructor(operator: OperatorContext, states: BroadcastStates) {
    super(operator);
    this.#states = states;
  }

  getBroadcastState<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.#states.get(descriptor);
  }
}

/** See {@link BroadcastOnTimerContext}; it serves records of the keyed stream too. */
export class KeyedReadOnlyBroadcastFunctionContext<K, OUT> extends KeyedFunctionContext<K, OUT>
  implements BroadcastOnTimerContext<K> {
  readonly #states: BroadcastStates;

  constructor(operator: OperatorContext, states: BroadcastStates) {
    super(operator);
    this.#states = states;
  }

  getBroadcastState<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V> {
    return this.#states.getReadOnly(descriptor);
  }
}

/** See {@link KeyedBroadcastContext}. */
export class KeyedBroadcastFunctionContext<K, OUT> extends BroadcastFunctionContext<OUT>
  implements KeyedBroadcastContext<K> {
  readonly #keyed: KeyedFunctionContext<K, OUT>;

  /** @param keyed the context of the keyed stream's records, which has their states */
  constructor(operator: OperatorContext, states: BroadcastStates, keyed: KeyedFunctionContext<K, OUT>) {
    super(operator, states);
    this.#keyed = keyed;
  }

  applyToKeyedState<D extends StateDescriptor>(descriptor: D, fn: (key: K, state: StateOf<D>) => void): void {
    this.#keyed.forEachKey(descriptor, (key, state) => fn(key, state as StateOf<D>));
  }
}

/** Read-only at run time as well: a function that is not type-checked must not write what others read. */
function readOnly<K extends Key, V>(state: MapState<K, V>): ReadOnlyBroadcastState<K, V> {
  return {
    get: (key) => state.get(key),
    contains: (key) => state.contains(key),
    entries: () => state.entries(),
    keys: () => state.keys(),
    values: () => state.values(),
    isEmpty: () => state.isEmpty(),
  };
}
