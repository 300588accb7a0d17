import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { SKYONE_SAMPLE } from "../../../src/samples.ts";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./1_describe.solution.ts";

export const checks: Check<typeof solution>[] = [
  {
    shows: "a line about each booking",
    async run({ defineWorkflow }) {
      const env = new StreamExecutionEnvironment();
      const lines = await defineWorkflow(env.fromCollection(SKYONE_SAMPLE)).executeAndCollect();
      if (lines.length !== 3) {
        wrong(`Three bookings went in, and ${lines.length} lines came out: map() makes one of each.`);
      }
      if (lines.some((each) => each.includes("undefined"))) {
        wrong("A field is undefined: there is no field of that name.", lines);
      }
      if (lines.some((each) => each.includes("[object"))) {
        wrong("A whole booking was put into the line: take its fields.", lines);
      }
      compare(lines, {
        expected: [
          "SKY1AAAAAA: ANNA@email.com flies from ATL to DFW for 700",
          "SKY1BBBBBB: BEN@email.com flies from DEN to SEA for 550",
          "SKY1CCCCCC: ANNA@email.com flies from DFW to ATL for 820",
        ],
        mistakes: [
          [["?", "?", "?"], "The lines say nothing yet of their bookings."],
          [
            [
              "SKY1AAAAAA: ANNA@email.com flies from DFW to ATL for 700",
              "SKY1BBBBBB: BEN@email.com flies from SEA to DEN for 550",
              "SKY1CCCCCC: ANNA@email.com flies from ATL to DFW for 820",
            ],
            "Everybody flies the wrong way: departure is where a flight begins.",
          ],
        ],
        meaning: "The lines are not as in the example: mind the blanks and the colon.",
      });
    },
  },
];
