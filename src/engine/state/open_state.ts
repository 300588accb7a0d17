import { readStored } from "../commit_format.ts";
import type { AggregatingStateDescriptor, ReducingStateDescriptor, StateDescriptor } from "./descriptors.ts";
import { FoldingAggregatingState, FoldingReducingState } from "./folding_states.ts";
import type { KeyContext } from "./key.ts";
import { KeyedListState } from "./list_state.ts";
import { ListTable } from "./list_table.ts";
import { KeyedMapState } from "./map_state.ts";
import { MapTable } from "./map_table.ts";
import { migrated, type Migration } from "./migration.ts";
import { SessionTable } from "./session_table.ts";
import type { StateShape } from "./state_shape.ts";
import type { RestoredValue, StoredSlot, TableOptions } from "./table.ts";
import { KeyedValueState } from "./value_state.ts";
import { ValueTable } from "./value_table.ts";
import { WindowTable } from "./window_table.ts";

/** One state of an operator, for all its keys and namespaces. */
export interface OpenState {
  readonly shape: StateShape;
  readonly table:
    | ValueTable<unknown>
    | ListTable<unknown>
    | MapTable<unknown>
    | WindowTable<unknown>
    | SessionTable<unknown>;
}

/** What a state is opened with. */
export interface OpenStateOptions extends Omit<TableOptions, "ttl"> {
  /** What the last commit has of it; it is empty afterwards. */
  readonly restored: RestoredValue[];
  /** How that becomes what `shape` describes; undefined: it is that. */
  readonly migration: Migration | undefined;
}

/**
 * Makes the table for a state of that shape, and fills it with what the last commit has.
 * @throws {JobError} if a value cannot be migrated
 */
export function openState(shape: StateShape, { restored, migration, ...options }: OpenStateOptions): OpenState {
  const table = newTable(shape.kind, { ...options, ttl: shape.ttl });
  const parsed = { kind: shape.kind, ttl: shape.ttl !== undefined };
  const slots: (StoredSlot | undefined)[] = restored.map(({ namespace, key, part, value }): StoredSlot => {
    return { namespace, key, part, ...readStored(parsed, part, value) };
  }).sort((a, b) => a.order - b.order); // A store returns its entries in no particular order.
  // From here on a value is held in one place only: while a large state is migrated it must not take twice the memory.
  restored.length = 0;
  for (const [i, slot] of slots.entries()) {
    slots[i] = undefined;
    table.restore(migration === undefined ? slot! : migrated(slot!, migration, options));
  }
  table.ledger.endRestore();
  return { shape, table };
}

function newTable(kind: StateShape["kind"], options: TableOptions): OpenState["table"] {
  switch (kind) {
    case "list":
      return new ListTable(options);
    case "map":
    case "broadcast":
      return new MapTable(options);
    case "window":
      return new WindowTable(options);
    case "session":
      return new SessionTable(options);
    default:
      return new ValueTable(options);
  }
}

/** The state as a function sees it: what the current key has in the namespace that `namespace()` returns when it is used. */
export function newState(
  { table }: OpenState,
  descriptor: StateDescriptor,
  context: KeyContext,
  namespace: () => string,
): unknown {
  switch (descriptor.kind) {
    case "list":
      return new KeyedListState(context, namespace, table as ListTable<unknown>);
    case "map":
      return new KeyedMapState(context, namespace, table as MapTable<unknown>);
  }
  const value = new KeyedValueState(context, namespace, table as ValueTable<unknown>);
  switch (descriptor.kind) {
    case "value":
      return value;
    case "reducing": {
      const { reduceFunction } = descriptor as ReducingStateDescriptor<unknown>;
      return new FoldingReducingState(value, reduceFunction, table.ledger);
    }
    case "aggregating": {
      const { aggregateFunction } = descriptor as AggregatingStateDescriptor<unknown, unknown, unknown>;
      return new FoldingAggregatingState(value, aggregateFunction, table.ledger);
    }
  }
}
