import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, compare } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./3_totals.solution.ts";

type Bookings = readonly (readonly [email: string, euros: number])[];

const BOOKINGS: Bookings = [["anna", 100], ["ben", 50], ["anna", 20], ["anna", 3], ["ben", 7]];

export const checks: Check<typeof solution>[] = [
  {
    shows: "flights and euros grow with each booking of a traveller, and travellers are apart",
    async run({ defineWorkflow }) {
      compare(await totalsOf(defineWorkflow), {
        expected: ["anna 1 100", "ben 1 50", "anna 2 120", "anna 3 123", "ben 2 57"],
        mistakes: [
          [["anna 0 0", "ben 0 0", "anna 0 0", "anna 0 0", "ben 0 0"], "Every total is 0: nothing is added up yet."],
          [
            ["anna 1 100", "ben 1 50", "anna 1 20", "anna 1 3", "ben 1 7"],
            "Each booking is a total of its own, and they are not added up: reduce() is missing, or every booking has a key of its own.",
          ],
          [
            ["anna 1 100", "anna 2 150", "anna 3 170", "anna 4 173", "anna 5 180"],
            "All went into one total: the travellers have one key.",
          ],
          [
            ["anna 1 100", "ben 1 50", "anna 1 120", "anna 1 123", "ben 1 57"],
            "The euros are added up, the flights are not.",
          ],
          [
            ["anna 1 100", "ben 1 50", "anna 2 20", "anna 3 3", "ben 2 7"],
            "The flights are added up; of the euros only those of the last booking are there: `b` is the next total, `a` all before.",
          ],
          [
            ["anna 1 100", "ben 1 50", "anna 2 100", "anna 3 100", "ben 2 50"],
            "The flights are added up; the euros stay those of the first booking.",
          ],
          [
            ["anna 0 100", "ben 0 50", "anna 0 120", "anna 0 123", "ben 0 57"],
            "A total of one booking has 0 flights, so the sum stays 0.",
          ],
          [
            ["anna 1 100", "ben 1 50", "anna 2 100", "anna 3 100", "ben 2 57"],
            "The euros are the largest so far, and not the sum.",
          ],
          [
            ["anna 1 100", "ben 1 50", "anna 2 200", "anna 3 400", "ben 2 100"],
            "The accumulated euros were added to themselves: a + a, where b was meant.",
          ],
          [["anna 1 100", "ben 1 50", "anna 2 120", "ben 2 57", "anna 3 123"], "The order has changed."],
          [
            ["anna 1 0", "ben 1 0", "anna 2 0", "anna 3 0", "ben 2 0"],
            "Flights are counted, and every price is 0: a booking's euros have to go into its total.",
          ],
          [["anna 1 100", "ben 1 50", "anna 2 2000", "anna 3 6000", "ben 2 350"], "The euros were multiplied."],
          [
            ["anna 1 100", "ben 1 50", "anna 2 120", "anna 2 123", "ben 2 57"],
            "The third booking is counted as the second: the flights are not those accumulated plus one. Is a fixed number in the place of a sum?",
          ],
          [
            ["anna 3 123", "ben 2 57"],
            "Only the last totals came out. A stream has no end at which they would be final: each booking brings one.",
          ],
        ],
        meaning: "The totals are others. A line is: traveller, flights, euros.",
        show: (lines) => lines.length === 0 ? ["(nothing)"] : lines,
      });
    },
  },
  {
    shows: "anna and adam are two travellers",
    async run({ defineWorkflow }) {
      compare(await totalsOf(defineWorkflow, { of: [["anna", 100], ["adam", 50]] }), {
        expected: ["anna 1 100", "adam 1 50"],
        meaning: "Bookings of Anna and of Adam went into one total: the key is the whole address of the traveller.",
        show: (lines) => lines,
      });
    },
  },
  {
    shows: "they are still there when the job has crashed",
    async run({ defineWorkflow }) {
      compare(await totalsOf(defineWorkflow, { crashBehind: 3 }), {
        expected: ["anna 1 100", "ben 1 50", "anna 2 120", "anna 3 123", "ben 2 57"],
        meaning:
          "Behind the third booking the job was killed and started again, and totals are wrong since: they were kept in a variable of your own. A variable is empty after a crash; what reduce() keeps is the job's state.",
        show: (lines) => lines,
      });
    },
  },
];

/** The totals as lines: traveller, flights, euros. */
async function totalsOf(
  describe: (typeof solution)["defineWorkflow"],
  { crashBehind = 0, of = BOOKINGS }: { readonly crashBehind?: number; readonly of?: Bookings } = {},
): Promise<string[]> {
  const bookings = new TestSource<solution.Booking>("bookings");
  const totals = new TestSink<solution.Total>("totals");
  await using harness = await new JobHarness((env) => {
    describe(env.fromSource(bookings, watermarksByHand(), "bookings")).sinkTo(totals);
  }).start();
  for (const [index, [email, euros]] of of.entries()) {
    await bookings.push({ email, euros });
    if (index + 1 !== crashBehind) continue;
    await harness.commit();
    await harness.restart();
  }
  return totals.values.map((total) => `${total.email} ${total.flights} ${total.euros}`);
}
