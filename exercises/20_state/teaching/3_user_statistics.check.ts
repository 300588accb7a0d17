import { StreamExecutionEnvironment, Time, WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import type { FlightData, UserStatistics } from "../../../src/models.ts";
import { BOOKED_FLIGHTS } from "../../../src/samples.ts";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./3_user_statistics.solution.ts";

/** A further booking, which closes the third minute. */
const LAST = { ...BOOKED_FLIGHTS[5]!, bookedMs: Date.parse("2026-03-01T12:05:00Z") };
const EXPECTED = ["12:00 ANNA 2 195", "12:00 BEN 1 100", "12:01 ANNA 3 255", "12:01 CLEO 1 190", "12:02 BEN 2 220"];

export const checks: Check<typeof solution>[] = [
  {
    shows: "flights and minutes so far, for each traveller and minute",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow, {}), {
        expected: EXPECTED,
        mistakes: [
          [[
            "12:00 ANNA 1 150",
            "12:00 ANNA 1 45",
            "12:00 BEN 1 100",
            "12:01 ANNA 1 60",
            "12:01 CLEO 1 190",
            "12:02 BEN 1 120",
            "12:05 BEN 1 120",
          ], "Each flight came out by itself, at once: nothing is added up, and there is no window yet."],
          [
            ["12:00 ANNA 2 195", "12:00 BEN 1 100", "12:01 ANNA 1 60", "12:01 CLEO 1 190", "12:02 BEN 1 120"],
            "Each minute starts from zero, as in lesson 18: the total of the windows before is to be added, and kept in globalState().",
          ],
          [
            [
              "12:00 ANNA 1 150",
              "12:00 ANNA 2 195",
              "12:00 BEN 1 100",
              "12:01 ANNA 3 255",
              "12:01 CLEO 1 190",
              "12:02 BEN 2 220",
              "12:05 BEN 3 340",
            ],
            "The totals are right, and there is one after each flight: without windows. One a minute is wanted, once it is over.",
          ],
          [
            ["12:00 ANNA 2 195", "12:00 BEN 1 100", "12:01 ANNA 3 255", "12:01 CLEO 1 190", "12:02 BEN 1 120"],
            "Ben's total of the third minute lacks his first flight, as he had no flight in the second: only the minute right before was added.",
          ],
          [[], "Nothing came out: no window has closed. Is its size windowMs, and does it go by event time?"],
        ],
        meaning: "Other totals came out. A line is: minute, traveller, flights so far, their minutes so far.",
        show,
      });
    },
  },
  {
    shows: "the size of the windows is windowMs",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow, { windowMs: Time.minutes(2) }), {
        expected: ["12:01 ANNA 3 255", "12:01 BEN 1 100", "12:01 CLEO 1 190", "12:03 BEN 2 220"],
        mistakes: [[
          EXPECTED,
          "With two minutes as windowMs the windows are still a minute long: a fixed size is in the job.",
        ]],
        meaning: "With windows of two minutes other totals came out.",
        show,
      });
    },
  },
  {
    shows: "a crash between two minutes loses nothing",
    async run({ defineWorkflow }) {
      compare(await outcome(defineWorkflow, { crash: true }), {
        expected: EXPECTED,
        meaning:
          "Behind 12:01 the job was killed and started again, and totals are wrong since: they are not in the job's state, but in a field or variable.",
        show,
      });
    },
  },
  {
    shows: "the last operator is called user_statistics",
    run({ defineWorkflow }) {
      const env = new StreamExecutionEnvironment();
      defineWorkflow(env.fromCollection<FlightData>([]), Time.minutes(1));
      const plan = env.explain();
      if (!/ user_statistics /.test(plan)) {
        wrong(
          'No operator is called user_statistics: .name("user_statistics") belongs behind reduce().',
          plan.split("\n"),
        );
      }
    },
  },
];

const show = (lines: readonly string[]) => lines.length === 0 ? ["(nothing)"] : lines;

/** What comes out, a line each: minute, traveller, flights, their minutes. */
async function outcome(
  describe: (typeof solution)["defineWorkflow"],
  { windowMs = Time.minutes(1), crash = false }: { windowMs?: number; crash?: boolean },
): Promise<string[]> {
  const flights = new TestSource<FlightData>("flightdata");
  const totals = new TestSink<UserStatistics>("userstatistics");
  await using harness = await new JobHarness((env) => {
    describe(env.fromSource(flights, WatermarkStrategy.forMonotonousTimestamps(), "flightdata"), windowMs).sinkTo(
      totals,
    );
  }).start();
  for (const [index, { flight, bookedMs }] of [...BOOKED_FLIGHTS, LAST].entries()) {
    await flights.push(flight, bookedMs);
    if (!crash || index !== 5) continue;
    await harness.commit();
    await harness.restart();
  }
  return totals.records.map(([{ email_address, number_of_flights, total_flight_duration }, ms]) => {
    const minute = new Date(ms).toISOString().slice(11, 16);
    return `${minute} ${email_address.replace("@email.com", "")} ${number_of_flights} ${total_flight_duration}`;
  }).sort();
}
