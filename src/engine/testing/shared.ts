import type { DeadLetter } from "../job_store.ts";
import type { ErrorPolicy, WindowErrorPolicy } from "../runtime/options.ts";
import type { Shared } from "../runtime/shared.ts";
import { Changes } from "../state/changes.ts";
import { NO_LIMIT } from "../time/clock_limit.ts";
import { ManualClock } from "./manual_clock.ts";

/** What the tasks of a test share; dead letters are written down. */
export interface TestShared extends Shared {
  readonly letters: Omit<DeadLetter, "attempt">[];
  /** Whether a task asked to be looked at since this was set to false. */
  woken: boolean;
}

export function newShared(
  clock: ManualClock = new ManualClock(),
  onError: ErrorPolicy = "dead-letter",
  onWindowError: WindowErrorPolicy = "fail",
): TestShared {
  let last = 0;
  const letters: Omit<DeadLetter, "attempt">[] = [];
  const shared: TestShared = {
    clock,
    changes: new Changes(),
    current: undefined,
    onError,
    onWindowError,
    letters,
    woken: false,
    deadLetter: (letter) => void letters.push(letter),
    clockLimit: NO_LIMIT,
    warn() {},
    sequence: () => ++last,
    wake: () => void (shared.woken = true),
    signal: new AbortController().signal,
  };
  return shared;
}
