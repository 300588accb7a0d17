import type { Output, StreamRecord } from "../record.ts";
import { FunctionContext } from "./function_context.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import type { ProcessFunction } from "../functions/process_functions.ts";

/** In: `I`. Out: what the function gives, at the record's timestamp, and side outputs. */
export class ProcessOperator<I, O> implements Operator<I, O> {
  readonly #function: ProcessFunction<I, O>;
  #context!: FunctionContext<O>;

  constructor(fn: ProcessFunction<I, O>) {
    this.#function = fn;
  }

  open(context: OperatorContext): void {
    this.#context = new FunctionContext(context);
    this.#function.open?.(this.#context.runtimeContext());
  }

  close(): void {
    this.#function.close?.();
  }

  processElement({ value, timestampMs }: StreamRecord<I>, output: Output<O>): void {
    const context = this.#context;
    context.turnTo(timestampMs, output);
    this.#function.processElement(value, context, context.out);
  }
}
