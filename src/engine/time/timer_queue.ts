import type { TimerKind } from "../commit_format.ts";
import type { Changes } from "../state/changes.ts";
import { type Key, type KeyId, keyId } from "../state/key.ts";
import { Ledger, type SlotIndex } from "../state/ledger.ts";
import type { Slot, Timer, TimerGroup, TimerSource } from "../state/slot.ts";
import { BinaryHeap } from "../binary_heap.ts";
import { TimerBucket } from "./timer_bucket.ts";

export type { Timer, TimerGroup };

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
 * (Flink promises no order for timers of one time: it takes them from a binary heap.) Timers of one time share a bucket, as most do with
 * windows, so the heap stays small.
 */
export class TimerQueue implements SlotIndex<true> {
  readonly #ledger: Ledger<true>;
  readonly #buckets = new Map<number, TimerBucket>();
  readonly #times = new BinaryHeap<number>((a, b) => a < b);
  #source: TimerSource | undefined;
  /** What is left of a group that has paused while it fired. */
  #pausedGroup: Iterable<Timer> | undefined;

  constructor(uid: string, changes: Changes, restored: readonly RestoredTimer[] = [], kind: TimerKind = "timer") {
    this.#ledger = new Ledger(this, { layout: kind, uid, name: kind, changes });
    for (const { timeMs, namespace, key, sequence } of restored.toSorted((a, b) => a.sequence - b.sequence)) {
      const bucket = this.#bucket(timeMs);
      const timers = bucket.timers(namespace) ?? bucket.open({ ledger: this.#ledger, timeMs, namespace });
      const stored = { value: true, order: sequence, timeMs, lastUpdateMs: undefined };
      bucket.add(timers, this.#ledger.restore(timers.group, key, keyId(key), stored));
    }
  }

  /** Time of the first timer to fire, or +∞. */
  get nextTimeMs(): number {
    return this.#source?.nextTimeMs ?? this.#times.peek() ?? Number.POSITIVE_INFINITY;
  }

  /** Whether a timer may be due at `timeMs`; false: none is. Asked with nearly every record. */
  isDue(timeMs: number): boolean {
    if (this.#source !== undefined) return this.#source.isDue(timeMs);
    const next = this.#times.peek();
    return next !== undefined && next <= timeMs;
  }

  get size(): number {
    let size = this.#source?.size ?? this.#ledger.size;
    for (const { groups } of this.#buckets.values()) for (const group of groups) size += group.size;
    return size;
  }

  /** Registers a timer; one that is registered already stays where it is. */
  register(timeMs: number, namespace: string, key: Key, id: KeyId): void {
    const bucket = this.#bucket(timeMs);
    const timers = bucket.timers(namespace) ?? bucket.open({ ledger: this.#ledger, timeMs, namespace });
    if (timers.get(id) !== undefined) return;
    bucket.add(timers, this.#ledger.add(timers.group, key, id, true));
  }

  /**
   * Registers the timers of a group, which are stored by whoever has them. They fire behind those that have been registered for
   * the same time one by one, and group by group. While a group fires nothing may be registered for an earlier time.
   */
  registerGroup(group: TimerGroup): void {
    this.#bucket(group.timeMs).groups.push(group);
  }

  /** All timers are those of `source` from now on: none may be registered here, nor be left. */
  follow(source: TimerSource): void {
    this.#source = source;
  }

  /** Removes all timers. @returns them, in the order in which they would have fired */
  takeAll(): Timer[] {
    const all: Timer[] = [];
    this.advance(Number.POSITIVE_INFINITY, (timer) => all.push(timer) > 0);
    return all;
  }

  /** Takes a timer back, if one is registered. */
  delete(timeMs: number, namespace: string, id: KeyId): void {
    const bucket = this.#buckets.get(timeMs);
    const timer = bucket?.timers(namespace)?.get(id);
    if (timer === undefined) return;
    this.#remove(bucket!, timer);
    this.#forgetTimes();
  }

  /**
   * Fires all timers up to and including `timeMs`, also those which `fire` registers on the way.
   * @param fire returns whether to go on; if not, the next call for the same time does, and nothing else may happen before
   * @returns whether all have fired
   */
  advance(timeMs: number, fire: (timer: Timer) => boolean): boolean {
    const source = this.#source;
    if (source !== undefined) {
      for (let timer = source.next(timeMs); timer !== undefined; timer = source.next(timeMs)) {
        if (!fire(timer)) return false;
      }
      return true;
    }
    if (this.#pausedGroup !== undefined && !this.#fireGroup(this.#pausedGroup, fire)) return false;
    // The first time is asked for again after each timer: `fire` may have registered an earlier one.
    for (let next = this.#times.peek(); next !== undefined && next <= timeMs; next = this.#times.peek()) {
      const bucket = this.#buckets.get(next);
      const timer = bucket?.next();
      if (timer !== undefined) {
        this.#remove(bucket!, timer);
        if (!fire(timer)) return false;
        continue;
      }
      const group = bucket?.groups.shift();
      if (group !== undefined) {
        if (!this.#fireGroup(group.fire(), fire)) return false;
        continue;
      }
      this.#times.pop();
      this.#buckets.delete(next);
    }
    return true;
  }

  /** @param timers can be left in the middle, and gone on with @returns whether all have fired */
  #fireGroup(timers: Iterable<Timer>, fire: (timer: Timer) => boolean): boolean {
    this.#pausedGroup = undefined;
    for (const timer of timers) {
      if (fire(timer)) continue;
      this.#pausedGroup = timers;
      return false;
    }
    return true;
  }

  /** Undoes that a timer was registered. */
  drop(timer: Slot<true>): void {
    this.#drop(this.#buckets.get(timer.timeMs)!, timer);
    this.#forgetTimes();
  }

  /** Undoes that a timer fired or was deleted. */
  putBack(timer: Slot<true>): void {
    this.#bucket(timer.timeMs).putBack(timer);
  }

  #remove(bucket: TimerBucket, timer: Slot<true>): void {
    this.#ledger.clear(timer);
    this.#drop(bucket, timer);
  }

  #drop(bucket: TimerBucket, timer: Slot<true>): void {
    bucket.drop(timer);
    if (bucket.isEmpty) this.#buckets.delete(timer.timeMs);
  }

  /** Times without timers leave the heap when they come to its top: to look for them in it would cost its size. */
  #forgetTimes(): void {
    for (let next = this.#times.peek(); next !== undefined && !this.#buckets.has(next); next = this.#times.peek()) {
      this.#times.pop();
    }
  }

  #bucket(timeMs: number): TimerBucket {
    let bucket = this.#buckets.get(timeMs);
    if (bucket === undefined) {
      bucket = new TimerBucket();
      this.#buckets.set(timeMs, bucket);
      this.#times.push(timeMs);
    }
    return bucket;
  }
}

/**
 * Refuses a time at which a function or a trigger cannot set a timer.
 * @param what "set a timer of", for the message
 * @param name of the operator, for the message
 * @throws {TypeError} if the time is not finite: NaN would stop all timers behind it, and a commit cannot hold infinity
 */
export function checkTimerTime(timeMs: number, what: string, name: string): void {
  if (Number.isFinite(timeMs)) return;
  throw new TypeError(
    `Cannot ${what} "${name}" at ${timeMs}: a time is a finite number of ms since the Unix epoch`,
  );
}
