import { NO_TIMESTAMP, type Output } from "../record.ts";
import type { OutputTag } from "../side_output.ts";
import { stateOf } from "../state/keyed_state_backend.ts";
import { NO_NAMESPACE } from "../state/namespace_index.ts";
import type { KeyedStateStore, StateDescriptor } from "../state/state.ts";
import { checkTimerTime, type Timer } from "../time/timer_queue.ts";
import {
  type Collector,
  type KeyedRuntimeContext,
  type RuntimeContext,
  TimestampedCollector,
} from "../functions/functions.ts";
import type { OperatorContext } from "./operator.ts";
import type { OnTimerContext, TimeDomain, TimerService } from "../functions/process_functions.ts";

/** Whether the records of an operator have a key. */
export interface KeyedOptions {
  readonly keyed: boolean;
}

/** A function that is called for timers. */
export interface TimerTarget<C, OUT> {
  onTimer?(timestampMs: number, context: C, out: Collector<OUT>): void;
}

/**
 * What a process function sees of the record or timer at work. One object serves all of them.
 *
 * State, timers and the key are there from `setCurrentRecord()` to `leaveKey()` and at no other time, and only if the records have
 * a key; the types of functions without one do not show them.
 */
export class FunctionContext<K, OUT> implements OnTimerContext<K>, TimerService {
  /** Takes what the function emits. */
  readonly out: TimestampedCollector<OUT> = new TimestampedCollector();
  protected readonly operator: OperatorContext;
  readonly #states: KeyedStateStore;
  readonly #keyed: boolean;
  #timestampMs = NO_TIMESTAMP;
  #timeDomain: TimeDomain = "EVENT_TIME";
  #keyAtWork = false;

  constructor(operator: OperatorContext, { keyed }: KeyedOptions) {
    this.operator = operator;
    this.#keyed = keyed;
    this.#states = operator.state.store(() => {
      this.#checkKey();
      return NO_NAMESPACE;
    });
  }

  /** For the function's `open()`. */
  runtimeContext(): KeyedRuntimeContext {
    return { ...runtimeContext(this.operator), ...this.#states };
  }

  setCurrentRecord(timestampMs: number, output: Output<OUT>): void {
    this.#timestampMs = timestampMs;
    this.out.timestampMs = timestampMs;
    this.out.output = output;
    this.#keyAtWork = this.#keyed;
  }

  /** From now on no key is at work: its record or timer is done, or the next record has no key. */
  leaveKey(): void {
    this.#keyAtWork = false;
  }

  /** Calls the function for a timer that has come due. */
  fire(target: TimerTarget<this, OUT>, timer: Timer, timeDomain: TimeDomain, output: Output<OUT>): void {
    const { timeMs } = timer;
    this.setCurrentRecord(timeMs, output);
    // The machine's clock is no event time.
    if (timeDomain === "PROCESSING_TIME") this.out.timestampMs = NO_TIMESTAMP;
    this.#timeDomain = timeDomain;
    target.onTimer?.(timeMs, this, this.out);
    this.leaveKey();
  }

  timestamp(): number | undefined {
    return this.#timestampMs === NO_TIMESTAMP ? undefined : this.#timestampMs;
  }

  timeDomain(): TimeDomain {
    return this.#timeDomain;
  }

  timerService(): TimerService {
    return this;
  }

  currentProcessingTime(): number {
    return this.operator.processingTime();
  }

  currentWatermark(): number {
    return this.operator.currentWatermark();
  }

  output<T>(tag: OutputTag<T>, value: T): void {
    this.operator.sideOutput(tag).collect(value, this.#timestampMs);
  }

  /** Calls `fn` for every key that has something in a state; afterwards no key is at work. */
  protected forEachKey(descriptor: StateDescriptor, fn: (key: K, state: unknown) => void): void {
    const { state: backend } = this.operator;
    const state = stateOf(this.#states, descriptor);
    // A copy: a key whose state `fn` clears and sets again would be visited for ever.
    for (const key of [...backend.keysOf(descriptor)]) {
      backend.setCurrentKey(key);
      this.#keyAtWork = true;
      fn(key as K, state);
    }
    this.leaveKey();
  }

  currentKey(): K {
    this.#checkKey();
    return this.operator.state.currentKey as K;
  }

  registerEventTimeTimer(timeMs: number): void {
    const { currentKey, currentKeyId } = this.#forTimer(timeMs);
    this.operator.timers.register(timeMs, NO_NAMESPACE, currentKey, currentKeyId);
  }

  registerProcessingTimeTimer(timeMs: number): void {
    const { currentKey, currentKeyId } = this.#forTimer(timeMs);
    this.operator.processingTimers.register(timeMs, NO_NAMESPACE, currentKey, currentKeyId);
  }

  deleteEventTimeTimer(timeMs: number): void {
    this.operator.timers.delete(timeMs, NO_NAMESPACE, this.#forTimer(timeMs).currentKeyId);
  }

  deleteProcessingTimeTimer(timeMs: number): void {
    this.operator.processingTimers.delete(timeMs, NO_NAMESPACE, this.#forTimer(timeMs).currentKeyId);
  }

  #forTimer(timeMs: number): OperatorContext["state"] {
    this.#checkKey();
    checkTimerTime(timeMs, "set or delete a timer of", this.operator.name);
    return this.operator.state;
  }

  #checkKey(): void {
    if (this.#keyAtWork) return;
    throw new TypeError(
      `Cannot use state, timers or the key of "${this.operator.name}" when no key is at work: ` +
        "they belong to a record or a timer, and are gone when its function has returned",
    );
  }
}

/** For the `open()` of a function without states. */
export function runtimeContext({ name, signal, metrics }: OperatorContext): RuntimeContext {
  return { name: () => name, signal: () => signal, metrics: () => metrics };
}
