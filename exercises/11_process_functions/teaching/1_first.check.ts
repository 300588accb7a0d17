import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, compare } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_first.solution.ts";

const BOOKINGS = ["anna 1", "anna 2", "ben 3", "anna 4", "ben 5", "cleo 6"];

export const checks: Check<typeof solution>[] = [
  {
    shows: "anna's, ben's and cleo's first bookings come out, and no other",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow), {
        expected: ["anna 1", "ben 3", "cleo 6"],
        mistakes: [
          [BOOKINGS, "Every booking came out: nothing is remembered, or nobody looks at what is."],
          [
            ["anna 1"],
            "Only the very first booking came out: what is remembered is the same for all travellers. Is it a field of the class?",
          ],
          [[], "No booking came out: of each traveller one has to be the first."],
          [["anna 2", "anna 4", "ben 5"], "It is the wrong way round: all but the first came out."],
          [
            ["anna 1", "ben 3", "anna 4", "ben 5", "cleo 6"],
            "A booking came out whenever the traveller changed: what is remembered is the last traveller, not each.",
          ],
          [["anna 1", "anna 1", "ben 3", "ben 3", "cleo 6", "cleo 6"], "Every first booking came out twice."],
          [["anna 2", "ben 5"], "Each traveller's second booking came out."],
          [
            ["anna 1", "ben 3", "anna 4", "cleo 6"],
            "Every other booking came out: what is remembered is switched off again.",
          ],
          [["anna 1", "anna 4", "ben 3", "cleo 6"], "The order is another one."],
        ],
        meaning: "Other bookings came out than the first of each traveller.",
        show: (lines) => lines.length === 0 ? ["(nothing)"] : lines,
      });
    },
  },
  {
    shows: "anna and adam are two travellers",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow, { of: ["anna 1", "adam 2"] }), {
        expected: ["anna 1", "adam 2"],
        meaning: "Anna's booking was taken for one of Adam's: the key is the whole address of the traveller.",
        show: (lines) => lines,
      });
    },
  },
  {
    shows: "after a crash the job still knows who has booked before",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow, { crashBehind: 3 }), {
        expected: ["anna 1", "ben 3", "cleo 6"],
        mistakes: [[
          ["anna 1", "ben 3", "anna 4", "ben 5", "cleo 6"],
          "Behind the third booking the job was killed and started again, and took Anna's fourth for her first: it was remembered in a field, which a crash empties. State is saved.",
        ]],
        meaning: "Behind the third booking the job was killed and started again; what it emitted since is wrong.",
        show: (lines) => lines,
      });
    },
  },
];

async function outcome(
  describe: (typeof solution)["defineWorkflow"],
  { crashBehind = 0, of = BOOKINGS }: { readonly crashBehind?: number; readonly of?: readonly string[] } = {},
): Promise<string[]> {
  const source = new TestSource<solution.Booking>("bookings");
  const firsts = new TestSink<solution.Booking>("firsts");
  await using harness = await new JobHarness((env) => {
    describe(env.fromSource(source, watermarksByHand(), "bookings")).sinkTo(firsts);
  }).start();
  for (const [index, text] of of.entries()) {
    const [email, flight] = text.split(" ");
    await source.push({ email: email!, flight: flight! });
    if (index + 1 !== crashBehind) continue;
    await harness.commit();
    await harness.restart();
  }
  return firsts.values.map(({ email, flight }) => `${email} ${flight}`);
}
