import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import { type Check, compare } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_cheapest.solution.ts";

const OFFERS = ["ATL-DFW 90", "BOS-MIA 120", "ATL-DFW 80", "BOS-MIA 60", "ATL-DFW 99"];

export const checks: Check<typeof solution>[] = [
  {
    shows: "after each offer, the cheapest so far of its route",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow), {
        expected: ["ATL-DFW 90", "BOS-MIA 120", "ATL-DFW 80", "BOS-MIA 60", "ATL-DFW 80"],
        mistakes: [
          [
            OFFERS,
            "The offers came out as they went in: nothing is remembered yet, or every offer has a key of its own.",
          ],
          [
            ["ATL-DFW 90", "BOS-MIA 120", "ATL-DFW 90", "BOS-MIA 120", "ATL-DFW 99"],
            "That is the dearest of each route.",
          ],
          [
            ["ATL-DFW 90", "ATL-DFW 90", "ATL-DFW 80", "ATL-DFW 60", "ATL-DFW 60"],
            "All offers were compared with each other: they have one key, so the routes got mixed.",
          ],
          [["ATL-DFW 90", "BOS-MIA 120", "ATL-DFW 170", "BOS-MIA 180", "ATL-DFW 269"], "The prices were added up."],
        ],
        meaning: "Something else came out than the cheapest so far of each offer's route.",
        show: (lines) => lines.length === 0 ? ["(nothing)"] : lines,
      });
    },
  },
  {
    shows: "two routes from one airport are two routes",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow, { offers: ["ATL-DFW 90", "ATL-SEA 200", "ATL-DFW 95"] }), {
        expected: ["ATL-DFW 90", "ATL-SEA 200", "ATL-DFW 90"],
        meaning: "Prices of ATL-DFW and of ATL-SEA were compared: the key is the whole route.",
      });
    },
  },
  {
    shows: "after a crash it is still known",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow, { crashBehind: 3 }), {
        expected: ["ATL-DFW 90", "BOS-MIA 120", "ATL-DFW 80", "BOS-MIA 60", "ATL-DFW 80"],
        meaning:
          "Behind the third offer the job was killed and started again, and the cheapest was forgotten: it was kept in a variable of your own, which a crash empties. What min() keeps is the job's state.",
        show: (lines) => lines,
      });
    },
  },
];

async function outcome(
  describe: (typeof solution)["defineWorkflow"],
  { crashBehind = 0, offers: texts = OFFERS }: { readonly crashBehind?: number; readonly offers?: readonly string[] } =
    {},
): Promise<string[]> {
  const offers = new TestSource<solution.Offer>("offers");
  const cheapest = new TestSink<solution.Offer>("cheapest");
  await using harness = await new JobHarness((env) => {
    describe(env.fromSource(offers, watermarksByHand(), "offers")).sinkTo(cheapest);
  }).start();
  for (const [index, text] of texts.entries()) {
    const [route, euros] = text.split(" ");
    await offers.push({ route: route!, euros: Number(euros) });
    if (index + 1 !== crashBehind) continue;
    await harness.commit();
    await harness.restart();
  }
  return cheapest.values.map(({ route, euros }) => `${route} ${euros}`);
}
