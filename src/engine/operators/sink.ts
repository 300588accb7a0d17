import type { Output, StreamRecord } from "../record.ts";
import type { SinkWriter } from "../sink.ts";
import type { Operator } from "./operator.ts";

/** In: `T`. Out: nothing; the writer has it. */
export class SinkOperator<T> implements Operator<T, never> {
  readonly #writer: SinkWriter<T>;

  constructor(writer: SinkWriter<T>) {
    this.#writer = writer;
  }

  processElement(record: StreamRecord<T>, _output: Output<never>): void {
    this.#writer.write(record.value, record.timestampMs);
  }
}
