/**
 * Deduplication by id: of records with one id within a day, the first goes on.
 *
 * Keyed by the id, a function remembers that it has seen it; `ttl` forgets the id again, so that state does not grow for ever. A
 * day counts from the first record, which no other renews, and by event time: a replay lets the same records through.
 */
import { type DataStream, Time } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";

/** Each record whose id has not been seen for `ttlMs`. */
export function firstOfEachId<T extends { readonly id: string }>(
  records: DataStream<T>,
  ttlMs: number = Time.days(1),
): DataStream<T> {
  return records.keyBy(({ id }) => id).process<T>(new FirstOfEachId<T>(ttlMs)).name("first_of_each_id");
}

class FirstOfEachId<T> extends KeyedProcessFunction<string, T, T> {
  readonly #ttlMs: number;
  #seen!: ValueState<true>;

  constructor(ttlMs: number) {
    super();
    this.#ttlMs = ttlMs;
  }

  override open(context: KeyedRuntimeContext): void {
    const ttl = { ttlMs: this.#ttlMs, ttlTimeCharacteristic: "EventTime" } as const;
    this.#seen = context.getState(new ValueStateDescriptor<true>("seen", { ttl }));
  }

  override processElement(record: T, _context: KeyedProcessContext<string>, out: Collector<T>): void {
    if (this.#seen.value()) return;
    this.#seen.update(true);
    out.collect(record);
  }
}
