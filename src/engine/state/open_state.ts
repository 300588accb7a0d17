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
  /**
   * Of a map `[place in the order of insertions, value]`, of an open window `[when it fires, place, value]`; with TTL a value is
   * `[last update in ms, value]`.
   */
  readonly value: unknown;
}

/** What an open window has for a key, as it is stored: when it fires, its place among all, the value. */
export type StoredWindow = readonly [timeMs: number, sequence: number, value: unknown];

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
    restore(table, restored, (value) => value, () => {});
    return { shape, table, expiry: undefined };
  }
  const entries: Entry[] = [];
  restore(table, restored, asTimed, (entry) => entries.push(entry as Entry));
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

/** A store gives its entries in no particular order: who needs one takes them by the numbers that they have. */
function restore(
  table: Table,
  restored: readonly RestoredValue[],
  read: (value: unknown) => unknown,
  taken: (entry: { readonly value: unknown }) => void,
): void {
  if (table instanceof ListTable) {
    for (const { namespace, key, part, value } of inOrder(restored, ({ part }) => part as number)) {
      taken(table.restore(namespace, key, part as number, read(value)));
    }
  } else if (table instanceof MapTable) {
    const placeOf = ({ value }: RestoredValue) => (value as [number, unknown])[0];
    for (const { namespace, key, part, value } of inOrder(restored, placeOf)) {
      const [place, inner] = value as [number, unknown];
      taken(table.restore(namespace, key, part!, place, read(inner)));
    }
  } else if (table instanceof WindowTable) {
    for (const { namespace, key, value } of inOrder(restored, ({ value }) => (value as StoredWindow)[1])) {
      const [timeMs, sequence, inner] = value as StoredWindow;
      table.restore(timeMs, namespace, key, sequence, inner);
    }
  } else {
    for (const { namespace, key, value } of restored) taken(table.restore(namespace, key, read(value)));
  }
}

function asTimed(value: unknown): Timed<unknown> {
  const [lastUpdateMs, inner] = value as [number, unknown];
  return new Timed(inner, lastUpdateMs);
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
