/**
 * Lesson 18: count by the minute.
 *
 *     flightdata ── statisticsFromFlight ── keyBy traveller ── one-minute windows ── mergeStatistics ── print
 *
 * A stream has no end at which to count. So it is cut into windows: all bookings of a traveller from 12:00 to 12:01 make one
 * result, those from 12:01 to 12:02 the next. The minute that counts is when the booking was made, its event time, and not
 * when this job happens to see it; an hour of bookings that is read in a second has the results of an hour.
 *
 * How does the job know that 12:01 has passed and no earlier booking is to come? By watermarks, which its source makes of the
 * records' times: "event time has come to 12:01". Only the next booking advances the watermark; without it the last window
 * stays open (`--close-idle 30s` lets the clock move it after half a minute of silence).
 *
 * New here: `window()`, event time, watermarks.
 * Run `deno task gen --create`, `deno task s16` and `deno task s18` in three terminals and wait a minute, or ten seconds with
 * `--window 10s`: a line per traveller and window, with the window's last millisecond. `deno task s18 --sample` shows three
 * windows of a minute at once: two travellers, two, and one.
 *
 * The course's lesson writes its results into `userstatistics`. Here only lesson 20 does: its results under the same keys are
 * totals, and a reader could not tell them from these.
 */
import {
  type DataStream,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "./engine/mod.ts";
import { EVENT_TIME_FLAGS, lessonOptions, openLessonBroker } from "./lesson.ts";
import { FLIGHTDATA, type FlightData, mergeStatistics, statisticsFromFlight, type UserStatistics } from "./models.ts";
import { runMain } from "./utils.ts";

/**
 * How the source of `flightdata` makes watermarks: each record has the time of its booking, and in a partition times ascend, so
 * each one says how far event time has come. With `--out-of-orderness 5s` a watermark stays five seconds behind, and records may
 * come so much behind later ones.
 */
export function watermarksOf({ outOfOrdernessMs }: { readonly outOfOrdernessMs: number }): WatermarkStrategy<unknown> {
  return outOfOrdernessMs === 0
    ? WatermarkStrategy.forMonotonousTimestamps()
    : WatermarkStrategy.forBoundedOutOfOrderness(outOfOrdernessMs);
}

/** For each traveller and window: the flights and minutes that were booked in it, once it has closed. */
export function defineWorkflow(
  flights: DataStream<FlightData>,
  windowMs: number = Time.minutes(1),
): DataStream<UserStatistics> {
  return flights.map(statisticsFromFlight).name("statistics_from_flight")
    .keyBy((statistics) => statistics.email_address)
    .window(TumblingEventTimeWindows.of(windowMs))
    .reduce(mergeStatistics).name("statistics_by_window");
}

/** Each result behind its own event time, which is the last millisecond of its window. */
function withTimes(results: DataStream<UserStatistics>): DataStream<string> {
  return results.process<string>({
    processElement(statistics, context, out) {
      out.collect(`${new Date(context.timestamp()!).toISOString()} ${JSON.stringify(statistics)}`);
    },
  }).name("with_time");
}

async function main(signal: AbortSignal): Promise<void> {
  const options = lessonOptions("s18_aggregation", {
    task: "s18",
    describe: "Prints flights and minutes per traveller and window, from the topic flightdata.",
    fedBy: ["gen", "s16"],
    flags: EVENT_TIME_FLAGS,
  });
  await using broker = await openLessonBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const flights = env.fromSource(broker.source(FLIGHTDATA), watermarksOf(options), "flightdata_source");

  withTimes(defineWorkflow(flights, options.windowMs)).print().name("print");
  await env.execute();
}

if (import.meta.main) await runMain(main);
