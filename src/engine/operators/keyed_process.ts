import type { Output, StreamRecord } from "../record.ts";
import type { Timer } from "../time/timer_queue.ts";
import { KeyedFunctionContext } from "./function_context.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import type { KeyedProcessFunction } from "../functions/process_functions.ts";

/**
 * In: `I`, keyed. Out: what the function gives, at the timestamp of the record or event-time timer, and side outputs.
 * State and timers: the function's.
 */
export class KeyedProcessOperator<K, I, O> implements Operator<I, O> {
  readonly #function: KeyedProcessFunction<K, I, O>;
  #context!: KeyedFunctionContext<K, O>;

  constructor(fn: KeyedProcessFunction<K, I, O>) {
    this.#function = fn;
  }

  open(context: OperatorContext): void {
    this.#context = new KeyedFunctionContext(context);
    this.#function.open?.(this.#context.runtimeContext());
  }

  close(): void {
    this.#function.close?.();
  }

  processElement({ value, timestampMs }: StreamRecord<I>, output: Output<O>): void {
    const context = this.#context;
    context.turnTo(timestampMs, output);
    this.#function.processElement(value, context, context.out);
    context.leaveKey();
  }

  onEventTime(timer: Timer, output: Output<O>): void {
    this.#context.fire(this.#function, timer, "EVENT_TIME", output);
  }

  onProcessingTime(timer: Timer, output: Output<O>): void {
    this.#context.fire(this.#function, timer, "PROCESSING_TIME", output);
  }
}
