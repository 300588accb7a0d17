import { expiringText, sessionText, type StoredValue, timerText } from "../commit_format.ts";
import type { Changes } from "./changes.ts";
import { EventTimeExpiry } from "./event_time_expiry.ts";
import type { EventTime, Expiry, TimedValue } from "./expiry.ts";
import type { Journal } from "./journal.ts";
import type { Key, KeyId } from "./key.ts";
import { ProcessingTimeExpiry } from "./processing_time_expiry.ts";
import type { Session } from "./session.ts";
import { Slot, type SlotGroup, type SlotOwner } from "./slot.ts";
import { entryName, entryPrefix, isTimer, type SlotLayout, slotText } from "./slot_entry.ts";
import type { StateTtlConfig } from "./state_ttl_config.ts";
import { checkKept, valueText } from "./value_text.ts";

/** How the slots of a ledger are found: each kind of state has its own way. */
export interface SlotIndex<T> {
  /** A slot has lost its value: it is not to be found any more. */
  drop(slot: Slot<T>): void;
  /** A slot has got a value back that it had lost: it is to be found at its old place. */
  putBack(slot: Slot<T>): void;
  /** A slot has got the value back that it had before its last one. Left out: that makes no difference. */
  changedBack?(slot: Slot<T>): void;
}

/** What a ledger keeps. */
export interface LedgerOptions {
  readonly layout: SlotLayout;
  /** Of the operator. */
  readonly uid: string;
  /** Of the state, for messages. */
  readonly name: string;
  readonly changes: Changes;
  /** How long values live; left out: for ever. */
  readonly ttl?: Required<StateTtlConfig> | undefined;
  /** Processing time, ms since the Unix epoch; needed for a ttl by it. */
  readonly now?: (() => number) | undefined;
  /** Needed for a ttl by event time. */
  readonly eventTime?: EventTime | undefined;
}

/** What a slot has in the store. */
interface RestoredSlot extends Pick<StoredValue, "value" | "order" | "lastUpdateMs"> {
  /** Whether the next commit must store it, as it is no longer what the last one has; left out: it need not. */
  readonly isChanged?: boolean;
}

/**
 * The slots of one state of one operator, or of its timers, and all that happens to them: a slot gets a value, gets another one,
 * loses it. Each change is logged, so that it is undone if the record at work throws, and marked for the next commit.
 *
 * Where slots lie and how they are found is the business of the tables (`ValueTable`, `ListTable`, `MapTable`, `WindowTable`)
 * and of `TimerQueue`.
 */
export class Ledger<T> implements SlotOwner<T> {
  readonly uid: string;
  readonly name: string;
  readonly #layout: SlotLayout;
  /** What the names of all its entries begin with. */
  readonly #prefix: string;
  readonly #changes: Changes;
  readonly #journal: Journal;
  readonly #index: SlotIndex<T>;
  readonly #expiry: Expiry<T> | undefined;
  #nextOrder = 0;
  /** Slots that were restored with another value than the store has. */
  #changed: Slot<T>[] = [];
  #size = 0;

  constructor(index: SlotIndex<T>, options: LedgerOptions) {
    const { layout, uid, name, changes } = options;
    this.uid = uid;
    this.name = name;
    this.#layout = layout;
    this.#prefix = entryPrefix(layout, { uid, name });
    this.#changes = changes;
    this.#journal = changes.journal;
    this.#index = index;
    this.#expiry = newExpiry(options);
  }

  // ----------------------------------------------------------------------------------------------- changing

  /**
   * A new slot, behind all others in order; its table makes it findable.
   * @throws {TypeError} if `value` is undefined, or a commit could not keep it, or no event time is known by which it would expire;
   *   then nothing has changed
   */
  add<G extends SlotGroup<T>>(group: G, key: Key, keyId: KeyId, value: T): Slot<T, G> {
    this.#check(value);
    const slot = new Slot<T, G>(group, key, keyId, this.#nextOrder++);
    this.#write(slot, value);
    return slot;
  }

  /** How many slots have a value. */
  get size(): number {
    return this.#size;
  }

  /** The order that the next slot gets. */
  get nextOrder(): number {
    return this.#nextOrder;
  }

  /** The next order, for a slot that is to stand behind all others from now on. */
  takeOrder(): number {
    return this.#nextOrder++;
  }

  /** @throws {TypeError} as `add()` does */
  set(slot: Slot<T>, value: T): void {
    this.#check(value);
    this.#write(slot, value);
  }

  /** Takes the value of a slot away, and leaves it to its table to drop the slot. */
  clear(slot: Slot<T>): void {
    this.#write(slot, undefined);
  }

  /** Puts a slot back to what it was. */
  undo(slot: Slot<T>, before: T | undefined): void {
    const current = slot.value;
    slot.value = before;
    this.#expiry?.putBack(current, before);
    this.#changes.mark(slot);
    this.#count(current, before);
    if (before === undefined && current !== undefined) this.#index.drop(slot);
    if (before !== undefined && current === undefined) this.#index.putBack(slot);
    if (before !== undefined && current !== undefined) this.#index.changedBack?.(slot);
  }

  /** A slot from the store's copy, to be called in their order if they have one; then {@link Ledger.endRestore}. */
  restore<G extends SlotGroup<T>>(group: G, key: Key, keyId: KeyId, stored: RestoredSlot): Slot<T, G> {
    const slot = new Slot<T, G>(group, key, keyId, stored.order);
    const value = stored.value as T;
    slot.value = this.#expiry === undefined ? value : this.#expiry.restored(slot, value, stored.lastUpdateMs!);
    slot.stored = true;
    if (stored.isChanged) this.#changed.push(slot);
    this.#size++;
    this.#nextOrder = Math.max(this.#nextOrder, stored.order + 1);
    return slot;
  }

  /** All is restored. What has to be stored anew is marked now: if one value cannot be migrated, the others stay as they are stored. */
  endRestore(): void {
    this.#expiry?.endRestore();
    for (const slot of this.#changed) this.#changes.mark(slot);
    this.#changed = [];
  }

  /** Every change of a value goes by here, but for undoing one. */
  #write(slot: Slot<T>, value: T | undefined): void {
    const before = slot.value;
    this.#count(before, value);
    this.#journal.log(slot, before);
    slot.value = this.#expiry === undefined ? value : this.#expiry.replace(slot, before, value);
    this.#changes.mark(slot);
    if (slot.isGone) this.#changes.dropGone();
  }

  #count(before: T | undefined, after: T | undefined): void {
    if (before === undefined && after !== undefined) this.#size++;
    if (before !== undefined && after === undefined) this.#size--;
  }

  #check(value: T): void {
    if (value === undefined) this.#refuseUndefined();
    checkKept(this.#layout === "session" ? (value as unknown as Session<unknown>).value : value, this);
    if (this.#expiry !== undefined && !this.#expiry.knowsTime) {
      throw new TypeError(
        `Cannot put a value into state "${this.name}" of "${this.uid}": it expires by event time, and the record has no timestamp; ` +
          "call assignTimestampsAndWatermarks() before",
      );
    }
  }

  #refuseUndefined(): never {
    const hint = this.#layout === "map" ? "; use remove()" : "";
    throw new TypeError(
      `Cannot put undefined into ${this.#layout} state "${this.name}" of "${this.uid}": JSON does not keep it${hint}`,
    );
  }

  // ----------------------------------------------------------------------------------------------- reading, with TTL

  // What a function does to a state begins with startRead() or startWrite(): what time it is is the same for all of it.

  /** What has expired is dropped, unless it may be read once more. */
  startRead(): void {
    if (this.#expiry === undefined) return;
    this.#expiry.lookAtClock();
    if (!this.#expiry.returnsExpired) this.#dropExpired();
  }

  /** What has expired is dropped. */
  startWrite(): void {
    if (this.#expiry === undefined) return;
    this.#expiry.lookAtClock();
    this.#dropExpired();
  }

  /** What a function sees of a slot: undefined if it has expired and is not to be seen. Reading may renew it. */
  read(slot: Slot<T>): T | undefined {
    const expiry = this.#expiry;
    if (expiry === undefined) return slot.value;
    const timed = slot.value as TimedValue<T> | undefined;
    if (timed === undefined) return undefined;
    if (expiry.isExpired(timed)) {
      if (expiry.returnsExpired || expiry.isOver(timed)) this.#remove(slot);
      return expiry.returnsExpired ? timed.value : undefined;
    }
    if (expiry.isRenewedByRead(timed)) this.#write(slot, timed.value);
    return timed.value;
  }

  /** Ends what `startRead()` began: what has expired is dropped now, read or not. */
  endRead(): void {
    if (this.#expiry?.returnsExpired) this.#dropExpired();
  }

  /** The whole of a read that is of one slot. @param slot undefined if nothing was found */
  readOne(slot: Slot<T> | undefined): T | undefined {
    if (this.#expiry === undefined) return slot?.value;
    this.startRead();
    const value = slot && this.read(slot);
    this.endRead();
    return value;
  }

  /** What {@link Ledger.readOne} would return; it neither renews nor drops. */
  peek(slot: Slot<T> | undefined): T | undefined {
    const expiry = this.#expiry;
    if (expiry === undefined || slot === undefined) return slot?.value;
    expiry.lookAtClock();
    const timed = slot.value as TimedValue<T> | undefined;
    return timed === undefined || (expiry.isExpired(timed) && !expiry.returnsExpired) ? undefined : timed.value;
  }

  /** Whether what is at work sees a value in the slot. To be asked behind `startRead()` or `startWrite()`. */
  isSeen(slot: Slot<T>): boolean {
    const expiry = this.#expiry;
    return expiry === undefined || expiry.returnsExpired || !expiry.isExpired(slot.value as TimedValue<T>);
  }

  #dropExpired(): void {
    const expiry = this.#expiry!;
    for (let slot = expiry.firstOver(); slot !== undefined; slot = expiry.firstOver()) this.#remove(slot);
  }

  #remove(slot: Slot<T>): void {
    this.#write(slot, undefined);
    this.#index.drop(slot);
  }

  // ----------------------------------------------------------------------------------------------- storing

  /** The name of a slot's entry. */
  nameOf(slot: Slot<T>): string {
    return entryName(this.#layout, this.#prefix, slot);
  }

  /** The text of a slot's entry; null if it has no value. */
  textOf(slot: Slot<T>): string | null {
    const { value } = slot;
    if (value === undefined) return null;
    const layout = this.#layout;
    if (isTimer(layout)) return timerText(slot.order);
    if (layout !== "session") return slotText(layout, slot, this.#valueText(value));
    const { bounds: { startMs, endMs }, order, value: kept } = value as unknown as Session<unknown>;
    return sessionText(endMs - 1, order, startMs, valueText(kept, this));
  }

  #valueText(value: T | TimedValue<T>): string {
    if (this.#expiry === undefined) return valueText(value, this);
    const timed = value as TimedValue<T>;
    return expiringText(timed.lastUpdateMs, valueText(timed.value, this));
  }
}

function newExpiry<T>({ ttl, now, eventTime }: LedgerOptions): Expiry<T> | undefined {
  if (ttl === undefined) return undefined;
  return ttl.ttlTimeCharacteristic === "EventTime"
    ? new EventTimeExpiry(ttl, eventTime!)
    : new ProcessingTimeExpiry(ttl, now!);
}
