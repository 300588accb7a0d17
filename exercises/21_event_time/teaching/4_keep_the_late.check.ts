import { WatermarkStrategy } from "@stream-apps/deno";
import { TestSink } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import { LiveRun } from "../../../src/cli/learn/time/live_run.ts";
import type * as solution from "./4_keep_the_late.solution.ts";

type Booking = solution.Booking;

export const checks: Check<typeof solution>[] = [
  {
    shows: "late bookings come out of the side output, and no others do",
    async run({ defineWorkflow }) {
      await using found = await run(defineWorkflow);
      compare(found.late.values.map(({ who }) => who), {
        expected: ["ben", "dora"],
        mistakes: [
          [["ben"], "Dora's booking was late, too, and did not come out of the side output."],
          [[], "Nothing came out of the side output. Ben's booking was late: does the window know where late data go?"],
          [
            ["anna", "cleo", "ben", "dora", "anna"],
            "All bookings came out, also those in time: the side output belongs to the stream behind the window, not to the one " +
            "before it.",
          ],
          [["anna", "cleo"], "Results of the windows came out where late bookings should."],
        ],
        meaning: "These are not the late bookings: they are Ben's and Dora's.",
      });
    },
  },
  {
    shows: "the results stay as they were, and nothing is a dead letter",
    async run({ defineWorkflow }) {
      await using found = await run(defineWorkflow);
      compare(found.counts.values.map(({ who, flights }) => `${who} ${flights}`), {
        expected: ["anna 1", "cleo 1"],
        mistakes: [
          [["anna 1", "ben 1", "dora 1", "cleo 1"], "The late bookings made results, too: is lateness allowed?"],
          [[], "No results came out."],
        ],
        meaning: "These are not the results of the two minutes.",
      });
      if (found.job.harness.deadLetters.length > 0) {
        wrong("A late booking has become a dead letter.", found.job.picture("Two bookings come late"));
      }
    },
  },
];

interface Found extends AsyncDisposable {
  readonly counts: TestSink<Booking>;
  readonly late: TestSink<Booking>;
  readonly job: LiveRun<Booking>;
}

async function run(defineWorkflow: (typeof solution)["defineWorkflow"]): Promise<Found> {
  const counts = new TestSink<Booking>("counts");
  const late = new TestSink<Booking>("late");
  const job = await LiveRun.start<Booking>((env, bookings) => {
    const streams = defineWorkflow(
      env.fromSource(bookings, WatermarkStrategy.forMonotonousTimestamps(), "bookings"),
    );
    streams.counts.sinkTo(counts);
    streams.late.sinkTo(late);
  });
  await job.comes(
    booking("anna", 10),
    booking("cleo", 65),
    { ...booking("ben", 50), comesAt: 66 },
    { ...booking("dora", 40), comesAt: 67 },
    booking("anna", 130),
  );
  return { counts, late, job, [Symbol.asyncDispose]: () => job[Symbol.asyncDispose]() };
}

function booking(who: string, second: number) {
  return { value: { who, flights: 1 }, second };
}
