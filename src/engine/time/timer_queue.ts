import { timerEntry, type TimerKind, timerPrefix, timerText } from "../commit_format.ts";
import type { Changes, Storable } from "../state/changes.ts";
import type { Undoable } from "../state/journal.ts";
import { type Key, type KeyId, keyId } from "../state/key.ts";
import { BinaryHeap } from "./binary_heap.ts";

/** A timer as the last commit has it. */
export interface RestoredTimer {
  readonly timeMs: number;
  readonly namespace: string;
  readonly key: Key;
  /** Its place among the registrations of its operator. */
  readonly sequence: number;
}

/**
 * The timers of one operator that go by one clock: at most one per time, namespace (a window's id) and key.
 *
 * They fire in order of time, and those of one time in the order in which they were registered, groups behind single ones.
 * (Flink leaves the latter open: its order is that of a binary heap.) Timers of one time share a bucket, as most do with
 * windows, so the heap stays small.
 */
export class TimerQueue {
  /** What the names of all its timers begin with. */
  readonly entryPrefix: string;
  readonly #changes: Changes;
  readonly #buckets = new Map<number, Bucket>();
  readonly #times = new BinaryHeap<number>((a, b) => a < b);
  #sequence = 0;
  #singles = 0;

  constructor(uid: string, changes: Changes, restored: readonly RestoredTimer[] = [], kind: TimerKind = "timer") {
    this.entryPrefix = timerPrefix(kind, uid);
    this.#changes = changes;
    for (const timer of restored.toSorted((a, b) => a.sequence - b.sequence)) {
      const entry = new SingleTimer(this, timer.timeMs, timer.namespace, timer.key, keyId(timer.key), timer.sequence);
      entry.stored = true;
      this.#bucket(timer.timeMs).add(entry);
      this.#sequence = timer.sequence + 1;
      this.#singles++;
    }
  }

  /** Time of the first timer to fire, or +∞. */
  get nextTimeMs(): number {
    return this.#times.peek() ?? Number.POSITIVE_INFINITY;
  }

  get size(): number {
    let size = this.#singles;
    for (const { groups } of this.#buckets.values()) for (const group of groups) size += group.size;
    return size;
  }

  /** Registers a timer; one that is registered already stays where it is. */
  register(timeMs: number, namespace: string, key: Key, id: KeyId): void {
    const bucket = this.#bucket(timeMs);
    if (bucket.find(namespace, id) !== undefined) return;
    this.#add(bucket, new SingleTimer(this, timeMs, namespace, key, id, this.#sequence++));
  }

  /**
   * Registers the timers of a group, which are stored by whoever has them. They fire behind those that have been registered for
   * the same time one by one, and group by group. While a group fires nothing may be registered for an earlier time.
   */
  registerGroup(group: TimerGroup): void {
    this.#bucket(group.timeMs).groups.push(group);
  }

  #add(bucket: Bucket, timer: SingleTimer): void {
    bucket.add(timer);
    this.#singles++;
    this.#changes.mark(timer);
    this.#changes.journal.log(timer, "absent");
  }

  /** Takes a timer back; nothing happens if there is none. */
  delete(timeMs: number, namespace: string, id: KeyId): void {
    const bucket = this.#buckets.get(timeMs);
    const timer = bucket?.find(namespace, id);
    if (timer === undefined) return;
    bucket!.remove(timer);
    this.#cancel(timer);
  }

  /**
   * Fires all timers up to and including `timeMs`, also those which `fire` registers on the way.
   */
  advance(timeMs: number, fire: (timer: Timer) => void): void {
    // The first time is asked for again after each timer: `fire` may have registered an earlier one.
    for (let next = this.#times.peek(); next !== undefined && next <= timeMs; next = this.#times.peek()) {
      const bucket = this.#buckets.get(next)!;
      const timer = bucket.shift();
      if (timer !== undefined) {
        this.#cancel(timer);
        fire(timer);
        continue;
      }
      const group = bucket.groups.shift();
      if (group !== undefined) {
        for (const timer of group.fire()) fire(timer);
        continue;
      }
      this.#times.pop();
      this.#buckets.delete(next);
    }
  }

  /** Puts a timer back to what it was. */
  undo(timer: SingleTimer, before: TimerBefore): void {
    if (before === "live") {
      timer.live = true;
      this.#bucket(timer.timeMs).putBack(timer);
      this.#singles++;
      this.#changes.mark(timer);
    } else if (timer.live) {
      this.#buckets.get(timer.timeMs)!.remove(timer);
      this.#cancel(timer);
    }
  }

  #cancel(timer: SingleTimer): void {
    timer.live = false;
    this.#singles--;
    this.#changes.mark(timer);
    this.#changes.journal.log(timer, "live");
  }

  #bucket(timeMs: number): Bucket {
    let bucket = this.#buckets.get(timeMs);
    if (bucket === undefined) {
      bucket = new Bucket();
      this.#buckets.set(timeMs, bucket);
      this.#times.push(timeMs);
    }
    return bucket;
  }
}

/** The timers of one time, single ones in order of registration. */
class Bucket {
  /** Those that have not been begun. */
  readonly groups: TimerGroup[] = [];
  readonly #timers: SingleTimer[] = [];
  #next = 0;
  readonly #index = new Map<string, Map<KeyId, SingleTimer>>();

  find(namespace: string, id: KeyId): SingleTimer | undefined {
    return this.#index.get(namespace)?.get(id);
  }

  add(timer: SingleTimer): void {
    this.#timers.push(timer);
    this.#find(timer.namespace).set(timer.keyId, timer);
  }

  #find(namespace: string): Map<KeyId, SingleTimer> {
    let timers = this.#index.get(namespace);
    if (timers === undefined) {
      timers = new Map();
      this.#index.set(namespace, timers);
    }
    return timers;
  }

  /** Takes a timer in again at its old place, if it has not been passed already. */
  putBack(timer: SingleTimer): void {
    if (this.#timers.indexOf(timer, this.#next) < 0) this.#timers.push(timer);
    this.#find(timer.namespace).set(timer.keyId, timer);
  }

  /** Takes out the first that has not been removed. */
  shift(): SingleTimer | undefined {
    while (this.#next < this.#timers.length) {
      const timer = this.#timers[this.#next++]!;
      if (!timer.live) continue;
      this.remove(timer);
      return timer;
    }
    return undefined;
  }

  /** Leaves it in the array, where it is passed over: taking it out would cost the array's length. */
  remove(timer: SingleTimer): void {
    this.#index.get(timer.namespace)!.delete(timer.keyId);
  }
}

/** What a record at work has changed of a timer: it was not there before, or it was. */
type TimerBefore = "absent" | "live";

/** What fires. */
export interface Timer {
  readonly timeMs: number;
  readonly namespace: string;
  readonly key: Key;
  readonly keyId: KeyId;
}

/** Timers of one time that belong together. */
export interface TimerGroup {
  readonly timeMs: number;
  /** How many there are. */
  readonly size: number;
  /** Those that fire, in this order, from now on no longer in the group. */
  fire(): Iterable<Timer>;
}

/** A timer that was registered by itself. */
class SingleTimer implements Timer, Storable, Undoable {
  dirty = false;
  stored = false;
  live = true;
  readonly timeMs: number;
  readonly namespace: string;
  readonly key: Key;
  readonly keyId: KeyId;
  readonly #queue: TimerQueue;
  readonly #sequence: number;

  constructor(
    queue: TimerQueue,
    timeMs: number,
    namespace: string,
    key: Key,
    id: KeyId,
    sequence: number,
  ) {
    this.#queue = queue;
    this.timeMs = timeMs;
    this.namespace = namespace;
    this.key = key;
    this.keyId = id;
    this.#sequence = sequence;
  }

  undo(before: unknown): void {
    this.#queue.undo(this, before as TimerBefore);
  }

  entryKey(): string {
    return timerEntry(this.#queue.entryPrefix, this.timeMs, this.namespace, this.key);
  }

  entryValue(): string | null {
    return this.live ? timerText(this.#sequence) : null;
  }
}
