/**
 * How somebody outside of a job asks its instances to follow records, and what they report of them. Both go through the job's store
 * (see `JobStore.followRequests` and `JobStore.reportFollowed`), so nobody needs a way to the job itself.
 *
 * Both are JSON. A field that is added is optional and leaves `FOLLOW_FORMAT` as it is; a reader ignores fields that it does
 * not know.
 */
import type { TraceStep } from "./trace.ts";

/** The format of requests and reports that are written now. */
export const FOLLOW_FORMAT = 1;

/** Where a record lies. */
export interface RecordAddress {
  /** Its name. */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
  /** Its place in the partition. */
  readonly offset: number;
}

/** Asks all jobs that run to follow records that they read from now on, until a time. */
export interface FollowRequest {
  /** `FOLLOW_FORMAT` when it was written. */
  readonly format: number;
  /** Unique among all requests, ever. */
  readonly id: string;
  /** When it was made, ms since the Unix epoch. */
  readonly atMs: number;
  /** When it ends by itself, ms since the Unix epoch. */
  readonly untilMs: number;
  /** Records of any topic with one of these keys: the key's text, JSON that is equal to it, or the text of one of its fields. */
  readonly keys: readonly string[];
  /** Records at these places. */
  readonly places: readonly RecordAddress[];
}

/** What one instance of a job has seen of a request so far. */
export interface FollowReport {
  /** `FOLLOW_FORMAT` when it was written. */
  readonly format: number;
  /** Id of the request. */
  readonly request: string;
  /** The job's name. */
  readonly job: string;
  /** Unique among all instances, ever. */
  readonly instance: string;
  /** When it was written, ms since the Unix epoch, by the clock of the machine where the job runs. */
  readonly atMs: number;
  /** In their order; numbers of steps are unique within the instance. */
  readonly steps: readonly TraceStep[];
  /** So many of the steps, the first ones, are part of the job's last commit: what they sent can be read. */
  readonly committed: number;
  /** Steps that were left out, as there were too many. */
  readonly dropped: number;
  /** Windows, timers and calls of the instance from which something may still come, of all that it follows. */
  readonly open: number;
}

/** The request that `text` holds; undefined if it is of another format, or none. */
export function parseFollowRequest(text: string): FollowRequest | undefined {
  const request = parsed(text) as Partial<FollowRequest> | undefined;
  const { id, untilMs, keys, places } = request ?? {};
  const isWhole = typeof id === "string" && typeof untilMs === "number" && Array.isArray(keys) && Array.isArray(places);
  return isWhole ? request as FollowRequest : undefined;
}

/** The report that `text` holds; undefined if it is of another format, or none. */
export function parseFollowReport(text: string): FollowReport | undefined {
  const report = parsed(text) as Partial<FollowReport> | undefined;
  const { request, job, instance, steps } = report ?? {};
  const isWhole = typeof request === "string" && typeof job === "string" && typeof instance === "string" &&
    Array.isArray(steps);
  return isWhole ? report as FollowReport : undefined;
}

function parsed(text: string): unknown {
  try {
    const value = JSON.parse(text);
    return value?.format === FOLLOW_FORMAT ? value : undefined;
  } catch {
    return undefined;
  }
}
