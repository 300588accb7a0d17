/**
 * Keyed state: values that a function keeps per key, and that are part of the job's commits.
 *
 * A function makes a descriptor (`new ValueStateDescriptor<number>("total")`) and gets the state for it in `open()`, from its
 * context's `getState()`, `getListState()`, `getMapState()`, `getReducingState()` or `getAggregatingState()`; a window function
 * has `globalState()` and `windowState()`. What is read and updated is that of the key at work. Values are plain JSON, and are
 * replaced, never changed: `update()` takes a new one. A state's name and its operator's `name()` are how a later version of
 * the job finds it again; `version` and `migrate` of the descriptor let it read what an earlier one kept in another shape. `ttl` lets
 * a value expire.
 *
 * @module
 */
export type { Key } from "../state/key.ts";
export {
  type AggregatingState,
  AggregatingStateDescriptor,
  type KeyedStateStore,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type ReducingState,
  ReducingStateDescriptor,
  StateDescriptor,
  type StateDescriptorOptions,
  type ValueState,
  ValueStateDescriptor,
} from "../state/state.ts";
export type { MigrationContext } from "../state/functions.ts";
export type { StateTtlConfig } from "../state/state_ttl_config.ts";
