import type { Output, StreamRecord } from "../record.ts";
import type { SinkWriter } from "../sink.ts";
import type { Journal, Undoable } from "../state/journal.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/** In: `T`. Out: nothing; the writer has it. */
export class SinkOperator<T> implements Operator<T, never>, Undoable {
  readonly #writer: SinkWriter<T>;
  #journal!: Journal;

  constructor(writer: SinkWriter<T>) {
    this.#writer = writer;
  }

  open(context: OperatorContext): void {
    this.#journal = context.journal;
  }

  processElement(record: StreamRecord<T>, _output: Output<never>): void {
    this.#writer.write(record.value, record.timestampMs);
    this.#journal.log(this, undefined);
  }

  undo(): void {
    this.#writer.takeBack?.(1);
  }
}
