import type { SourceTask } from "./source_task.ts";
import type { Task } from "./task.ts";

/** What became of a job's records. */
export interface Books {
  /** Records that the sources gave. */
  readonly recordsIn: number;
  /** Records that reached the sinks. */
  readonly recordsOut: number;
  readonly late: number;
  /** Records that could not be decoded. */
  readonly dead: number;
  /** Timers that have not come due: open windows, mostly. */
  readonly pendingTimers: number;
  readonly operators: readonly OperatorBooks[];
}

/** One operator's part. */
export interface OperatorBooks {
  readonly name: string;
  readonly operation: string;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly late: number;
}

/** Counts of this attempt. */
export function booksOf(sources: readonly SourceTask[], tasks: readonly Task[]): Books {
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  return {
    recordsIn: sum(sources.map(({ output, deadRecords }) => output.records + deadRecords)),
    recordsOut: sum(tasks.map((task) => (task.node.kind === "sink" ? task.recordsIn : 0))),
    late: sum(tasks.map((task) => task.lateRecords)),
    dead: sum(sources.map(({ deadRecords }) => deadRecords)),
    pendingTimers: sum(tasks.map(({ timers, processingTimers }) => timers.size + processingTimers.size)),
    operators: tasks.map((task) => ({
      name: task.node.name,
      operation: task.node.kind === "sink" ? "sink" : task.node.operation,
      recordsIn: task.recordsIn,
      recordsOut: task.output.records,
      late: task.lateRecords,
    })),
  };
}

/** `1,204 in, 1,000 out, 3 late`: one line for a person. */
export function formatBooks(books: Books): string {
  const count = (n: number) => n.toLocaleString("en-US");
  const parts = [`${count(books.recordsIn)} in`, `${count(books.recordsOut)} out`];
  const filtered = books.operators
    .filter(({ operation }) => operation === "filter")
    .reduce((sum, { recordsIn, recordsOut }) => sum + recordsIn - recordsOut, 0);
  if (filtered > 0) parts.push(`${count(filtered)} filtered out`);
  if (books.late > 0) parts.push(`${count(books.late)} late`);
  if (books.dead > 0) parts.push(`${count(books.dead)} undecodable`);
  return parts.join(", ");
}
