import { Time } from "@stream-apps/deno";
import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
import { type Check, wrong } from "../../../src/cli/learn/checks.ts";
import type * as solution from "./2_behind.solution.ts";

const NOON = Date.parse("2026-03-01T12:00:00Z");

export const checks: Check<typeof solution>[] = [
  {
    shows: "the time of a booking is when it was made",
    async run({ watermarks }) {
      const { times } = await run(watermarks, [[10, 0]]);
      if (times[0] === NOON + 10_000) return;
      wrong(
        times[0] === 0
          ? "A booking of 12:00:10 has the time at which the source has got it: no timestamp assigner says that bookedMs is its time."
          : `A booking of 12:00:10 has the time ${times[0]}: bookedMs is meant, in milliseconds.`,
      );
    },
  },
  {
    shows: "a booking that is 30 seconds behind is counted",
    async run({ watermarks }) {
      const { late, table } = await run(watermarks, [[55, 0], [75, 1], [45, 2]]);
      if (late === 0) return;
      const { late: lateBy20 } = await run(watermarks, [[55, 0], [75, 1], [55, 2]]);
      wrong(
        lateBy20 > 0
          ? "The booking of 12:00:45 came behind one of 12:01:15, and its window had fired: it is late, and so is one that is 20 seconds behind. The watermark does not stay far enough behind."
          : "The booking of 12:00:45 came behind one of 12:01:15, and its window had fired: it is late. One that is 20 seconds behind is in time. The watermark stays behind, but not by 30 seconds.",
        table,
      );
    },
  },
  {
    shows: "exactly 30 seconds are in time, also at the edge of a window",
    async run({ watermarks }) {
      const { late, table } = await run(watermarks, [[55, 0], [89.999, 1], [59.999, 2]]);
      if (late > 0) {
        wrong(
          "A booking of 12:00:59.999 that is exactly 30 seconds behind is late: the watermark is a little too near.",
          table,
        );
      }
    },
  },
  {
    shows: "nobody waits longer than that: at 12:01:30 the minute of 12:00 is over",
    async run({ watermarks }) {
      const { fired, table } = await run(watermarks, [[55, 0], [90, 1]]);
      if (fired > 0) return;
      const { fired: afterAnHour } = await run(watermarks, [[55, 0], [3_700, 1]]);
      wrong(
        afterAnHour > 0
          ? "At 12:01:30 no booking before 12:01 is expected any more, and the window of 12:00 has not fired: the bound is more than 30 seconds, so each result comes later than it could."
          : "A booking of an hour later has come, and the window of 12:00 has not fired: this strategy makes no watermarks.",
        table,
      );
    },
  },
];

/** Runs bookings, each with its second after noon and when it comes, through windows of a minute. */
async function run(watermarks: (typeof solution)["watermarks"], bookings: [second: number, comes: number][]) {
  const source = new TestSource<solution.Booking>("bookings");
  const seen = new TestSink<solution.Booking>("seen");
  const counts = new TestSink<solution.Booking>("counts");
  await using harness = await new JobHarness((env) => {
    const stream = env.fromSource(source, watermarks(), "bookings");
    stream.sinkTo(seen);
    stream.keyBy(({ email }) => email).window(TumblingEventTimeWindows.of(Time.minutes(1))).sum("flights").sinkTo(
      counts,
    );
  }).start();
  const table = ["booking of     watermark then"];
  for (const [second, comes] of bookings) {
    await source.push({ email: "anna", flights: 1, bookedMs: NOON + second * 1_000 }, comes);
    table.push(`${clock(NOON + second * 1_000)}   ${clock(harness.currentWatermark("bookings"))}`);
  }
  return {
    late: harness.books().late,
    fired: counts.values.length,
    times: seen.records.map(([, timestampMs]) => timestampMs),
    table,
  };
}

function clock(ms: number): string {
  return Math.abs(ms) > 8e15 ? "none yet" : new Date(ms).toISOString().slice(11, 23);
}
