import { readStored } from "../commit_format.ts";
import type { Json } from "../source.ts";
import type { Changes } from "./changes.ts";
import type { AggregatingStateDescriptor, ReducingStateDescriptor, StateDescriptor } from "./descriptors.ts";
import { Expiry, Timed, type TimedEntry, type TimedTable } from "./expiry.ts";
import { FoldingAggregatingState, FoldingReducingState } from "./folding_states.ts";
import type { Key, KeyContext } from "./key.ts";
import { TableListState, TtlListState } from "./list_state.ts";
import { type ListElement, ListTable } from "./list_table.ts";
import { TableMapState, TtlMapState } from "./map_state.ts";
import { type MapEntry, MapTable } from "./map_table.ts";
import type { StateShape } from "./state_shape.ts";
import { type StateEntry, StateTable } from "./state_table.ts";
import { WindowTable } from "./window_table.ts";
import { type FoldableState, TableValueState, TtlValueState } from "./value_state.ts";

/** An entry of a state as the last commit has it. */
export interface RestoredValue {
  readonly namespace: string;
  readonly key: Key;
  /** Left out if the state has one entry per key; else a map's own key, or the place of an element of a list. */
  readonly part?: Json;
  /** As it is stored: `readStored()` takes it apart. */
  readonly value: unknown;
}

type Table = StateTable<unknown> | ListTable<unknown> | MapTable<unknown> | WindowTable<unknown>;
type Entry = TimedEntry<unknown>;

/** One state of an operator, for all its keys and namespaces. */
export interface OpenState {
  readonly shape: StateShape;
  readonly table: Table;
  /** Undefined if nothing expires. */
  readonly expiry: Expiry<unknown, Entry> | undefined;
}

/** Makes the table for a state of that shape, and fills it with what the last commit has. */
export function openState(
  uid: string,
  name: string,
  shape: StateShape,
  changes: Changes,
  restored: readonly RestoredValue[],
  now: () => number,
): OpenState {
  const table = newTable(shape.kind, uid, name, changes);
  if (shape.ttl === undefined) {
    restore(table, shape, restored, () => {});
    return { shape, table, expiry: undefined };
  }
  const entries: Entry[] = [];
  restore(table, shape, restored, (entry) => entries.push(entry as Entry));
  const expiry = new Expiry(shape.ttl, now, table as TimedTable<unknown, Entry>, changes.journal);
  for (const entry of inOrder(entries, ({ value }) => value!.lastUpdateMs)) expiry.added(entry);
  return { shape, table, expiry };
}

function newTable(kind: StateShape["kind"], uid: string, name: string, changes: Changes): Table {
  switch (kind) {
    case "list":
      return new ListTable(uid, name, changes);
    case "map":
    case "broadcast":
      return new MapTable(uid, name, changes);
    case "window":
      return new WindowTable(uid, name, changes);
    default:
      return new StateTable(uid, name, changes);
  }
}

/** A store returns its entries in no particular order: they are restored in that of the numbers that they have. */
function restore(
  table: Table,
  { kind, ttl }: StateShape,
  restored: readonly RestoredValue[],
  taken: (entry: { readonly value: unknown }) => void,
): void {
  const stored = restored.map(({ namespace, key, part, value: text }) => {
    const { value, order, timeMs, lastUpdateMs } = readStored({ kind, ttl: ttl !== undefined }, part, text);
    const kept = lastUpdateMs === undefined ? value : new Timed(value, lastUpdateMs);
    return { namespace, key, part, order, timeMs, value: kept };
  });
  for (const { namespace, key, part, order, timeMs, value } of inOrder(stored, ({ order }) => order)) {
    if (table instanceof ListTable) taken(table.restore(namespace, key, order, value));
    else if (table instanceof MapTable) taken(table.restore(namespace, key, part!, order, value));
    else if (table instanceof WindowTable) table.restore(timeMs!, namespace, key, order, value);
    else taken(table.restore(namespace, key, value));
  }
}

function inOrder<T>(things: readonly T[], place: (thing: T) => number): T[] {
  return things.toSorted((a, b) => place(a) - place(b));
}

/** The state as a function sees it: what the current key has in the namespace that `namespace()` gives when it is used. */
export function newState(
  { table, expiry }: OpenState,
  descriptor: StateDescriptor,
  context: KeyContext,
  namespace: () => string,
): unknown {
  switch (descriptor.kind) {
    case "list":
      return expiry === undefined
        ? new TableListState(context, namespace, table as ListTable<unknown>)
        : new TtlListState(
          context,
          namespace,
          table as ListTable<Timed<unknown>>,
          expiry as ExpiryOf<ListElement<Timed<unknown>>>,
        );
    case "map":
      return expiry === undefined ? new TableMapState(context, namespace, table as MapTable<unknown>) : new TtlMapState(
        context,
        namespace,
        table as MapTable<Timed<unknown>>,
        expiry as ExpiryOf<MapEntry<Timed<unknown>>>,
      );
  }
  const value: FoldableState<unknown> = expiry === undefined
    ? new TableValueState(context, namespace, table as StateTable<unknown>)
    : new TtlValueState(
      context,
      namespace,
      table as StateTable<Timed<unknown>>,
      expiry as ExpiryOf<StateEntry<Timed<unknown>>>,
    );
  switch (descriptor.kind) {
    case "value":
      return value;
    case "reducing": {
      const { reduceFunction } = descriptor as ReducingStateDescriptor<unknown>;
      return new FoldingReducingState(value, reduceFunction, table);
    }
    case "aggregating": {
      const { aggregateFunction } = descriptor as AggregatingStateDescriptor<unknown, unknown, unknown>;
      return new FoldingAggregatingState(value, aggregateFunction, table);
    }
  }
}

type ExpiryOf<E extends Entry> = Expiry<unknown, E>;
