import type { KeyId } from "../state/key.ts";
import { insertInOrder, type Slot, type SlotGroup, type TimerGroup } from "../state/slot.ts";

/** The timers of one time and namespace that were registered one by one. The value of each slot is true. */
class TimersOfNamespace {
  /** Not one object with the timers: those that wait for the next commit keep their group in memory, and would keep the others. */
  readonly group: SlotGroup<true>;
  // A session has its end to itself, and so have most timers of functions: a map would be most of what they cost.
  #only: Slot<true> | undefined;
  #more: Map<KeyId, Slot<true>> | undefined;

  constructor(group: SlotGroup<true>) {
    this.group = group;
  }

  get size(): number {
    return this.#more?.size ?? (this.#only === undefined ? 0 : 1);
  }

  get(id: KeyId): Slot<true> | undefined {
    return this.#more === undefined ? (this.#only?.keyId === id ? this.#only : undefined) : this.#more.get(id);
  }

  add(timer: Slot<true>): void {
    if (this.#more === undefined && this.size === 0) this.#only = timer;
    else (this.#more ??= new Map([[this.#only!.keyId, this.#only!]])).set(timer.keyId, timer);
  }

  delete(id: KeyId): void {
    if (this.#more !== undefined) this.#more.delete(id);
    else if (this.#only?.keyId === id) this.#only = undefined;
  }
}

/** The timers of one operator and one time, single ones in order of registration. */
export class TimerBucket {
  /** Groups that have not begun to fire. */
  readonly groups: TimerGroup[] = [];
  readonly #inOrder: Slot<true>[] = [];
  #next = 0;
  // Most buckets have timers of one namespace.
  #first: TimersOfNamespace | undefined;
  #others: Map<string, TimersOfNamespace> | undefined;
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0 && this.groups.length === 0;
  }

  timers(namespace: string): TimersOfNamespace | undefined {
    return namespace === this.#first?.group.namespace ? this.#first : this.#others?.get(namespace);
  }

  open(group: SlotGroup<true>): TimersOfNamespace {
    const timers = new TimersOfNamespace(group);
    if (this.#first === undefined) this.#first = timers;
    else (this.#others ??= new Map()).set(group.namespace, timers);
    return timers;
  }

  add(timers: TimersOfNamespace, timer: Slot<true>): void {
    this.#inOrder.push(timer);
    timers.add(timer);
    this.#size++;
  }

  /** Puts a timer back at its old place. */
  putBack(timer: Slot<true>): void {
    insertInOrder(this.#inOrder, timer, this.#next);
    (this.timers(timer.namespace) ?? this.open(timer.group)).add(timer);
    this.#size++;
  }

  /** The first that is still registered. */
  next(): Slot<true> | undefined {
    while (this.#next < this.#inOrder.length) {
      const timer = this.#inOrder[this.#next++]!;
      if (timer.value !== undefined) return timer;
    }
    return undefined;
  }

  /** Leaves it in the array, where it is passed over: taking it out would cost the array's length. */
  drop({ namespace, keyId }: Slot<true>): void {
    this.timers(namespace)!.delete(keyId);
    this.#size--;
  }
}
