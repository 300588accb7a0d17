import { isExpected } from "../error_codes.ts";
import { OperatorError, RecordError } from "../errors.ts";
import type { DeadLetter, Firing } from "../job_store.ts";
import type { FailedWindow, RecordAtWork } from "../operators/operator.ts";
import type { KeyedStateBackend } from "../state/keyed_state_backend.ts";
import type { Timer } from "../time/timer_queue.ts";
import type { AttemptContext } from "./attempt_context.ts";
import { becomesDeadLetter, describeFiring, errorOf } from "./dead_letters.ts";
import type { FanOut } from "./edge.ts";

/** A window or timer for its dead letter. */
interface FailedFiring extends Pick<DeadLetter, "timestampMs" | "value"> {
  readonly firing: Firing;
}

/** Whose failures they are. */
export interface TaskFailuresOptions {
  /** Name of the operator. */
  readonly name: string;
  readonly output: FanOut;
  readonly state: KeyedStateBackend;
  readonly attempt: AttemptContext;
}

/**
 * Names the errors of one operator, and decides what becomes of the record, window or timer at which its functions threw: the job
 * goes on without it, or fails.
 */
export class TaskFailures {
  /** Whether a timer fires. A record may be at work meanwhile, behind which event time is made anew, or followed. */
  timerFires = false;
  readonly #name: string;
  readonly #output: FanOut;
  readonly #state: KeyedStateBackend;
  readonly #attempt: AttemptContext;

  constructor({ name, output, state, attempt }: TaskFailuresOptions) {
    this.#name = name;
    this.#output = output;
    this.#state = state;
    this.#attempt = attempt;
  }

  /** Does work for no record. */
  guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      // An operator that has named its error is nearer to it than those above.
      if (error instanceof OperatorError || isExpected(error)) throw error;
      throw new OperatorError(this.#name, error, { place: this.#output.place?.origin() });
    }
  }

  /** @returns what to throw for what a function threw at the record at work, which is counted at the operator that threw */
  atRecord(error: unknown): unknown {
    const blamed = this.#blamed(error);
    if (blamed !== error) this.#output.counts.dead++;
    return blamed;
  }

  /** Does work as a part of a record that came before, see `OperatorContext.asRecord()`. */
  asRecord({ value, timestampMs }: RecordAtWork, work: () => void): void {
    const { onError, changes: { journal }, tracing } = this.#attempt;
    const { counts } = this.#output;
    counts.pending--;
    journal.begin();
    try {
      work();
    } catch (error) {
      const blamed = this.#blamed(error);
      if (blamed instanceof OperatorError) tracing.dead(blamed.operator, blamed, onError);
      if (!becomesDeadLetter(blamed, onError)) throw blamed;
      journal.undo();
      if (blamed === error) counts.takenBack++;
      else counts.dead++;
      const letter = { ...errorOf(blamed), origin: undefined, value, timestampMs, operator: blamed.operator };
      this.#attempt.deadLetter(letter, counts.in + counts.restored);
      return;
    }
    counts.consumed++;
    journal.end();
  }

  /** Fires a window, see `OperatorContext.firing()`. */
  window(work: () => void, what: () => FailedWindow): void {
    this.#fire(work, () => {
      const { window, value, timestampMs } = what();
      return { firing: { key: this.#state.currentKey, window }, value, timestampMs };
    });
  }

  /** Fires a timer that is no window's. */
  timer({ timeMs }: Timer, work: () => void): void {
    this.#fire(work, () => ({ firing: { key: this.#state.currentKey, timerMs: timeMs }, timestampMs: timeMs }));
  }

  #fire(work: () => void, what: () => FailedFiring): void {
    const { onWindowError, changes: { journal } } = this.#attempt;
    const { counts } = this.#output;
    const fails = onWindowError === "fail";
    try {
      if (fails) work();
      else journal.part(work);
    } catch (error) {
      // What made the window fire is a record, and no time that has come: that one is to blame.
      const byRecord = journal.isActive && !this.timerFires;
      if (fails && byRecord) throw error;
      if (isExpected(error) && !(error instanceof RecordError)) throw error;
      // One that is not by a record has been named by a firing below.
      if (error instanceof OperatorError && !error.byRecord) throw error;
      const { firing, ...rest } = what();
      const [operator, cause] = error instanceof OperatorError ? [error.operator, error.cause] : [this.#name, error];
      const named = new OperatorError(operator, cause, { place: `in ${describeFiring(firing)}` });
      this.#attempt.tracing.deadFiring(operator, named, onWindowError);
      if (fails) throw named;
      counts.touch();
      counts.failed++;
      const letter = { ...errorOf(named), origin: undefined, operator, firing, ...rest };
      this.#attempt.deadLetter(letter, byRecord ? undefined : counts.fired);
    }
  }

  /** An error with the record to blame; as it is if an operator below has named it, or if no record is to blame. */
  #blamed(error: unknown): unknown {
    if (error instanceof OperatorError || (isExpected(error) && !(error instanceof RecordError))) return error;
    return new OperatorError(this.#name, error, { place: this.#output.place?.origin(), byRecord: true });
  }
}
