/**
 * Enrichment by a keyed join: each record of a stream gets the row that a table has for its key.
 *
 * The table is a topic of changes: the latest value of each key counts, null deletes it. Read it from its beginning,
 * `broker.source(TABLE, { from: "earliest" })`, whatever the rest of the job does. A job takes records of all its topics in the
 * order of their timestamps, so a record meets the row that was there at its time, at a first start and in a replay too.
 *
 *     const table = env.fromSource(
 *       broker.source("customers", { from: "earliest", decode: changeOf(customer) }),
 *       WatermarkStrategy.noWatermarks(),
 *       "customers",
 *     );
 */
import type { DataStream } from "@stream-apps/deno";
import {
  type Collector,
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { decodeJson, decodeText, type TopicRecord } from "@stream-apps/deno/kafka";
import { type Key, type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";
import type { z } from "zod";

/** A change of a table: the row that a key has from now on, or null if it is deleted. */
export interface Change<K extends Key, R> {
  readonly key: K;
  readonly row: R | null;
}

/** `decode` of a table's topic, keyed by text: a record without a value, a tombstone, deletes the row of its key. */
export function changeOf<R>(row: z.ZodType<R>): (record: TopicRecord) => Change<string, R> {
  return ({ key, value }) => ({ key: decodeText(key), row: value === null ? null : decodeJson(value, row) });
}

/** What {@link joinTable} needs beside the two streams. */
export interface TableJoin<T, K extends Key, R, OUT> {
  /** The key of a record. */
  readonly key: (record: T) => K;
  /** Makes the result; `row` is undefined if the table has none for the key. */
  readonly join: (record: T, row: R | undefined) => OUT;
}

/** Each record of `records`, joined with the row of `table` under its key. */
export function joinTable<T, K extends Key, R, OUT>(
  records: DataStream<T>,
  table: DataStream<Change<K, R>>,
  { key, join }: TableJoin<T, K, R, OUT>,
): DataStream<OUT> {
  return records.connect(table).keyBy(key, (change) => change.key)
    .process<OUT>(new JoinTable<T, K, R, OUT>(join)).name("join_table");
}

class JoinTable<T, K extends Key, R, OUT> extends KeyedCoProcessFunction<K, T, Change<K, R>, OUT> {
  readonly #join: TableJoin<T, K, R, OUT>["join"];
  #row!: ValueState<R>;

  constructor(join: TableJoin<T, K, R, OUT>["join"]) {
    super();
    this.#join = join;
  }

  override open(context: KeyedRuntimeContext): void {
    this.#row = context.getState(new ValueStateDescriptor<R>("row"));
  }

  override processElement1(record: T, _context: KeyedProcessContext<K>, out: Collector<OUT>): void {
    out.collect(this.#join(record, this.#row.value()));
  }

  override processElement2({ row }: Change<K, R>): void {
    if (row === null) this.#row.clear();
    else this.#row.update(row);
  }
}
