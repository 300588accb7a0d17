/** The state of the demo at one moment. Everything that is shown is a pure function of it. */
export interface DemoState {
  /** "embedded log in /home/me/.broker"; undefined while it is being looked for. */
  readonly broker: string | undefined;
  /** Where the same is seen in a browser: "http://localhost:8081/". */
  readonly dashboard?: string | undefined;
  /** ms since the Unix epoch */
  readonly nowMs: number;
  /** Since the command began, ms. */
  readonly elapsedMs: number;
  /** `--seconds`, ms. */
  readonly limitMs?: number | undefined;
  readonly topics: {
    readonly skyone: TopicState;
    readonly sunset: TopicState;
    readonly flightdata: TopicState;
    readonly userstatistics: TopicState;
  };
  readonly importer: JobState;
  readonly statistics: JobState;
  readonly eventTime: EventTime;
  /** Everyone with statistics, most flights first. */
  readonly travellers: readonly Traveller[];
}

/** A topic as seen by a reader of committed records. */
export interface TopicState {
  readonly name: string;
  /** All its records. */
  readonly count: number;
  /** Those that came while this demo ran. */
  readonly added: number;
  /** The rate of the last seconds; 0 at the start. */
  readonly perSecond: number;
}

/** A job as seen from its broker. */
export interface JobState {
  readonly name: string;
  readonly status: "starting" | "active" | "stands by" | "interrupted";
  /** The active instance while this one stands by: "process 4711". */
  readonly holder?: string | undefined;
  /** Records of its topics that no commit of it covers yet; undefined before its first commit here. */
  readonly behind?: number | undefined;
}

/** The event time of flightdata, and what the open window waits for. */
export type EventTime =
  /** No partition has a record. */
  | { readonly kind: "none" }
  /** This partition has no record yet, and event time waits for it at most this long. */
  | { readonly kind: "incomplete"; readonly partition: string; readonly waitMs: number }
  /** The first open window, and the partition that is furthest behind. */
  | { readonly kind: "at"; readonly ms: number; readonly window: WindowBounds; readonly heldBy: string }
  /** All partitions are idle: without records for longer than event time waits. */
  | { readonly kind: "silent"; readonly ms: number; readonly silentMs: number };

/** `[startMs, endMs)` of event time. */
export interface WindowBounds {
  readonly startMs: number;
  readonly endMs: number;
}

/** The latest statistics of a traveller. */
export interface Traveller {
  readonly email: string;
  readonly flights: number;
  readonly minutes: number;
  /** What the newest window added; 0 if the traveller is not in it. */
  readonly gained: number;
}
