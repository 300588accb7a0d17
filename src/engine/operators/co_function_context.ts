import type {
  BroadcastOnTimerContext,
  BroadcastState,
  KeyedBroadcastContext,
  ReadOnlyBroadcastState,
  StateOf,
} from "../functions/broadcast_functions.ts";
import type { Output } from "../record.ts";
import type { OutputTag } from "../side_output.ts";
import type { Key } from "../state/key.ts";
import type { MapState, MapStateDescriptor, StateDescriptor } from "../state/state.ts";
import { FunctionContext, type KeyedOptions } from "./function_context.ts";
import type { OperatorContext } from "./operator.ts";

/** Descriptors of the states that keep what a broadcast stream says, at least one. */
export type BroadcastDescriptors = readonly [MapStateDescriptor<Key, unknown>, ...MapStateDescriptor<Key, unknown>[]];

/** What kind of inputs an operator has. */
export interface CoOptions extends KeyedOptions {
  /** Set if the second input is for all keys: the states that keep what it says. */
  readonly broadcast?: BroadcastDescriptors;
}

/** What a function of two inputs sees. Where the second one is broadcast, only its records may change broadcast state. */
export class CoFunctionContext<K, OUT> extends FunctionContext<K, OUT>
  implements BroadcastOnTimerContext<K>, KeyedBroadcastContext<K> {
  readonly #states: ReadonlyMap<string, MapState<Key, unknown>>;
  readonly #readOnly: ReadonlyMap<string, ReadOnlyBroadcastState<Key, unknown>>;
  #isBroadcast = false;
  /** Whether another instance emits what comes of the record at work. */
  #isMuted = false;
  #output!: Output<OUT>;

  constructor(operator: OperatorContext, options: CoOptions) {
    super(operator, options);
    const broadcast = options.broadcast ?? [];
    // All at once: a state that no function asks for would be lost at the next commit.
    this.#states = new Map(
      broadcast.map((descriptor) => [descriptor.name, operator.state.broadcastState(descriptor)]),
    );
    this.#readOnly = new Map([...this.#states].map(([name, state]) => [name, readOnly(state)]));
  }

  override setCurrentRecord(timestampMs: number, output: Output<OUT>): void {
    super.setCurrentRecord(timestampMs, output);
    this.#isBroadcast = false;
    this.#isMuted = false;
  }

  /** A record for all keys is at work, and so no key is. */
  setCurrentBroadcast(timestampMs: number, output: Output<OUT>): void {
    super.setCurrentRecord(timestampMs, output);
    this.#isBroadcast = true;
    this.#output = output;
    this.leaveKey();
    this.#setMuted(!this.operator.emitsBroadcast);
  }

  override output<T>(tag: OutputTag<T>, value: T): void {
    if (!this.#isMuted) super.output(tag, value);
  }

  getBroadcastState<MK extends Key, MV>(descriptor: MapStateDescriptor<MK, MV>): BroadcastState<MK, MV> {
    const states: ReadonlyMap<string, unknown> = this.#isBroadcast ? this.#states : this.#readOnly;
    const state = states.get(descriptor.name);
    // What is read only has a type of its own in the contexts of those who get it.
    if (state !== undefined) return state as BroadcastState<MK, MV>;
    const known = [...states.keys()].map((name) => `"${name}"`).join(", ");
    throw new TypeError(
      `Cannot use broadcast state "${descriptor.name}" of "${this.operator.name}": broadcast() has ${known} only`,
    );
  }

  applyToKeyedState<D extends StateDescriptor>(descriptor: D, fn: (key: K, state: StateOf<D>) => void): void {
    const wasMuted = this.#isMuted;
    this.#setMuted(false);
    this.forEachKey(descriptor, (key, state) => fn(key, state as StateOf<D>));
    this.#setMuted(wasMuted);
  }

  #setMuted(muted: boolean): void {
    this.#isMuted = muted;
    this.out.output = muted ? NOWHERE : this.#output;
  }
}

const NOWHERE: Output<unknown> = { collect() {} };

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
