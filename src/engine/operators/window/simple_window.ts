import type { Output, StreamRecord } from "../../record.ts";
import type { Slot } from "../../state/slot.ts";
import type { WindowTable } from "../../state/window_table.ts";
import type { Timer } from "../../time/timer_queue.ts";
import type { Window } from "../../windows/window.ts";
import type { WindowAssigner, WindowAssignerContext } from "../../windows/window_assigner.ts";
import type { ProcessWindowFunction } from "../../functions/functions.ts";
import type { FailedWindow, Operator, OperatorContext, WindowView } from "../operator.ts";
import { FiringWindow } from "./context.ts";
import { warnOfManyWindows, windowCompatibility, type WindowDescription } from "./description.ts";
import type { WindowFold } from "./folds.ts";
import { checkTimestamped, LateRecords } from "./late_records.ts";

/**
 * What describes a {@link SimpleWindowOperator}. Its windows go by event time, do not merge, and have the `EventTimeTrigger`;
 * other settings of the description have no effect.
 */
export interface SimpleWindows<T, ACC, R, OUT, K, W extends Window> extends WindowDescription<T, ACC, R, OUT, K, W> {
  readonly fold: WindowFold<T, ACC, R>;
}

/**
 * Windows that fire once, when event time has passed their end, and keep one value meanwhile: nearly all windows there are.
 *
 * It does what `WindowOperator` would do, but cheaper: no trigger is asked, and a window's value is its timer as well, which is
 * removed when it has fired.
 *
 * In: `T`, keyed. Out: what `process` makes of the folded value, or the value itself, at the window's last millisecond.
 * State: `contents`, one `ACC` per key and open window, with the time at which it fires; cleared then. Whatever `process` keeps.
 * A record all of whose windows have fired is late: it changes nothing and is counted.
 */
export class SimpleWindowOperator<T, ACC, R, OUT, K, W extends Window> implements Operator<T, OUT> {
  readonly #assigner: WindowAssigner<T, W>;
  readonly #fold: WindowFold<T, ACC, R>;
  readonly #process: ProcessWindowFunction<R, OUT, K, W> | undefined;
  readonly #description: SimpleWindows<T, ACC, R, OUT, K, W>;
  #context!: OperatorContext;
  #assignerContext!: WindowAssignerContext;
  #contents!: WindowTable<ACC>;
  #firing!: FiringWindow<W, OUT>;
  #late!: LateRecords<T>;
  // The value that fires, and where its results go: fields, so that #emit and #failed are made once, not for each firing.
  #slot!: Slot<ACC>;
  #output!: Output<OUT>;
  readonly firesWindows = true;
  readonly #emit = (): void => {
    const { key, value } = this.#slot;
    const firing = this.#firing;
    const result = this.#fold.result(value!);
    if (this.#process === undefined) {
      // Without a process function R is OUT: the API sees to it.
      this.#output.collect(result as unknown as OUT, firing.out.timestampMs);
    } else {
      firing.out.output = this.#output;
      this.#process.process(key as K, firing, [result], firing.out);
      this.#process.clear?.(firing);
    }
  };
  readonly #failed = (): FailedWindow => ({
    namespace: this.#slot.namespace,
    emits: true,
    window: `${this.#firing.current}`,
    value: this.#slot.value,
    timestampMs: this.#firing.out.timestampMs,
  });

  constructor(description: SimpleWindows<T, ACC, R, OUT, K, W>) {
    this.#description = description;
    this.#assigner = description.assigner;
    this.#fold = description.fold;
    this.#process = description.process;
  }

  /** Whether each window that closes emits one record. */
  get emitsOnePerWindow(): boolean {
    return this.#process === undefined;
  }

  compatibility(): Record<string, string> {
    return windowCompatibility(this.#description);
  }

  get userFunction(): unknown {
    return this.#process;
  }

  describeWindow(namespace: string): WindowView {
    const window = this.#assigner.windowOf(namespace);
    const contents = this.#contents.find(namespace, this.#context.state.currentKeyId)?.value;
    return { window: `${window}`, lastMs: window.maxTimestamp(), contents };
  }

  open(context: OperatorContext): void {
    this.#context = context;
    warnOfManyWindows(context, this.#description.assigner);
    this.#assignerContext = { currentProcessingTime: () => context.processingTime() };
    this.#contents = context.state.windowTable<ACC>("contents", 1);
    this.#contents.whenOpen((window) => context.timers.registerGroup(window));
    this.#firing = new FiringWindow(context, false);
    this.#late = new LateRecords(context, this.#description.lateTag, 0);
    this.#process?.open?.(this.#firing.runtimeContext());
  }

  close(): void {
    this.#process?.close?.();
  }

  processElement(record: StreamRecord<T>): void {
    const { value, timestampMs } = record;
    const { state, name } = this.#context;
    checkTimestamped(timestampMs, name);
    const watermarkMs = this.#context.currentWatermark();
    const id = state.currentKeyId;
    let late = true;
    const windows = this.#assigner.assignWindows(value, timestampMs, this.#assignerContext);
    for (const window of windows) {
      if (window.maxTimestamp() <= watermarkMs) continue;
      late = false;
      const slot = this.#contents.find(window.id, id);
      if (slot === undefined) {
        this.#contents.add(window.maxTimestamp(), window.id, id, state.currentKey, this.#fold.first(value));
      } else {
        this.#contents.replace(slot, this.#fold.next(slot.value!, value));
      }
    }
    if (late) this.#late.take(value, timestampMs, windows);
  }

  onEventTime(timer: Timer, output: Output<OUT>): void {
    // It has no timers but those of its windows.
    const slot = timer as Slot<ACC>;
    const { namespace } = slot;
    const firing = this.#firing;
    // Windows of one end fire one key after the other.
    if (firing.current?.id !== namespace) firing.setCurrentWindow(this.#assigner.windowOf(namespace));
    this.#slot = slot;
    this.#output = output;
    this.#context.firing(this.#emit, this.#failed);
    this.#contents.remove(slot);
    if (this.#context.trace.isOn) this.#context.trace.closed(namespace);
  }
}
