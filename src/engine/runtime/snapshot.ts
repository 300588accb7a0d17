import {
  COMMIT_FORMAT,
  type JobRecord,
  jobRecordOf,
  parseName,
  parseValue,
  type SplitRecord,
  type TimerKind,
} from "../commit_format.ts";
import { JobError } from "../errors.ts";
import type { StreamGraph } from "../graph.ts";
import { differsInSizeOnly } from "../operators/window/description.ts";
import type { Json } from "../source.ts";
import type { RestoredValue } from "../state/keyed_state_backend.ts";
import type { RestoredTimer } from "../time/timer_queue.ts";

/** The last commit, parsed and sorted by operator. */
export class Snapshot {
  readonly job: JobRecord | undefined;
  readonly #splits = new Map<string, Map<string, SplitRecord>>();
  readonly #state = new Map<string, Map<string, RestoredValue[]>>();
  readonly #timers = {
    timer: new Map<string, RestoredTimer[]>(),
    "processing-timer": new Map<string, RestoredTimer[]>(),
  };
  readonly #sinks = new Map<string, Json>();
  readonly #sinkParts = new Map<string, Json[]>();

  constructor(entries: ReadonlyMap<string, string>) {
    this.job = jobRecordOf(entries);
    for (const [entry, text] of entries) {
      const name = parseName(entry, text);
      if (name.kind === "job") continue;
      const { uid } = name;
      const value = parseValue(entry, text);
      switch (name.kind) {
        case "split":
          getOrAdd(this.#splits, uid, () => new Map()).set(name.split, value as SplitRecord);
          break;
        case "state": {
          const { state, namespace, key, part } = name;
          getOrAdd(getOrAdd(this.#state, uid, () => new Map<string, RestoredValue[]>()), state, () => [])
            .push(part === undefined ? { namespace, key, value } : { namespace, key, part, value });
          break;
        }
        case "timer":
        case "processing-timer": {
          const { timeMs, namespace, key } = name;
          getOrAdd(this.#timers[name.kind], uid, () => []).push({ timeMs, namespace, key, sequence: value as number });
          break;
        }
        case "sink":
          if (name.part === undefined) this.#sinks.set(uid, value as Json);
          else getOrAdd(this.#sinkParts, uid, () => [])[name.part] = value as Json;
          break;
      }
    }
  }

  /** `JobRecord.ahead`: it counts only while the bounded run that wrote it goes on, else this is empty. */
  ahead(bounded: boolean): ReadonlyMap<string, number> {
    return new Map(Object.entries(bounded && this.job?.bounds ? this.job.ahead ?? {} : {}));
  }

  /** Splits of a source; undefined if no commit knows it: it begins where the job is set to begin. */
  splits(uid: string): ReadonlyMap<string, SplitRecord> | undefined {
    return this.#splits.get(uid);
  }

  /** What an operator's states hold, by state. It is not kept here any longer: a copy would double the memory of a large state. */
  takeState(uid: string): Map<string, RestoredValue[]> {
    const state = this.#state.get(uid) ?? new Map();
    this.#state.delete(uid);
    return state;
  }

  /** Timers of an operator, as they are stored. */
  takeTimers(uid: string, kind: TimerKind = "timer"): readonly RestoredTimer[] {
    const timers = this.#timers[kind].get(uid) ?? [];
    this.#timers[kind].delete(uid);
    return timers;
  }

  /** What a sink's `prepareCommit()` returned. */
  sink(uid: string): Json | undefined {
    return this.#sinks.get(uid);
  }

  /** What a sink's `prepareParts()` returned. */
  sinkParts(uid: string): readonly Json[] {
    return this.#sinkParts.get(uid) ?? [];
  }

  /**
   * @throws {JobError} if the commit holds something for which the job has no place
   */
  checkFits(job: string, graph: StreamGraph): void {
    if (this.job !== undefined && this.job.format !== COMMIT_FORMAT) {
      throw new JobError(
        `Cannot restore job "${job}": its commit has format ${this.job.format}, this version reads format ${COMMIT_FORMAT}`,
      );
    }
    const uids = new Set(graph.nodes.map(({ uid }) => uid));
    const { timer, "processing-timer": processingTimer } = this.#timers;
    const orphaned = [this.#splits, this.#state, timer, processingTimer, this.#sinks, this.#sinkParts]
      .flatMap((entries) => [...entries.keys()]).filter((uid) => !uids.has(uid));
    if (orphaned.length > 0) {
      const names = [...new Set(orphaned)].map((uid) => `"${uid}"`).join(", ");
      throw new JobError(
        `Cannot restore job "${job}": its commit holds state of ${names}, which the job no longer has; ` +
          "give the operator its old uid() back, drop that state with --allow-non-restored-state, or forget the commit with --reset",
      );
    }
  }

  /**
   * @param current what the operator's state depends on now
   * @param onWindowChange called if its windows have another size now; left out: that is refused
   * @throws {JobError} naming both values if it was written under others
   */
  checkCompatibility(
    uid: string,
    current: Readonly<Record<string, string>>,
    onWindowChange?: (was: string, is: string) => void,
  ): void {
    const stored = this.job?.compatibility[uid] ?? {};
    for (const [name, was] of Object.entries(stored)) {
      const is = current[name];
      if (is === was) continue;
      const isSize = name === "window" && is !== undefined && differsInSizeOnly(was, is);
      if (isSize && onWindowChange !== undefined) {
        onWindowChange(was, is);
        continue;
      }
      throw new JobError(
        `Cannot restore "${uid}": its state was written with ${name} ${was}, now it is ${is ?? "gone"}; ` +
          `run it with the old ${name}, ${isSize ? "change its size with --allow-window-change, " : ""}` +
          "or forget the job's commit with --reset",
      );
    }
  }
}

/**
 * Takes out of a commit what belongs to operators that the job does not have: positions, state, timers and what sinks had to
 * remember.
 * @returns the names of these entries, by uid
 * @throws {CommitEntryError} if there is an entry that no job has written
 */
export function takeNonRestored(entries: Map<string, string>, graph: StreamGraph): Map<string, string[]> {
  const uids = new Set(graph.nodes.map(({ uid }) => uid));
  const taken = new Map<string, string[]>();
  for (const [entry, text] of entries) {
    const name = parseName(entry, text);
    if (name.kind === "job" || uids.has(name.uid)) continue;
    getOrAdd(taken, name.uid, () => []).push(entry);
    entries.delete(entry);
  }
  return taken;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
