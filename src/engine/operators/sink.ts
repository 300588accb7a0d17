import type { Output, StreamRecord } from "../record.ts";
import type { SinkWriter } from "../sink.ts";
import type { Journal, Undoable } from "../state/journal.ts";
import type { Operator, OperatorContext, OperatorTrace } from "./operator.ts";

/** In: `T`. Out: nothing; the writer has it. */
export class SinkOperator<T> implements Operator<T, never>, Undoable {
  readonly #writer: SinkWriter<T>;
  #journal!: Journal;
  #trace!: OperatorTrace;

  constructor(writer: SinkWriter<T>) {
    this.#writer = writer;
  }

  open(context: OperatorContext): void {
    this.#journal = context.journal;
    this.#trace = context.trace;
  }

  processElement(record: StreamRecord<T>, _output: Output<never>): void {
    const { value, timestampMs } = record;
    this.#writer.write(value, timestampMs);
    this.#journal.log(this, undefined);
    if (this.#trace.isAtWork) this.#trace.sent(value, timestampMs, this.#writer.describe?.(value, timestampMs));
  }

  undo(): void {
    this.#writer.takeBack?.(1);
  }
}
