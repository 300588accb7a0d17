import { Time, type WatermarkStrategy } from "@stream-apps/deno";
import { TestSink } from "@stream-apps/deno/testing";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
import { type Check, wrong } from "../../../src/cli/learn/checks.ts";
import { LiveRun } from "../../../src/cli/learn/time/live_run.ts";
import type * as solution from "./2_wait_longer.solution.ts";

type Booking = solution.Booking;

export const checks: Check<typeof solution>[] = [
  {
    shows: "a booking that comes five seconds behind another counts in its minute",
    async run({ watermarks }) {
      await using job = await start(watermarks);
      const late = { ...anna(59.999), value: { who: "cleo", flights: 1 }, comesAt: 64.999 };
      await job.comes(anna(57), { ...anna(64.999), value: { who: "ben", flights: 1 } }, late);
      if (job.harness.books().late === 0) return;
      wrong(
        "Cleo's booking of 12:00:59.999 came five seconds behind Ben's of 12:01:04.999, and was late: the watermark had passed " +
          "12:01:00, and the window had fired.",
        job.picture("A booking comes five seconds behind"),
      );
    },
  },
  {
    shows: "and no more is waited: with a booking of 12:01:05 the minute before is complete",
    async run({ watermarks }) {
      await using job = await start(watermarks);
      await job.comes(...[57, 65, 65.001, 65.5, 66, 67, 70, 75, 90, 110, 150].map(anna));
      if (job.firedAt === 65) return;
      const picture = job.picture("When does the window of 12:00 fire?");
      if (job.firedAt === undefined) {
        wrong("The window of 12:00 has not fired by 12:02:30: there are no watermarks.", picture);
      }
      wrong(
        `The window of 12:00 fired when a booking of ${
          job.firedAt - 60
        } seconds after its end came. Five are enough: whoever ` +
          "waits longer gets every result later.",
        picture,
      );
    },
  },
];

function anna(second: number) {
  return { value: { who: "anna", flights: 1 }, second };
}

function start(watermarks: () => WatermarkStrategy<Booking>): Promise<LiveRun<Booking>> {
  const counts = new TestSink<Booking>("counts");
  return LiveRun.start<Booking>((env, bookings) => {
    env.fromSource(bookings, watermarks(), "bookings").keyBy(({ who }) => who)
      .window(TumblingEventTimeWindows.of(Time.minutes(1))).sum("flights").name("counts").sinkTo(counts);
  });
}
