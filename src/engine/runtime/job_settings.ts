import type { Clock } from "../clock.ts";
import type { FaultPoint } from "../fault_points.ts";
import type { JobStore } from "../job_store.ts";
import type { Logger } from "../logger.ts";
import type { DeliveryGuarantee } from "../sink.ts";
import type { StartingPoint } from "../source.ts";
import { Time } from "../time/time.ts";
import { checkDeadLimit, DEAD_SHARE, type DeadLimit } from "./dead_limit.ts";
import type { ErrorPolicy, WindowErrorPolicy } from "./error_policy.ts";
import { type RestartStrategy, startRestarts } from "./restart_strategy.ts";

/** The settings of a job. Each is described once more in `JOB_OPTIONS`: its default, its check, its flag. */
export interface JobSettings {
  /** Names the job's commits, consumer group and dead letters; default "job". */
  readonly jobName: string;
  /** Where a job begins that has no commit yet; default "latest". */
  readonly from: StartingPoint;
  /** Whether to stop at the ends that the sources have at the start; default false. */
  readonly bounded: boolean;
  /**
   * Whether a stop by the signal fires all windows and event-time timers first, as the end of a bounded run does; later
   * records of such a window open it afresh. Default false: they wait for the next run. @see Flink: stop --drain
   */
  readonly drain: boolean;
  /** Whether to forget the last commit first; default false. */
  readonly reset: boolean;
  /**
   * Whether to drop state, timers and positions of operators that the job no longer has, as Flink's --allowNonRestoredState
   * does; default false: a commit that holds some is refused. The next commit deletes them.
   */
  readonly allowNonRestoredState: boolean;
  /**
   * Whether a window's size, slide, gap or offset may be another one than in the last commit; default false: that is refused. State
   * stays. Windows that are open close at their own ends, with what they hold; records from now on fall into the new ones alone.
   */
  readonly allowWindowChange: boolean;
  /** Left out: exactly once for every sink that can. */
  readonly delivery: DeliveryGuarantee;
  /** ms between commits while anything changes, > 0; default 1,000. */
  readonly commitIntervalMs: number;
  /** ms of silence after which a partition no longer holds event time back; 0 or Infinity: never; default 60,000. */
  readonly idleMs: number;
  /**
   * ms of silence of all sources after which event time goes on with the clock, so that the last windows fire though nobody
   * sends any more; what comes after all with an earlier time is late. > 0; default: never, as in Flink.
   */
  readonly closeIdleMs: number;
  /**
   * ms that event time of a live job may be ahead of the clock, so that one record with a wrong time does not make all others
   * late: one that is further ahead is processed as any other, but moves no event time. > 0; Infinity for any time; default one
   * hour. A bounded run, a source that ends by itself and records that the program makes up are free.
   */
  readonly maxAheadMs: number;
  /** ms without a sign of life after which an instance of the job counts as dead; default 10,000. */
  readonly sessionTimeoutMs: number;
  /** ms between two reports of what the job does, which `deno task jobs` shows; 0 or Infinity: none; default 1,000. */
  readonly statusIntervalMs: number;
  /**
   * Where `/metrics`, `/healthz` and `/readyz` are served: a port of this machine, or `host:port`; default undefined: nowhere. Two
   * jobs of one process need two.
   */
  readonly http: string | undefined;
  /** What happens after a failure that no store calls passing; needs a `store`. Default: `{ type: "none" }`. */
  readonly restartStrategy: RestartStrategy;
  /** Default: "dead-letter" with a `store`; without one "fail": nobody would find out. */
  readonly onError: ErrorPolicy;
  /** What becomes of a window that fires, or a timer, at which a function throws; default "fail": nothing of it is lost. */
  readonly onWindowError: WindowErrorPolicy;
  /** How many records that cannot be processed end the job with an error; default: more than half of its last 1,000. */
  readonly maxDead: DeadLimit;
}

/** How a job runs. All but `store` have defaults that suit. */
export interface EnvironmentOptions extends SomeSettings {
  /** Keeps the job's commits. Without one nothing outlives the process, as in a test. */
  readonly store?: JobStore;
  /** Logs what a person should know; default: warnings and errors, to standard error. `SILENT` logs nothing. */
  readonly logger?: Logger;
  /** Ends the job cleanly, after a commit. */
  readonly signal?: AbortSignal;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Whether `execute()` only prints the job to standard output, as `explain()` describes it; default false. */
  readonly explain?: boolean;
  /** For experiments that end the job at a certain point, see `JOB_FAULT_POINTS`; default: nothing is called. */
  readonly faultPoint?: FaultPoint | undefined;
}

/** Any of the settings. */
export type SomeSettings = { readonly [P in keyof JobSettings]?: JobSettings[P] | undefined };

/** How a flag's value is written: what text stands for which value. */
export type FlagText =
  | "switch"
  | "duration"
  | "address"
  | "positive duration"
  | "positive duration or any"
  | "start"
  | "restart strategy"
  | "dead limit"
  | readonly string[];

/** All that is known of one setting beside its type. */
export interface JobOption<V> {
  /** Used where it is left out. */
  readonly default?: V;
  /** @throws {RangeError} if the value is out of range */
  readonly check?: (value: V, name: string) => void;
  /** How it is set on the command line; left out: not at all. */
  readonly flag?: {
    /** Without dashes; left out: as the setting. */
    readonly name?: string;
    readonly text: FlagText;
    /** One line. A default that is written above is added to it. */
    readonly help: string;
  };
}

/** Each setting with its default, its check and its flag, in the order of the help text. */
export const JOB_OPTIONS: { readonly [P in keyof JobSettings]: JobOption<JobSettings[P]> } = {
  jobName: { default: "job" },
  from: {
    default: "latest",
    flag: { text: "start", help: "where the job begins if it has no commit yet; else it goes on from its commit" },
  },
  reset: {
    default: false,
    flag: { text: "switch", help: "forget the job's commit first: positions, state, timers, watermarks" },
  },
  allowNonRestoredState: {
    default: false,
    flag: {
      name: "allow-non-restored-state",
      text: "switch",
      help: "drop what the commit holds of operators that the job no longer has, instead of refusing to start",
    },
  },
  allowWindowChange: {
    default: false,
    flag: {
      name: "allow-window-change",
      text: "switch",
      help:
        "take windows of another size than the commit's, instead of refusing to start; open ones close at their own ends",
    },
  },
  drain: {
    default: false,
    flag: {
      text: "switch",
      help: "when it is stopped, let every window fire first; else they wait for the next run",
    },
  },
  bounded: {
    default: false,
    flag: { text: "switch", help: "stop at what is the end of the topics now; every window fires" },
  },
  idleMs: {
    default: Time.seconds(60),
    check: atLeast0,
    flag: {
      name: "idle",
      text: "duration",
      help: "after so long without a record a partition no longer holds back the others' time; 0s: never",
    },
  },
  // Its flag is that of jobs with windows alone, see `CLOSE_IDLE_FLAG`.
  closeIdleMs: { default: Number.POSITIVE_INFINITY, check: above0 },
  maxAheadMs: {
    default: Time.hours(1),
    check: above0,
    flag: {
      name: "max-ahead",
      text: "positive duration or any",
      help: "a record whose time is further ahead of the clock moves no event time; a bounded run takes any",
    },
  },
  // Left out is not the same as "exactly-once": that is refused where a sink cannot.
  delivery: {
    flag: {
      text: ["exactly-once", "at-least-once"],
      help: "what a crash may do to results: nothing, or repeat some (default: exactly-once wherever the output can)",
    },
  },
  commitIntervalMs: {
    default: Time.seconds(1),
    check: above0,
    flag: {
      name: "commit-interval",
      text: "positive duration",
      help: "time between two commits; results become visible with a commit",
    },
  },
  sessionTimeoutMs: {
    default: Time.seconds(10),
    check: above0,
    flag: {
      name: "session-timeout",
      text: "positive duration",
      help: "after so long without a sign of life another process takes the job over",
    },
  },
  statusIntervalMs: {
    default: Time.seconds(1),
    check: atLeast0,
    flag: {
      name: "status-interval",
      text: "duration",
      help: "time between two reports of what the job does, for deno task jobs; 0s: none",
    },
  },
  http: {
    check: checkAddress,
    flag: {
      text: "address",
      help:
        "serve /metrics for Prometheus, /healthz and /readyz there; a port alone: for this machine (default: nowhere)",
    },
  },
  // Its default depends on the store.
  onError: {
    flag: {
      name: "on-error",
      text: ["dead-letter", "skip", "fail"],
      help: "what becomes of a record that cannot be decoded or at which a function throws (default: dead-letter)",
    },
  },
  onWindowError: {
    default: "fail",
    flag: {
      name: "on-window-error",
      text: ["fail", "dead-letter"],
      help: "what becomes of a window or timer at which a function throws",
    },
  },
  maxDead: {
    default: { share: DEAD_SHARE },
    check: checkDeadLimit,
    flag: {
      name: "max-dead",
      text: "dead limit",
      help:
        "a larger share of the last 1,000 records (100 at least), or more within a minute, that are bad end the job",
    },
  },
  restartStrategy: {
    default: { type: "none" },
    check: startRestarts,
    flag: {
      name: "restart",
      text: "restart strategy",
      help: "after a failure that has no record to blame: none, so many times 10 s apart, or after growing pauses",
    },
  },
};

const MAX_PORT = 65_535;

function checkAddress(http: string | undefined, name: string): void {
  if (http === undefined) return;
  const [, port] = /^(?:.+:)?(\d{1,5})$/.exec(http) ?? [];
  if (port !== undefined && Number(port) <= MAX_PORT) return;
  throw new RangeError(
    `Cannot create an environment as ${name} must be a port up to ${MAX_PORT} or host:port: current value is ${http}`,
  );
}

function above0(value: number, name: string): void {
  if (value > 0) return;
  throw new RangeError(`Cannot create an environment as ${name} must be > 0: current value is ${value}`);
}

function atLeast0(value: number, name: string): void {
  if (value >= 0) return;
  throw new RangeError(`Cannot create an environment as ${name} must be >= 0: current value is ${value}`);
}
