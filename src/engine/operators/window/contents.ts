import { NO_TIMESTAMP } from "../../record.ts";
import type { KeyedStateBackend } from "../../state/keyed_state_backend.ts";
import type { ListTable } from "../../state/list_table.ts";
import { checkKept } from "../../state/value_text.ts";
import type { ValueTable } from "../../state/value_table.ts";
import type { Elements, Evictor, EvictorContext, TimestampedValue } from "../../windows/evictor.ts";
import type { Window } from "../../windows/window.ts";
import type { WindowFold } from "./folds.ts";

/**
 * What is in the windows of the key at work.
 * @template T of the records
 * @template E of what a window's function gets
 */
export interface WindowContents<T, E, W extends Window> {
  add(namespace: string, value: T, timestampMs: number): void;
  /** Passes what is in a window to `emit`, which is not called if there never was anything. */
  fire(window: W, namespace: string, emit: (elements: Iterable<E>) => void): void;
  clear(namespace: string): void;
  /** What is in a window, for a person; undefined if there is nothing. */
  held(namespace: string): unknown;
  /** Moves what is in `sources` into `target`. */
  merge(target: string, sources: readonly string[]): void;
}

/** One value a window, made of its records as they come. */
export class FoldedContents<T, ACC, E> implements WindowContents<T, E, Window> {
  readonly #state: KeyedStateBackend;
  readonly #table: ValueTable<ACC>;
  readonly #fold: WindowFold<T, ACC, E>;

  constructor(state: KeyedStateBackend, fold: WindowFold<T, ACC, E>) {
    this.#state = state;
    this.#table = state.valueTable<ACC>("contents", 1);
    this.#fold = fold;
  }

  add(namespace: string, value: T): void {
    const { currentKey, currentKeyId } = this.#state;
    const slot = this.#table.find(namespace, currentKeyId);
    if (slot === undefined) this.#table.set(namespace, currentKeyId, currentKey, this.#fold.first(value));
    else this.#table.replace(slot, this.#fold.next(slot.value!, value));
  }

  fire(_window: Window, namespace: string, emit: (elements: Iterable<E>) => void): void {
    const accumulated = this.#table.get(namespace, this.#state.currentKeyId);
    if (accumulated !== undefined) emit([this.#fold.result(accumulated)]);
  }

  clear(namespace: string): void {
    const { currentKey, currentKeyId } = this.#state;
    this.#table.set(namespace, currentKeyId, currentKey, undefined);
  }

  held(namespace: string): ACC | undefined {
    return this.#table.get(namespace, this.#state.currentKeyId);
  }

  merge(target: string, sources: readonly string[]): void {
    const { currentKey, currentKeyId } = this.#state;
    this.#table.mergeNamespaces(target, sources, currentKeyId, currentKey, (a, b) => this.#fold.merge(a, b));
  }
}

/** All records of a window, in order of arrival. */
export class ListedContents<T> implements WindowContents<T, T, Window> {
  readonly #state: KeyedStateBackend;
  readonly #table: ListTable<T>;

  constructor(state: KeyedStateBackend) {
    this.#state = state;
    this.#table = state.listTable<T>("contents", 1);
  }

  add(namespace: string, value: T): void {
    const { currentKey, currentKeyId } = this.#state;
    this.#table.add(namespace, currentKeyId, currentKey, value);
  }

  fire(_window: Window, namespace: string, emit: (elements: Iterable<T>) => void): void {
    const elements = this.#table.get(namespace, this.#state.currentKeyId);
    if (elements.length > 0) emit(elements);
  }

  clear(namespace: string): void {
    this.#table.clear(namespace, this.#state.currentKeyId);
  }

  held(namespace: string): T[] {
    return this.#table.get(namespace, this.#state.currentKeyId);
  }

  merge(target: string, sources: readonly string[]): void {
    const { currentKey, currentKeyId } = this.#state;
    this.#table.mergeNamespaces(target, sources, currentKeyId, currentKey);
  }
}

/** A record and its time, which is left out if it has none: JSON has no −∞. */
type Dated<T> = readonly [value: T, timestampMs?: number];

/**
 * All records of a window with their times, of which an evictor takes some out when the window fires.
 *
 * What is left is folded only then. If nothing is left an aggregate returns the result of nothing, a reduce nothing. (In Flink
 * it returns null.)
 */
export class EvictedContents<T, ACC, E, W extends Window> implements WindowContents<T, E, W> {
  readonly #state: KeyedStateBackend;
  readonly #table: ListTable<Dated<T>>;
  readonly #evictor: Evictor<T, W>;
  readonly #context: EvictorContext;
  readonly #fold: WindowFold<T, ACC, E> | undefined;

  /** @param fold left out: T is E */
  constructor(
    state: KeyedStateBackend,
    evictor: Evictor<T, W>,
    context: EvictorContext,
    fold: WindowFold<T, ACC, E> | undefined,
  ) {
    this.#state = state;
    this.#table = state.listTable<Dated<T>>("contents", 1);
    this.#evictor = evictor;
    this.#context = context;
    this.#fold = fold;
  }

  add(namespace: string, value: T, timestampMs: number): void {
    const { currentKey, currentKeyId } = this.#state;
    // Now, and not when the window fires: then no record would be to blame, or another one.
    checkKept(value, this.#table.ledger);
    this.#fold?.check?.(value, this.#table.last(namespace, currentKeyId)?.[0]);
    const dated: Dated<T> = timestampMs === NO_TIMESTAMP ? [value] : [value, timestampMs];
    this.#table.add(namespace, currentKeyId, currentKey, dated);
  }

  fire(window: W, namespace: string, emit: (elements: Iterable<E>) => void): void {
    const slots = this.#table.slots(namespace, this.#state.currentKeyId);
    if (slots.length === 0) return;
    const all = slots.map(({ value }): TimestampedValue<T> => {
      const [record, timestampMs = NO_TIMESTAMP] = value!;
      return { value: record, timestampMs };
    });
    const before = staying(all, this.#evictor.evictBefore(all, all.length, window, this.#context));
    emit(this.#elements(before));
    const after = staying(before, this.#evictor.evictAfter(before, before.length, window, this.#context));
    if (after.length === all.length) return;
    const left = new Set(after);
    for (const [i, slot] of slots.entries()) if (!left.has(all[i]!)) this.#table.remove(slot);
  }

  clear(namespace: string): void {
    this.#table.clear(namespace, this.#state.currentKeyId);
  }

  held(namespace: string): T[] {
    return this.#table.get(namespace, this.#state.currentKeyId).map(([value]) => value);
  }

  merge(target: string, sources: readonly string[]): void {
    const { currentKey, currentKeyId } = this.#state;
    this.#table.mergeNamespaces(target, sources, currentKeyId, currentKey);
  }

  #elements(elements: Elements<T>): Iterable<E> {
    const fold = this.#fold;
    if (fold === undefined) return elements.map(({ value }) => value as unknown as E);
    let accumulated = fold.empty();
    for (const { value } of elements) {
      accumulated = accumulated === undefined ? fold.first(value) : fold.next(accumulated, value);
    }
    return accumulated === undefined ? [] : [fold.result(accumulated)];
  }
}

/** Those of `elements` that an evictor has returned. */
function staying<T>(elements: Elements<T>, returned: Elements<unknown>): Elements<T> {
  if (returned.length === elements.length) return elements;
  const left = new Set(returned);
  return elements.filter((element) => left.has(element));
}
