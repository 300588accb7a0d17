/** What `deno task follow` and the process in which it runs a job again say to each other. */
import type { TraceStep } from "../../engine/mod.ts";

/** Where a record lies. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What the process is to do with the job; it comes as one line of JSON on its standard input. */
export type FollowRequest =
  | { readonly command: "describe" }
  | {
    readonly command: "follow";
    /** The records to follow. */
    readonly places: readonly Place[];
    /** Where to begin, ms since the Unix epoch; left out: at the last commit, or at the beginning of the topics. */
    readonly fromMs?: number | undefined;
    /** Whether to go on, with the records that come, until nothing more can come of those that are followed. */
    readonly wait: boolean;
  };

/** A message of the process, as a line of JSON behind {@link MESSAGE_MARK} on its standard output. */
export type FollowMessage =
  | JobMessage
  | { readonly type: "start"; readonly from: RerunStart }
  | { readonly type: "step"; readonly step: TraceStep }
  | { readonly type: "waiting"; readonly why: string | undefined }
  | EndMessage;

/** What the file describes. */
export interface JobMessage {
  readonly type: "job";
  readonly job: string;
  /** Topics of its sources. */
  readonly reads: readonly string[];
  /** Descriptions of its sinks: `topic "flightdata"`. */
  readonly writes: readonly string[];
}

/** Where the job begins this time. */
export type RerunStart = "the last commit" | "the beginning" | "a time";

/** Nothing more comes of the records, as far as the topics go. */
export interface EndMessage {
  readonly type: "end";
  /** How many of the records came by. */
  readonly found: number;
  /** Windows, timers and calls from which something may still come. */
  readonly open: number;
  /** What the job waits for, in words. */
  readonly why?: string | undefined;
}

/** Tells messages from what the job itself prints. It is the record separator of RFC 7464. */
export const MESSAGE_MARK = "\x1e";
