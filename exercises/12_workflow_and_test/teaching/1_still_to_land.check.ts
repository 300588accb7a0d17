import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { flightFromSkyone, landsAfter } from "../../../src/models.ts";
import { sampleNow, SKYONE_SAMPLE } from "../../../src/samples.ts";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_still_to_land.solution.ts";

const at = (time: string) => () => new Date(time).getTime();

export const checks: Check<typeof solution>[] = [
  {
    shows: "on the 1st of March, Ben's flight of February has landed",
    async run({ defineWorkflow }) {
      compare(await confirmations(defineWorkflow, sampleNow), {
        expected: ["SKY1AAAAAA", "SKY1CCCCCC"],
        mistakes: [
          [
            ["SKY1AAAAAA", "SKY1BBBBBB", "SKY1CCCCCC"],
            "Ben's flight SKY1BBBBBB landed on the 27th of February, and it is the 1st of March: nothing is left out yet.",
          ],
          [
            ["SKY1BBBBBB"],
            "It is the wrong way round: only the flight that has landed came out. filter() keeps those for which its function answers true.",
          ],
          [
            [],
            landed()
              ? "All flights are taken as landed: they are compared with the real clock, and not with now()."
              : "No flight came out.",
          ],
        ],
        meaning: "Other flights came out than the two that are still to land.",
      });
    },
  },
  {
    shows: "on the 3rd of March, only the one of the 5th is still to land",
    async run({ defineWorkflow }) {
      compare(await confirmations(defineWorkflow, at("2026-03-03T12:00:00")), {
        expected: ["SKY1CCCCCC"],
        mistakes: [[
          ["SKY1AAAAAA", "SKY1CCCCCC"],
          "The same came out as on the 1st: is a fixed date in your function, or the price looked at?",
        ]],
        meaning: "Other flights came out than SKY1CCCCCC.",
      });
    },
  },
  {
    shows: "on the 2nd of March at 9:00, Anna's flight has departed at 8:00 and lands at 10:30: it is still to land",
    async run({ defineWorkflow }) {
      compare(await confirmations(defineWorkflow, at("2026-03-02T09:00:00")), {
        expected: ["SKY1AAAAAA", "SKY1CCCCCC"],
        mistakes: [[
          ["SKY1CCCCCC"],
          "Anna's flight is in the air and was left out: the time at which it lands counts, not that at which it departs.",
        ]],
        meaning: "Other flights came out than Anna's and SKY1CCCCCC.",
      });
    },
  },
  {
    shows: "the clock is asked for each flight",
    async run({ defineWorkflow }) {
      const times = ["2026-03-01T12:00:00", "2026-03-01T12:00:00", "2026-03-06T12:00:00"];
      let asked = 0;
      const found = await confirmations(defineWorkflow, () => at(times[Math.min(asked++, 2)]!)());
      if (asked === 0) wrong("now() was never called.");
      if (asked === 1) {
        wrong(
          "now() was called once, while the job was described. A job runs for weeks, and would take that moment for the present all the time.",
        );
      }
      compare(found, {
        expected: ["SKY1AAAAAA"],
        meaning: "While the job ran it became the 6th of March, and a flight of the 5th came out.",
      });
    },
  },
];

/** Whether by the real clock all flights of the sample have landed. */
function landed(): boolean {
  return SKYONE_SAMPLE.every((booking) => !landsAfter(flightFromSkyone(booking), Date.now()));
}

async function confirmations(describe: (typeof solution)["defineWorkflow"], now: () => number): Promise<string[]> {
  const flights = await describe(new StreamExecutionEnvironment().fromCollection(SKYONE_SAMPLE), now)
    .executeAndCollect();
  return flights.map(({ confirmation }) => confirmation);
}
