/** What `deno task dev` and the process of a version of the job say to each other. */
import type { StateVersions } from "../../engine/internal.ts";

/** A described job as plain data, by which two versions of it are compared. */
export interface JobShape {
  /** Its name: what its commits are kept under. */
  readonly job: string;
  /** Whether it serves metrics at a port, which two processes cannot do at a time. */
  readonly servesHttp: boolean;
  /** Whether its commits outlive the process. */
  readonly keepsState: boolean;
  /** In the order of description. */
  readonly nodes: readonly NodeShape[];
}

/** A source, an operator or a sink of a described job. */
export interface NodeShape {
  /** "source", "map", "window reduce", "sink". */
  readonly operation: string;
  readonly name: string;
  /** What its state is kept under. */
  readonly uid: string;
  /** Names of what it reads from: "a ∪ b, by key". */
  readonly inputs: string;
  /** Of a source or a sink: `topic "flightdata"`. */
  readonly endpoint?: string;
  /** Of a source: "monotonous timestamps". */
  readonly strategy?: string;
  /** What its state depends on, by name: the assigner of its windows. */
  readonly dependsOn: Readonly<Record<string, string>>;
  /** Text of its functions, where the operator shows them. */
  readonly code: string;
  /** Kinds and versions of its states, by name, as far as they have been asked for. */
  readonly states: StateVersions;
}

/** What the process is to do, a word on a line of its standard input; at the input's end it commits and ends. */
export type DevCommand = "run" | "pause";

/** A message of the process, as a line of JSON behind `MESSAGE_MARK` on its standard output. */
export type DevMessage =
  /** It has described its job, and tried in memory that the last commit fits it. */
  | { readonly type: "ready"; readonly shape: JobShape }
  /** It waits for the instance that is active to end. */
  | { readonly type: "stands by" }
  /** It has made its first commit, and works. */
  | { readonly type: "runs" }
  /** It has committed and works no more, until it is to run again. */
  | { readonly type: "paused" }
  /** The job has come to its end. */
  | { readonly type: "finished" };
