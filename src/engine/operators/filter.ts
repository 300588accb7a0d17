import type { Output, StreamRecord } from "../record.ts";
import type { FilterFunction } from "./functions.ts";
import type { Operator } from "./operator.ts";

/** In: `T`. Out: the records for which the function is true, unchanged. */
export class FilterOperator<T> implements Operator<T, T> {
  readonly #filter: FilterFunction<T>;

  constructor(filter: FilterFunction<T>) {
    this.#filter = filter;
  }

  processElement(record: StreamRecord<T>, output: Output<T>): void {
    const filter = this.#filter;
    if (filter(record.value)) output.collect(record.value, record.timestampMs);
  }
}
