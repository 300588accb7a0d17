import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_side_output.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "prices of up to 1000 are approved, higher ones are not",
    async run({ defineWorkflow }) {
      compare((await outcome(defineWorkflow)).approved, {
        expected: [700, 1000, 300],
        mistakes: [
          [[700, 1200, 1000, 300, 1000.5], "All prices are approved: those above 1000 must not be among the results."],
          [[700, 300], "1000 is not approved: up to 1000 includes it."],
          [[1200, 1000.5], "It is the wrong way round: the high prices are approved."],
          [[700, 1000, 300, 1000.5], "1000.5 is approved: up to 1000 does not include it."],
          [[], "Nothing is approved."],
        ],
        meaning: "Other prices are approved.",
      });
    },
  },
  {
    shows: "of each higher one there is a note in the side output",
    async run({ defineWorkflow }) {
      const { notes } = await outcome(defineWorkflow);
      if (notes[0] === "?") {
        wrong("notes is still a stream of question marks: it is to be the side output of approved.");
      }
      compare(notes, {
        expected: ["1200 needs a signature", "1000.5 needs a signature"],
        mistakes: [
          [[], "The side output is empty: does processElement() emit to it, by context.output()?"],
          [["1200", "1000.5"], "The notes are the prices alone."],
        ],
        meaning: "The notes are others.",
      });
    },
  },
];

async function outcome(describe: (typeof solution)["defineWorkflow"]) {
  const prices = new TestSource<number>("prices");
  const approved = new TestSink<number>("approved");
  const notes = new TestSink<string>("notes");
  await using _harness = await new JobHarness((env) => {
    const ways = describe(env.fromSource(prices, watermarksByHand(), "prices"));
    ways.approved.sinkTo(approved);
    ways.notes.sinkTo(notes);
  }).start();
  for (const price of [700, 1200, 1000, 300, 1000.5]) await prices.push(price);
  return { approved: approved.values, notes: notes.values };
}
