import type { Output, StreamRecord } from "../record.ts";
import type { Timer } from "../time/timer_queue.ts";
import { CoFunctionContext, type CoOptions } from "./co_function_context.ts";
import type { OperatorContext, TwoInputOperator } from "./operator.ts";
import type { TwoInputFunction } from "./two_input_functions.ts";

/**
 * Calls a function of two inputs for each record, and behind `keyBy()` for each timer that comes due.
 *
 * In: `IN1`, and `IN2`, which may be broadcast. Out: what the function emits, at the timestamp of the record or event-time timer,
 * and side outputs.
 * State and timers: the function's, if the records have a key; one map for each descriptor of a broadcast input, which only that
 * input writes.
 */
export class CoProcessOperator<K, IN1, IN2, OUT> implements TwoInputOperator<IN1, IN2, OUT> {
  /** Set if the records have a key, as is `onProcessingTime`. */
  readonly onEventTime?: (timer: Timer, output: Output<OUT>) => void;
  readonly onProcessingTime?: (timer: Timer, output: Output<OUT>) => void;
  readonly #function: TwoInputFunction<K, IN1, IN2, OUT>;
  readonly #options: CoOptions;
  #context!: CoFunctionContext<K, OUT>;

  constructor(fn: TwoInputFunction<K, IN1, IN2, OUT>, options: CoOptions) {
    this.#function = fn;
    this.#options = options;
    if (!options.keyed) return;
    this.onEventTime = (timer, output) => this.#context.fire(fn, timer, "EVENT_TIME", output);
    this.onProcessingTime = (timer, output) => this.#context.fire(fn, timer, "PROCESSING_TIME", output);
  }

  get userFunction(): unknown {
    return this.#function;
  }

  open(operator: OperatorContext): void {
    this.#context = new CoFunctionContext(operator, this.#options);
    this.#function.open?.(this.#context.runtimeContext());
  }

  close(): void {
    this.#function.close?.();
  }

  processElement1({ value, timestampMs }: StreamRecord<IN1>, output: Output<OUT>): void {
    const context = this.#context;
    context.setCurrentRecord(timestampMs, output);
    this.#function.processElement1(value, context, context.out);
    context.leaveKey();
  }

  processElement2({ value, timestampMs }: StreamRecord<IN2>, output: Output<OUT>): void {
    const context = this.#context;
    if (this.#options.broadcast === undefined) context.setCurrentRecord(timestampMs, output);
    else context.setCurrentBroadcast(timestampMs, output);
    this.#function.processElement2(value, context, context.out);
    context.leaveKey();
  }
}
