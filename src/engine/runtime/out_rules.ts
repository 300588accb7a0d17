import { FilterOperator } from "../operators/filter.ts";
import { MapOperator } from "../operators/map.ts";
import { ReduceOperator } from "../operators/reduce.ts";
import { RollingAggregateOperator } from "../operators/rolling_aggregate.ts";
import { SinkOperator } from "../operators/sink.ts";
import { SplitOperator } from "../operators/split.ts";
import { TimestampsAndWatermarksOperator } from "../operators/timestamps_and_watermarks.ts";
import { SimpleWindowOperator } from "../operators/window/simple_window.ts";
import type { Tally } from "./tally.ts";

/** How many records an operator gives for those that went through. */
export interface OutRule {
  readonly says: string;
  holds(tally: Tally, operator: object): boolean;
}

const ONE_EACH: OutRule = {
  says: "one record out for each that went through",
  holds: ({ out, consumed }) => out === consumed,
};

const ANY: OutRule = { says: "any number of records out", holds: () => true };

/** Operators that are not here give any number: their functions decide. */
const RULES = new Map<unknown, OutRule>([
  [MapOperator, ONE_EACH],
  [FilterOperator, ONE_EACH],
  [ReduceOperator, ONE_EACH],
  [RollingAggregateOperator, ONE_EACH],
  [TimestampsAndWatermarksOperator, ONE_EACH],
  [SplitOperator, {
    says: "one record to a side output for each that went through, and none to the main output",
    holds: ({ out, sideOut, consumed }) => out === 0 && sideOut === consumed,
  }],
  [SimpleWindowOperator, {
    says: "one record out for each window that closed and did not fail, unless a process function decides",
    holds: ({ out, fired, failed }, operator) =>
      !(operator instanceof SimpleWindowOperator) || !operator.givesOnePerWindow || out === fired - failed,
  }],
  [SinkOperator, { says: "no record out", holds: ({ out, sideOut }) => out === 0 && sideOut === 0 }],
]);

export function outRuleOf(operator: object): OutRule {
  return RULES.get(operator.constructor) ?? ANY;
}
