/** What the learner is at: the exercise, what became of the last save, hints. The screen and the commands show it. */
import { type CheckRunOptions, type NotRun, runInWorker } from "./check_run.ts";
import { asLearnersFile, type Course, type Exercise } from "./course.ts";
import type { Progress } from "./progress.ts";
import { type CheckOutcome, isRight } from "./run_checks.ts";
import type { TypeFault } from "./type_check.ts";

/** What became of a save. */
export type Verdict =
  | { readonly kind: "checking" }
  | { readonly kind: "types"; readonly faults: readonly TypeFault[] }
  | { readonly kind: "not run"; readonly why: string }
  | {
    readonly kind: "wrong" | "right";
    readonly outcome: CheckOutcome;
    /** Why its types were not checked. */
    readonly typesNotChecked?: string;
  };

/** Checks types; `TypeCheck` is one. */
export interface TypeChecker {
  check(file: URL): Promise<readonly TypeFault[]>;
}

/** How a session checks. */
export interface SessionOptions {
  readonly course: Course;
  readonly progress: Progress;
  /** Left out: only the checks are run. */
  readonly types?: TypeChecker;
  /** Called when something to be shown has changed. */
  readonly onChange?: () => void;
  /** Runs the checks; left out: in a worker. */
  readonly run?: typeof runInWorker;
}

/** One learner at work. */
export class Session {
  readonly course: Course;
  readonly progress: Progress;
  readonly #types: TypeChecker | undefined;
  readonly #onChange: () => void;
  readonly #runChecks: typeof runInWorker;
  #verdict: Verdict = { kind: "checking" };
  #run = new AbortController();

  constructor({ course, progress, types, onChange = () => {}, run = runInWorker }: SessionOptions) {
    this.course = course;
    this.progress = progress;
    this.#types = types;
    this.#onChange = onChange;
    this.#runChecks = run;
  }

  get exercise(): Exercise {
    return this.progress.current;
  }

  /** What became of the last save of the current exercise. */
  get verdict(): Verdict {
    return this.#verdict;
  }

  /** Checks the current exercise; one that is still being checked is left. @returns undefined if another check has begun */
  async check(): Promise<Verdict | undefined> {
    this.#run.abort();
    const { signal } = this.#run = new AbortController();
    const { exercise } = this;
    this.#show({ kind: "checking" });
    const verdict = await this.#verdictOn(exercise, { signal });
    if (signal.aborted) return undefined;
    if (verdict.kind === "right") await this.progress.setSolved(exercise);
    this.#show(verdict);
    return verdict;
  }

  /** Leaves the check that is running: nothing more is shown of it. */
  leave(): void {
    this.#run.abort();
  }

  /** Goes to an exercise. */
  async goTo(exercise: Exercise): Promise<void> {
    await this.progress.goTo(exercise);
    this.#verdict = { kind: "checking" };
    this.#onChange();
  }

  /** Puts the learner's file back to how it was at first. */
  async reset(exercise: Exercise = this.exercise): Promise<void> {
    await Deno.writeTextFile(exercise.file, asLearnersFile(await Deno.readTextFile(exercise.start)));
    await this.progress.forget(exercise);
    this.#onChange();
  }

  /** Types come first; but until the type checker has loaded everything, what the checks have found need not wait for it. */
  async #verdictOn(exercise: Exercise, options: CheckRunOptions): Promise<Verdict> {
    try {
      const checkingTypes = this.#faultsIn(exercise);
      const running = this.#runChecks(exercise, options).then((outcome): Verdict => {
        if (isNotRun(outcome)) return { kind: "not run", why: outcome.notRun };
        return { kind: isRight(outcome) ? "right" : "wrong", outcome };
      });
      running.then((early) => {
        if (early.kind === "wrong" && !options.signal?.aborted) this.#show(early);
      }, () => {});
      const [types, verdict] = await Promise.all([checkingTypes, running]);
      if (typeof types === "string") {
        return verdict.kind === "wrong" || verdict.kind === "right" ? { ...verdict, typesNotChecked: types } : verdict;
      }
      return types.length > 0 ? { kind: "types", faults: types } : verdict;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return { kind: "not run", why: "The file is not there: reset brings it back as it was at first." };
    }
  }

  /** What is wrong with the types, or why that is not known: then the checks have to do. */
  async #faultsIn(exercise: Exercise): Promise<readonly TypeFault[] | string> {
    if (this.#types === undefined) return [];
    try {
      return await this.#types.check(exercise.file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || !(error instanceof Error)) throw error;
      return error.message;
    }
  }

  #show(verdict: Verdict): void {
    this.#verdict = verdict;
    this.#onChange();
  }
}

function isNotRun(outcome: CheckOutcome | NotRun): outcome is NotRun {
  return "notRun" in outcome;
}

/** The text of an exercise's solution, as it would stand in the learner's file. */
export async function solutionOf(exercise: Exercise): Promise<string> {
  return asLearnersFile(await Deno.readTextFile(exercise.solution));
}
