import type { Output, StreamRecord } from "../record.ts";
import { FunctionContext } from "./function_context.ts";
import type { OperatorContext, TwoInputOperator } from "./operator.ts";
import type { CoProcessFunction } from "../functions/process_functions.ts";

/** In: `IN1` and `IN2`. Out: what the function gives, at the record's timestamp, and side outputs. */
export class CoProcessOperator<IN1, IN2, OUT> implements TwoInputOperator<IN1, IN2, OUT> {
  readonly #function: CoProcessFunction<IN1, IN2, OUT>;
  #context!: FunctionContext<OUT>;

  constructor(fn: CoProcessFunction<IN1, IN2, OUT>) {
    this.#function = fn;
  }

  open(context: OperatorContext): void {
    this.#context = new FunctionContext(context);
    this.#function.open?.(this.#context.runtimeContext());
  }

  close(): void {
    this.#function.close?.();
  }

  processElement1({ value, timestampMs }: StreamRecord<IN1>, output: Output<OUT>): void {
    const context = this.#context;
    context.turnTo(timestampMs, output);
    this.#function.processElement1(value, context, context.out);
  }

  processElement2({ value, timestampMs }: StreamRecord<IN2>, output: Output<OUT>): void {
    const context = this.#context;
    context.turnTo(timestampMs, output);
    this.#function.processElement2(value, context, context.out);
  }
}
