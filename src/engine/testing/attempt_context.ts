import type { DeadLetter } from "../job_store.ts";
import type { ErrorPolicy, WindowErrorPolicy } from "../runtime/error_policy.ts";
import type { AttemptContext } from "../runtime/attempt_context.ts";
import { Slices } from "../runtime/slices.ts";
import { Tracing } from "../runtime/tracing.ts";
import { Changes } from "../state/changes.ts";
import { NO_LIMIT } from "../time/clock_limit.ts";
import { ManualClock } from "./manual_clock.ts";

/** The attempt context of a test, which keeps dead letters in an array. */
export interface TestAttemptContext extends AttemptContext {
  readonly letters: Omit<DeadLetter, "attempt">[];
  /** Whether a task has woken the loop since this was set to false. */
  woken: boolean;
}

/** What a task under test gets from its attempt: a clock moved by hand, and no broker. */
export function newAttemptContext(
  clock: ManualClock = new ManualClock(),
  onError: ErrorPolicy = "dead-letter",
  onWindowError: WindowErrorPolicy = "fail",
): TestAttemptContext {
  const letters: Omit<DeadLetter, "attempt">[] = [];
  const changes = new Changes();
  const attempt: TestAttemptContext = {
    clock,
    changes,
    slices: new Slices(clock, changes.journal),
    tracing: new Tracing({ jobName: "job", changes, clock }),
    onError,
    onWindowError,
    allowWindowChange: false,
    letters,
    woken: false,
    deadLetter: (letter) => void letters.push(letter),
    clockLimit: NO_LIMIT,
    emitsBroadcast: true,
    recordsIn: 0,
    warn() {},
    wake: () => void (attempt.woken = true),
    signal: new AbortController().signal,
  };
  return attempt;
}
