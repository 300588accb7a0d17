import type { Output, StreamRecord } from "../../record.ts";
import type { SessionBounds } from "../../state/session.ts";
import type { SessionSlot, SessionTable } from "../../state/session_table.ts";
import type { Timer } from "../../time/timer_queue.ts";
import { TimeWindow } from "../../windows/window.ts";
import type { WindowAssigner, WindowAssignerContext } from "../../windows/window_assigner.ts";
import type { ProcessWindowFunction } from "../../functions/functions.ts";
import type { FailedWindow, Operator, OperatorContext, WindowView } from "../operator.ts";
import { FiringWindow } from "./context.ts";
import { windowCompatibility, type WindowDescription } from "./description.ts";
import { checkTimestamped, LateRecords } from "./late_records.ts";
import { takeOlderSessions } from "./older_sessions.ts";
import { FoldedSessions, ListedSessions, type SessionContents } from "./session_contents.ts";

/**
 * Sessions that fire once, when event time has passed their end: nearly all sessions there are.
 *
 * It does what `WindowOperator` would do, but cheaper: no trigger is asked, and a session is one entry with its bounds, what is
 * kept of it and its timer, which need not move while the session grows.
 *
 * In: `T`, keyed. Out: what `process` makes of a session's contents, or the folded value itself, at the session's last millisecond.
 * State: `sessions`, one value per key and open session, with its bounds; without a fold also `contents`, per session the list of
 * its records. Both are cleared when it fires. Whatever `process` keeps.
 * A record that meets no open session and whose own has passed is late: it changes nothing and is counted.
 */
export class SessionWindowOperator<T, ACC, E, OUT, K> implements Operator<T, OUT> {
  readonly #description: WindowDescription<T, ACC, E, OUT, K, TimeWindow>;
  readonly #assigner: WindowAssigner<T, TimeWindow>;
  readonly #process: ProcessWindowFunction<E, OUT, K, TimeWindow> | undefined;
  #context!: OperatorContext;
  #assignerContext!: WindowAssignerContext;
  #sessions!: SessionTable<unknown>;
  #contents!: SessionContents<T, unknown, E>;
  #firing!: FiringWindow<TimeWindow, OUT>;
  #late!: LateRecords<T>;
  // The session that fires, and where its results go: fields, so that #emit and #failed are made once, not for each firing.
  #slot!: SessionSlot<unknown>;
  #held: unknown;
  #output!: Output<OUT>;
  readonly firesWindows = true;
  readonly #emit = (): void => {
    const firing = this.#firing;
    const elements = this.#contents.elements(this.#held);
    if (this.#process === undefined) {
      // Without a process function E is OUT: the API sees to it.
      for (const element of elements) this.#output.collect(element as unknown as OUT, firing.out.timestampMs);
    } else {
      firing.out.output = this.#output;
      this.#process.process(this.#slot.key as K, firing, elements, firing.out);
      this.#process.clear?.(firing);
    }
  };
  readonly #failed = (): FailedWindow => ({
    namespace: this.#slot.namespace,
    emits: true,
    window: `${this.#firing.current}`,
    value: this.#held,
    timestampMs: this.#firing.out.timestampMs,
  });

  /** @param description of windows of event time; settings other than fold, process and lateTag have no effect */
  constructor(description: WindowDescription<T, ACC, E, OUT, K, TimeWindow>) {
    this.#description = description;
    this.#assigner = description.assigner;
    this.#process = description.process;
  }

  /** Whether each session that closes emits one record. */
  get emitsOnePerWindow(): boolean {
    return this.#process === undefined;
  }

  /** The second text is for versions that kept sessions in another way: they refuse state that has a text which they do not know. */
  compatibility(): Record<string, string> {
    return { ...windowCompatibility(this.#description), sessions: "one entry each" };
  }

  get userFunction(): unknown {
    return this.#process;
  }

  describeWindow(namespace: string): WindowView {
    const slot = this.#sessions.named(this.#context.state.currentKeyId, namespace);
    if (slot === undefined) {
      const window = this.#assigner.windowOf(namespace);
      return { window: `${window}`, lastMs: window.maxTimestamp(), contents: undefined };
    }
    const window = windowOf(slot);
    return { window: `${window}`, lastMs: window.maxTimestamp(), contents: this.#contents.held(slot) };
  }

  open(context: OperatorContext): void {
    const { fold, lateTag } = this.#description;
    const { state, timers } = context;
    this.#context = context;
    this.#assignerContext = { currentProcessingTime: () => context.processingTime() };
    this.#sessions = state.sessionTable("sessions", 1);
    takeOlderSessions(context, this.#sessions, fold !== undefined);
    timers.follow(this.#sessions);
    // With a fold the values are of its ACC; without one T is E, as in the description.
    this.#contents = fold !== undefined
      ? new FoldedSessions(fold) as unknown as SessionContents<T, unknown, E>
      : new ListedSessions<T>(state) as unknown as SessionContents<T, unknown, E>;
    this.#firing = new FiringWindow(context, true);
    this.#late = new LateRecords(context, lateTag, 0);
    this.#process?.open?.(this.#firing.runtimeContext());
  }

  close(): void {
    this.#process?.close?.();
  }

  processElement(record: StreamRecord<T>): void {
    const { value, timestampMs } = record;
    const { state: { currentKey, currentKeyId }, name } = this.#context;
    checkTimestamped(timestampMs, name);
    const windows = this.#assigner.assignWindows(value, timestampMs, this.#assignerContext);
    const window = windows[0]!;
    const slot = this.#sessions.find(currentKeyId, window);
    if (slot !== undefined) this.#join(slot, window, value);
    else if (window.maxTimestamp() <= this.#context.currentWatermark()) this.#late.take(value, timestampMs, windows);
    else {
      const kept = this.#contents.first(window, value);
      this.#sessions.add(window, { id: currentKeyId, key: currentKey, value: kept });
    }
  }

  onEventTime(timer: Timer, output: Output<OUT>): void {
    // It has no timers but those of its sessions.
    const slot = this.#slot = timer as SessionSlot<unknown>;
    const window = windowOf(slot);
    this.#held = this.#contents.held(slot);
    this.#output = output;
    this.#contents.clear(slot);
    this.#sessions.remove(slot);
    this.#firing.setCurrentWindow(window);
    this.#context.firing(this.#emit, this.#failed);
    if (this.#context.trace.isOn) this.#context.trace.closed(slot.namespace);
  }

  /** Adds a record to a session, the first of those that its own window meets: they all become one. */
  #join(slot: SessionSlot<unknown>, window: TimeWindow, value: T): void {
    const sessions = this.#sessions;
    const contents = this.#contents;
    const id = slot.keyId;
    const { bounds } = slot.value!;
    let kept = slot.value!.value;
    let cover = bounds;
    const merged: string[] = [];
    for (
      let other = sessions.find(id, window, bounds.startMs);
      other !== undefined;
      other = sessions.find(id, window, bounds.startMs)
    ) {
      kept = contents.merge(slot, kept, other);
      cover = covering(cover, other.value!.bounds);
      merged.push(other.namespace);
      sessions.remove(other);
    }
    sessions.replace(slot, covering(cover, window), contents.next(slot, kept, value));
    if (merged.length > 0 && this.#context.trace.isOn) this.#context.trace.merged(slot.namespace, merged);
  }
}

function windowOf({ value }: SessionSlot<unknown>): TimeWindow {
  const { bounds } = value!;
  return bounds instanceof TimeWindow ? bounds : new TimeWindow(bounds.startMs, bounds.endMs);
}

/** The smallest bounds that cover both: the first ones as they are, if they do. */
function covering(bounds: SessionBounds, { startMs, endMs }: SessionBounds): SessionBounds {
  if (bounds.startMs <= startMs && bounds.endMs >= endMs) return bounds;
  return { startMs: Math.min(bounds.startMs, startMs), endMs: Math.max(bounds.endMs, endMs) };
}
