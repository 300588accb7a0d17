import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { type Check, compare } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_double.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "1, 3 and 5 go in; 2, 6 and 10 come out",
    async run({ defineWorkflow }) {
      compare(await outcomeOf(defineWorkflow, [1, 3, 5]), {
        expected: [2, 6, 10],
        mistakes: [
          [
            [1, 3, 5],
            "The numbers came out as they went in. map() does not change its stream: it returns a new one, and that has to be returned.",
          ],
          [[1, 9, 25], "The numbers were multiplied by themselves."],
          [[3, 5, 7], "Two was added to each number: doubled is times two."],
          [[4, 12, 20], "The numbers were doubled twice."],
          [[1, 1, 3, 3, 5, 5], "Every number came out twice. One record comes of each, which is twice as large."],
          [[], "No number came out."],
          [[2, 6, 10, 2, 6, 10], "Every number came out twice, and doubled: is a stream united with itself?"],
        ],
        meaning: "Something else than the doubled numbers came out.",
      });
    },
  },
  {
    shows: "so do numbers that are negative, zero or fractions",
    async run({ defineWorkflow }) {
      compare(await outcomeOf(defineWorkflow, [-1, 0, 0.25]), {
        expected: [-2, 0, 0.5],
        mistakes: [
          [[-2, 0, 0], "Fractions were lost: 0.25 became 0. Has the number been shifted, or rounded?"],
          [[0.5], "Numbers that are not positive did not come out."],
          [[-2, 0.5], "Zero did not come out: a function that answers 0 has answered, too."],
        ],
        meaning: "The numbers from before were right, these are not.",
      });
    },
  },
];

function outcomeOf(describe: (typeof solution)["defineWorkflow"], numbers: number[]): Promise<number[]> {
  return describe(new StreamExecutionEnvironment().fromCollection(numbers).name("numbers")).executeAndCollect();
}
