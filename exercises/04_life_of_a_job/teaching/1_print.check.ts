import { type DataStream, StreamExecutionEnvironment } from "@stream-apps/deno";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_print.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "the job has a sink",
    run({ defineWorkflow }, seen) {
      const env = new StreamExecutionEnvironment();
      defineWorkflow(env.fromCollection([1, 2, 3]).name("numbers"));
      const printed = seen.takePrinted();
      if (env.explain().includes("print")) return;
      wrong(
        printed.length > 0
          ? "Something was printed while the job was described, and no number has come by then. Printing has to be a part of " +
            "the description, so that it happens for each number when the job runs."
          : "The job reads numbers, and nothing becomes of them: the description has no sink, where records leave the job.",
        env.explain().split("\n"),
      );
    },
  },
  {
    shows: "when it runs, every number is printed as it is",
    async run({ defineWorkflow }, seen) {
      const printed = await run(defineWorkflow, [3, 1, 2]);
      compare(printed ?? seen.takePrinted(), {
        expected: ["3", "1", "2"],
        mistakes: [
          [["3", "1", "2", "3", "1", "2"], "Every number was printed twice: the description has two print sinks."],
          [
            ["6", "2", "4"],
            "The numbers were doubled on their way. That is the next exercise: here they stay what they are.",
          ],
          [
            ["1", "2", "3"],
            "The numbers were sorted. A stream has no end, so nothing in it can be sorted: they are printed as they come.",
          ],
          [
            [],
            "The description has a print sink, but no number has come to it: is something in front of it that lets none through?",
          ],
        ],
        meaning: "What was printed is not what came in. Each number is one line, without anything around it.",
      });

      compare(await run(defineWorkflow, [0, -1]), {
        expected: ["0", "-1"],
        mistakes: [[[], "0 and -1 were not printed: every number is to be."]],
        meaning: "0 and -1 were not printed as they are.",
      });

      async function run(describe: (numbers: DataStream<number>) => void, numbers: number[]): Promise<string[]> {
        seen.takePrinted();
        const env = new StreamExecutionEnvironment();
        describe(env.fromCollection(numbers).name("numbers"));
        seen.takePrinted();
        await env.execute();
        return seen.takePrinted().flatMap((text) => text.split("\n"));
      }
    },
  },
];
