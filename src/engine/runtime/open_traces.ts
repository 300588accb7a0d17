import type { Json } from "../source.ts";

/** Something that waits, and the steps that what comes of it will have come of. */
export interface Held {
  causes: number[];
}

/**
 * What followed records have left behind in a job, of which something may still come: values in windows, timers, calls that are
 * not answered, values that wait for a partner.
 */
export class OpenTraces {
  readonly #onChanged: (open: number) => void;
  /** By operator, window and key. */
  readonly #windows = new Map<string, Held>();
  /** By operator and key; what the state of the key came of, and the timers of followed records. */
  readonly #keys = new Map<string, Held & { readonly timers: Set<number> }>();
  #items = new WeakMap<object, Held>();
  #calls = 0;
  /** Undoes what the record at work has left behind. */
  #undo: (() => void)[] = [];
  #reported = 0;

  /** @param onChanged is called with how many there are, except values that wait for a partner: nobody knows for how long */
  constructor(onChanged: (open: number) => void) {
    this.#onChanged = onChanged;
  }

  /** Whether a window or a timer may concern what is followed. */
  get isWaiting(): boolean {
    return this.#windows.size > 0 || this.#keys.size > 0;
  }

  /** Forgets all: nobody follows any more. */
  clear(): void {
    this.#windows.clear();
    this.#keys.clear();
    this.#items = new WeakMap();
    this.#calls = 0;
    this.#undo = [];
    this.#reported = 0;
  }

  /** A record comes to work. */
  begin(): void {
    this.#undo = [];
  }

  /** The record at work is taken back. */
  undo(): void {
    for (const undo of this.#undo.toReversed()) undo();
    this.#undo = [];
    this.#changed();
  }

  // ------------------------------------------------------------------------------------------------ windows

  putIntoWindow(uid: string, namespace: string, key: Json, causes: readonly number[]): void {
    this.#add(this.#windows, nameOf(uid, key, namespace), causes);
  }

  inWindow(uid: string, namespace: string, key: Json): Held | undefined {
    return this.#windows.size === 0 ? undefined : this.#windows.get(nameOf(uid, key, namespace));
  }

  merge(uid: string, target: string, sources: readonly string[], key: Json): void {
    for (const source of sources) {
      const name = nameOf(uid, key, source);
      const held = this.#windows.get(name);
      if (held === undefined || source === target) continue;
      this.#windows.delete(name);
      this.#add(this.#windows, nameOf(uid, key, target), held.causes);
      this.#undo.push(() => this.#windows.set(name, held));
    }
    this.#changed();
  }

  close(uid: string, namespace: string, key: Json): void {
    if (this.#windows.size > 0 && this.#windows.delete(nameOf(uid, key, namespace))) this.#changed();
  }

  // ------------------------------------------------------------------------------------------------ keys and timers

  /** The state of a key came of these steps: the next timer of the key that fires concerns them. */
  touch(uid: string, key: Json, causes: readonly number[]): void {
    this.#key(uid, key).causes.push(...causes);
  }

  setTimer(uid: string, key: Json, timeMs: number, causes: readonly number[]): void {
    const held = this.#key(uid, key);
    held.causes.push(...causes);
    held.timers.add(timeMs);
    this.#undo.push(() => held.timers.delete(timeMs));
    this.#changed();
  }

  deleteTimer(uid: string, key: Json, timeMs: number): void {
    if (this.#keys.get(nameOf(uid, key))?.timers.delete(timeMs)) this.#changed();
  }

  /** A timer of the key fires; undefined: it concerns nobody. */
  takeKey(uid: string, key: Json, timeMs: number): Held | undefined {
    if (this.#keys.size === 0) return undefined;
    const name = nameOf(uid, key);
    const held = this.#keys.get(name);
    if (held === undefined) return undefined;
    held.timers.delete(timeMs);
    const taken = { causes: [...new Set(held.causes)] };
    // What the timer itself leaves behind comes of what it changes now.
    if (held.timers.size === 0) this.#keys.delete(name);
    this.#changed();
    return taken;
  }

  // ------------------------------------------------------------------------------------------------ calls and partners

  /** @param isCall whether it will come to an end */
  keep(item: object, causes: readonly number[], isCall: boolean): void {
    this.#items.set(item, { causes: [...causes] });
    this.#undo.push(() => this.take(item, isCall));
    if (!isCall) return;
    this.#calls++;
    this.#changed();
  }

  causesOf(item: unknown): readonly number[] {
    return typeof item === "object" && item !== null ? this.#items.get(item)?.causes ?? [] : [];
  }

  /** A call has come to its end. */
  take(item: object, isCall = true): Held | undefined {
    const held = this.#items.get(item);
    if (held === undefined || !this.#items.delete(item) || !isCall) return held;
    this.#calls--;
    this.#changed();
    return held;
  }

  // ------------------------------------------------------------------------------------------------ inside

  #key(uid: string, key: Json): Held & { readonly timers: Set<number> } {
    const name = nameOf(uid, key);
    let held = this.#keys.get(name);
    if (held === undefined) {
      held = { causes: [], timers: new Set() };
      this.#keys.set(name, held);
      this.#undo.push(() => this.#keys.delete(name));
    } else {
      const { length } = held.causes;
      const { causes } = held;
      this.#undo.push(() => causes.length = length);
    }
    return held;
  }

  #add(into: Map<string, Held>, name: string, causes: readonly number[]): void {
    const held = into.get(name);
    const before = held?.causes;
    into.set(name, { causes: [...new Set([...before ?? [], ...causes])] });
    this.#undo.push(() => before === undefined ? into.delete(name) : into.set(name, { causes: before }));
    this.#changed();
  }

  #changed(): void {
    let open = this.#windows.size + this.#calls;
    for (const { timers } of this.#keys.values()) open += timers.size;
    if (open === this.#reported) return;
    this.#reported = open;
    this.#onChanged(open);
  }
}

function nameOf(uid: string, key: Json, namespace = ""): string {
  return JSON.stringify([uid, namespace, key]);
}
