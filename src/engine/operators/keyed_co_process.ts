import type { Output, StreamRecord } from "../record.ts";
import type { Timer } from "../time/timer_queue.ts";
import { KeyedFunctionContext } from "./function_context.ts";
import type { OperatorContext, TwoInputOperator } from "./operator.ts";
import type { KeyedCoProcessFunction } from "../functions/process_functions.ts";

/**
 * In: `IN1` and `IN2`, keyed alike. Out: what the function gives, at the timestamp of the record or event-time timer, and side
 * outputs. State and timers: the function's, for both inputs.
 */
export class KeyedCoProcessOperator<K, IN1, IN2, OUT> implements TwoInputOperator<IN1, IN2, OUT> {
  readonly #function: KeyedCoProcessFunction<K, IN1, IN2, OUT>;
  #context!: KeyedFunctionContext<K, OUT>;

  constructor(fn: KeyedCoProcessFunction<K, IN1, IN2, OUT>) {
    this.#function = fn;
  }

  open(context: OperatorContext): void {
    this.#context = new KeyedFunctionContext(context);
    this.#function.open?.(this.#context.runtimeContext());
  }

  close(): void {
    this.#function.close?.();
  }

  processElement1({ value, timestampMs }: StreamRecord<IN1>, output: Output<OUT>): void {
    const context = this.#context;
    context.turnTo(timestampMs, output);
    this.#function.processElement1(value, context, context.out);
    context.leaveKey();
  }

  processElement2({ value, timestampMs }: StreamRecord<IN2>, output: Output<OUT>): void {
    const context = this.#context;
    context.turnTo(timestampMs, output);
    this.#function.processElement2(value, context, context.out);
    context.leaveKey();
  }

  onEventTime(timer: Timer, output: Output<OUT>): void {
    this.#context.fire(this.#function, timer, "EVENT_TIME", output);
  }

  onProcessingTime(timer: Timer, output: Output<OUT>): void {
    this.#context.fire(this.#function, timer, "PROCESSING_TIME", output);
  }
}
