/**
 * Lesson 20: windows, and state that goes from one window to the next.
 *
 *     flightdata ── statisticsFromFlight ── keyBy traveller ── one-minute windows ── mergeStatistics
 *                                                                                        │
 *     userstatistics ◀── plus the total of all windows before (global state) ◀───────────┘
 *
 * Lesson 18 counts each minute anew. Here a traveller's total is kept from one minute to the next, and each result tells all
 * that was booked so far. What is kept is in the job's commit: it is still there after a crash or a restart.
 *
 * New here: a `ProcessWindowFunction` with `globalState()`, which belongs to the traveller and outlives each window. A
 * window closes when event time passes its end, so the last one waits for the next booking, or with `--close-idle 30s` for
 * half a minute of silence.
 * Run `deno task gen --create`, `deno task s16` and `deno task s20` in three terminals, and after a minute
 * `deno task topics read userstatistics`. `deno task s20 --sample` shows totals that grow over three minutes.
 */
import { openBroker } from "./connectors/mod.ts";
import type { Collector, DataStream, WindowContext } from "./engine/mod.ts";
import {
  ProcessWindowFunction,
  StreamExecutionEnvironment,
  Time,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
} from "./engine/mod.ts";
import type { FlightData, UserStatistics } from "./models.ts";
import { FLIGHTDATA, mergeStatistics, statisticsFromFlight, USERSTATISTICS } from "./models.ts";
import { BOOKED_FLIGHTS, type BookedFlight } from "./samples.ts";
import { CLOSE_IDLE_FLAG, jobOptions, OUT_OF_ORDERNESS_FLAG, runMain, SAMPLE_FLAG, WINDOW_FLAG } from "./utils.ts";

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
    for (const statistics of elements) {
      const sofar = state.value();
      const total = sofar === undefined ? statistics : mergeStatistics(sofar, statistics);
      state.update(total);
      out.collect(total);
    }
  }
}

async function main(signal: AbortSignal): Promise<void> {
  const options = jobOptions("user_statistics", Deno.args, {
    command: "deno task s20",
    describe: "Counts flights and minutes per traveller from flightdata into userstatistics.",
    flags: {
      windowMs: WINDOW_FLAG,
      outOfOrdernessMs: OUT_OF_ORDERNESS_FLAG,
      closeIdleMs: CLOSE_IDLE_FLAG,
      sample: SAMPLE_FLAG,
    },
    fedBy: ["gen", "s16"],
  });
  if (options.sample) return await runSample(new StreamExecutionEnvironment(options), options.windowMs);
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const watermarks = options.outOfOrdernessMs === 0
    ? WatermarkStrategy.forMonotonousTimestamps()
    : WatermarkStrategy.forBoundedOutOfOrderness(options.outOfOrdernessMs);

  const statistics = defineWorkflow(
    env.fromSource(broker.source(FLIGHTDATA), watermarks, "flightdata_source"),
    options.windowMs,
  );
  statistics.sinkTo(broker.sink(USERSTATISTICS)).name("userstatistics_sink");
  if (options.print) statistics.print();
  await env.execute();
}

/** `--sample`: the same workflow on a list, whose records say themselves when they were booked. */
async function runSample(env: StreamExecutionEnvironment, windowMs: number): Promise<void> {
  const bookedAt = WatermarkStrategy.forMonotonousTimestamps()
    .withTimestampAssigner(({ bookedMs }: BookedFlight) => bookedMs);
  const flights = env.fromCollection(BOOKED_FLIGHTS).name("sample")
    .assignTimestampsAndWatermarks(bookedAt)
    .map(({ flight }) => flight).name("flight");
  defineWorkflow(flights, windowMs).print().name("print");
  await env.execute();
}

if (import.meta.main) await runMain(main);
