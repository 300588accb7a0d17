import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { type Check, compare } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_cheapest.solution.ts";

const OFFERS = ["ATL-DFW 90", "BOS-MIA 120", "ATL-DFW 80", "BOS-MIA 60", "ATL-DFW 99"];

export const checks: Check<typeof solution>[] = [
  {
    shows: "after each offer, the cheapest so far of its route",
    async run({ defineWorkflow }) {
      const offers = OFFERS.map((text) => text.split(" ")).map(([route, euros]) => ({
        route: route!,
        euros: Number(euros),
      }));
      const env = new StreamExecutionEnvironment();
      const found = await defineWorkflow(env.fromCollection(offers)).executeAndCollect();
      compare(found.map(({ route, euros }) => `${route} ${euros}`), {
        expected: ["ATL-DFW 90", "BOS-MIA 120", "ATL-DFW 80", "BOS-MIA 60", "ATL-DFW 80"],
        mistakes: [
          [
            OFFERS,
            "The offers came out as they went in: each is only compared with those of its own key. Is every offer its own key?",
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
];
