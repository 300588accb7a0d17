import type { Output, StreamRecord } from "../record.ts";
import {
  type BroadcastDescriptors,
  BroadcastFunctionContext,
  BroadcastStates,
  ReadOnlyBroadcastFunctionContext,
} from "./broadcast_context.ts";
import type { BroadcastProcessFunction } from "../functions/broadcast_functions.ts";
import type { OperatorContext, TwoInputOperator } from "./operator.ts";

/**
 * In: `IN1`, and `IN2` that every instance sees. Out: what the function gives, at the record's timestamp, and side outputs.
 * State: one map per descriptor, which only the second input writes.
 */
export class BroadcastProcessOperator<IN1, IN2, OUT> implements TwoInputOperator<IN1, IN2, OUT> {
  readonly #function: BroadcastProcessFunction<IN1, IN2, OUT>;
  readonly #descriptors: BroadcastDescriptors;
  #context!: ReadOnlyBroadcastFunctionContext<OUT>;
  #broadcastContext!: BroadcastFunctionContext<OUT>;

  constructor(fn: BroadcastProcessFunction<IN1, IN2, OUT>, descriptors: BroadcastDescriptors) {
    this.#function = fn;
    this.#descriptors = descriptors;
  }

  open(context: OperatorContext): void {
    const states = new BroadcastStates(context, this.#descriptors);
    this.#context = new ReadOnlyBroadcastFunctionContext(context, states);
    this.#broadcastContext = new BroadcastFunctionContext(context, states);
    this.#function.open?.(this.#context.runtimeContext());
  }

  close(): void {
    this.#function.close?.();
  }

  processElement1({ value, timestampMs }: StreamRecord<IN1>, output: Output<OUT>): void {
    const context = this.#context;
    context.turnTo(timestampMs, output);
    this.#function.processElement(value, context, context.out);
  }

  processElement2({ value, timestampMs }: StreamRecord<IN2>, output: Output<OUT>): void {
    const context = this.#broadcastContext;
    context.turnTo(timestampMs, output);
    this.#function.processBroadcastElement(value, context, context.out);
  }
}
