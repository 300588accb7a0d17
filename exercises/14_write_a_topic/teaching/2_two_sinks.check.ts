import { JobHarness, TestSink, TestSource, watermarksByHand } from "@stream-apps/deno/testing";
import type { FlightData, SkyoneData } from "../../../src/models.ts";
import { SKYONE_SAMPLE } from "../../../src/samples.ts";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_two_sinks.solution.ts";

const LINES = ["SKY1AAAAAA 2026-03-02T08:00:00.000"];

const OVER_MIDNIGHT: SkyoneData = {
  ...SKYONE_SAMPLE[2]!,
  flight_departure_time: "2026-03-06T23:00:00.000",
  flight_arrival_time: "2026-03-07T01:30:00.000",
  confirmation: "SUPPER7",
};

export const checks: Check<typeof solution>[] = [
  {
    shows: "every flight is written into flightdata, short ones too",
    async run({ defineWorkflow }) {
      const { flights } = await outcome(defineWorkflow);
      compare(flights, {
        expected: ["SKY1AAAAAA", "SKY1BBBBBB", "SKY1CCCCCC"],
        mistakes: [
          [
            ["SKY1AAAAAA"],
            "Short flights are missing in flightdata: the filter is in front of both sinks. It belongs to the way to the kitchen only.",
          ],
          [[], "No flight was written."],
        ],
        meaning: "flightdata has other flights than before.",
      });
    },
  },
  {
    shows: "the kitchen gets a line about each flight of more than two hours",
    async run({ defineWorkflow }) {
      const { lines } = await outcome(defineWorkflow);
      if (lines.length === 3) {
        wrong("The kitchen got a line about each flight: only those of more than two hours have a meal.", lines);
      }
      compare(lines, {
        expected: LINES,
        mistakes: [
          [[], "The kitchen got no line."],
          [
            [...LINES, "SKY1BBBBBB 2026-02-27T09:00:00.000"],
            "SKY1BBBBBB takes exactly two hours, and got a meal: it is for more than two hours.",
          ],
          [
            ["SKY1BBBBBB 2026-02-27T09:00:00.000", "SKY1CCCCCC 2026-03-04T23:30:00.000"],
            "The short flights got the meals.",
          ],
          [
            ["SKY1AAAAAA 2026-03-02T10:30:00.000"],
            "The time is that of the arrival: the meal has to be there at the departure.",
          ],
          [["2026-03-02T08:00:00.000 SKY1AAAAAA"], "The confirmation comes first."],
        ],
        meaning: "The line of SKY1AAAAAA, which takes 150 minutes, is another.",
      });
    },
  },
  {
    shows: "so does a flight of 150 minutes over midnight, whatever its confirmation is",
    async run({ defineWorkflow }) {
      const { lines } = await outcome(defineWorkflow, { bookings: [OVER_MIDNIGHT] });
      compare(lines, {
        expected: ["SUPPER7 2026-03-06T23:00:00.000"],
        meaning: "SUPPER7 departs at 23:00 and lands at 1:30 on the next day: only its duration decides on its meal.",
      });
    },
  },
  {
    shows: "killed right before a commit, both topics have the same flights",
    async run({ defineWorkflow }) {
      const { flights, lines } = await outcome(defineWorkflow, { crash: true });
      compare([flights, lines], {
        expected: [["SKY1AAAAAA", "SKY1BBBBBB", "SKY1CCCCCC"], LINES],
        meaning: "After a crash flights or lines are missing, or there twice.",
      });
    },
  },
];

async function outcome(
  describe: (typeof solution)["defineWorkflow"],
  { crash = false, bookings = SKYONE_SAMPLE }: { readonly crash?: boolean; readonly bookings?: readonly SkyoneData[] } =
    {},
) {
  const skyone = new TestSource<SkyoneData>("skyone");
  const sinks = { flightdata: new TestSink<FlightData>("flightdata"), meals: new TestSink<string>("meals") };
  await using harness = await new JobHarness((env) => {
    describe(env.fromSource(skyone, watermarksByHand(), "skyone_source"), sinks);
  }).start();
  if (crash) harness.crashAt({ beforeCommit: 1 });
  for (const booking of bookings) await skyone.push(booking);
  if (harness.status === "running") await harness.commit();
  if (crash) await harness.restart();
  await harness.commit();
  return {
    flights: sinks.flightdata.committedValues.map(({ confirmation }) => confirmation),
    lines: readLines(sinks.meals),
  };
}

/** A sink that nobody writes to has never been opened. */
function readLines(sink: TestSink<string>): string[] {
  try {
    return sink.committedValues;
  } catch {
    return [];
  }
}
