import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import type { SkyoneData } from "../../../src/models.ts";
import { SKYONE_SAMPLE } from "../../../src/samples.ts";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_refuse.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "bookings with a price pass as they are",
    async run({ defineWorkflow }) {
      const { passed, letters } = await outcome(defineWorkflow, [700, 0.5]);
      if (letters.length > 0) wrong(`A booking with a good price became a dead letter: ${letters[0]}`);
      compare(passed, { expected: [700, 0.5], meaning: "Bookings with a good price do not all pass, each once." });
    },
  },
  {
    shows: "those of zero or less become dead letters, and the job goes on",
    async run({ defineWorkflow }) {
      const { passed, letters } = await outcome(defineWorkflow, [-1, 700, 0, 800]);
      compare(passed, {
        expected: [700, 800],
        mistakes: [
          [[-1, 700, 0, 800], "Bookings for −1 and for nothing have passed."],
          [[700, 0, 800], "A booking for nothing has passed: its price is not above zero."],
          [[], "No booking has passed."],
        ],
        meaning: "Other bookings have passed than those for 700 and 800.",
      });
      compare(letters, {
        expected: ["ticket_price is -1", "ticket_price is 0"],
        mistakes: [[[], "The bad bookings vanished without a trace: no dead letter names them."]],
        meaning: "There are dead letters, with other messages: who reads them should see the price.",
      });
    },
  },
  {
    shows: "their error says that the record is at fault",
    async run({ defineWorkflow }) {
      const { names } = await outcome(defineWorkflow, [-1]);
      compare(names, {
        expected: ["RecordError"],
        mistakes: [[
          ["Error"],
          "A plain Error was thrown: the job cannot know whether the record or the code is at fault. Throw a RecordError.",
        ]],
        meaning: "The dead letter is not of a RecordError.",
      });
    },
  },
];

async function outcome(describe: (typeof solution)["defineWorkflow"], prices: number[]) {
  const skyone = new TestSource<SkyoneData>("skyone");
  const seen = new TestSink<SkyoneData>("seen");
  await using harness = await new JobHarness((env) => {
    describe(env.fromSource(skyone, watermarksByHand(), "skyone_source")).sinkTo(seen);
  }).start();
  for (const ticket_price of prices) await skyone.push({ ...SKYONE_SAMPLE[0]!, ticket_price });
  const { deadLetters } = harness;
  return {
    passed: seen.values.map(({ ticket_price }) => ticket_price),
    letters: deadLetters.map(({ message }) => message),
    names: deadLetters.map(({ errorClass }) => errorClass),
  };
}
