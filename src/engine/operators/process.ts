import type { KeyedProcessFunction } from "../functions/process_functions.ts";
import type { Output, StreamRecord } from "../record.ts";
import type { Timer } from "../time/timer_queue.ts";
import { FunctionContext, type KeyedOptions } from "./function_context.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/**
 * Calls a process function for each record, and behind `keyBy()` for each timer that comes due.
 *
 * In: `I`. Out: what the function emits, at the timestamp of the record or event-time timer, and side outputs.
 * State and timers: the function's, if the records have a key.
 */
export class ProcessOperator<K, I, O> implements Operator<I, O> {
  /** Set if the records have a key, as is `onProcessingTime`: event time goes past an operator that has no use for it. */
  readonly onEventTime?: (timer: Timer, output: Output<O>) => void;
  readonly onProcessingTime?: (timer: Timer, output: Output<O>) => void;
  readonly #function: KeyedProcessFunction<K, I, O>;
  readonly #options: KeyedOptions;
  #context!: FunctionContext<K, O>;

  /** @param fn one without a key is a keyed one that has no use for it */
  constructor(fn: KeyedProcessFunction<K, I, O>, options: KeyedOptions) {
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
    this.#context = new FunctionContext(operator, this.#options);
    this.#function.open?.(this.#context.runtimeContext());
  }

  close(): void {
    this.#function.close?.();
  }

  processElement({ value, timestampMs }: StreamRecord<I>, output: Output<O>): void {
    const context = this.#context;
    context.setCurrentRecord(timestampMs, output);
    this.#function.processElement(value, context, context.out);
    context.leaveKey();
  }
}
