import { JobError } from "../errors.ts";
import type { StreamGraph } from "../graph.ts";
import type { SplitPosition } from "../job_store.ts";
import type { Json } from "../source.ts";
import type { RestoredValue, StateVersions } from "../state/keyed_state_backend.ts";
import type { RestoredTimer, TimerKind } from "../time/timer_queue.ts";

/**
 * What a commit holds, entry by entry, as text:
 *
 *     ["job"]                                  → JobRecord
 *     ["split", source uid, split id]          → SplitRecord
 *     ["state", uid, state, namespace, key]    → the value; with TTL [last update in ms, value]
 *     ["state", uid, list, namespace, key, n]  → likewise, of an element; they stand in the order of n
 *     ["state", uid, map, namespace, key, k]   → [n, value] of the map's key k, likewise
 *     ["state", uid, window, namespace, key]   → [time, n, value] of a window that is open and fires at that time, in the order of n
 *     ["timer", uid, time, namespace, key]     → its place among the registrations; "processing-timer" likewise
 *     ["sink", uid]                            → what the sink must know
 *
 * Plain text over any store: one can read it, and move it from one broker to another.
 */
export interface JobRecord {
  /** Of this layout. */
  readonly format: 1;
  /** Event time behind each operator and source, ms, by uid; those that have none left out. */
  readonly watermarks: Readonly<Record<string, number>>;
  /** Event time of operators where it is further only because sources have come to their bounds, for this bounded run alone. */
  readonly ahead?: Readonly<Record<string, number>>;
  /** What stored state depends on, by uid. */
  readonly stamps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Kinds and versions of the states, by uid and name. */
  readonly versions: Readonly<Record<string, StateVersions>>;
  /** Ends of a bounded run that has not come to them yet, by source uid and split id. */
  readonly bounds: Readonly<Record<string, Readonly<Record<string, Json>>>> | null;
  /** When the last bounded run came to its end, ms since the Unix epoch. */
  readonly finishedAtMs: number | null;
}

/** A split's part of a commit. */
export interface SplitRecord {
  readonly position: Json;
  /** ms; left out if there is none */
  readonly watermark?: number;
  /** What the position points into; left out by sources that keep none, and in commits of earlier versions. */
  readonly identity?: Json;
}

export const JOB_ENTRY = JSON.stringify(["job"]);

export function sinkEntry(uid: string): string {
  return JSON.stringify(["sink", uid]);
}

export function splitEntry(uid: string, split: string): string {
  return JSON.stringify(["split", uid, split]);
}

/** An entry of a commit that cannot be read. */
export class CommitEntryError extends JobError {
  override name = "CommitEntryError";
  /** Its name. */
  readonly entry: string;

  constructor(entry: string, text: string) {
    const shown = (words: string) => JSON.stringify(words.length > 40 ? `${words.slice(0, 40)}…` : words);
    super(`its commit has an entry that no job has written, ${shown(entry)} with the value ${shown(text)}`);
    this.entry = entry;
  }
}

/** How far the splits have come that a commit knows. */
export function splitPositions(entries: ReadonlyMap<string, string>): SplitPosition[] {
  const positions: SplitPosition[] = [];
  for (const [entry, text] of entries) {
    if (!entry.startsWith('["split",')) continue;
    const [[, source, split], { position }] = parseEntry(entry, text) as [[string, string, string], SplitRecord];
    positions.push({ source, split, position });
  }
  return positions;
}

function parseEntry(entry: string, text: string): [entry: [string, string, ...Json[]], value: unknown] {
  try {
    const parsed: unknown = JSON.parse(entry);
    if (Array.isArray(parsed)) return [parsed as [string, string, ...Json[]], JSON.parse(text)];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CommitEntryError(entry, text);
}

/** The last commit, taken apart. */
export class Snapshot {
  readonly job: JobRecord | undefined;
  readonly #splits = new Map<string, Map<string, SplitRecord>>();
  readonly #state = new Map<string, Map<string, RestoredValue[]>>();
  readonly #timers = {
    timer: new Map<string, RestoredTimer[]>(),
    "processing-timer": new Map<string, RestoredTimer[]>(),
  };
  readonly #sinks = new Map<string, Json>();

  constructor(entries: ReadonlyMap<string, string>) {
    let job: JobRecord | undefined;
    for (const [entry, text] of entries) {
      const [[kind, uid, ...rest], value] = parseEntry(entry, text);
      switch (kind) {
        case "job":
          job = value as JobRecord;
          break;
        case "split":
          getOrAdd(this.#splits, uid, () => new Map()).set(rest[0] as string, value as SplitRecord);
          break;
        case "state": {
          const [name, namespace, key, part] = rest as [string, string, Json, Json?];
          getOrAdd(getOrAdd(this.#state, uid, () => new Map<string, RestoredValue[]>()), name, () => [])
            .push(part === undefined ? { namespace, key, value } : { namespace, key, part, value });
          break;
        }
        case "timer":
        case "processing-timer": {
          const [timeMs, namespace, key] = rest as [number, string, Json];
          getOrAdd(this.#timers[kind], uid, () => []).push({ timeMs, namespace, key, sequence: value as number });
          break;
        }
        case "sink":
          this.#sinks.set(uid, value as Json);
          break;
        default:
          throw new JobError(
            `Cannot read a commit that holds ${entry}: this version knows nothing of "${kind}"; ` +
              "start the job with the version that wrote it, or forget the commit with --reset",
          );
      }
    }
    this.job = job;
  }

  /** `JobRecord.ahead`; empty unless the bounded run goes on that it is of. */
  ahead(bounded: boolean): ReadonlyMap<string, number> {
    return new Map(Object.entries(bounded && this.job?.bounds ? this.job.ahead ?? {} : {}));
  }

  /** Splits of a source; undefined if no commit knows it: it begins where the job is told to begin. */
  splits(uid: string): ReadonlyMap<string, SplitRecord> | undefined {
    return this.#splits.get(uid);
  }

  /** What an operator's states hold, by state. The taker has them from now on: a copy here would double the memory of a large state. */
  takeState(uid: string): Map<string, readonly RestoredValue[]> {
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

  /** What a sink's `prepareCommit()` gave. */
  sink(uid: string): Json | undefined {
    return this.#sinks.get(uid);
  }

  /**
   * @throws {JobError} if the commit holds something for which the job has no place
   */
  checkFits(job: string, graph: StreamGraph): void {
    if (this.job !== undefined && this.job.format !== 1) {
      throw new JobError(
        `Cannot restore job "${job}": its commit has format ${this.job.format}, this version reads format 1`,
      );
    }
    const uids = new Set(graph.nodes.map(({ uid }) => uid));
    const { timer, "processing-timer": processingTimer } = this.#timers;
    const homeless = [this.#splits, this.#state, timer, processingTimer, this.#sinks]
      .flatMap((entries) => [...entries.keys()]).filter((uid) => !uids.has(uid));
    if (homeless.length > 0) {
      const names = [...new Set(homeless)].map((uid) => `"${uid}"`).join(", ");
      throw new JobError(
        `Cannot restore job "${job}": its commit holds state of ${names}, which the job no longer has; ` +
          "give the operator its old uid() back, drop that state with --allow-non-restored-state, or forget the commit with --reset",
      );
    }
  }

  /**
   * @param stamps what the operator's state depends on now
   * @throws {JobError} naming both values if it was written under others
   */
  checkStamps(uid: string, stamps: Readonly<Record<string, string>>): void {
    const stored = this.job?.stamps[uid] ?? {};
    for (const [name, value] of Object.entries(stored)) {
      if (stamps[name] === value) continue;
      throw new JobError(
        `Cannot restore "${uid}": its state was written with ${name} ${value}, now it is ${stamps[name] ?? "gone"}; ` +
          `run it with the old ${name}, or forget the job's commit with --reset`,
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
    const [[kind, uid]] = parseEntry(entry, text);
    if (kind === "job" || uid === undefined || uids.has(uid)) continue;
    getOrAdd(taken, uid, () => []).push(entry);
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
