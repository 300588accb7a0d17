import {
  isOfWindows,
  type ParsedShape,
  parseShape,
  readStored,
  type StateVersions,
  storedShape,
  type StoredValue,
  type TimerKind,
} from "../commit_format.ts";
import { Snapshot } from "../runtime/snapshot.ts";
import { Changes } from "../state/changes.ts";
import type { Key } from "../state/key.ts";
import { KeyedStateBackend, type RestoredValue } from "../state/keyed_state_backend.ts";
import type { KeyedStateStore, MapState, MapStateDescriptor } from "../state/state.ts";
import type { RestoredTimer } from "../time/timer_queue.ts";

/** The state and timers of an operator now, committed or not. */
export interface Seen {
  /** Its entries, in the form of a commit. */
  readonly entries: Map<string, string>;
  /** The versions of its states; undefined: those of the commit. */
  readonly versions: StateVersions | undefined;
  /** Processing time, ms since the Unix epoch. */
  readonly nowMs: number;
}

/** Which of a key's states is meant. */
export interface StateOptions {
  /** State of this window; left out: state of the key over all windows. */
  readonly window?: { readonly id: string };
}

/** A timer that has not fired. */
export interface PendingTimer {
  /** ms since the Unix epoch */
  readonly timeMs: number;
  /** The timer's key. */
  readonly key: Key;
  /** Id of the window that it belongs to: "0:60000"; "" if it belongs to its key alone. */
  readonly namespace: string;
}

/** The state and timers of one operator, for reading. */
export class OperatorView {
  readonly #uid: string;
  readonly #look: () => Seen;

  /** @internal */
  constructor(uid: string, look: () => Seen) {
    this.#uid = uid;
    this.#look = look;
  }

  /**
   * The states of a key, as a copy in the form of a commit: writing to it does not change the job.
   * @param options.window for state of a window: a function's `windowState()`, or what the operator itself keeps
   */
  state(key: Key, options: StateOptions = {}): KeyedStateStore {
    const copy = this.#copy();
    copy.setCurrentKey(key);
    const { window } = options;
    return window === undefined ? copy.store() : copy.store(() => window.id);
  }

  /** A map that belongs to no key, as a copy in the form of a commit. */
  broadcastState<K extends Key, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.#copy().broadcastState(descriptor);
  }

  /** Event-time timers in the order in which they will fire. */
  timers(): PendingTimer[] {
    return this.#timers("timer");
  }

  /** Processing-time timers in the order in which they will fire. */
  processingTimers(): PendingTimer[] {
    return this.#timers("processing-timer");
  }

  #seen(): { readonly snapshot: Snapshot; readonly versions: StateVersions; readonly nowMs: number } {
    const { entries, versions, nowMs } = this.#look();
    const snapshot = new Snapshot(entries);
    return { snapshot, versions: versions ?? snapshot.job?.versions[this.#uid] ?? {}, nowMs };
  }

  #copy(): KeyedStateBackend {
    const { snapshot, versions, nowMs } = this.#seen();
    const state = snapshot.takeState(this.#uid);
    const stored = { ...versions };
    // The content of a window is read as a value.
    for (const [name, shape] of windowStates(stored)) {
      stored[name] = storedShape({ kind: "value", version: Number(shape.version), ttl: false, eventTime: false });
      state.set(name, (state.get(name) ?? []).map((each) => ({ ...each, value: readValue(shape, each).value })));
    }
    return new KeyedStateBackend(this.#uid, new Changes(), { restored: state, versions: stored, now: () => nowMs });
  }

  #timers(kind: TimerKind): PendingTimer[] {
    const { snapshot, versions } = this.#seen();
    const timers = snapshot.takeTimers(this.#uid, kind).toSorted((a, b) => a.sequence - b.sequence);
    if (kind === "timer") {
      const state = snapshot.takeState(this.#uid);
      for (const [name, shape] of windowStates(versions)) timers.push(...windowTimers(shape, state.get(name) ?? []));
    }
    return timers.toSorted((a, b) => a.timeMs - b.timeMs)
      .map(({ timeMs, key, namespace }) => ({ timeMs, key, namespace }));
  }
}

/** Names and shapes of the states that hold windows. */
function windowStates(versions: StateVersions): [name: string, shape: ParsedShape][] {
  return Object.entries(versions).map(([name, shape]): [string, ParsedShape] => [name, parseShape(shape)])
    .filter(([, shape]) => isOfWindows(shape));
}

function readValue(shape: ParsedShape, { part, value }: RestoredValue): StoredValue {
  return readStored(shape, part, value);
}

/** The timers at which windows fire. */
function windowTimers(shape: ParsedShape, values: readonly RestoredValue[]): RestoredTimer[] {
  const timers = values.map((each) => {
    const { timeMs, order } = readValue(shape, each);
    return { timeMs: timeMs!, namespace: each.namespace, key: each.key, sequence: order };
  }).toSorted((a, b) => a.sequence - b.sequence);
  return [...Map.groupBy(timers, ({ namespace }) => namespace).values()].flat();
}
