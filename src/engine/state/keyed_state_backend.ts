import { BROADCAST, parseShape, type StateVersions, type StoredShape } from "../commit_format.ts";
import { JobError } from "../errors.ts";
import { MIN_WATERMARK } from "../record.ts";
import type { Changes } from "./changes.ts";
import type { MapStateDescriptor, StateDescriptor, ValueStateDescriptor } from "./descriptors.ts";
import type { EventTime } from "./expiry.ts";
import { type Key, type KeyContext, type KeyId, keyId } from "./key.ts";
import type { ListTable } from "./list_table.ts";
import { KeyedMapState } from "./map_state.ts";
import type { MapTable } from "./map_table.ts";
import { type Migration, migrationOf } from "./migration.ts";
import { NO_NAMESPACE } from "./namespace_index.ts";
import { newState, type OpenState, openState } from "./open_state.ts";
import type { AggregatingState, KeyedStateStore, ListState, MapState, ReducingState, ValueState } from "./state.ts";
import { differenceFromStored, differenceInUse, shapeOf, type StateShape, storedShapeOf } from "./state_shape.ts";
import type { RestoredValue } from "./table.ts";
import type { SessionTable } from "./session_table.ts";
import type { ValueTable } from "./value_table.ts";
import type { WindowTable } from "./window_table.ts";

export type { RestoredValue } from "./table.ts";

const NO_EVENT_TIME: EventTime = { nowMs: () => MIN_WATERMARK, committedMs: () => MIN_WATERMARK };
const NO_KEY: KeyContext = { currentKey: null, currentKeyId: keyId(null) };

/** What the state of an operator begins with. */
export interface KeyedStateOptions {
  /** Values of the last commit, by state; the backend takes them. Left out: no values. */
  readonly restored?: Map<string, RestoredValue[]>;
  /** Of the states in the last commit. */
  readonly versions?: StateVersions | undefined;
  /** Processing time, ms since the Unix epoch, for states with TTL; default: the machine's clock. */
  readonly now?: () => number;
}

/**
 * All keyed state of one operator, and the key at work.
 *
 * Entries of a restored job lie here until the state of their name is asked for.
 */
export class KeyedStateBackend implements KeyContext {
  currentKey: Key = null;
  currentKeyId: KeyId = "";
  /** For states that expire by it; the operator's task sets it. */
  eventTime: EventTime = NO_EVENT_TIME;
  readonly uid: string;
  readonly #changes: Changes;
  readonly #open = new Map<string, OpenState>();
  readonly #own = new Set<string>();
  readonly #restored: Map<string, RestoredValue[]>;
  readonly #restoredVersions: StateVersions;
  readonly #now: () => number;
  /** Why states cannot be restored, by name. */
  readonly #failures = new Map<string, unknown>();
  #mayMigrate = true;

  constructor(uid: string, changes: Changes, options: KeyedStateOptions = {}) {
    const { restored = new Map(), versions = {}, now = Date.now } = options;
    this.uid = uid;
    this.#changes = changes;
    this.#restored = restored;
    this.#restoredVersions = versions;
    this.#now = now;
  }

  setCurrentKey(key: Key): void {
    this.currentKey = key;
    this.currentKeyId = keyId(key);
  }

  /** For the runtime, which has the id already. */
  setCurrentKeyAndId(key: Key, id: KeyId): void {
    this.currentKey = key;
    this.currentKeyId = id;
  }

  // The tables of an operator's own states, whose names its functions cannot use.

  /** A value per key and namespace. */
  valueTable<T>(name: string, version: number): ValueTable<T> {
    return this.#ownTable("value", name, version) as ValueTable<T>;
  }

  /** A list per key and namespace. */
  listTable<T>(name: string, version: number): ListTable<T> {
    return this.#ownTable("list", name, version) as ListTable<T>;
  }

  /** A map per key and namespace. */
  mapTable<V>(name: string, version: number): MapTable<V> {
    return this.#ownTable("map", name, version) as MapTable<V>;
  }

  /** A value per key and open window, and when it fires. */
  windowTable<T>(name: string, version: number): WindowTable<T> {
    return this.#ownTable("window", name, version) as WindowTable<T>;
  }

  /** A value per key and open session, with its bounds. */
  sessionTable<T>(name: string, version: number): SessionTable<T> {
    return this.#ownTable("session", name, version) as SessionTable<T>;
  }

  /** Whether the last commit has a state of that name, filled or not. */
  isStored(name: string): boolean {
    return Object.hasOwn(this.#restoredVersions, name);
  }

  #ownTable(kind: StateShape["kind"], name: string, version: number): OpenState["table"] {
    this.#own.add(name);
    return this.#opened(name, { kind, version, ttl: undefined }).table;
  }

  /** States of the current key, in the namespace that `namespace()` returns when they are used. */
  store(namespace: () => string = () => NO_NAMESPACE): KeyedStateStore {
    const known = new Map<string, { readonly descriptor: StateDescriptor; readonly state: unknown }>();
    const stateOf = (descriptor: StateDescriptor): unknown => {
      const { name } = descriptor;
      const entry = known.get(name);
      if (entry?.descriptor === descriptor) return entry.state;
      const open = this.#described(name, shapeOf(descriptor));
      if (entry !== undefined) return entry.state;
      const state = newState(open, descriptor, this, namespace);
      known.set(name, { descriptor, state });
      return state;
    };
    return {
      getState: <T>(descriptor: StateDescriptor) => stateOf(descriptor) as ValueState<T>,
      getListState: <T>(descriptor: StateDescriptor) => stateOf(descriptor) as ListState<T>,
      getMapState: <K extends Key, V>(descriptor: StateDescriptor) => stateOf(descriptor) as MapState<K, V>,
      getReducingState: <T>(descriptor: StateDescriptor) => stateOf(descriptor) as ReducingState<T>,
      getAggregatingState: <IN, _ACC, OUT>(descriptor: StateDescriptor) =>
        stateOf(descriptor) as AggregatingState<IN, OUT>,
    };
  }

  /**
   * A map that belongs to no key: what all keys of one input of an operator know from the other.
   * @throws {JobError} as `KeyedStateStore.getState()` does; if the descriptor has a TTL, as broadcast state does not expire
   */
  broadcastState<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    const { name } = descriptor;
    const shape = shapeOf(descriptor);
    if (shape.ttl !== undefined) {
      throw new JobError(`Cannot use state "${name}" of "${this.uid}" with TTL: broadcast state does not expire`);
    }
    const { table } = this.#described(name, { ...shape, kind: "broadcast" });
    return new KeyedMapState(NO_KEY, () => BROADCAST, table as MapTable<V>);
  }

  /**
   * Keys that have something in a state, outside of windows, in the order in which they got it. That of one at a time may
   * change while they are gone through. After a restart those of the commit come first: with lists and maps in the order of
   * what they hold, with the others as the store has them.
   * @throws {JobError} as `KeyedStateStore.getState()` does
   */
  keysOf(descriptor: StateDescriptor): Iterable<Key> {
    const { table } = this.#described(descriptor.name, shapeOf(descriptor));
    table.ledger.startWrite();
    // No descriptor is of an operator's windows.
    return (table as Exclude<typeof table, WindowTable<unknown> | SessionTable<unknown>>).keys();
  }

  /** Lets go of all that has expired, here and in the next commit. Any use of a state does so for that state. */
  dropExpired(): void {
    for (const { table } of this.#open.values()) table.ledger.startWrite();
  }

  /**
   * No state is migrated from now on: where a job's keys are shared among several workers, and each stores its own, they must not
   * store one state in two versions at a time.
   */
  endMigrations(): void {
    this.#mayMigrate = false;
  }

  /** Kinds and versions of all states, those not yet asked for in this run included; goes into the commit. */
  versions(): Record<string, StoredShape> {
    const open = [...this.#open].map(([name, { shape }]) => [name, storedShapeOf(shape)]);
    return { ...this.#restoredVersions, ...Object.fromEntries(open) };
  }

  /** How many entries each state holds. */
  sizes(): Record<string, number> {
    return Object.fromEntries([...this.#open].map(([name, { table }]) => [name, table.ledger.size]));
  }

  #checkMayMigrate(name: string): void {
    if (this.#mayMigrate) return;
    throw new JobError(
      `Cannot migrate state "${name}" of "${this.uid}" amid the records: on a Flink cluster a state with migrate() has to be ` +
        "asked for in open(), so that all its workers convert it before the first checkpoint",
    );
  }

  /** A state that a function describes. */
  #described(name: string, shape: StateShape): OpenState {
    if (!this.#own.has(name)) return this.#opened(name, shape);
    throw new JobError(
      `Cannot use state "${name}" of "${this.uid}": the operator itself has one of that name; take another`,
    );
  }

  /** Filled from the last commit when it is asked for first. */
  #opened(name: string, shape: StateShape): OpenState {
    const known = this.#open.get(name);
    if (known !== undefined) {
      const difference = differenceInUse(known.shape, shape);
      if (difference === undefined) return known;
      const [was, is] = difference;
      throw new JobError(`Cannot use state "${name}" of "${this.uid}" ${is}: it is in use ${was}`);
    }
    const stored = this.isStored(name) ? this.#restoredVersions[name] : undefined;
    const migration = stored === undefined ? undefined : migrationOf(parseShape(stored), shape);
    if (migration !== undefined) this.#checkMayMigrate(name);
    const difference = stored === undefined ? undefined : differenceFromStored(stored, shape);
    if (difference !== undefined && migration === undefined) {
      if (shape.kind === "window") {
        throw new JobError(
          `Cannot restore the windows of "${this.uid}": an earlier version of this program wrote them, in another way; ` +
            "run that version to the end of the job's windows, or forget the job's commit with --reset",
        );
      }
      const [was, is] = difference;
      throw new JobError(
        `Cannot restore state "${name}" of "${this.uid}": it was written ${was}, the job now describes it ${is}; ` +
          `${hintFor(stored!, shape)}run the job that wrote it, or forget the job's commit with --reset`,
      );
    }
    const open = this.#restore(name, shape, migration);
    this.#open.set(name, open);
    return open;
  }

  #restore(name: string, shape: StateShape, migration: Migration | undefined): OpenState {
    const failure = this.#failures.get(name);
    if (failure !== undefined) throw failure;
    const restored = this.#restored.get(name) ?? [];
    const { uid, eventTime } = this;
    try {
      const options = { restored, migration, uid, name, changes: this.#changes, now: this.#now, eventTime };
      return openState(shape, options);
    } catch (error) {
      // Whoever catches that and asks again must not find an empty state.
      this.#failures.set(name, error);
      throw error;
    } finally {
      this.#restored.delete(name);
    }
  }
}

/** What to do about a state that an older version wrote. */
function hintFor(stored: StoredShape, shape: StateShape): string {
  const couldMigrate = migrationOf(parseShape(stored), { ...shape, migrate: () => {} }) !== undefined;
  return couldMigrate ? "add migrate() to its descriptor, " : "";
}

/** The state of a descriptor of any kind. (A store goes by the kind of the descriptor, not by which of its methods is called.) */
export function stateOf(states: KeyedStateStore, descriptor: StateDescriptor): unknown {
  return states.getState(descriptor as ValueStateDescriptor<unknown>);
}
