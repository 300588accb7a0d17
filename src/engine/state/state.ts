import type {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from "./descriptors.ts";
import type { Key } from "./key.ts";

export {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateDescriptor,
  type StateDescriptorOptions,
  ValueStateDescriptor,
} from "./descriptors.ts";

/**
 * One value for the current key (and window).
 *
 * Values of all states are immutable by contract: `update()` with a new one, never change the one that `value()` returned. They
 * must survive `JSON.parse(JSON.stringify(x))`, which is how they are committed; a commit refuses NaN and Infinity, dates,
 * maps and sets, and whatever JSON has no text for.
 */
export interface ValueState<T> {
  /** What the last `update()` set, or undefined. */
  value(): T | undefined;
  /** `undefined` clears. */
  update(value: T | undefined): void;
  /** Forgets the value. */
  clear(): void;
}

/**
 * A list for the current key (and window). A commit stores the elements that were added, not the list: adding to a long one
 * is cheap, `update()` is not.
 */
export interface ListState<T> {
  /**
   * Adds an element at the end.
   * @throws {TypeError} if `value` is undefined
   */
  add(value: T): void;
  /** Adds elements at the end, in order. */
  addAll(values: Iterable<T>): void;
  /** Puts `values` in the place of all elements; no values at all clear the list. */
  update(values: Iterable<T>): void;
  /** All elements in order, in an array of the caller's own; empty when there are none (null in Flink). */
  get(): T[];
  /** Forgets all elements. */
  clear(): void;
}

/**
 * A map for the current key (and window), in order of first insertion. A commit stores the entries that changed.
 *
 * What can key a record can key a map: text, finite numbers, booleans or plain JSON of them, which is one key if it is equal.
 * Iterators are those of a JavaScript `Map`: they can be gone through once, and entries may be removed on the way.
 */
export interface MapState<K extends Key, V> {
  /** The value of a key, or undefined. */
  get(key: K): V | undefined;
  /**
   * Sets the value of a key.
   * @throws {TypeError} if `value` is undefined, or `key` is nothing that can be stored and read back
   */
  put(key: K, value: V): void;
  /** Takes a `Map`, too. */
  putAll(entries: Iterable<readonly [K, V]>): void;
  /** Forgets a key; nothing happens if it is not there. */
  remove(key: K): void;
  /** Whether a key has a value. */
  contains(key: K): boolean;
  /** Keys and values. */
  entries(): IterableIterator<[K, V]>;
  /** Keys alone. */
  keys(): IterableIterator<K>;
  /** Values alone. */
  values(): IterableIterator<V>;
  /** Whether there is no entry. */
  isEmpty(): boolean;
  /** Forgets all entries. */
  clear(): void;
}

/** One value for the current key (and window) into which others are folded. */
export interface ReducingState<T> {
  /** The first value is kept as it is; the function folds each further one into it. */
  add(value: T): void;
  /** The folded value, or undefined if none was added. */
  get(): T | undefined;
  /** Forgets the value. */
  clear(): void;
}

/** One accumulator for the current key (and window). */
export interface AggregatingState<IN, OUT> {
  /** Folds a value into the accumulator; the first into a new one. */
  add(value: IN): void;
  /** The result of what was added, made anew each time; undefined if nothing was. */
  get(): OUT | undefined;
  /** Forgets the accumulator. */
  clear(): void;
}

/**
 * Gives access to the states of the current key (and window): the same state for the same name, also after a restart. Of two
 * descriptors of one name the first says how it works.
 */
export interface KeyedStateStore {
  /**
   * A state of one value per key.
   * @throws {JobError} if what is stored under that name is of another kind or version, or differs in whether it expires;
   *   if another descriptor of that name is in use that differs in one of these; if the operator itself uses the name
   */
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
  /**
   * A state of one list per key.
   * @throws {JobError} as `getState()` does
   */
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /**
   * A state of one map per key.
   * @throws {JobError} as `getState()` does
   */
  getMapState<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  /**
   * A state of one folded value per key.
   * @throws {JobError} as `getState()` does
   */
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  /**
   * A state of one accumulator per key.
   * @throws {JobError} as `getState()` does
   */
  getAggregatingState<IN, ACC, OUT>(descriptor: AggregatingStateDescriptor<IN, ACC, OUT>): AggregatingState<IN, OUT>;
}
