import { outRuleOf } from "./out_rules.ts";
import type { SourceTask } from "./source_task.ts";
import type { Tally } from "./tally.ts";
import type { Task } from "./task.ts";

/** What became of a job's records. */
export interface Books {
  /** Records that the sources gave. */
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
  /** Records that it got. */
  readonly recordsIn: number;
  /** Records that the last commit had at work: calls that were on their way. */
  readonly restored: number;
  /** Records that went through: they were given on, or changed its state. */
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
  /** Records that it gave to its main output. */
  readonly recordsOut: number;
  /** Records that it gave to side outputs. */
  readonly sideOut: number;
  /** Windows and timers that fired and failed. */
  readonly failed: number;
}

/** Counts of this attempt. */
export function booksOf(sources: readonly SourceTask[], tasks: readonly Task[]): Books {
  const ofSources = sources.map(({ node, output }) => entry(node.name, "source", output.tally));
  const operators = tasks.map(({ node, tally }) =>
    entry(node.name, node.kind === "sink" ? "sink" : node.operation, tally)
  );
  const sum = (entries: readonly OperatorBooks[], count: keyof OperatorBooks & CountName) =>
    entries.reduce((total, entry) => total + entry[count], 0);
  const all = [...ofSources, ...operators];
  return {
    recordsIn: sum(ofSources, "recordsIn"),
    recordsOut: sum(operators.filter(({ operation }) => operation === "sink"), "consumed"),
    filtered: sum(all, "filtered"),
    late: sum(all, "late"),
    dead: sum(all, "dead"),
    failed: sum(all, "failed"),
    ahead: sources[0]?.attempt.clockLimit.count ?? 0,
    pendingTimers: tasks.reduce(
      (total, { timers, processingTimers }) => total + timers.size + processingTimers.size,
      0,
    ),
    sources: ofSources,
    operators,
  };
}

function entry(name: string, operation: string, tally: Tally): OperatorBooks {
  const { restored, consumed, filtered, late, dead, takenBack, pending, sideOut, failed } = tally;
  return {
    name,
    operation,
    recordsIn: tally.in,
    restored,
    consumed,
    filtered,
    late,
    dead,
    takenBack,
    pending,
    recordsOut: tally.out,
    sideOut,
    failed,
  };
}

/**
 * For each moment between two records.
 * @throws {Error} if a record has vanished or was counted twice, or what an operator gave is not what it should give
 */
export function checkBooks(sources: readonly SourceTask[], tasks: readonly Task[]): void {
  for (const { node, output: { tally } } of sources) {
    checkIn(node.name, tally);
    if (tally.out !== tally.consumed) throw mismatch(node.name, tally, "one record out for each that went through");
  }
  for (const { node, operator, tally } of tasks) {
    checkIn(node.name, tally);
    const rule = outRuleOf(operator);
    if (!rule.holds(tally, operator)) throw mismatch(node.name, tally, rule.says);
  }
}

function checkIn(name: string, tally: Tally): void {
  const { restored, consumed, filtered, late, dead, takenBack, pending } = tally;
  if (tally.in + restored === consumed + filtered + late + dead + takenBack + pending) return;
  throw mismatch(name, tally, "in + restored = consumed + filtered + late + dead + takenBack + pending");
}

function mismatch(name: string, tally: Tally, rule: string): Error {
  return new Error(
    `The books of "${name}" do not balance, which is a fault of the engine: it should be ${rule}, but it counted ` +
      `${JSON.stringify(tally)}; nothing of this is committed, please report it`,
  );
}

/** `1,204 in, 1,000 out, 3 late`: one line for a person. */
export function formatBooks({ recordsIn, recordsOut, filtered, late, dead, failed, ahead }: Books): string {
  const parts = [`${format(recordsIn)} in`, `${format(recordsOut)} out`];
  if (filtered > 0) parts.push(`${format(filtered)} filtered out`);
  if (late > 0) parts.push(`${format(late)} late`);
  if (dead > 0) parts.push(`${format(dead)} bad`);
  if (failed > 0) parts.push(`${format(failed)} failed windows or timers`);
  if (ahead > 0) parts.push(`${format(ahead)} far ahead of the clock`);
  return parts.join(", ");
}

type CountName = Exclude<keyof OperatorBooks, "name" | "operation">;

const COLUMNS: readonly (readonly [count: CountName, heading: string, always: boolean])[] = [
  ["recordsIn", "in", true],
  ["restored", "restored", false],
  ["consumed", "consumed", true],
  ["filtered", "filtered", false],
  ["late", "late", false],
  ["dead", "bad", false],
  ["takenBack", "taken back", false],
  ["pending", "pending", false],
  ["recordsOut", "out", true],
  ["sideOut", "side outputs", false],
  ["failed", "failed windows or timers", false],
];

/** A table of all sources, operators and sinks, line by line; counts that are 0 everywhere are left out. */
export function tableOfBooks({ sources, operators }: Books): string[] {
  const rows = [...sources, ...operators];
  const columns = COLUMNS.filter(([count, , always]) => always || rows.some((row) => row[count] > 0));
  const cells = [
    ["", ...columns.map(([, heading]) => heading)],
    ...rows.map((row) => [row.name, ...columns.map(([count]) => format(row[count]))]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)).join("  ")
  );
}

function format(n: number): string {
  return n.toLocaleString("en-US");
}
