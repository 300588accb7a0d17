import {
  parseName,
  parseShape,
  readStored,
  type StateName,
  type StoredShape,
  type TimerName,
} from "../commit_format.ts";
import type { OperatorNode, SinkNode } from "../graph.ts";
import type { Operator } from "../operators/operator.ts";
import type { Finding } from "../trace.ts";
import { present, timeOf, traceValue } from "../reporting/trace_value.ts";
import type { Storable } from "../state/changes.ts";
import type { Journal } from "../state/journal.ts";
import type { Key } from "../state/key.ts";
import { NO_NAMESPACE } from "../state/namespace_index.ts";
import type { OpenTraces } from "./open_traces.ts";

/** The operator or sink that a step is of. */
export interface TracedTask {
  readonly node: OperatorNode | SinkNode;
  readonly operator: Pick<
    Operator<unknown, unknown>,
    "firesWindows" | "pendingResults" | "describeWindow" | "userFunction"
  >;
  readonly state: { readonly currentKey: Key; versions(): Readonly<Record<string, StoredShape>> };
  currentWatermark(): number;
}

/** Whose changes are reported, and how. */
interface TracedChangesOptions {
  readonly journal: Journal;
  /** By uid. */
  readonly tasks: ReadonlyMap<string, TracedTask>;
  /** Gets what waits now. */
  readonly open: OpenTraces;
  /** @returns the number of the step */
  readonly report: (operator: string, finding: Finding) => number;
}

/** States of the engine's own operators. */
const CALLS_AT_WORK = "at work";
const CONTENTS = "contents";
const OPEN_WINDOWS = "windows";
const SESSIONS = "sessions";

/** What followed records change in state, windows and timers, as the journal has it. */
export class TracedChanges {
  readonly #journal: Journal;
  readonly #tasks: ReadonlyMap<string, TracedTask>;
  readonly #open: OpenTraces;
  readonly #report: (operator: string, finding: Finding) => number;
  /** Changes are reported up to this length of the journal. */
  #cursor = 0;

  constructor({ journal, tasks, open, report }: TracedChangesOptions) {
    this.#journal = journal;
    this.#tasks = tasks;
    this.#open = open;
    this.#report = report;
  }

  /** From now on changes are reported that come behind this place of the journal. */
  beginAt(cursor: number): void {
    this.#cursor = cursor;
  }

  /** Reports what has changed since the last call. @param isFollowed whether anybody follows the work that has changed it */
  report(isFollowed: boolean): void {
    const journal = this.#journal;
    const from = this.#cursor;
    this.#cursor = journal.length;
    if (!isFollowed || from >= journal.length) return;
    const first = new Map<Storable, unknown>();
    for (const { item, before } of journal.since(from)) {
      if (isStorable(item) && !first.has(item)) first.set(item, before);
    }
    for (const [item, before] of first) {
      const entry = item.entryKey();
      const text = item.entryValue();
      const name = parseName(entry, text ?? "null");
      if (name.kind === "state") this.#reportState(name, before, text);
      else if (name.kind === "timer" || name.kind === "processing-timer") this.#reportTimer(name, text !== null);
    }
  }

  #reportState(name: StateName, before: unknown, text: string | null): void {
    const task = this.#tasks.get(name.uid);
    if (task === undefined) return;
    const { operator, state } = task;
    if (operator.pendingResults !== undefined && name.state === CALLS_AT_WORK) return;
    let window: string | undefined;
    if (operator.firesWindows && operator.describeWindow !== undefined) {
      if (name.state === CONTENTS) return this.#reportWindow(task, name, text !== null);
      if (name.state === OPEN_WINDOWS) return;
      if (name.state === SESSIONS) return this.#reportSession(task, name, text);
      if (name.namespace !== NO_NAMESPACE) window = operator.describeWindow(name.namespace).window;
    }
    const shape = parseShape(state.versions()[name.state] ?? 1);
    const after = text === null ? undefined : readStored(shape, name.part, JSON.parse(text)).value;
    const was = shape.ttl && before !== undefined ? (before as { value?: unknown }).value : before;
    const step = this.#report(task.node.name, {
      kind: "state",
      state: name.state,
      key: traceValue(name.key),
      ...present("window", window),
      ...present("part", name.part === undefined ? undefined : traceValue(name.part)),
      ...present("before", was === undefined ? undefined : traceValue(was)),
      ...present("after", after === undefined ? undefined : traceValue(after)),
    });
    this.#open.touch(name.uid, name.key, [step]);
  }

  /** The records of a session may be in a list, which is reported by itself. */
  #reportSession(task: TracedTask, name: StateName, text: string | null): void {
    const shape = parseShape(task.state.versions()[name.state]!);
    if (text === null || readStored(shape, name.part, JSON.parse(text)).value === null) return;
    this.#reportWindow(task, name, true);
  }

  #reportWindow(task: TracedTask, { uid, namespace, key }: StateName, isThere: boolean): void {
    if (!isThere) return;
    const description = task.operator.describeWindow!(namespace);
    const step = this.#report(task.node.name, {
      kind: "window",
      key: traceValue(key),
      window: description.window,
      lastMs: description.lastMs,
      contents: traceValue(description.contents),
      eventTimeMs: timeOf(task.currentWatermark()),
    });
    this.#open.putIntoWindow(uid, namespace, key, [step]);
  }

  #reportTimer({ kind, uid, key, timeMs }: TimerName, isSet: boolean): void {
    const task = this.#tasks.get(uid);
    if (task === undefined || task.operator.firesWindows) return;
    const timeDomain = kind === "timer" ? "EVENT_TIME" : "PROCESSING_TIME";
    const action = isSet ? "set" : "deleted";
    const step = this.#report(task.node.name, { kind: "timer", action, timeDomain, key: traceValue(key), timeMs });
    if (isSet) this.#open.setTimer(uid, key, timeMs, [step]);
    else this.#open.deleteTimer(uid, key, timeMs);
  }
}

function isStorable(item: object): item is Storable {
  return "entryKey" in item && "entryValue" in item;
}
