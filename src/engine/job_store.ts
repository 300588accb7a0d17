import type { RecordOrigin } from "./errors.ts";
import type { FaultPoint } from "./fault_points.ts";
import type { FollowReport, FollowRequest } from "./follow_request.ts";
import type { JobStatus } from "./job_status.ts";
import type { Json, Position } from "./source.ts";
import type { StateChange } from "./state/changes.ts";

export type { StateChange };

/** Keeps the commits of jobs, and makes sure that one instance of a job is active at a time. */
export interface JobStore {
  /** For messages: "Kafka at localhost:9092". */
  readonly description?: string;
  /** Resolves when this instance is the active one. */
  openJob(request: JobRequest): Promise<JobSession>;
  /**
   * Keeps what an instance reports of itself, in place of its report before. It is called about once a second, also while the
   * instance stands by, and never before the last call has ended. Left out: nobody sees the job from outside.
   */
  reportStatus?(status: JobStatus): Promise<void>;
  /**
   * What somebody outside asks all jobs to follow, of the last day. It is called about once a second while the job runs, and never
   * before the last call has ended. Left out, here or below: nobody can follow records through the job while it runs.
   */
  followRequests?(): Promise<FollowRequest[]>;
  /** Keeps what an instance has seen of a request, in place of its report before. */
  reportFollowed?(report: FollowReport): Promise<void>;
}

/** A store's name in messages about waiting for it. */
export function nameOf(store: JobStore | undefined): string {
  return store?.description ?? "the store";
}

/** A request to become the active instance of a job. */
export interface JobRequest {
  /** Its name. */
  readonly job: string;
  /** Topics that the job reads; tools see its progress on them. */
  readonly topics: readonly string[];
  /**
   * True: records become visible with the commit that follows them, or never. False: they become visible when they are flushed,
   * before their commit, and once more if the job has to write them again. State and positions are atomic either way.
   */
  readonly exactlyOnce: boolean;
  /** How long an instance may give no sign of life before it counts as dead, ms. Kafka: session.timeout.ms. */
  readonly sessionTimeoutMs: number;
  /** What to do while another instance is active: wait to take over, or throw. */
  readonly whenActive: "stand by" | "refuse";
  /** Called each time this instance finds that it has to wait, with a description of the active one: "process 4711 on host1". */
  readonly onStandby: (holder: string) => void;
  /** Ends the wait when aborted: openJob() then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called at the store's own fault points. */
  readonly faultPoint?: FaultPoint | undefined;
}

/** One commit: it happens as a whole or not at all, together with the records written since the last. */
export interface JobCommit {
  /**
   * Changed entries of the job's state. `null` deletes an entry; of two changes of one entry the later one holds. They are
   * iterated once, in pieces, until the commit has ended: what they are made of must not change before.
   */
  readonly changes: Iterable<StateChange>;
  /** For tools only: how far the job has read topics. The job itself restores from its entries. */
  readonly positions: readonly Position[];
}

/**
 * The right to be the active instance of a job, and the only way to commit as the job. An instance whose lease another one has
 * taken over cannot commit any more.
 */
export interface JobLease {
  /** Aborted when this instance must stop; its reason says why. */
  readonly lost: AbortSignal;
  /** The entries of the job's last commit; empty if there is none. */
  restore(): Promise<Map<string, string>>;
  /** Where an entry is stored, for messages: `"user_statistics.changelog" partition 0 offset 17`; undefined if that is not known. */
  whereIs?(entry: string): Promise<string | undefined>;
  /** Forgets every entry, and how far the job has read; its output and dead letters stay. */
  reset(): Promise<void>;
  /** Records held in memory. After `flush()` it is 0 where records can be sent before their commit. */
  readonly pendingRecords: number;
  /** Sends pending records where that is possible before a commit (see `JobRequest.exactlyOnce`); waits for a slow store. */
  flush(): Promise<void>;
  /**
   * Commits what was written together with `commit`. Resolves when that is decided; readers see it some milliseconds later,
   * at the latest when `restore()` or `close()` has resolved. After a rejection the lease can only be closed.
   */
  commit(commit: JobCommit): Promise<void>;
  /**
   * Ends this instance's turn once readers see what it committed; pending records are dropped. It may be called twice, and after
   * the lease was lost.
   */
  close(): Promise<void>;
}

/** The job's store while it works: its lease, and a place for dead letters. */
export interface JobSession extends JobLease {
  /** Where dead letters go, for messages. */
  readonly deadLetters: string;
  /** Adds a dead letter to the next commit. */
  deadLetter(letter: DeadLetter): void;
}

/** A window or timer that fires, and its key. */
export interface Firing {
  /** The key, as JSON. */
  readonly key: Json;
  /** "[2026-10-19T12:00:00.000Z, 2026-10-19T12:01:00.000Z)"; undefined for a timer. */
  readonly window?: string | undefined;
  /** When a timer was due, ms since the Unix epoch. */
  readonly timerMs?: number | undefined;
}

/** A record that could not be processed, and why; or a window or timer that has failed, see `firing`. */
export interface DeadLetter {
  /** Undefined if it came from no record of a source, for instance in a window that fires. */
  readonly origin: RecordOrigin | undefined;
  /** The value as the operator saw it, where there is no origin. */
  readonly value?: unknown;
  /** Of a late record: the event time at which it becomes late, ms; −∞ if it always is. */
  readonly lateFromMs?: number | undefined;
  /** The window or timer, if a function threw not at a record but when that fired. */
  readonly firing?: Firing | undefined;
  /** Event time, ms since the Unix epoch. */
  readonly timestampMs: number;
  /** Name of the operator, or of the source if the record could not be decoded. */
  readonly operator: string;
  /** "RecordError", "LateRecord", … */
  readonly errorClass: string;
  /** One sentence. */
  readonly message: string;
  /** The attempt of the job that failed on it, counted from 1. */
  readonly attempt: number;
}
