import type { Journal, Undoable } from "../../state/journal.ts";
import type { Key, KeyId } from "../../state/key.ts";
import type { MapTable } from "../../state/map_table.ts";
import { NO_NAMESPACE } from "../../state/namespace_index.ts";
import type { Slot } from "../../state/slot.ts";

/** The records of a key and time, in order of arrival. */
export type Bucket<T> = Slot<readonly T[]>;

/**
 * Records of one side of a join by key and time.
 *
 * They lie in a table, which is all that is stored. Beside it stand the times of each key in order, so that a key with many
 * records costs no more than those that are found. (Flink looks at all times of a key for each record.)
 */
export class IntervalJoinBuffer<T> {
  readonly #table: MapTable<readonly T[]>;
  readonly #journal: Journal;
  readonly #times = new Map<KeyId, Times>();

  constructor(table: MapTable<readonly T[]>, journal: Journal) {
    this.#table = table;
    this.#journal = journal;
  }

  /** @returns whether it is the first of its key and time */
  add(key: Key, id: KeyId, timeMs: number, value: T): boolean {
    const bucket = this.#table.find(NO_NAMESPACE, id, timeMs);
    if (bucket !== undefined) {
      this.#table.replace(bucket, [...bucket.value!, value]);
      return false;
    }
    const times = this.#timesOf(id);
    this.#table.put(NO_NAMESPACE, id, key, timeMs, [value]);
    times.add(timeMs);
    this.#journal.log(times, undefined);
    return true;
  }

  /** What a key has from one time to another, both included, in order of time. */
  between(id: KeyId, fromMs: number, toMs: number): Bucket<T>[] {
    const found: Bucket<T>[] = [];
    const { sorted } = this.#timesOf(id);
    for (let i = firstFrom(sorted, fromMs); i < sorted.length && sorted[i]! <= toMs; i++) {
      found.push(this.#table.find(NO_NAMESPACE, id, sorted[i]!)!);
    }
    return found;
  }

  /** Forgets what a key has at a time. */
  drop(id: KeyId, timeMs: number): void {
    const bucket = this.#table.find(NO_NAMESPACE, id, timeMs);
    if (bucket === undefined) return;
    const times = this.#timesOf(id);
    this.#table.remove(bucket);
    times.remove(timeMs);
    this.#journal.log(times, undefined);
    if (times.sorted.length === 0) this.#times.delete(id);
  }

  /** Made of the table after a restart, and after a record was taken back. What is empty is not kept. */
  #timesOf(id: KeyId): Times {
    const known = this.#times.get(id);
    if (known !== undefined && !known.stale) return known;
    const times = new Times(Array.from(this.#table.slots(NO_NAMESPACE, id), ({ key }) => key as number));
    this.#journal.log(times, undefined);
    this.#times.delete(id);
    if (times.sorted.length > 0) this.#times.set(id, times);
    return times;
  }
}

/** The times at which a key has records, ascending. */
class Times implements Undoable {
  readonly sorted: number[];
  /** Whether the table has others. */
  stale = false;

  constructor(times: number[]) {
    this.sorted = times.sort((a, b) => a - b);
  }

  add(timeMs: number): void {
    // Most records are the newest of their key.
    if (this.sorted.length === 0 || timeMs > this.sorted[this.sorted.length - 1]!) this.sorted.push(timeMs);
    else this.sorted.splice(firstFrom(this.sorted, timeMs), 0, timeMs);
  }

  remove(timeMs: number): void {
    this.sorted.splice(firstFrom(this.sorted, timeMs), 1);
  }

  undo(): void {
    this.stale = true;
  }
}

/** Where the first time that is not before `timeMs` stands. */
function firstFrom(sorted: readonly number[], timeMs: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
