import { NO_TIMESTAMP, type Output } from "../record.ts";
import type { OutputTag } from "../side_output.ts";
import type { Key } from "../state/key.ts";
import { NO_NAMESPACE } from "../state/state_table.ts";
import type {
  AggregatingStateDescriptor,
  KeyedStateStore,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueStateDescriptor,
} from "../state/state.ts";
import type { Timer } from "../time/timer_queue.ts";
import {
  type Collector,
  type KeyedRuntimeContext,
  type RuntimeContext,
  TimestampedCollector,
} from "../functions/functions.ts";
import type { OperatorContext } from "./operator.ts";
import type {
  OnTimerContext,
  ProcessContext,
  ReadOnlyTimerService,
  TimeDomain,
  TimerService,
} from "../functions/process_functions.ts";

/** What the function of an operator sees. One object serves all records: the operator turns it to each. */
export class FunctionContext<OUT> implements ProcessContext, ReadOnlyTimerService {
  readonly timerService: ReadOnlyTimerService = this;
  /** Takes what the function gives. */
  readonly out: TimestampedCollector<OUT> = new TimestampedCollector();
  protected readonly operator: OperatorContext;
  #timestampMs = NO_TIMESTAMP;

  constructor(operator: OperatorContext) {
    this.operator = operator;
  }

  /** For the function's `open()`. */
  runtimeContext(): RuntimeContext {
    const { name, signal } = this.operator;
    return { name, signal };
  }

  turnTo(timestampMs: number, output: Output<OUT>): void {
    this.#timestampMs = timestampMs;
    this.out.timestampMs = timestampMs;
    this.out.output = output;
  }

  timestamp(): number | undefined {
    return this.#timestampMs === NO_TIMESTAMP ? undefined : this.#timestampMs;
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
}

/** A function that is told of timers. */
export interface TimerTarget<C, OUT> {
  onTimer?(timestampMs: number, context: C, out: Collector<OUT>): void;
}

/** Likewise with a key: state and timers are there from `turnTo()` to `leaveKey()` and at no other time. */
export class KeyedFunctionContext<K, OUT> extends FunctionContext<OUT> implements OnTimerContext<K>, TimerService {
  override readonly timerService: TimerService = this;
  timeDomain: TimeDomain = "EVENT_TIME";
  #keyAtWork = false;

  readonly #states: KeyedStateStore;

  constructor(operator: OperatorContext) {
    super(operator);
    this.#states = operator.state.store(() => {
      this.#checkKey();
      return NO_NAMESPACE;
    });
  }

  override runtimeContext(): KeyedRuntimeContext {
    return { ...super.runtimeContext(), ...this.#states };
  }

  override turnTo(timestampMs: number, output: Output<OUT>): void {
    super.turnTo(timestampMs, output);
    this.#keyAtWork = true;
  }

  /** Work for the key is done, or what comes has none. */
  leaveKey(): void {
    this.#keyAtWork = false;
  }

  /** Tells the function of a timer that has come due. */
  fire(target: TimerTarget<this, OUT>, timer: Timer, timeDomain: TimeDomain, output: Output<OUT>): void {
    const { timeMs } = timer;
    this.turnTo(timeMs, output);
    // The machine's clock is no event time.
    if (timeDomain === "PROCESSING_TIME") this.out.timestampMs = NO_TIMESTAMP;
    this.timeDomain = timeDomain;
    target.onTimer?.(timeMs, this, this.out);
    this.leaveKey();
  }

  /** Calls `fn` for every key that has something in a state; afterwards no key is at work. */
  forEachKey(descriptor: StateDescriptor, fn: (key: K, state: unknown) => void): void {
    const { state: backend } = this.operator;
    const state = stateOf(this.#states, descriptor);
    // All at once: a key whose state is cleared and set again would come again and again.
    for (const key of [...backend.keysOf(descriptor)]) {
      backend.setCurrentKey(key);
      this.#keyAtWork = true;
      fn(key as K, state);
    }
    this.leaveKey();
  }

  getCurrentKey(): K {
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
    // NaN would stop all timers behind it, and a commit cannot hold infinity.
    if (Number.isFinite(timeMs)) return this.operator.state;
    throw new TypeError(
      `Cannot set or delete a timer of "${this.operator.name}" at ${timeMs}: a time is a finite number of ms since the Unix epoch`,
    );
  }

  #checkKey(): void {
    if (this.#keyAtWork) return;
    throw new TypeError(
      `Cannot use state, timers or the key of "${this.operator.name}" when no key is at work: ` +
        "they belong to a record or a timer, and are gone when its function has returned",
    );
  }
}

function stateOf(states: KeyedStateStore, descriptor: StateDescriptor): unknown {
  switch (descriptor.kind) {
    case "value":
      return states.getState(descriptor as ValueStateDescriptor<unknown>);
    case "list":
      return states.getListState(descriptor as ListStateDescriptor<unknown>);
    case "map":
      return states.getMapState(descriptor as MapStateDescriptor<Key, unknown>);
    case "reducing":
      return states.getReducingState(descriptor as ReducingStateDescriptor<unknown>);
    case "aggregating":
      return states.getAggregatingState(descriptor as AggregatingStateDescriptor<unknown, unknown, unknown>);
  }
}
