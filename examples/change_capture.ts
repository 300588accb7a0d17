/**
 * Change-data capture: a topic of changes of rows, with tombstones for deleted ones, becomes a table of counts per city that is
 * always right: who moves is taken from one city and added to another, and a city without customers gets a tombstone itself.
 *
 * The state of a customer is the row before. Of each change come the steps that it makes, -1 and +1, keyed by city and summed.
 */
import type { DataStream } from "@stream-apps/deno";
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
} from "@stream-apps/deno/functions";
import { decodeJson, decodeText, type TopicRecord } from "@stream-apps/deno/kafka";
import { type ValueState, ValueStateDescriptor } from "@stream-apps/deno/state";
import { z } from "zod";

const rowSchema = z.object({ city: z.string() });

/** A customer's row as it is from now on; null: the customer is deleted. */
export interface CustomerChange {
  readonly id: string;
  readonly row: z.infer<typeof rowSchema> | null;
}

/** How many customers a city has. */
export interface CityCount {
  readonly city: string;
  readonly customers: number;
}

/** `decode` of the source: a record without a value is a tombstone. */
export function customerChangeOf({ key, value }: TopicRecord): CustomerChange {
  return { id: decodeText(key), row: value === null ? null : decodeJson(value, rowSchema) };
}

/** `encode` of the sink, into a compacted topic: a city without customers is deleted. */
export function cityRecordOf({ city, customers }: CityCount): { key: string; value: string | null } {
  return { key: city, value: customers === 0 ? null : JSON.stringify({ city, customers }) };
}

/** The new count of a city after each change of it. */
export function customersPerCity(changes: DataStream<CustomerChange>): DataStream<CityCount> {
  return changes.keyBy(({ id }) => id).process<CityCount>(new Steps()).name("steps")
    .keyBy(({ city }) => city).sum("customers").name("customers_per_city");
}

class Steps extends KeyedProcessFunction<string, CustomerChange, CityCount> {
  #city!: ValueState<string>;

  override open(context: KeyedRuntimeContext): void {
    this.#city = context.getState(new ValueStateDescriptor<string>("city"));
  }

  override processElement({ row }: CustomerChange, _: KeyedProcessContext<string>, out: Collector<CityCount>): void {
    const before = this.#city.value();
    if (before === row?.city) return;
    if (before !== undefined) out.collect({ city: before, customers: -1 });
    if (row === null) return this.#city.clear();
    out.collect({ city: row.city, customers: 1 });
    this.#city.update(row.city);
  }
}
