import type { SourceTask } from "./source_task.ts";
import type { Task } from "./task.ts";

/** What became of a job's records. */
export interface Books {
  /** Records that the sources gave. */
  readonly recordsIn: number;
  /** Records that reached the sinks. */
  readonly recordsOut: number;
  /** Records that came too late. */
  readonly late: number;
  /** Records that could not be decoded, or at which a function threw. */
  readonly dead: number;
  /** Timers that have not come due: open windows, mostly. */
  readonly pendingTimers: number;
  /** Operators and sinks, in the order of the job. */
  readonly operators: readonly OperatorBooks[];
}

/** One operator's part. */
export interface OperatorBooks {
  /** Its name in the job. */
  readonly name: string;
  /** What it does: "map", "window reduce", "sink". */
  readonly operation: string;
  /** Records that it got. */
  readonly recordsIn: number;
  /** Records that it gave to its main output. */
  readonly recordsOut: number;
  /** Records that came too late for it. */
  readonly late: number;
  /** Records at which it threw. */
  readonly dead: number;
  /** Records that changed nothing, because another operator threw at what they came from. */
  readonly takenBack: number;
}

/** Counts of this attempt. */
export function booksOf(sources: readonly SourceTask[], tasks: readonly Task[]): Books {
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  return {
    recordsIn: sum(sources.map(({ output, deadRecords }) => output.records + deadRecords)),
    recordsOut: sum(tasks.filter(({ node }) => node.kind === "sink").map(reached)),
    late: sum(tasks.map((task) => task.lateRecords)),
    dead: sum([...sources, ...tasks].map(({ deadRecords }) => deadRecords)),
    pendingTimers: sum(tasks.map(({ timers, processingTimers }) => timers.size + processingTimers.size)),
    operators: tasks.map((task) => ({
      name: task.node.name,
      operation: task.node.kind === "sink" ? "sink" : task.node.operation,
      recordsIn: task.recordsIn,
      recordsOut: task.output.records,
      late: task.lateRecords,
      dead: task.deadRecords,
      takenBack: task.takenBackRecords,
    })),
  };
}

/** Records that stay what they are: nothing took them back. */
function reached({ recordsIn, deadRecords, takenBackRecords }: Task): number {
  return recordsIn - deadRecords - takenBackRecords;
}

/** `1,204 in, 1,000 out, 3 late`: one line for a person. */
export function formatBooks(books: Books): string {
  const count = (n: number) => n.toLocaleString("en-US");
  const parts = [`${count(books.recordsIn)} in`, `${count(books.recordsOut)} out`];
  const filtered = books.operators
    .filter(({ operation }) => operation === "filter" || operation === "split")
    .reduce((sum, { recordsIn, recordsOut, dead }) => sum + recordsIn - recordsOut - dead, 0);
  if (filtered > 0) parts.push(`${count(filtered)} filtered out`);
  if (books.late > 0) parts.push(`${count(books.late)} late`);
  if (books.dead > 0) parts.push(`${count(books.dead)} bad`);
  return parts.join(", ");
}
