import type { Output, StreamRecord } from "../record.ts";
import { type FlatMapFunction, TimestampedCollector } from "../functions/functions.ts";
import type { Operator } from "./operator.ts";

/** In: `T`. Out: any number of `R` per record, at that record's timestamp. */
export class FlatMapOperator<T, R> implements Operator<T, R> {
  readonly #flatMap: FlatMapFunction<T, R>;
  readonly #out = new TimestampedCollector<R>();

  constructor(flatMap: FlatMapFunction<T, R>) {
    this.#flatMap = flatMap;
  }

  get userFunction(): unknown {
    return this.#flatMap;
  }

  processElement(record: StreamRecord<T>, output: Output<R>): void {
    const flatMap = this.#flatMap;
    this.#out.output = output;
    this.#out.timestampMs = record.timestampMs;
    flatMap(record.value, this.#out);
  }
}
