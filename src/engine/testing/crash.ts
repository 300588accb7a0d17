import type { MemoryJobStore } from "./memory_job_store.ts";

/** Where a job crashes; exactly one of these, each counted from 1 from now on. */
export type CrashPoint =
  /** When the job is about to take that record of its `TestSource`s. */
  | { readonly beforeRecord: number }
  /** When that record reaches a `TestSink`, before the sink has it. */
  | { readonly beforeOutput: number }
  /** In that commit: nothing of it is kept. */
  | { readonly beforeCommit: number }
  /** In that commit: all of it is kept, but the job crashes before it knows. */
  | { readonly afterCommit: number };

/** Thrown into a job that is to crash. */
export class SimulatedCrash extends Error {
  override name = "SimulatedCrash";
  /** It is planned, so no restart strategy is asked and no record counts as failed. */
  readonly code = "SIMULATED_CRASH";

  constructor() {
    super("The test killed the job");
  }
}

/** Counts towards one planned crash at a time. */
export class CrashPlan {
  readonly #die: () => SimulatedCrash;
  #kind: string | undefined;
  #left = 0;

  /** @param die kills the job and returns the error to throw */
  constructor(store: MemoryJobStore, die: () => SimulatedCrash) {
    this.#die = die;
    store.onMoment = (kind) => this.pass(kind);
  }

  /** @throws {RangeError | TypeError} unless it is one point with a whole number > 0 */
  set(point: CrashPoint): void {
    const [first, ...others] = Object.entries(point);
    if (first === undefined || others.length > 0) {
      throw new TypeError("Cannot plan a crash: it takes one point, such as { beforeCommit: 2 }");
    }
    const [kind, number] = first as [string, number];
    if (!Number.isInteger(number) || number <= 0) {
      throw new RangeError(`Cannot plan a crash as ${kind} must be a whole number > 0: current value is ${number}`);
    }
    this.#kind = kind;
    this.#left = number;
  }

  /** Marks a moment at which a job can crash. @throws {SimulatedCrash} if it does */
  pass(kind: string): void {
    if (kind !== this.#kind || --this.#left > 0) return;
    this.#kind = undefined;
    throw this.#die();
  }
}
