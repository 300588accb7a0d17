import type { Clock } from "../clock.ts";
import type { DeadLetter } from "../job_store.ts";
import type { Changes } from "../state/changes.ts";
import type { ClockLimit } from "../time/clock_limit.ts";
import type { ErrorPolicy, WindowErrorPolicy } from "./error_policy.ts";
import type { Slices } from "./slices.ts";
import type { Tracing } from "./tracing.ts";

/** What the tasks and sources of one attempt of a job have in common. */
export interface AttemptContext {
  readonly clock: Clock;
  readonly changes: Changes;
  readonly onError: ErrorPolicy;
  readonly onWindowError: WindowErrorPolicy;
  /** Whether windows may have another size than those of the last commit. */
  readonly allowWindowChange: boolean;
  /**
   * Logs a record that could not be processed, or came too late, and keeps it if that is the job's policy.
   * @param of how many records its operator has got, if that makes several letters of one record of the job; how often it has
   *   fired, of a window or timer that does so as time has come
   */
  deadLetter(letter: Omit<DeadLetter, "attempt">, of?: number): void;
  /** Follows records, if anybody asks for that. */
  readonly tracing: Tracing;
  /** How far event time may be ahead of the clock. */
  readonly clockLimit: ClockLimit;
  /** Puts off what must not be done before others had their turn. */
  readonly slices: Slices;
  /** Logs what may need a person. */
  warn(message: string): void;
  /** Whether it emits what comes of a broadcast record that others get, too: see `OperatorContext.emitsBroadcast`. */
  readonly emitsBroadcast: boolean;
  /** Records that the sources have emitted so far. */
  recordsIn: number;
  /** Ends the sleep of the job's loop. */
  wake(): void;
  /** Aborted when the attempt ends. */
  readonly signal: AbortSignal;
}
