import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { type Check, compare } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_legs.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "ATL-DFW-SEA has two legs",
    run: ({ defineWorkflow }) =>
      expectLegs(defineWorkflow, ["ATL-DFW-SEA"], ["ATL-DFW", "DFW-SEA"], [
        [["ATL-DFW-SEA"], "The journey came out as it went in."],
        [["ATL", "DFW", "SEA"], "Its airports came out one by one. A leg goes from one to the next."],
        [["ATL-DFW"], "Only the first leg came out."],
        [["DFW-SEA"], "The first leg is missing."],
        [
          ["ATL-DFW", "DFW-SEA", "SEA-undefined"],
          "Behind the last airport there is no further one: the loop goes one step too far.",
        ],
        [
          ["ATL-DFW", "SEA-undefined"],
          "The airports were taken in pairs: Dallas is the end of one leg and the beginning of the next.",
        ],
        [
          ["undefined-ATL", "ATL-DFW", "DFW-SEA"],
          "There is nothing in front of the first airport: the loop begins one step too early.",
        ],
        [["ATL-SEA"], "That is where the journey begins and ends. Its legs are between."],
        [[], "Nothing came out: out.collect() emits a record, what the function returns is not looked at."],
        [["DFW-ATL", "SEA-DFW"], "The legs are the right ones, flown backwards."],
      ]),
  },
  {
    shows: "airports may have codes of other lengths",
    run: ({ defineWorkflow }) =>
      expectLegs(defineWorkflow, ["KATL-DFW-EDDM"], ["KATL-DFW", "DFW-EDDM"], [
        [["KATL-DF", "-DFW-ED"], "The text was cut every four letters: it is the - that parts airports."],
      ]),
  },
  {
    shows: "one leg is one record, and one airport has no leg",
    run: ({ defineWorkflow }) =>
      expectLegs(defineWorkflow, ["BOS-MIA", "IAH", "MCO-LAX"], ["BOS-MIA", "MCO-LAX"], [
        [["BOS-MIA", "IAH", "MCO-LAX"], "The journey IAH has one airport, and nobody flies anywhere: no leg."],
      ]),
  },
];

async function expectLegs(
  describe: (typeof solution)["defineWorkflow"],
  journeys: string[],
  expected: string[],
  mistakes: [string[], string][],
): Promise<void> {
  const legs = await describe(new StreamExecutionEnvironment().fromCollection(journeys)).executeAndCollect();
  compare(legs, { expected, mistakes, meaning: `Other legs than those of ${journeys.join(", ")} came out.` });
}
