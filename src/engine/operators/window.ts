import { formatTime, NO_TIMESTAMP, type Output, type StreamRecord } from "../record.ts";
import type { KeyedStateStore } from "../state/state.ts";
import type { StateTable } from "../state/state_table.ts";
import type { Timer } from "../time/timer_queue.ts";
import { TimeWindow, type WindowAssigner } from "../windows/window.ts";
import {
  folded,
  type ProcessWindowFunction,
  type ReduceFunction,
  TimestampedCollector,
  type WindowContext,
} from "./functions.ts";
import type { Operator, OperatorContext } from "./operator.ts";

/**
 * Folds the records of a key that fall into one window, and gives the result when event time has passed the window's end.
 *
 * In: `T`, keyed. Out: what `process` makes of the folded value, or the value itself, at the window's last millisecond.
 * State: `contents`, one `T` per key and open window; cleared when the window fires. Whatever `process` keeps.
 * A record all of whose windows have fired is late: it changes nothing and is counted.
 */
export class WindowOperator<T, OUT, K> implements Operator<T, OUT> {
  readonly #assigner: WindowAssigner;
  readonly #reduce: ReduceFunction<T>;
  readonly #process: ProcessWindowFunction<T, OUT, K> | undefined;
  readonly #collector = new TimestampedCollector<OUT>();
  #context!: OperatorContext;
  #contents!: StateTable<T>;
  #firing!: FiringWindow;

  constructor(
    assigner: WindowAssigner,
    reduce: ReduceFunction<T>,
    process: ProcessWindowFunction<T, OUT, K> | undefined,
  ) {
    this.#assigner = assigner;
    this.#reduce = reduce;
    this.#process = process;
  }

  stamps(): Record<string, string> {
    return { window: this.#assigner.description };
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#contents = context.state.table<T>("contents", 1);
    this.#firing = new FiringWindow(context);
  }

  processElement(record: StreamRecord<T>): void {
    const { value, timestampMs } = record;
    const { state, timers } = this.#context;
    if (timestampMs === NO_TIMESTAMP) {
      throw new TypeError(
        `Cannot put a record into a window of "${this.#context.name}": it has no timestamp; ` +
          "call assignTimestampsAndWatermarks() before window()",
      );
    }
    const watermarkMs = this.#context.currentWatermark();
    const id = state.currentKeyId;
    let late = true;
    const windows = this.#assigner.assignWindows(timestampMs);
    for (const window of windows) {
      if (window.maxTimestamp() <= watermarkMs) continue;
      late = false;
      const sofar = this.#contents.find(window.id, id);
      if (sofar === undefined) {
        this.#contents.set(window.id, id, state.currentKey, value);
        timers.register(window.maxTimestamp(), window.id, state.currentKey, id);
      } else {
        this.#contents.replace(sofar, folded(this.#reduce, sofar.value!, value));
      }
    }
    if (late) {
      this.#context.late(
        value,
        timestampMs,
        `came too late for its window ${windows.join(", ")}: event time is at ${formatTime(watermarkMs)} already`,
      );
    }
  }

  onEventTime(timer: Timer, output: Output<OUT>): void {
    const contents = this.#contents.get(timer.namespace, timer.keyId);
    if (contents === undefined) return;
    const firing = this.#firing.at(timer.namespace);
    const timestampMs = firing.window.maxTimestamp();
    if (this.#process === undefined) {
      // Without a process function T is OUT: WindowedStream.reduce() sees to it.
      output.collect(contents as unknown as OUT, timestampMs);
    } else {
      this.#collector.output = output;
      this.#collector.timestampMs = timestampMs;
      this.#process.process(timer.key as K, firing, [contents], this.#collector);
      this.#process.clear(firing);
    }
    this.#contents.set(timer.namespace, timer.keyId, timer.key, undefined);
  }
}

/** The window at work, as its function sees it. One object serves all windows of an operator. */
class FiringWindow implements WindowContext {
  window!: TimeWindow;
  readonly #context: OperatorContext;
  readonly #global: KeyedStateStore;
  readonly #perWindow: KeyedStateStore;

  constructor(context: OperatorContext) {
    this.#context = context;
    this.#global = context.state.store();
    this.#perWindow = context.state.store(() => this.window.id);
  }

  at(id: string): this {
    // Windows of one end fire one key after the other.
    if (this.window?.id !== id) this.window = TimeWindow.fromId(id);
    return this;
  }

  currentWatermark(): number {
    return this.#context.currentWatermark();
  }

  currentProcessingTime(): number {
    return this.#context.processingTime();
  }

  globalState(): KeyedStateStore {
    return this.#global;
  }

  windowState(): KeyedStateStore {
    return this.#perWindow;
  }
}
