import type { JobView, RecordCounts } from "./job_view.ts";

/** What became of a job's records. */
export interface Books {
  /** Records that the sources read. */
  readonly recordsIn: number;
  /** Records that reached the sinks. */
  readonly recordsOut: number;
  /** Records that were let pass no further, by filters and splits. */
  readonly filtered: number;
  /** Records that came too late. */
  readonly late: number;
  /** Records that could not be decoded, or at which a function threw. */
  readonly dead: number;
  /** Windows and timers at which a function threw, and which the job went on without, see `onWindowError`. */
  readonly failed: number;
  /** Records whose times are too far ahead of the clock to move event time; they count above like any other. */
  readonly ahead: number;
  /** Timers that have not come due: open windows, mostly. */
  readonly pendingTimers: number;
  /** In the order of the job. */
  readonly sources: readonly OperatorBooks[];
  /** Operators and sinks, in the order of the job. */
  readonly operators: readonly OperatorBooks[];
}

/**
 * One operator's part, or a source's or sink's. Between two records it balances:
 * `recordsIn + restored = consumed + filtered + late + dead + takenBack + pending`, each counted on its own.
 */
export interface OperatorBooks {
  /** Its name in the job. */
  readonly name: string;
  /** What it does: "map", "window reduce", "source", "sink". */
  readonly operation: string;
  /** Records that came in. */
  readonly recordsIn: number;
  /** Records that the last commit had at work: calls that were on their way. */
  readonly restored: number;
  /** Records that went through: they were handed on, or changed its state. */
  readonly consumed: number;
  /** Records that it let pass no further. */
  readonly filtered: number;
  /** Records that came too late for it. */
  readonly late: number;
  /** Records at which it threw, or that it could not decode. */
  readonly dead: number;
  /** Records that changed nothing, because another operator threw at what they came from. */
  readonly takenBack: number;
  /** Records at work: calls that are on their way. */
  readonly pending: number;
  /** Records that it emitted to its main output. */
  readonly recordsOut: number;
  /** Records that it emitted to side outputs. */
  readonly sideOut: number;
  /** Windows and timers that fired and failed. */
  readonly failed: number;
}

/** The name of one of the counts of an operator. */
export type CountName = Exclude<keyof OperatorBooks, "name" | "operation">;

/** The books of an attempt at this moment. */
export function booksOf({ sources, tasks, clockLimit }: Omit<JobView, "jobName">): Books {
  const ofSources = sources.map(({ node, counts }) => booksOfOne(node.name, "source", counts));
  const operators = tasks.map(({ node, counts }) =>
    booksOfOne(node.name, node.kind === "sink" ? "sink" : node.operation, counts)
  );
  const all = [...ofSources, ...operators];
  return {
    recordsIn: sum(ofSources, "recordsIn"),
    recordsOut: sum(operators.filter(({ operation }) => operation === "sink"), "consumed"),
    filtered: sum(all, "filtered"),
    late: sum(all, "late"),
    dead: sum(all, "dead"),
    failed: sum(all, "failed"),
    ahead: clockLimit.count,
    pendingTimers: tasks.reduce(
      (total, { timers, processingTimers }) => total + timers.size + processingTimers.size,
      0,
    ),
    sources: ofSources,
    operators,
  };
}

function booksOfOne(name: string, operation: string, counts: RecordCounts): OperatorBooks {
  const { restored, consumed, filtered, late, dead, takenBack, pending, sideOut, failed } = counts;
  return {
    name,
    operation,
    recordsIn: counts.in,
    restored,
    consumed,
    filtered,
    late,
    dead,
    takenBack,
    pending,
    recordsOut: counts.out,
    sideOut,
    failed,
  };
}

function sum(entries: readonly OperatorBooks[], count: CountName): number {
  return entries.reduce((total, entry) => total + entry[count], 0);
}
