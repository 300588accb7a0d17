/** What the experiment and the process that it kills say to each other. */
import type { Topic } from "../src/models.ts";

/** Which of the course's two jobs. */
export type JobName = "s16" | "s20";

/** What a process is to run: its only argument, as JSON. */
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
  /** What s16 takes for the present, ms since the Unix epoch. */
  readonly nowMs: number;
  readonly hold?: HoldAt | undefined;
  /** Ends the job cleanly, as SIGTERM does, when it has committed so often what is new. */
  readonly stopAfterCommits?: number;
  /** Time between two commits, ms; left out: so short that there is something to see between two kills. */
  readonly commitIntervalMs?: number;
  /** How far a flight may come behind a later one in its partition, ms; left out: not at all. For s20. */
  readonly outOfOrdernessMs?: number;
  /** Makes each commit last so much longer, ms: a small job that is slow is not over before it can be killed. */
  readonly slowMs?: number;
}

/** Where the process is to stand still until it is killed. */
export interface HoldAt {
  readonly faultPoint: string;
  /** Only when it has committed so often what is new; 0: from the moment when it is ready to work; −1: from its start. */
  readonly commits: number;
  /** It goes on after so long, ms; left out: it stands still until it is killed. */
  readonly forMs?: number;
}

/** What the process says, a line of JSON each on standard output. */
export type ProgramWord =
  /** It has committed: 0 when it is ready to work, then how often what is new; and how many offsets it has read by then. */
  | { readonly commits: number; readonly position: number }
  /** It stands still at the point that was asked for. */
  | { readonly held: string }
  /** How often it has passed each fault point: the last word of a process that ends by itself. */
  | { readonly passed: Readonly<Record<string, number>> };

/** The topic of a lesson under another name. */
export function renamed<T, K>(topic: Topic<T, K>, name: string): Topic<T, K> {
  return { ...topic, name };
}
