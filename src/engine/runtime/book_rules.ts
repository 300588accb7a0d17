import { FilterOperator } from "../operators/filter.ts";
import { MapOperator } from "../operators/map.ts";
import { ReduceOperator } from "../operators/reduce.ts";
import { RollingAggregateOperator } from "../operators/rolling_aggregate.ts";
import { SinkOperator } from "../operators/sink.ts";
import { SplitOperator } from "../operators/split.ts";
import { TimestampsAndWatermarksOperator } from "../operators/timestamps_and_watermarks.ts";
import { SessionWindowOperator } from "../operators/window/session_window.ts";
import { SimpleWindowOperator } from "../operators/window/simple_window.ts";
import type { RecordCounts } from "../reporting/job_view.ts";

/** A source of which the books are checked. */
interface SourceBooks {
  readonly node: { readonly name: string };
  readonly counts: RecordCounts;
}

/** An operator or sink of which the books are checked. */
interface TaskBooks extends SourceBooks {
  readonly operator: object;
}

/**
 * For each moment between two records.
 * @throws {Error} if a record has vanished or was counted twice, or what an operator emitted is not what it should emit
 */
export function checkBooks(sources: readonly SourceBooks[], tasks: readonly TaskBooks[]): void {
  for (const { node, counts } of sources) {
    checkIn(node.name, counts);
    if (counts.out !== counts.consumed) throw mismatch(node.name, counts, "one record out for each that went through");
  }
  for (const { node, operator, counts } of tasks) {
    checkIn(node.name, counts);
    const rule = outRuleOf(operator);
    if (!rule.holds(counts, operator)) throw mismatch(node.name, counts, rule.expected);
  }
}

function checkIn(name: string, counts: RecordCounts): void {
  const { restored, consumed, filtered, late, dead, takenBack, pending } = counts;
  if (counts.in + restored === consumed + filtered + late + dead + takenBack + pending) return;
  throw mismatch(name, counts, "in + restored = consumed + filtered + late + dead + takenBack + pending");
}

function mismatch(name: string, counts: RecordCounts, rule: string): Error {
  return new Error(
    `The books of "${name}" do not balance, which is a fault of the engine: it should be ${rule}, but it counted ` +
      `${JSON.stringify(counts)}; nothing of this is committed, please report it`,
  );
}

/** How many records an operator emits for those that went through. */
export interface OutRule {
  readonly expected: string;
  holds(counts: RecordCounts, operator: object): boolean;
}

const ONE_EACH: OutRule = {
  expected: "one record out for each that went through",
  holds: ({ out, consumed }) => out === consumed,
};

const ANY: OutRule = { expected: "any number of records out", holds: () => true };

const ONE_PER_WINDOW: OutRule = {
  expected: "one record out for each window that closed and did not fail, unless a process function decides",
  holds: ({ out, fired, failed }, operator) =>
    !(operator as { readonly emitsOnePerWindow: boolean }).emitsOnePerWindow || out === fired - failed,
};

/** Operators that are not here emit any number: their functions decide. */
const RULES = new Map<unknown, OutRule>([
  [MapOperator, ONE_EACH],
  [FilterOperator, ONE_EACH],
  [ReduceOperator, ONE_EACH],
  [RollingAggregateOperator, ONE_EACH],
  [TimestampsAndWatermarksOperator, ONE_EACH],
  [SplitOperator, {
    expected: "one record to a side output for each that went through, and none to the main output",
    holds: ({ out, sideOut, consumed }) => out === 0 && sideOut === consumed,
  }],
  [SimpleWindowOperator, ONE_PER_WINDOW],
  [SessionWindowOperator, ONE_PER_WINDOW],
  [SinkOperator, { expected: "no record out", holds: ({ out, sideOut }) => out === 0 && sideOut === 0 }],
]);

/** The rule of an operator. */
export function outRuleOf(operator: object): OutRule {
  return RULES.get(operator.constructor) ?? ANY;
}
