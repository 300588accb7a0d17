import { JobError } from "../errors.ts";
import type { Changes } from "./changes.ts";
import { type Key, type KeyId, keyId } from "./key.ts";
import type { KeyedStateStore, ValueState, ValueStateDescriptor } from "./state.ts";
import { NO_NAMESPACE, StateTable } from "./state_table.ts";

/** A state's value as the last commit has it. */
export interface RestoredValue {
  readonly namespace: string;
  readonly key: Key;
  readonly value: unknown;
}

/**
 * All keyed state of one operator, and the key at work.
 *
 * Values of a restored job lie here until the state of their name is asked for.
 */
export class KeyedStateBackend {
  currentKey: Key = null;
  currentKeyId: KeyId = "";
  readonly uid: string;
  readonly #changes: Changes;
  readonly #tables = new Map<string, StateTable<unknown>>();
  readonly #versions = new Map<string, number>();
  readonly #own = new Set<string>();
  readonly #restored: Map<string, readonly RestoredValue[]>;
  readonly #restoredVersions: Readonly<Record<string, number>>;

  constructor(
    uid: string,
    changes: Changes,
    restored: Map<string, readonly RestoredValue[]> = new Map(),
    restoredVersions: Readonly<Record<string, number>> = {},
  ) {
    this.uid = uid;
    this.#changes = changes;
    this.#restored = restored;
    this.#restoredVersions = restoredVersions;
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

  /** The table of an operator's own state, whose name its functions can not use. */
  table<T>(name: string, version: number): StateTable<T> {
    this.#own.add(name);
    return this.#table(name, version);
  }

  /** Filled from the last commit when it is asked for first. */
  #table<T>(name: string, version: number): StateTable<T> {
    const known = this.#tables.get(name);
    if (known !== undefined) {
      const knownVersion = this.#versions.get(name);
      if (knownVersion !== version) {
        throw new JobError(
          `Cannot use state "${name}" of "${this.uid}" as version ${version}: it is in use as version ${knownVersion}`,
        );
      }
      return known as StateTable<T>;
    }
    const stored = this.#restoredVersions[name];
    if (stored !== undefined && stored !== version) {
      throw new JobError(
        `Cannot restore state "${name}" of "${this.uid}": it was written as version ${stored}, the job now describes version ${version}; ` +
          "run the job that wrote it, or forget the job's commit with --reset",
      );
    }
    const table = new StateTable<T>(this.uid, name, this.#changes);
    for (const { namespace, key, value } of this.#restored.get(name) ?? []) table.restore(namespace, key, value as T);
    this.#restored.delete(name);
    this.#tables.set(name, table as StateTable<unknown>);
    this.#versions.set(name, version);
    return table;
  }

  /** States of the current key, in the namespace that `namespace()` gives when they are used. */
  store(namespace: () => string = () => NO_NAMESPACE): KeyedStateStore {
    const states = new Map<string, ValueState<unknown>>();
    return {
      getState: <T>(descriptor: ValueStateDescriptor<T>): ValueState<T> => {
        const { name, version } = descriptor;
        if (this.#own.has(name)) {
          throw new JobError(
            `Cannot use state "${name}" of "${this.uid}": the operator itself has one of that name; take another`,
          );
        }
        const table = this.#table<unknown>(name, version);
        let state = states.get(name);
        if (state === undefined) {
          state = new TableValueState(this, table, namespace);
          states.set(name, state);
        }
        return state as ValueState<T>;
      },
    };
  }

  /** Versions of all states, those not yet asked for in this run included; goes into the commit. */
  versions(): Record<string, number> {
    return { ...this.#restoredVersions, ...Object.fromEntries(this.#versions) };
  }
}

class TableValueState<T> implements ValueState<T> {
  readonly #backend: KeyedStateBackend;
  readonly #table: StateTable<T>;
  readonly #namespace: () => string;

  constructor(backend: KeyedStateBackend, table: StateTable<T>, namespace: () => string) {
    this.#backend = backend;
    this.#table = table;
    this.#namespace = namespace;
  }

  value(): T | undefined {
    return this.#table.get(this.#namespace(), this.#backend.currentKeyId);
  }

  update(value: T | undefined): void {
    this.#table.set(this.#namespace(), this.#backend.currentKeyId, this.#backend.currentKey, value);
  }

  clear(): void {
    this.update(undefined);
  }
}
