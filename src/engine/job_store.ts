import type { RecordOrigin } from "./errors.ts";
import type { FaultPoint } from "./fault_points.ts";
import type { Json } from "./source.ts";
import type { StateChange } from "./state/changes.ts";

export type { StateChange };

/** Keeps what a job must not forget, and makes sure that one instance of it works at a time. */
export interface JobStore {
  /** For messages: "Kafka at localhost:9092". */
  readonly description?: string;
  /** Resolves when this instance may work. */
  openJob(request: JobStoreRequest): Promise<JobSession>;
}

/** A store's name in messages about waiting for it. */
export function nameOf(store: JobStore | undefined): string {
  return store?.description ?? "the store";
}

/** How a job asks for its store. */
export interface JobStoreRequest {
  /** Its name. */
  readonly job: string;
  /** What the job's sources read, by their descriptions' topic names. */
  readonly topics: readonly string[];
  /** Whether output becomes visible only with its commit. */
  readonly exactlyOnce: boolean;
  /** After so long without a sign of life an instance counts as dead, ms. */
  readonly sessionTimeoutMs: number;
  /** If another instance is active: wait to take over, or throw. */
  readonly whenActive: "stand by" | "refuse";
  /** Called when another instance is active, with words for who: "process 4711". */
  readonly onStandby: (holder: string) => void;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
  /** Called at the store's own fault points. */
  readonly faultPoint?: FaultPoint | undefined;
}

/** Position of a split, for tools that watch a job from outside. */
export interface SplitPosition {
  /** Uid of the source. */
  readonly source: string;
  /** Id of its split. */
  readonly split: string;
  /** The place of the next record. */
  readonly position: Json;
}

/** A window that fires, or a timer, and whose it is. */
export interface Firing {
  /** The key, as JSON. */
  readonly key: Json;
  /** "[2026-10-19T12:00:00.000Z, 2026-10-19T12:01:00.000Z)"; undefined for a timer. */
  readonly window?: string | undefined;
  /** When a timer was due, ms since the Unix epoch. */
  readonly timerMs?: number | undefined;
}

/** A record that could not be processed, and why; or a window or timer, see `firing`. */
export interface DeadLetter {
  /** Undefined if no record of a source was at work, for instance in a window that fires. */
  readonly origin: RecordOrigin | undefined;
  /** The value as the operator saw it, where there is no origin. */
  readonly value?: unknown;
  /** Of a late record the event time from which on it is late, ms; −∞ if it always is. */
  readonly lateFromMs?: number | undefined;
  /** What fired, if a function threw at that and at no record. */
  readonly firing?: Firing | undefined;
  /** Event time, ms since the Unix epoch. */
  readonly timestampMs: number;
  /** Name of the operator, or of the source if the record could not be decoded. */
  readonly operator: string;
  /** "RecordError", "LateRecord", … */
  readonly errorClass: string;
  /** One sentence. */
  readonly message: string;
  /** Which attempt of the job met it, counted from 1. */
  readonly attempt: number;
}

/** The job's store while it works. */
export interface JobSession {
  /** Aborted when this instance may not work any longer; its reason says why. */
  readonly lost: AbortSignal;
  /** Entries of the last commit: text by text. Empty if there is none. */
  restore(): Promise<Map<string, string>>;
  /** Where an entry is stored, for messages; left out if the store does not know. */
  whereIs?(entry: string): Promise<string | undefined>;
  /** Forgets them. */
  reset(): Promise<void>;
  /** Where dead letters go, for people. */
  readonly deadLetters: string;
  /** Adds a letter to the next commit. */
  deadLetter(letter: DeadLetter): void;
  /** Records that wait in memory for their commit. */
  readonly pendingRecords: number;
  /** Sends what may travel before its commit. */
  flush(): Promise<void>;
  /**
   * Changed entries, positions and all output since the last commit, as one.
   * @param changes gone through once, before the promise settles; of two for one entry the later counts
   */
  commit(changes: Iterable<StateChange>, positions: readonly SplitPosition[]): Promise<void>;
  /** Lets another instance work. */
  close(): Promise<void>;
}
