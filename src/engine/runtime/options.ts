import type { Clock } from "../clock.ts";
import type { JobStore } from "../job_store.ts";
import type { Logger } from "../logger.ts";
import type { DeliveryGuarantee } from "../sink.ts";
import type { StartingPoint } from "../source.ts";

/** How a job runs; what it does is in its graph. */
export interface JobRunOptions {
  readonly jobName: string;
  /** Undefined: nothing outlives the process. */
  readonly store: JobStore | undefined;
  readonly from: StartingPoint;
  readonly bounded: boolean;
  readonly reset: boolean;
  readonly delivery: DeliveryGuarantee;
  /** ms between commits, while anything changes */
  readonly commitIntervalMs: number;
  /** ms of silence after which a partition no longer holds event time back; Infinity: never */
  readonly idleMs: number;
  /** ms of silence of all sources after which event time goes on with the clock; Infinity: never */
  readonly closeIdleMs: number;
  readonly sessionTimeoutMs: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}
