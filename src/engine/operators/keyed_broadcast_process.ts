import type { Output, StreamRecord } from "../record.ts";
import type { Timer } from "../time/timer_queue.ts";
import {
  type BroadcastDescriptors,
  BroadcastStates,
  KeyedBroadcastFunctionContext,
  KeyedReadOnlyBroadcastFunctionContext,
} from "./broadcast_context.ts";
import type { KeyedBroadcastProcessFunction } from "../functions/broadcast_functions.ts";
import type { OperatorContext, TwoInputOperator } from "./operator.ts";

/**
 * In: `IN1`, keyed, and `IN2` that every instance sees. Out: what the function gives, at the timestamp of the record or
 * event-time timer, and side outputs.
 * State: one map per descriptor, which only the second input writes; the function's own and its timers, per key.
 */
export class KeyedBroadcastProcessOperator<K, IN1, IN2, OUT> implements TwoInputOperator<IN1, IN2, OUT> {
  readonly #function: KeyedBroadcastProcessFunction<K, IN1, IN2, OUT>;
  readonly #descriptors: BroadcastDescriptors;
  #context!: KeyedReadOnlyBroadcastFunctionContext<K, OUT>;
  #broadcastContext!: KeyedBroadcastFunctionContext<K, OUT>;

  constructor(fn: KeyedBroadcastProcessFunction<K, IN1, IN2, OUT>, descriptors: BroadcastDescriptors) {
    this.#function = fn;
    this.#descriptors = descriptors;
  }

  open(context: OperatorContext): void {
    const states = new BroadcastStates(context, this.#descriptors);
    this.#context = new KeyedReadOnlyBroadcastFunctionContext(context, states);
    this.#broadcastContext = new KeyedBroadcastFunctionContext(context, states, this.#context);
    this.#function.open?.(this.#context.runtimeContext());
  }

  close(): void {
    this.#function.close?.();
  }

  processElement1({ value, timestampMs }: StreamRecord<IN1>, output: Output<OUT>): void {
    const context = this.#context;
    context.turnTo(timestampMs, output);
    this.#function.processElement(value, context, context.out);
    context.leaveKey();
  }

  processElement2({ value, timestampMs }: StreamRecord<IN2>, output: Output<OUT>): void {
    const context = this.#broadcastContext;
    this.#context.leaveKey(); // a record that threw did not
    context.turnTo(timestampMs, output);
    this.#function.processBroadcastElement(value, context, context.out);
  }

  onEventTime(timer: Timer, output: Output<OUT>): void {
    this.#context.fire(this.#function, timer, "EVENT_TIME", output);
  }

  onProcessingTime(timer: Timer, output: Output<OUT>): void {
    this.#context.fire(this.#function, timer, "PROCESSING_TIME", output);
  }
}
