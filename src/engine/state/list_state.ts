import type { Expiry, Timed } from "./expiry.ts";
import type { KeyContext } from "./key.ts";
import type { ListElement, ListTable } from "./list_table.ts";
import type { ListState } from "./state.ts";

/** The lists of a table, as a function sees the one of the current key and namespace. */
export class TableListState<T> implements ListState<T> {
  readonly #context: KeyContext;
  readonly #namespace: () => string;
  readonly #table: ListTable<T>;

  constructor(context: KeyContext, namespace: () => string, table: ListTable<T>) {
    this.#context = context;
    this.#namespace = namespace;
    this.#table = table;
  }

  add(value: T): void {
    this.#table.add(this.#namespace(), this.#context.currentKeyId, this.#context.currentKey, value);
  }

  addAll(values: Iterable<T>): void {
    for (const value of values) this.add(value);
  }

  update(values: Iterable<T>): void {
    // Elements that there are take new values: a list of n is stored as n changes, not as n that go and n that come.
    const elements = this.#table.elements(this.#namespace(), this.#context.currentKeyId).values();
    for (const value of values) {
      const { value: element } = elements.next();
      if (element === undefined) this.add(value);
      else this.#table.replace(element, value);
    }
    for (const element of elements) this.#table.remove(element);
  }

  get(): T[] {
    return this.#table.get(this.#namespace(), this.#context.currentKeyId);
  }

  clear(): void {
    this.#table.clear(this.#namespace(), this.#context.currentKeyId);
  }
}

/** Likewise, of lists whose elements expire, each on its own. */
export class TtlListState<T> implements ListState<T> {
  readonly #context: KeyContext;
  readonly #namespace: () => string;
  readonly #table: ListTable<Timed<T>>;
  readonly #expiry: Expiry<T, ListElement<Timed<T>>>;

  constructor(
    context: KeyContext,
    namespace: () => string,
    table: ListTable<Timed<T>>,
    expiry: Expiry<T, ListElement<Timed<T>>>,
  ) {
    this.#context = context;
    this.#namespace = namespace;
    this.#table = table;
    this.#expiry = expiry;
  }

  add(value: T): void {
    this.addAll([value]);
  }

  addAll(values: Iterable<T>): void {
    const nowMs = this.#expiry.now();
    this.#expiry.dropExpired(nowMs);
    for (const value of values) this.#add(value, nowMs);
  }

  update(values: Iterable<T>): void {
    const nowMs = this.#expiry.now();
    this.#expiry.dropExpired(nowMs);
    const elements = this.#elements().values();
    for (const value of values) {
      const { value: element } = elements.next();
      if (element === undefined) this.#add(value, nowMs);
      else this.#expiry.write(element, value, nowMs);
    }
    for (const element of elements) this.#expiry.remove(element);
  }

  get(): T[] {
    const nowMs = this.#expiry.now();
    // Before what has expired is dropped: it may be given once.
    const read = this.#elements().flatMap((element) => this.#expiry.read(element, nowMs) ?? []);
    this.#expiry.dropExpired(nowMs);
    return read.map(({ value }) => value);
  }

  clear(): void {
    this.update([]);
  }

  #add(value: T, nowMs: number): void {
    const { currentKey, currentKeyId } = this.#context;
    const timed = this.#expiry.timed(value, nowMs);
    this.#expiry.added(this.#table.add(this.#namespace(), currentKeyId, currentKey, timed));
  }

  #elements(): ListElement<Timed<T>>[] {
    return this.#table.elements(this.#namespace(), this.#context.currentKeyId);
  }
}
