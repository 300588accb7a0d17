/**
 * Lesson 20: windows, and state that goes from one window to the next.
 *
 *     flightdata ── statisticsFromFlight ── keyBy traveller ── one-minute windows ── mergeStatistics
 *                                                                                        │
 *     userstatistics ◀── plus the total of all windows before (global state) ◀───────────┘
 *
 * Lesson 18 starts from zero in each minute. Here a traveller's total is kept from one minute to the next, and each result is
 * all that was booked so far. The totals are part of the job's commit: they are still there after a crash or a restart.
 *
 * New here: a `ProcessWindowFunction` with `globalState()`, which belongs to the traveller and outlives each window. A
 * window closes when event time passes its end, so the last one waits for the next booking, or with `--close-idle 30s` for
 * half a minute of silence.
 * Run `deno task gen --create`, `deno task s16` and `deno task s20` in three terminals, and after a minute
 * `deno task topics read userstatistics`. `deno task s20 --sample` shows totals that grow over three minutes.
 */
import type { Collector, DataStream, WindowContext } from "./engine/mod.ts";
import {
  ProcessWindowFunction,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
} from "./engine/mod.ts";
import { EVENT_TIME_FLAGS, lessonOptions, openLessonBroker } from "./lesson.ts";
import type { FlightData, UserStatistics } from "./models.ts";
import { FLIGHTDATA, mergeStatistics, statisticsFromFlight, USERSTATISTICS } from "./models.ts";
import { watermarksOf } from "./s18_aggregation.ts";
import { runMain } from "./utils.ts";

/** For each traveller and window: all flights and minutes so far, once the window has closed. */
export function defineWorkflow(
  flights: DataStream<FlightData>,
  windowMs: number = Time.minutes(1),
): DataStream<UserStatistics> {
  return flights.map(statisticsFromFlight).name("statistics_from_flight")
    .keyBy((statistics) => statistics.email_address)
    .window(TumblingEventTimeWindows.of(windowMs))
    .reduce(mergeStatistics, new ProcessUserStatistics()).name("user_statistics");
}

/** Adds a window's statistics to those of all windows before, per traveller. */
class ProcessUserStatistics extends ProcessWindowFunction<UserStatistics, UserStatistics, string> {
  readonly #total = new ValueStateDescriptor<UserStatistics>("total");

  override process(
    _email: string,
    context: WindowContext,
    elements: Iterable<UserStatistics>,
    out: Collector<UserStatistics>,
  ): void {
    const state = context.globalState().getState(this.#total);
    // One element: reduce() has already merged those of the window.
    for (const statistics of elements) {
      const before = state.value();
      const total = before === undefined ? statistics : mergeStatistics(before, statistics);
      state.update(total);
      out.collect(total);
    }
  }
}

async function main(signal: AbortSignal): Promise<void> {
  const options = lessonOptions("user_statistics", {
    task: "s20",
    describe: "Counts flights and minutes per traveller from flightdata into userstatistics.",
    fedBy: ["gen", "s16"],
    flags: EVENT_TIME_FLAGS,
  });
  await using broker = await openLessonBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const flights = env.fromSource(broker.source(FLIGHTDATA), watermarksOf(options), "flightdata_source");

  const statistics = defineWorkflow(flights, options.windowMs);
  statistics.sinkTo(broker.sink(USERSTATISTICS)).name("userstatistics_sink");
  if (options.print) statistics.print();
  await env.execute();
}

if (import.meta.main) await runMain(main);
