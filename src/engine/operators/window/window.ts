import type { Output, StreamRecord } from "../../record.ts";
import { NO_NAMESPACE } from "../../state/namespace_index.ts";
import type { ValueTable } from "../../state/value_table.ts";
import type { Timer } from "../../time/timer_queue.ts";
import { type MergeListener, MergingWindowSet, type OpenWindows } from "../../windows/merging_window_set.ts";
import { EventTimeTrigger } from "../../windows/time_triggers.ts";
import { type Trigger, TriggerResult } from "../../windows/trigger.ts";
import { GlobalWindow, type Window } from "../../windows/window.ts";
import { MergingWindowAssigner, type WindowAssigner } from "../../windows/window_assigner.ts";
import type { ProcessWindowFunction } from "../../functions/functions.ts";
import type { Operator, OperatorContext, WindowView } from "../operator.ts";
import { EvictedContents, FoldedContents, ListedContents, type WindowContents } from "./contents.ts";
import { FiringWindow } from "./context.ts";
import { warnOfManyWindows, windowCompatibility, type WindowDescription } from "./description.ts";
import { checkTimestamped, LateRecords } from "./late_records.ts";
import { TriggerWindow } from "./trigger_window.ts";

/**
 * Windows of any kind: with triggers, evictors and lateness, by event time or the clock, merging ones included.
 *
 * In: `T`, keyed. Out: what `process` makes of a window's contents, or the folded value itself, at the window's last
 * millisecond, whenever the trigger fires.
 * State: `contents`, per key and open window one folded value or a list of records; `windows`, per key those that are open, if
 * they merge. A window is cleared when the time of its end, and the lateness allowed, has passed. Whatever trigger and
 * `process` keep.
 * A record all of whose windows have been cleared is late: it changes nothing and is counted.
 * @see Flink: WindowOperator, EvictingWindowOperator
 */
export class WindowOperator<T, ACC, E, OUT, K, W extends Window> implements Operator<T, OUT>, MergeListener<W> {
  readonly #description: WindowDescription<T, ACC, E, OUT, K, W>;
  readonly #assigner: WindowAssigner<T, W>;
  readonly #trigger: Trigger<T, W>;
  readonly #process: ProcessWindowFunction<E, OUT, K, W> | undefined;
  readonly #allowedLatenessMs: number;
  readonly #isEventTime: boolean;
  readonly #merging: MergingWindowAssigner<T, W> | undefined;
  /** Whether the trigger has a timer at each window's end, and takes it back, so that none is needed to clear the window. */
  readonly #triggerCleansUp: boolean;
  #context!: OperatorContext;
  #contents!: WindowContents<T, E, W>;
  #openWindows!: ValueTable<OpenWindows>;
  #triggerWindow!: TriggerWindow;
  #firing!: FiringWindow<W, OUT>;
  #late!: LateRecords<T>;
  /** Whether user code runs to emit the window's results, and not to ask its trigger. */
  readonly firesWindows = true;
  readonly #emit = (elements: Iterable<E>): void => {
    const { out } = this.#firing;
    if (this.#process !== undefined) {
      this.#process.process(this.#context.state.currentKey as K, this.#firing, elements, out);
    } else {
      // Without a process function E is OUT: the API sees to it.
      for (const element of elements) out.collect(element as unknown as OUT);
    }
  };

  constructor(description: WindowDescription<T, ACC, E, OUT, K, W>) {
    const { assigner } = description;
    this.#description = description;
    this.#assigner = assigner;
    this.#trigger = description.trigger ?? assigner.getDefaultTrigger();
    this.#process = description.process;
    this.#allowedLatenessMs = description.allowedLatenessMs ?? 0;
    this.#isEventTime = assigner.isEventTime();
    this.#merging = assigner instanceof MergingWindowAssigner ? assigner : undefined;
    this.#triggerCleansUp = this.#isEventTime && this.#allowedLatenessMs === 0 &&
      this.#trigger instanceof EventTimeTrigger;
  }

  compatibility(): Record<string, string> {
    return windowCompatibility(this.#description);
  }

  get userFunction(): unknown {
    return this.#process;
  }

  describeWindow(namespace: string): WindowView {
    const window = this.#merging === undefined
      ? this.#assigner.windowOf(namespace)
      : this.#loadOpen().windowOfState(namespace) ?? this.#assigner.windowOf(namespace);
    return { window: `${window}`, lastMs: window.maxTimestamp(), contents: this.#contents.held(namespace) };
  }

  open(context: OperatorContext): void {
    const { evictor, fold, lateTag } = this.#description;
    const { state } = context;
    this.#context = context;
    warnOfManyWindows(context, this.#description.assigner);
    this.#triggerWindow = new TriggerWindow(context);
    if (evictor !== undefined) this.#contents = new EvictedContents(state, evictor, this.#triggerWindow, fold);
    else if (fold !== undefined) this.#contents = new FoldedContents(state, fold);
    // Without a fold T is E, as in the description.
    else this.#contents = new ListedContents<T>(state) as unknown as WindowContents<T, E, W>;
    if (this.#merging !== undefined) this.#openWindows = state.valueTable("windows", 1);
    this.#firing = new FiringWindow(context, this.#merging !== undefined);
    this.#late = new LateRecords(context, lateTag, this.#allowedLatenessMs);
    this.#process?.open?.(this.#firing.runtimeContext());
  }

  close(): void {
    this.#process?.close?.();
  }

  processElement(record: StreamRecord<T>, output: Output<OUT>): void {
    const { value, timestampMs } = record;
    if (this.#isEventTime) checkTimestamped(timestampMs, this.#context.name);
    this.#firing.out.output = output;
    const windows = this.#assigner.assignWindows(value, timestampMs, this.#triggerWindow);
    let late = true;
    if (this.#merging === undefined) {
      for (const window of windows) {
        if (this.#isLate(window)) continue;
        late = false;
        this.#add(value, timestampMs, window, window.id);
      }
    } else {
      const open = this.#loadOpen();
      for (const added of windows) {
        const window = open.add(added, this);
        if (this.#isLate(window)) {
          open.retire(window);
          continue;
        }
        late = false;
        this.#add(value, timestampMs, window, open.stateWindow(window)!);
      }
      this.#storeOpen(open);
    }
    if (late) this.#late.take(value, timestampMs, windows);
  }

  onEventTime(timer: Timer, output: Output<OUT>): void {
    this.#onTimer(timer, true, output);
  }

  onProcessingTime(timer: Timer, output: Output<OUT>): void {
    this.#onTimer(timer, false, output);
  }

  /** Two or more windows have become one: merges their triggers, contents and timers. Called by the merging window set. */
  onMerge(result: W, merged: readonly W[], stateWindow: string, mergedStateWindows: readonly string[]): void {
    this.#trigger.onMerge(result, this.#triggerWindow.setMergedWindow(result, merged));
    const { state: { currentKeyId } } = this.#context;
    for (const window of merged) {
      this.#trigger.clear(window, this.#triggerWindow.setCurrentWindow(window));
      if (!this.#triggerCleansUp) this.#cleanupTimers().delete(this.#cleanupMs(window), window.id, currentKeyId);
    }
    // Mostly a session has only grown.
    if (mergedStateWindows.length > 0) this.#contents.merge(stateWindow, mergedStateWindows);
    if (this.#context.trace.isOn) this.#context.trace.merged(stateWindow, mergedStateWindows);
  }

  #add(value: T, timestampMs: number, window: W, stateWindow: string): void {
    this.#contents.add(stateWindow, value, timestampMs);
    const context = this.#triggerWindow.setCurrentWindow(window);
    this.#obey(this.#trigger.onElement(value, timestampMs, window, context), window, stateWindow);
    if (this.#triggerCleansUp) return;
    const cleanupMs = this.#cleanupMs(window);
    // Windows without end are never cleaned up.
    if (cleanupMs >= GlobalWindow.MAX_TIMESTAMP) return;
    const { currentKey, currentKeyId } = this.#context.state;
    this.#cleanupTimers().register(cleanupMs, window.id, currentKey, currentKeyId);
  }

  #onTimer({ timeMs, namespace }: Timer, eventTime: boolean, output: Output<OUT>): void {
    const last = this.#firing.current;
    // Windows of one end fire one key after the other.
    const window = last?.id === namespace ? last : this.#assigner.windowOf(namespace);
    const open = this.#merging && this.#loadOpen();
    const stateWindow = open === undefined ? namespace : open.stateWindow(window);
    // A trigger may leave timers of windows that have become part of others.
    if (stateWindow === undefined) return;
    this.#firing.out.output = output;
    const context = this.#triggerWindow.setCurrentWindow(window);
    let result: TriggerResult = TriggerResult.CONTINUE;
    this.#firingOf(window, stateWindow, () => {
      result = eventTime
        ? this.#trigger.onEventTime(timeMs, window, context)
        : this.#trigger.onProcessingTime(timeMs, window, context);
    });
    this.#obey(result, window, stateWindow);
    if (eventTime !== this.#isEventTime || timeMs !== this.#cleanupMs(window)) return;
    this.#firingOf(window, stateWindow, () => {
      this.#trigger.clear(window, context);
      this.#process?.clear?.(this.#firing);
    });
    this.#contents.clear(stateWindow);
    if (this.#context.trace.isOn) this.#context.trace.closed(stateWindow);
    if (open === undefined) return;
    open.retire(window);
    this.#storeOpen(open);
  }

  #obey(result: TriggerResult, window: W, stateWindow: string): void {
    if (result === TriggerResult.CONTINUE) return;
    if (result !== TriggerResult.PURGE) {
      this.#firingOf(window, stateWindow, () => this.#contents.fire(window, stateWindow, this.#emit), true);
    }
    if (result !== TriggerResult.FIRE) this.#contents.clear(stateWindow);
  }

  /** Runs user code for a window, so that an error there can be reported with the window. @param emits whether it is the result */
  #firingOf(window: W, stateWindow: string, work: () => void, emits = false): void {
    this.#firing.setCurrentWindow(window);
    this.#context.firing(work, () => ({
      namespace: stateWindow,
      emits,
      window: `${window}`,
      value: this.#contents.held(stateWindow),
      timestampMs: window.maxTimestamp(),
    }));
  }

  #isLate(window: W): boolean {
    return this.#isEventTime && this.#cleanupMs(window) <= this.#context.currentWatermark();
  }

  /** When a window is cleared, ms. */
  #cleanupMs(window: W): number {
    return this.#isEventTime ? window.maxTimestamp() + this.#allowedLatenessMs : window.maxTimestamp();
  }

  #cleanupTimers(): OperatorContext["timers"] {
    return this.#isEventTime ? this.#context.timers : this.#context.processingTimers;
  }

  /** The open windows of the current key. Read from state each time: an undo may have put older ones back. */
  #loadOpen(): MergingWindowSet<W> {
    return new MergingWindowSet(this.#merging!, this.#openWindows.get(NO_NAMESPACE, this.#context.state.currentKeyId));
  }

  #storeOpen(open: MergingWindowSet<W>): void {
    const { changes } = open;
    if (changes === undefined) return;
    const { currentKey, currentKeyId } = this.#context.state;
    this.#openWindows.set(NO_NAMESPACE, currentKeyId, currentKey, changes.length === 0 ? undefined : changes);
  }
}
