import type { Output, StreamRecord } from "../record.ts";
import type { MapFunction } from "../functions/functions.ts";
import type { Operator } from "./operator.ts";

/** In: `T`. Out: `R`, one per record, at that record's timestamp. */
export class MapOperator<T, R> implements Operator<T, R> {
  readonly #map: MapFunction<T, R>;

  constructor(map: MapFunction<T, R>) {
    this.#map = map;
  }

  get userFunction(): unknown {
    return this.#map;
  }

  processElement(record: StreamRecord<T>, output: Output<R>): void {
    const map = this.#map;
    output.collect(map(record.value), record.timestampMs);
  }
}
