import { type Key, keyId } from "../../../src/engine/state/key.ts";

/** A value and when it was last updated. */
interface Timed {
  value: number;
  at: number;
}

/** What one key has in one namespace. */
interface Held {
  value: Timed | undefined;
  sum: Timed | undefined;
  list: Timed[];
  map: Map<unknown, Timed & { userKey: Key }>;
}

/** What the states of an operator are to do, in the plainest words: all that has expired goes before anything else happens. */
export class StateModel {
  #held = new Map<string, Held>();
  #begun = new Map<string, Held>();
  #committed = new Map<string, Held>();
  readonly #ttlMs: number;
  readonly #renewsOnRead: boolean;
  #nowMs = 0;

  constructor(ttlMs: number, renewsOnRead: boolean) {
    this.#ttlMs = ttlMs;
    this.#renewsOnRead = renewsOnRead;
  }

  at(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const [place, held] of this.#held) {
      const isLive = ({ at }: Timed) => at + this.#ttlMs > nowMs;
      if (held.value && !isLive(held.value)) held.value = undefined;
      if (held.sum && !isLive(held.sum)) held.sum = undefined;
      held.list = held.list.filter(isLive);
      held.map = new Map([...held.map].filter(([, timed]) => isLive(timed)));
      if (sizeOf(held) === 0) this.#held.delete(place);
    }
  }

  begin(): void {
    this.#begun = structuredClone(this.#held);
  }

  undo(): void {
    this.#held = this.#begun;
  }

  commit(): void {
    this.#committed = structuredClone(this.#held);
  }

  restart(): void {
    this.#held = structuredClone(this.#committed);
    this.at(this.#nowMs);
  }

  /** How many entries a commit holds. */
  get size(): number {
    return [...this.#held.values()].reduce((sum, held) => sum + sizeOf(held), 0);
  }

  #of(place: string): Held {
    let held = this.#held.get(place);
    if (held === undefined) {
      held = { value: undefined, sum: undefined, list: [], map: new Map() };
      this.#held.set(place, held);
    }
    return held;
  }

  #new(value: number): Timed {
    return { value, at: this.#nowMs };
  }

  #read<T extends Timed | undefined>(timed: T): T {
    if (timed !== undefined && this.#renewsOnRead) timed.at = this.#nowMs;
    return timed;
  }

  update(place: string, value: number | undefined): void {
    this.#of(place).value = value === undefined ? undefined : this.#new(value);
  }

  value(place: string): number | undefined {
    return this.#read(this.#of(place).value)?.value;
  }

  addToSum(place: string, value: number): void {
    const held = this.#of(place);
    held.sum = this.#new((held.sum?.value ?? 0) + value);
  }

  sum(place: string): number | undefined {
    return this.#read(this.#of(place).sum)?.value;
  }

  clearSum(place: string): void {
    this.#of(place).sum = undefined;
  }

  addToList(place: string, ...values: number[]): void {
    this.#of(place).list.push(...values.map((value) => this.#new(value)));
  }

  updateList(place: string, values: number[]): void {
    this.#of(place).list = values.map((value) => this.#new(value));
  }

  list(place: string): number[] {
    return this.#of(place).list.map((timed) => this.#read(timed).value);
  }

  put(place: string, userKey: Key, value: number): void {
    const { map } = this.#of(place);
    const id = keyId(userKey);
    map.set(id, { ...this.#new(value), userKey: map.get(id)?.userKey ?? userKey });
  }

  get(place: string, userKey: Key): number | undefined {
    return this.#read(this.#of(place).map.get(keyId(userKey)))?.value;
  }

  remove(place: string, userKey: Key): void {
    this.#of(place).map.delete(keyId(userKey));
  }

  entries(place: string): [Key, number][] {
    return [...this.#of(place).map.values()].map((entry) => [entry.userKey, this.#read(entry).value]);
  }

  isEmpty(place: string): boolean {
    return this.#of(place).map.size === 0;
  }

  clearMap(place: string): void {
    this.#of(place).map.clear();
  }
}

function sizeOf({ value, sum, list, map }: Held): number {
  return Number(value !== undefined) + Number(sum !== undefined) + list.length + map.size;
}
