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

/** Which clock a timer goes by; the first part of its entry in the commit. */
export type TimerKind = "timer" | "processing-timer";

/**
 * The timers of one operator that go by one clock: at most one per time, namespace (a window's id) and key.
 *
 * They fire in order of time, and those of one time in the order in which they were registered. (Flink leaves the latter
 * open: its order is that of a binary heap.) Timers of one time share a bucket, as most do with windows, so the heap stays
 * small.
 */
export class TimerQueue {
  /** What the entries of all its timers begin with: `["timer","uid",`. */
  readonly entryPrefix: string;
  readonly #changes: Changes;
  readonly #buckets = new Map<number, Bucket>();
  readonly #times = new BinaryHeap<number>((a, b) => a < b);
  #sequence = 0;
  #size = 0;

  constructor(uid: string, changes: Changes, restored: readonly RestoredTimer[] = [], kind: TimerKind = "timer") {
    this.entryPrefix = `["${kind}",${JSON.stringify(uid)},`;
    this.#changes = changes;
    for (const timer of restored.toSorted((a, b) => a.sequence - b.sequence)) {
      const entry = new Timer(this, timer.timeMs, timer.namespace, timer.key, keyId(timer.key), timer.sequence, true);
      entry.stored = true;
      this.#bucket(timer.timeMs).add(entry);
      this.#sequence = timer.sequence + 1;
      this.#size++;
    }
  }

  /** Time of the first timer to fire, or +∞. */
  get nextTimeMs(): number {
    return this.#times.peek() ?? Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.#size;
  }

  /** Registers a timer; one that is registered already stays where it is. */
  register(timeMs: number, namespace: string, key: Key, id: KeyId): void {
    const bucket = this.#bucket(timeMs);
    if (bucket.find(namespace, id) !== undefined) return;
    this.#add(bucket, new Timer(this, timeMs, namespace, key, id, this.#sequence++, true));
  }

  /**
   * Registers a timer of which the caller knows that there is none, and that it will never be deleted: nobody has to find it,
   * which saves three look-ups. (With 100,000 keys they were a tenth of a job with windows.)
   */
  registerForGood(timeMs: number, namespace: string, key: Key, id: KeyId): void {
    this.#add(this.#bucket(timeMs), new Timer(this, timeMs, namespace, key, id, this.#sequence++, false));
  }

  #add(bucket: Bucket, timer: Timer): void {
    bucket.add(timer);
    this.#size++;
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
      if (timer === undefined) {
        this.#times.pop();
        this.#buckets.delete(next);
        continue;
      }
      this.#cancel(timer);
      fire(timer);
    }
  }

  /** Puts a timer back to what it was. */
  undo(timer: Timer, before: TimerBefore): void {
    if (before === "live") {
      timer.live = true;
      this.#bucket(timer.timeMs).putBack(timer);
      this.#size++;
      this.#changes.mark(timer);
    } else if (timer.live) {
      this.#buckets.get(timer.timeMs)!.remove(timer);
      this.#cancel(timer);
    }
  }

  #cancel(timer: Timer): void {
    timer.live = false;
    this.#size--;
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

/** The timers of one time, in order of registration. */
class Bucket {
  readonly #timers: Timer[] = [];
  #next = 0;
  readonly #index = new Map<string, Map<KeyId, Timer>>();

  find(namespace: string, id: KeyId): Timer | undefined {
    return this.#index.get(namespace)?.get(id);
  }

  add(timer: Timer): void {
    this.#timers.push(timer);
    if (timer.indexed) this.#find(timer.namespace).set(timer.keyId, timer);
  }

  #find(namespace: string): Map<KeyId, Timer> {
    let timers = this.#index.get(namespace);
    if (timers === undefined) {
      timers = new Map();
      this.#index.set(namespace, timers);
    }
    return timers;
  }

  /** Takes a timer in again at its old place, if it has not been passed already. */
  putBack(timer: Timer): void {
    if (this.#timers.indexOf(timer, this.#next) < 0) this.#timers.push(timer);
    if (timer.indexed) this.#find(timer.namespace).set(timer.keyId, timer);
  }

  /** Takes out the first that has not been removed. */
  shift(): Timer | undefined {
    while (this.#next < this.#timers.length) {
      const timer = this.#timers[this.#next++]!;
      if (!timer.live) continue;
      this.remove(timer);
      return timer;
    }
    return undefined;
  }

  /** Leaves it in the array, where it is passed over: taking it out would cost the array's length. */
  remove(timer: Timer): void {
    if (timer.indexed) this.#index.get(timer.namespace)!.delete(timer.keyId);
  }
}

/** What a record at work has changed of a timer: it was not there before, or it was. */
type TimerBefore = "absent" | "live";

/** A registered timer. */
export class Timer implements Storable, Undoable {
  dirty = false;
  stored = false;
  live = true;
  readonly timeMs: number;
  readonly namespace: string;
  readonly key: Key;
  readonly keyId: KeyId;
  /** Whether it can be found by namespace and key. */
  readonly indexed: boolean;
  readonly #queue: TimerQueue;
  readonly #sequence: number;

  constructor(
    queue: TimerQueue,
    timeMs: number,
    namespace: string,
    key: Key,
    id: KeyId,
    sequence: number,
    indexed: boolean,
  ) {
    this.#queue = queue;
    this.timeMs = timeMs;
    this.namespace = namespace;
    this.key = key;
    this.keyId = id;
    this.indexed = indexed;
    this.#sequence = sequence;
  }

  undo(before: unknown): void {
    this.#queue.undo(this, before as TimerBefore);
  }

  entryKey(): string {
    const { namespace, key } = this;
    return `${this.#queue.entryPrefix}${this.timeMs},${JSON.stringify(namespace)},${JSON.stringify(key)}]`;
  }

  entryValue(): string | null {
    return this.live ? String(this.#sequence) : null;
  }
}
