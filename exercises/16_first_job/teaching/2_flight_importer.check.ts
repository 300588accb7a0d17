import { StreamExecutionEnvironment } from "@stream-apps/deno";
import { sampleNow, SKYONE_SAMPLE, SUNSET_SAMPLE } from "../../../src/samples.ts";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_flight_importer.solution.ts";

/** What has landed by the 1st of March is in brackets: SKY A, (SKY B), SKY C, SUN D, (SUN E). */
const [A, B, C, D, E] = ["SKY1AAAAAA", "SKY1BBBBBB", "SKY1CCCCCC", "SUNDDDDDD", "SUNEEEEEE"];

export const checks: Check<typeof solution>[] = [
  {
    shows: "what comes out are flights",
    async run({ defineWorkflow }) {
      for (const airline of ["skyone", "sunset"] as const) await expectNoError(defineWorkflow, airline);
      const flights = await outcome(defineWorkflow, sampleNow);
      const strange = flights.find((flight) => !("source" in flight));
      if (strange !== undefined) {
        wrong("A booking came out as its airline writes it: it has to be made into a flight.", [
          JSON.stringify(strange),
        ]);
      }
      for (const { confirmation, source } of flights) {
        if (confirmation === undefined || source !== (confirmation.startsWith("SKY") ? "skyone" : "sunset")) {
          wrong(
            `A flight came out whose source is ${source} and whose confirmation is ${confirmation}: were the bookings of one airline made into flights by the other's function?`,
          );
        }
      }
    },
  },
  {
    shows: "those of both airlines that are still to land, each once",
    async run({ defineWorkflow }) {
      compare((await outcome(defineWorkflow, sampleNow)).map(({ confirmation }) => confirmation).sort(), {
        expected: [A, C, D],
        mistakes: [
          [
            [],
            "No flight came out: is the filter the wrong way round, or is `now` compared instead of what it returns?",
          ],
          [[A, C], "No flight of Sunset came out: union() returns a new stream, and that is the one to go on with."],
          [[D], "No flight of Skyone came out."],
          [[A, B, C, D, E], "Flights that have landed came out, too: nothing is left out."],
          [[B, E], "It is the wrong way round: the flights that have landed came out."],
          [
            [A, B, C, D],
            "Skyone's flight that has landed came out: the filter sees Sunset's flights only. It belongs behind the union.",
          ],
          [
            [A, C, D, E],
            "Sunset's flight that has landed came out: the filter sees Skyone's flights only. It belongs behind the union.",
          ],
          [[A, A, C, C, D], "Skyone's flights came out twice: its stream is in the union twice."],
          [[A, C, D, D], "Sunset's flights came out twice: its stream is in the union twice."],
          [[A, A, C, C, D, D], "Every flight came out twice."],
        ],
        meaning: "Other flights came out than the three that are still to land.",
      });
    },
  },
  {
    shows: "on the 2nd of March at 9:00, Anna's flight has departed at 8:00 and lands at 10:30: it is still to land",
    async run({ defineWorkflow }) {
      const inTheAir = () => new Date("2026-03-02T09:00:00").getTime();
      compare((await outcome(defineWorkflow, inTheAir)).map(({ confirmation }) => confirmation).sort(), {
        expected: [A, C, D],
        mistakes: [[
          [C, D],
          "Anna's flight is in the air and was left out: the time at which it lands counts, not that at which it departs.",
        ]],
        meaning: "Other flights came out than Anna's, SKY1CCCCCC and SUNDDDDDD.",
      });
    },
  },
  {
    shows: "what is still to land is asked of the clock, for each flight",
    async run({ defineWorkflow }) {
      const inMay = () => new Date("2026-05-01T12:00:00").getTime();
      const found = (await outcome(defineWorkflow, inMay)).map(({ confirmation }) => confirmation);
      if (found.length > 0) {
        wrong(
          "In May all flights of the sample have landed, and some came out: something else than now() is the present.",
          found,
        );
      }
      let asked = 0;
      await outcome(defineWorkflow, () => (asked++, sampleNow()));
      if (asked < 5) {
        wrong(
          `There were five flights, and now() was called ${
            asked === 1 ? "once" : `${asked} times`
          }: a job runs for weeks, and has to ask each time.`,
        );
      }
    },
  },
  {
    shows: "its operators have names",
    run({ defineWorkflow }) {
      const env = new StreamExecutionEnvironment();
      defineWorkflow(env.fromCollection(SKYONE_SAMPLE), env.fromCollection(SUNSET_SAMPLE), sampleNow);
      const plan = env.explain();
      for (const name of ["flight_from_skyone", "flight_from_sunset", "still_to_land"]) {
        if (!new RegExp(`^\\w+ +${name}\\b`, "m").test(plan)) {
          wrong(`No operator is called ${name}: .name("${name}") belongs right behind it.`, plan.split("\n"));
        }
      }
    },
  },
];

/** With the bookings of one airline alone: what throws is there in its way. */
async function expectNoError(
  describe: (typeof solution)["defineWorkflow"],
  airline: "skyone" | "sunset",
): Promise<void> {
  const env = new StreamExecutionEnvironment();
  const skyone = env.fromCollection(airline === "skyone" ? SKYONE_SAMPLE : []);
  const sunset = env.fromCollection(airline === "sunset" ? SUNSET_SAMPLE : []);
  try {
    await describe(skyone, sunset, sampleNow).executeAndCollect();
  } catch (error) {
    const own = airline === "skyone" ? "flightFromSkyone()" : "flightFromSunset()";
    wrong(
      `A booking of ${airline} made an operator throw: only ${own} can make a flight of it, and landsAfter() looks at flights.`,
      [
        String(error instanceof Error ? error.message : error),
      ],
    );
  }
}

function outcome(describe: (typeof solution)["defineWorkflow"], now: () => number) {
  const env = new StreamExecutionEnvironment();
  return describe(env.fromCollection(SKYONE_SAMPLE), env.fromCollection(SUNSET_SAMPLE), now).executeAndCollect();
}
