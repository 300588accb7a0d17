import { StreamExecutionEnvironment, Time } from "@stream-apps/deno";
import { TestSink, TestSource } from "@stream-apps/deno/testing";
import { TumblingEventTimeWindows } from "@stream-apps/deno/windows";
import { type Check, compare, wrong } from "../../../src/cli/learn/checks.ts";
import { drawn } from "../../../src/cli/learn/time/drawn.ts";
import { plainPicture } from "../../../src/cli/learn/time/picture.ts";
import { WatchedHarness } from "../../../src/cli/learn/time/watched_harness.ts";
import type * as solution from "./2_whose_time.solution.ts";

type Booking = solution.Booking;

/** When the source gets each booking, ms: it has no idea when it was made. */
const COMES_MS = 1_000;
const BOOKINGS: readonly Booking[] = [
  booking("anna", "12:00:05", "2026-03-09T08:00:00Z"),
  booking("ben", "12:00:20", "2026-03-02T14:00:00Z"),
  booking("anna", "12:00:55", "2026-05-01T19:30:00Z"),
  booking("anna", "12:01:10", "2026-03-03T06:00:00Z"),
];

export const checks: Check<typeof solution>[] = [
  {
    shows: "a booking has the time at which it was made",
    async run({ watermarks }) {
      const { times } = await outcome(watermarks);
      const [first] = times;
      const made = Date.parse(BOOKINGS[0]!.bookedAt);
      if (first === COMES_MS || first === undefined || Math.abs(first) > 8e15) {
        const plan = planOf(watermarks);
        wrong(
          plan.includes("no watermarks")
            ? "Bookings have the time at which the source has got them, and there are no watermarks: another strategy is needed."
            : "Bookings have the time at which the source has got them: no timestamp assigner shows where their own time stands.",
          plan.split("\n"),
        );
      }
      if (first === made / 1_000) wrong("Times are in seconds here: event time is in ms.");
      if (first === Date.parse(BOOKINGS[0]!.departsAt)) {
        wrong("A booking has the time of its flight. What happens is the booking: bookedAt.");
      }
      if (Math.abs(first - Date.now()) < 3_600_000) {
        wrong("A booking has the present as its time: a replay tomorrow would count other minutes.");
      }
      compare(times.map(clock), {
        expected: BOOKINGS.map(({ bookedAt }) => clock(Date.parse(bookedAt))),
        meaning: "Bookings have other times than those at which they were made.",
      });
    },
  },
  {
    shows: "also one that was made on another day",
    async run({ watermarks }) {
      const next = { email: "ben", flights: 1, bookedAt: "2026-03-02T00:00:07Z", departsAt: "2026-05-01T19:30:00Z" };
      const { times } = await outcome(watermarks, [...BOOKINGS, next]);
      if (times.at(-1) !== Date.parse(next.bookedAt)) {
        wrong("A booking of the 2nd of March has the time of another day: the whole of bookedAt is its time.");
      }
    },
  },
  {
    shows: "by it, the minute of 12:00 is over with the booking of 12:01:10: anna 2, ben 1",
    async run({ watermarks }) {
      const { counts, late, picture } = await outcome(watermarks);
      await drawn(() => {
        if (late > 0) {
          wrong(
            `${late} bookings were late, though they came in order: are the watermarks ahead of the bookings' times?`,
          );
        }
        compare(counts, {
          expected: ["12:00:59.999 anna 2", "12:00:59.999 ben 1"],
          mistakes: [[
            [],
            planOf(watermarks).includes("no watermarks")
              ? "Times are right, and no window has fired: without watermarks event time never advances."
              : "Times are right, and no window has fired: the watermark stays behind, though the bookings come in order.",
          ]],
          meaning: "The windows have other results.",
        });
      }, () => Promise.resolve(picture));
    },
  },
  {
    shows: "a minute is over with the first booking behind it, as bookings come in the order of their times",
    async run({ watermarks }) {
      const { counts } = await outcome(watermarks, [
        ...BOOKINGS.slice(0, 3),
        booking("ben", "12:01:00.001", "2026-05-01T19:30:00Z"),
      ]);
      if (counts.length > 0) return;
      wrong(
        "A booking of 12:01:00.001 came, and the minute of 12:00 was not over: the watermark waits for bookings that cannot come " +
          "any more.",
      );
    },
  },
];

function booking(email: string, at: string, departsAt: string): Booking {
  return { email, flights: 1, bookedAt: `2026-03-01T${at}Z`, departsAt };
}

function clock(ms: number): string {
  return Math.abs(ms) > 8e15 ? "no time" : new Date(ms).toISOString().slice(11, 23);
}

function planOf(watermarks: (typeof solution)["watermarks"]): string {
  const env = new StreamExecutionEnvironment();
  env.fromSource(new TestSource<Booking>("bookings"), watermarks(), "bookings");
  return env.explain();
}

async function outcome(watermarks: (typeof solution)["watermarks"], bookings = BOOKINGS) {
  const source = new TestSource<Booking>("bookings");
  const seen = new TestSink<Booking>("seen");
  const counts = new TestSink<Booking>("counts");
  await using harness = await new WatchedHarness((env) => {
    const stream = env.fromSource(source, watermarks(), "bookings");
    stream.sinkTo(seen);
    stream.keyBy(({ email }) => email).window(TumblingEventTimeWindows.of(Time.minutes(1))).sum("flights").sinkTo(
      counts,
    );
  }).start();
  for (const each of bookings) await source.push(each, COMES_MS);
  return {
    times: seen.records.map(([, ms]) => ms),
    counts: counts.records.map(([{ email, flights }, ms]) => `${clock(ms)} ${email} ${flights}`).sort(),
    late: harness.books().late,
    picture: plainPicture(harness.timeRun, { columns: 74, title: "Four bookings, and their times" }),
  };
}
