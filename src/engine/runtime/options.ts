import type { Clock } from "../clock.ts";
import type { FaultPoint } from "../fault_points.ts";
import type { JobStore } from "../job_store.ts";
import type { Logger } from "../logger.ts";
import type { DeadLimit } from "./dead_limit.ts";
import type { DeliveryGuarantee } from "../sink.ts";
import type { StartingPoint } from "../source.ts";
import type { JobView } from "../reporting/job_view.ts";
import type { RestartStrategy } from "./restart_strategy.ts";
import type { AttemptContext } from "./attempt_context.ts";
import type { ErrorPolicy, WindowErrorPolicy } from "./error_policy.ts";
import type { SourceTask } from "./source_task.ts";
import type { Task } from "./task.ts";

/** How a job runs; what it does is in its graph. */
export interface JobRunOptions {
  readonly jobName: string;
  /** Undefined: nothing outlives the process. */
  readonly store: JobStore | undefined;
  readonly from: StartingPoint;
  readonly bounded: boolean;
  /** Whether a stop fires all that waits for event time first. */
  readonly drain: boolean;
  readonly reset: boolean;
  /** Whether to drop what the last commit has of operators that the job no longer has; default: the job is refused. */
  readonly allowNonRestoredState?: boolean;
  readonly delivery: DeliveryGuarantee;
  /** ms between commits, while anything changes */
  readonly commitIntervalMs: number;
  /** ms of silence after which a partition no longer holds event time back; Infinity: never */
  readonly idleMs: number;
  /** ms of silence of all sources after which event time goes on with the clock; Infinity: never */
  readonly closeIdleMs: number;
  /** ms that event time of a live job may be ahead of the clock; Infinity: any */
  readonly maxAheadMs: number;
  readonly sessionTimeoutMs: number;
  readonly restartStrategy: RestartStrategy;
  readonly onError: ErrorPolicy;
  readonly onWindowError: WindowErrorPolicy;
  readonly maxDead: DeadLimit;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called at each of `JOB_FAULT_POINTS`, and handed to the store. */
  readonly faultPoint?: FaultPoint | undefined;
  /** Called for each attempt when its parts are there, before its first commit: for tools that look into a job at work. */
  readonly onWired?: (parts: RunningParts) => void;
}

/** The parts of one attempt at work. */
export interface RunningParts {
  readonly view: JobView;
  readonly sources: readonly SourceTask[];
  readonly tasks: readonly Task[];
  readonly attempt: AttemptContext;
}
