import { type DataStream, WatermarkStrategy } from "@stream-apps/deno";
import { TestSink } from "@stream-apps/deno/testing";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import { LiveRun } from "../../../src/cli/learn/time/live_run.ts";
import type * as solution from "./3_allow_lateness.solution.ts";

type Booking = solution.Booking;

export const checks: Check<typeof solution>[] = [
  {
    shows: "a window fires at once, and again for a booking that comes 29 seconds late",
    async run({ defineWorkflow }) {
      const counts = new TestSink<Booking>("counts");
      await using job = await start(defineWorkflow, counts);
      await job.comes(anna(10), anna(61));
      if (counts.values.length === 0) {
        wrong(
          "The window of 12:00 did not fire when the watermark had passed its end: with lateness allowed it fires in time all " +
            "the same.",
          job.picture("Has the window fired?"),
        );
      }
      await job.comes(anna(89), { ...anna(50), comesAt: 89 });
      if (job.harness.books().late > 0) {
        wrong(
          "A booking of 12:00:50 came at 12:01:29, 29 seconds after its window had ended, and was late: the window had been " +
            "given up by then.",
          job.picture("A booking comes late"),
        );
      }
      compare(counts.values.map(({ flights }) => flights), {
        expected: [1, 2],
        mistakes: [
          [
            [1, 1],
            "The late booking made a result of its own, 1. The window's second result has all of its bookings: 2.",
          ],
          [[1], "The late booking was kept, but the window did not fire again for it."],
        ],
        meaning: "These are not the results of the window, first with one booking, then with two.",
      });
    },
  },
  {
    shows: "the window is still there a moment before 30 seconds are over",
    async run({ defineWorkflow }) {
      await using job = await start(defineWorkflow, new TestSink("counts"));
      await job.comes(anna(10), anna(89.999), { ...anna(50), comesAt: 90 });
      if (job.harness.books().late === 0) return;
      wrong(
        "A booking came when the watermark had not yet passed its window's end by 30 seconds, and was late: the window was " +
          "given up too early.",
        job.picture("A booking comes just before 30 seconds"),
      );
    },
  },
  {
    shows: "after 30 seconds the window is given up",
    async run({ defineWorkflow }) {
      await using job = await start(defineWorkflow, new TestSink("counts"));
      await job.comes(anna(10), anna(90), { ...anna(50), comesAt: 91 });
      if (job.harness.books().late === 1) return;
      wrong(
        "A booking that came when the watermark had passed its window's end by 30 seconds was still taken. State that is kept " +
          "longer than asked for is memory: the window is to be given up after 30 seconds.",
        job.picture("A booking comes very late"),
      );
    },
  },
];

function anna(second: number) {
  return { value: { who: "anna", flights: 1 }, second };
}

function start(
  describe: (bookings: DataStream<Booking>) => DataStream<Booking>,
  counts: TestSink<Booking>,
): Promise<LiveRun<Booking>> {
  return LiveRun.start<Booking>((env, bookings) => {
    describe(env.fromSource(bookings, WatermarkStrategy.forMonotonousTimestamps(), "bookings")).sinkTo(counts);
  });
}
