import type { Output, StreamRecord } from "../record.ts";
import type { FilterFunction } from "../functions/functions.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/** In: `T`. Out: the records for which the function is true, unchanged. */
export class FilterOperator<T> implements Operator<T, T> {
  readonly #filter: FilterFunction<T>;
  #context!: OperatorContext;

  constructor(filter: FilterFunction<T>) {
    this.#filter = filter;
  }

  open(context: OperatorContext): void {
    this.#context = context;
  }

  get userFunction(): unknown {
    return this.#filter;
  }

  processElement(record: StreamRecord<T>, output: Output<T>): void {
    const filter = this.#filter;
    if (filter(record.value)) output.collect(record.value, record.timestampMs);
    else this.#context.countFiltered();
  }
}
