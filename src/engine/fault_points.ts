/** Places in a job where an experiment may end it, to see that nothing is lost and nothing is done twice. */

/**
 * Called at each fault point with its name. It is synchronous, as some points lie within a transaction that must not wait: an
 * experiment that holds the job there blocks its thread. It is undefined outside of experiments.
 */
export type FaultPoint = (name: string) => void;

/**
 * Fault points of every job, in the order in which it passes them: `start` and `restore` once an attempt, `flush` and
 * `commit` again and again, `end` when an attempt ends its lease. A store has further ones.
 */
export const JOB_FAULT_POINTS = [
  "start: before the job is opened",
  "start: the job is opened",
  "restore: before the last commit is read",
  "restore: the last commit is read",
  "restore: sources, sinks and state are open",
  "flush: before the store",
  "flush: done",
  "commit: before the sinks",
  "commit: the sinks are flushed",
  "commit: the sinks are prepared",
  "commit: before the store",
  "commit: the store has it",
  "commit: the sinks know",
  "end: before the job is given back",
  "end: the job is given back",
] as const;

/** One of {@link JOB_FAULT_POINTS}. */
export type JobFaultPoint = typeof JOB_FAULT_POINTS[number];

/**
 * Does `work` that leads to the fault point `name`, and then passes it: at once, or when the promise resolves that `work` returns.
 * Without work it only passes the point.
 */
export type Step<Name extends string = JobFaultPoint> = <T = void>(name: Name, work?: () => T) => T;

/** The steps of work that passes fault points of these names. */
export function stepsOf<Name extends string = JobFaultPoint>(faultPoint: FaultPoint | undefined): Step<Name> {
  if (faultPoint === undefined) return <T>(_name: Name, work?: () => T) => work?.() as T;
  return <T>(name: Name, work?: () => T) => {
    const result = work?.() as T;
    if (!(result instanceof Promise)) {
      faultPoint(name);
      return result;
    }
    return result.then((value) => {
      faultPoint(name);
      return value;
    }) as T;
  };
}
