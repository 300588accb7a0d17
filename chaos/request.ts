/** The messages between the experiment and the process that it kills. */
import type { Topic } from "../src/models.ts";

/** Which of the course's two jobs. */
export type JobName = "s16" | "s20";

/** What a process has to run: its only argument, as JSON. */
export interface ProgramRequest {
  readonly lesson: JobName;
  readonly jobName: string;
  /** Names of the topics that it reads: two for s16, one for s20. */
  readonly inputs: readonly string[];
  /** Name of the topic that it writes. */
  readonly output: string;
  readonly from: "earliest" | "latest";
  readonly bounded: boolean;
  readonly sessionTimeoutMs: number;
  /** The present for s16, ms since the Unix epoch. */
  readonly nowMs: number;
  readonly hold?: HoldAt | undefined;
  /** Ends the job cleanly, as SIGTERM does, after this many commits of something new. */
  readonly stopAfterCommits?: number;
  /** Time between two commits, ms; left out: so short that there are commits between two kills. */
  readonly commitIntervalMs?: number;
  /** For s20: how far the event time of a flight may lie before that of an earlier one in its partition, ms; left out: 0. */
  readonly outOfOrdernessMs?: number;
  /** How much longer each commit takes, ms: a small job that is slow does not end before it can be killed. */
  readonly slowMs?: number;
}

/** Where the process is held until it is killed. */
export interface HoldAt {
  readonly faultPoint: string;
  /** Only after this many commits of something new; 0: from the moment when it is ready to work; −1: from its start. */
  readonly commits: number;
  /** When it goes on, ms; left out: it is held until it is killed. */
  readonly forMs?: number;
}

/** The messages of the process, one line of JSON each on standard output. */
export type ProgramWord =
  /** Its commits: 0 when it is ready to work, then the number with something new; and how many offsets it has read by then. */
  | { readonly commits: number; readonly position: number }
  /** It is held at the fault point that was asked for. */
  | { readonly held: string }
  /** How often it has passed each fault point: the last message of a process that ends by itself. */
  | { readonly passed: Readonly<Record<string, number>> };

/** The topic of a lesson under another name. */
export function renamed<T, K>(topic: Topic<T, K>, name: string): Topic<T, K> {
  return { ...topic, name };
}
