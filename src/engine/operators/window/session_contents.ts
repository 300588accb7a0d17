import type { KeyedStateBackend } from "../../state/keyed_state_backend.ts";
import type { ListTable } from "../../state/list_table.ts";
import type { SessionSlot } from "../../state/session_table.ts";
import type { Window } from "../../windows/window.ts";
import type { WindowFold } from "./folds.ts";

/**
 * What a session keeps of its records.
 * @template T of the records
 * @template V what stands in the session's own entry
 * @template E of what a window's function gets
 */
export interface SessionContents<T, V, E> {
  /** Of a session that opens with this record. @param window whose id is its namespace */
  first(window: Window, value: T): V;
  /** @param kept what the session has in its entry so far */
  next(slot: SessionSlot<V>, kept: V, value: T): V;
  /** Moves what another session of the same key has behind what this one has. */
  merge(slot: SessionSlot<V>, kept: V, other: SessionSlot<V>): V;
  /** What is in a session, for a person and for {@link SessionContents.elements}. */
  held(slot: SessionSlot<V>): unknown;
  /** What `held` is for a window's function. */
  elements(held: unknown): Iterable<E>;
  /** Removes what a session has beside its entry. */
  clear(slot: SessionSlot<V>): void;
}

/** One value a session, made of its records as they come. */
export class FoldedSessions<T, ACC, E> implements SessionContents<T, ACC, E> {
  readonly #fold: WindowFold<T, ACC, E>;

  constructor(fold: WindowFold<T, ACC, E>) {
    this.#fold = fold;
  }

  first(_window: Window, value: T): ACC {
    return this.#fold.first(value);
  }

  next(_slot: SessionSlot<ACC>, kept: ACC, value: T): ACC {
    return this.#fold.next(kept, value);
  }

  merge(_slot: SessionSlot<ACC>, kept: ACC, other: SessionSlot<ACC>): ACC {
    return this.#fold.merge(kept, other.value!.value);
  }

  held(slot: SessionSlot<ACC>): ACC {
    return slot.value!.value;
  }

  elements(held: unknown): Iterable<E> {
    return [this.#fold.result(held as ACC)];
  }

  clear(): void {}
}

/** All records of a session, in order of arrival. Each is an entry of its own, so that adding one to a long session stores one. */
export class ListedSessions<T> implements SessionContents<T, null, T> {
  readonly #state: KeyedStateBackend;
  readonly #table: ListTable<T>;

  constructor(state: KeyedStateBackend) {
    this.#state = state;
    this.#table = state.listTable<T>("contents", 1);
  }

  first(window: Window, value: T): null {
    this.#add(window.id, value);
    return null;
  }

  next(slot: SessionSlot<null>, _kept: null, value: T): null {
    this.#add(slot.namespace, value);
    return null;
  }

  merge(slot: SessionSlot<null>, _kept: null, other: SessionSlot<null>): null {
    this.#table.mergeNamespaces(slot.namespace, [other.namespace], slot.keyId, slot.key);
    return null;
  }

  held(slot: SessionSlot<null>): T[] {
    return this.#table.get(slot.namespace, slot.keyId);
  }

  elements(held: unknown): Iterable<T> {
    return held as T[];
  }

  clear(slot: SessionSlot<null>): void {
    this.#table.clear(slot.namespace, slot.keyId);
  }

  #add(namespace: string, value: T): void {
    const { currentKey, currentKeyId } = this.#state;
    this.#table.add(namespace, currentKeyId, currentKey, value);
  }
}
