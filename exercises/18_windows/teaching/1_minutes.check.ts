import { type DataStream, StreamExecutionEnvironment, Time, WatermarkStrategy } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows } from "@stream-apps/deno/windows";
import { type Check, compareWithWorkflows } from "../../../src/cli/learn/checks.ts";
import { drawn } from "../../../src/cli/learn/time/drawn.ts";
import { LiveRun } from "../../../src/cli/learn/time/live_run.ts";
import type * as solution from "./1_minutes.solution.ts";

type Count = solution.Count;
type Workflow = (bookings: DataStream<Count>) => DataStream<Count>;

const NOON = Date.parse("2026-03-01T12:00:00Z");

/** Second after noon, traveller, flights. */
const BOOKINGS = [[5, "anna", 2], [20, "ben", 1], [30, "anna", 5], [40, "adam", 3], [55, "anna", 4], [70, "anna", 1], [
  90,
  "cleo",
  3,
], [
  160,
  "ben",
  1,
]] as const;

const byTraveller = (bookings: DataStream<Count>) => bookings.keyBy((booking) => booking.email);

/** Workflows that are wrong, and what is wrong with them. */
const MISTAKES: readonly (readonly [Workflow, string])[] = [
  [(bookings) => bookings, "The bookings came out as they went in, each at once: there is no window yet."],
  [
    (bookings) => byTraveller(bookings).sum("flights"),
    "After each booking there is a total so far: without a window, sum() begins with the first booking of all and never ends.",
  ],
  [
    (bookings) => bookings.keyBy(() => "all").window(TumblingEventTimeWindows.of(Time.minutes(1))).sum("flights"),
    "There is one result a minute, for all travellers together: they have one key.",
  ],
  [
    (bookings) =>
      bookings.keyBy(({ email }) => email.charAt(0)).window(TumblingEventTimeWindows.of(Time.minutes(1))).sum(
        "flights",
      ),
    "Adam's flights were added to Anna's: the key is the whole address, not its first letter.",
  ],
  [
    (bookings) => byTraveller(bookings).window(TumblingEventTimeWindows.of(Time.seconds(1))).sum("flights"),
    "The windows are a second long: each booking has one of its own.",
  ],
  [
    (bookings) => byTraveller(bookings).window(TumblingEventTimeWindows.of(60)).sum("flights"),
    "The windows are 60 ms long: times are in milliseconds here. Time.minutes(1) is 60,000.",
  ],
  [
    (bookings) => byTraveller(bookings).window(TumblingEventTimeWindows.of(Time.seconds(10))).sum("flights"),
    "The windows are ten seconds long: Anna's bookings of 12:00:05 and 12:00:55 belong to the same minute, and came out apart.",
  ],
  [
    (bookings) =>
      byTraveller(bookings).window(TumblingEventTimeWindows.of(Time.minutes(1), Time.seconds(30))).sum("flights"),
    "The windows are a minute long, and begin at the half minute.",
  ],
  [
    (bookings) =>
      byTraveller(bookings).window(SlidingEventTimeWindows.of(Time.minutes(1), Time.seconds(30))).sum("flights"),
    "The windows overlap, so bookings are counted twice: sliding windows. Minutes that follow each other are tumbling windows.",
  ],
  [
    (bookings) => byTraveller(bookings).window(EventTimeSessionWindows.withGap(Time.minutes(1))).sum("flights"),
    "A window ends a minute after a traveller's last booking: those are sessions. Minutes by the clock are tumbling windows.",
  ],
  [
    (bookings) => byTraveller(bookings).window(TumblingEventTimeWindows.of(Time.minutes(1))).max("flights"),
    "In the first minute Anna booked 2, 5 and 4 flights, which is 11: the largest was taken, not the sum.",
  ],
  [
    (bookings) => byTraveller(bookings).window(TumblingEventTimeWindows.of(Time.minutes(1))).min("flights"),
    "In the first minute Anna booked 2, 5 and 4 flights, which is 11: the smallest was taken, not the sum.",
  ],
  [
    (bookings) =>
      byTraveller(bookings.map(({ email }) => ({ email, flights: 1 }))).window(
        TumblingEventTimeWindows.of(Time.minutes(1)),
      ).sum("flights"),
    "Bookings were counted, and not their flights: Anna's booking of 12:00:30 has five.",
  ],
  [
    (bookings) => byTraveller(bookings).window(TumblingEventTimeWindows.of(Time.minutes(1))).reduce((_a, b) => b),
    "In the first minute Anna booked 2, 5 and 4 flights, which is 11: only the last booking of the minute is there.",
  ],
];

export const checks: Check<typeof solution>[] = [
  {
    shows: "when 12:00 is over: adam 3, anna 11, ben 1; when 12:01 is over: anna 1, cleo 3; 12:02 is still open",
    async run({ defineWorkflow }) {
      await drawn(
        () =>
          compareWithWorkflows<Workflow>(defineWorkflow, {
            expected: [
              "12:00:59.999 adam 3",
              "12:00:59.999 anna 11",
              "12:00:59.999 ben 1",
              "12:01:59.999 anna 1",
              "12:01:59.999 cleo 3",
            ],
            outcomeOf,
            mistakes: MISTAKES,
            meaning: (lines) =>
              lines.length > 0
                ? "Other results came out. A line is: the result's time, traveller, flights."
                : nothing(defineWorkflow),
          }),
        async () => {
          await using job = await LiveRun.start<Count>((env, bookings) => {
            const strategy = WatermarkStrategy.forMonotonousTimestamps();
            defineWorkflow(env.fromSource(bookings, strategy, "bookings")).sinkTo(new TestSink("counts"));
          });
          await job.comes(...BOOKINGS.map(([second, email, flights]) => ({ value: { email, flights }, second })));
          return job.picture("What your job did with the bookings");
        },
      );
    },
  },
];

/** Why no window has fired. */
function nothing(defineWorkflow: Workflow): string {
  const env = new StreamExecutionEnvironment();
  defineWorkflow(env.fromCollection<Count>([]));
  const plan = env.explain();
  if (plan.includes("ProcessingTime")) {
    return "Nothing came out: the windows go by the clock on the wall, and it stands still in this test. By event time the bookings' own times decide.";
  }
  const sizeMs = Number(/Windows\((\d+) ms/.exec(plan)?.[1]);
  return sizeMs > 60_000
    ? `Nothing came out: the windows are ${sizeMs / 60_000} minutes long, and the first is not over yet.`
    : "Nothing came out.";
}

/** What comes out, a line each: time, traveller, flights. */
async function outcomeOf(describe: Workflow): Promise<string[]> {
  const bookings = new TestSource<Count>("bookings");
  const counts = new TestSink<Count>("counts");
  await using _harness = await new JobHarness((env) => {
    describe(env.fromSource(bookings, WatermarkStrategy.forMonotonousTimestamps(), "bookings")).sinkTo(counts);
  }).start();
  for (const [second, email, flights] of BOOKINGS) await bookings.push({ email, flights }, NOON + second * 1_000);
  const lines = counts.records.map((
    [{ email, flights }, ms],
  ) => [new Date(ms).toISOString().slice(11, 23), email, flights]);
  return lines.map((parts) => parts.join(" ")).sort();
}
