import type { Expiry, Timed } from "./expiry.ts";
import type { KeyContext } from "./key.ts";
import type { ValueState } from "./state.ts";
import type { StateEntry, StateTable } from "./state_table.ts";

/** One value, as the states that fold need it. */
export interface FoldableState<T> extends ValueState<T> {
  /** What the next value is folded into. It is no reading: it renews nothing. */
  sofar(): T | undefined;
}

/** The values of a table, as a function sees the one of the current key and namespace. */
export class TableValueState<T> implements FoldableState<T> {
  readonly #context: KeyContext;
  readonly #namespace: () => string;
  readonly #table: StateTable<T>;

  constructor(context: KeyContext, namespace: () => string, table: StateTable<T>) {
    this.#context = context;
    this.#namespace = namespace;
    this.#table = table;
  }

  value(): T | undefined {
    return this.#table.get(this.#namespace(), this.#context.currentKeyId);
  }

  sofar(): T | undefined {
    return this.value();
  }

  update(value: T | undefined): void {
    this.#table.set(this.#namespace(), this.#context.currentKeyId, this.#context.currentKey, value);
  }

  clear(): void {
    this.update(undefined);
  }
}

/** Likewise, of values that expire. */
export class TtlValueState<T> implements FoldableState<T> {
  readonly #context: KeyContext;
  readonly #namespace: () => string;
  readonly #table: StateTable<Timed<T>>;
  readonly #expiry: Expiry<T, StateEntry<Timed<T>>>;

  constructor(
    context: KeyContext,
    namespace: () => string,
    table: StateTable<Timed<T>>,
    expiry: Expiry<T, StateEntry<Timed<T>>>,
  ) {
    this.#context = context;
    this.#namespace = namespace;
    this.#table = table;
    this.#expiry = expiry;
  }

  value(): T | undefined {
    const nowMs = this.#expiry.now();
    const entry = this.#entry();
    // Before what has expired is dropped: it may be given once.
    const timed = entry && this.#expiry.read(entry, nowMs);
    this.#expiry.dropExpired(nowMs);
    return timed?.value;
  }

  /** Also one that has expired, if such may be seen: what is folded into it lives on (as in Flink). */
  sofar(): T | undefined {
    const entry = this.#entry();
    if (entry === undefined) return undefined;
    const isSeen = this.#expiry.returnsExpired || !this.#expiry.isExpired(entry, this.#expiry.now());
    return isSeen ? entry.value!.value : undefined;
  }

  update(value: T | undefined): void {
    const nowMs = this.#expiry.now();
    this.#expiry.dropExpired(nowMs);
    const entry = this.#entry();
    if (value === undefined) {
      if (entry !== undefined) this.#expiry.remove(entry);
    } else if (entry !== undefined) {
      this.#expiry.write(entry, value, nowMs);
    } else {
      const { currentKey, currentKeyId } = this.#context;
      this.#table.set(this.#namespace(), currentKeyId, currentKey, this.#expiry.timed(value, nowMs));
      this.#expiry.added(this.#entry()!);
    }
  }

  clear(): void {
    this.update(undefined);
  }

  #entry(): StateEntry<Timed<T>> | undefined {
    return this.#table.find(this.#namespace(), this.#context.currentKeyId);
  }
}
