import { AggregatingStateDescriptor, type KeyedStateStore, type StateDescriptor } from "../../state/state.ts";
import { stateOf } from "../../state/keyed_state_backend.ts";
import { checkTimerTime } from "../../time/timer_queue.ts";
import type { MergeableStateDescriptor, OnMergeContext } from "../../windows/trigger.ts";
import type { Window } from "../../windows/window.ts";
import type { OperatorContext } from "../operator.ts";

/** The window at work, as its trigger sees it. One object serves all windows of an operator, which turns it to each. */
export class TriggerWindow implements OnMergeContext {
  readonly #context: OperatorContext;
  readonly #states: KeyedStateStore;
  /** The same states, where aggregating ones take and give accumulators. */
  readonly #accumulators: KeyedStateStore;
  #namespace = "";
  #merged: readonly Window[] = [];

  constructor(context: OperatorContext) {
    this.#context = context;
    this.#states = context.state.store(() => this.#namespace);
    this.#accumulators = context.state.store(() => this.#namespace);
  }

  setCurrentWindow(window: Window): this {
    this.#namespace = window.id;
    return this;
  }

  /** Turns to the window into which `merged` have merged. */
  setMergedWindow(window: Window, merged: readonly Window[]): this {
    this.#merged = merged;
    return this.setCurrentWindow(window);
  }

  currentWatermark(): number {
    return this.#context.currentWatermark();
  }

  currentProcessingTime(): number {
    return this.#context.processingTime();
  }

  registerEventTimeTimer(timeMs: number): void {
    const { timers, state: { currentKey, currentKeyId } } = this.#context;
    timers.register(this.#checked(timeMs), this.#namespace, currentKey, currentKeyId);
  }

  registerProcessingTimeTimer(timeMs: number): void {
    const { processingTimers, state: { currentKey, currentKeyId } } = this.#context;
    processingTimers.register(this.#checked(timeMs), this.#namespace, currentKey, currentKeyId);
  }

  deleteEventTimeTimer(timeMs: number): void {
    this.#context.timers.delete(timeMs, this.#namespace, this.#context.state.currentKeyId);
  }

  deleteProcessingTimeTimer(timeMs: number): void {
    this.#context.processingTimers.delete(timeMs, this.#namespace, this.#context.state.currentKeyId);
  }

  // deno-lint-ignore no-explicit-any -- the kind of the descriptor decides; TriggerContext has the types
  getPartitionedState(descriptor: StateDescriptor): any {
    return stateOf(this.#states, descriptor);
  }

  mergePartitionedState<S>(descriptor: MergeableStateDescriptor<S>): void {
    const into = this.#namespace;
    for (const { id } of this.#merged) {
      if (id !== into) this.#move(descriptor, id, into);
    }
  }

  #move<S>(descriptor: MergeableStateDescriptor<S>, from: string, into: string): void {
    const state = mergeableStateOf(this.#accumulators, descriptor);
    this.#namespace = from;
    const values = state.get();
    state.clear();
    this.#namespace = into;
    state.add(values);
  }

  #checked(timeMs: number): number {
    checkTimerTime(timeMs, "set a timer of a window of", this.#context.name);
    return timeMs;
  }
}

/** What a state has, as a list of what can be added to another. */
interface MergeableState<S> {
  get(): readonly S[];
  add(values: readonly S[]): void;
  clear(): void;
}

function mergeableStateOf<S>(store: KeyedStateStore, descriptor: MergeableStateDescriptor<S>): MergeableState<S> {
  if (descriptor.kind === "list") {
    const list = store.getListState(descriptor);
    return { get: () => list.get(), add: (values) => list.addAll(values), clear: () => list.clear() };
  }
  const one = descriptor.kind === "reducing"
    ? store.getReducingState(descriptor)
    : store.getAggregatingState(ofAccumulators(checkedAggregating(descriptor)));
  return {
    get: () => {
      const value = one.get();
      return value === undefined ? [] : [value];
    },
    add: (values) => values.forEach((value) => one.add(value)),
    clear: () => one.clear(),
  };
}

function checkedAggregating<D extends StateDescriptor>(descriptor: D): D {
  if (descriptor.kind === "aggregating") return descriptor;
  throw new TypeError(
    `Cannot merge state "${descriptor.name}" of windows: nothing says how two of kind ${descriptor.kind} become one; ` +
      "use a list, reducing or aggregating state",
  );
}

function ofAccumulators<ACC>(
  { name, version, ttl, migrate, aggregateFunction }: AggregatingStateDescriptor<unknown, ACC, unknown>,
): AggregatingStateDescriptor<ACC, ACC, ACC> {
  return new AggregatingStateDescriptor<ACC, ACC, ACC>(name, {
    createAccumulator: () => aggregateFunction.createAccumulator(),
    add: (value, accumulated) => aggregateFunction.merge(accumulated, value),
    getResult: (accumulator) => accumulator,
    merge: (a, b) => aggregateFunction.merge(a, b),
  }, {
    version,
    ...(ttl !== undefined && { ttl }),
    // What is kept is the same as under the descriptor that it was made of.
    ...(migrate !== undefined && { migrate: (old, context) => migrate(old, context) as ACC }),
  });
}
