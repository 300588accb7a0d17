/**
 * Lesson 16: merge two streams into one.
 *
 *     skyone ── flightFromSkyone ──┐
 *                                  ├── union ── still to land? ── flightdata
 *     sunset ── flightFromSunset ──┘
 *
 * The airlines' bookings differ, their flights do not: once both streams are of one type they can be one stream. With the
 * sink of lesson 14 this is the first of the course's two jobs, `flight_importer`.
 *
 * New here: `union()` joins streams of one type; it promises no order between them.
 * Run `deno task gen --create` in one terminal and `deno task s16` in another; watch the topic `flightdata`, keyed by
 * `confirmation`: `deno task topics read flightdata`. `deno task s16 --sample` reads five bookings,
 * two of which have landed, and two values that are not bookings, and prints what it writes.
 */
import { type DataStream, StreamExecutionEnvironment, WatermarkStrategy } from "./engine/mod.ts";
import { lessonOptions, openLessonBroker } from "./lesson.ts";
import type { FlightData, SkyoneData, SunsetData } from "./models.ts";
import { FLIGHTDATA, flightFromSkyone, flightFromSunset, landsAfter, SKYONE, SUNSET } from "./models.ts";
import { NOW_FLAG, runMain } from "./utils.ts";

/** Flights of both airlines that land after `now()` (ms since the epoch). */
export function defineWorkflow(
  skyone: DataStream<SkyoneData>,
  sunset: DataStream<SunsetData>,
  now: () => number = Date.now,
): DataStream<FlightData> {
  return skyone.map(flightFromSkyone).name("flight_from_skyone")
    .union(sunset.map(flightFromSunset).name("flight_from_sunset"))
    .filter((flight) => landsAfter(flight, now())).name("still_to_land");
}

async function main(signal: AbortSignal): Promise<void> {
  const options = lessonOptions("flight_importer", {
    task: "s16",
    describe: "Merges the bookings of skyone and sunset that are still to land into flightdata.",
    flags: { now: NOW_FLAG },
  });
  await using broker = await openLessonBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const skyone = env.fromSource(broker.source(SKYONE), WatermarkStrategy.noWatermarks(), "skyone_source");
  const sunset = env.fromSource(broker.source(SUNSET), WatermarkStrategy.noWatermarks(), "sunset_source");

  const flights = defineWorkflow(skyone, sunset, options.now);
  flights.sinkTo(broker.sink(FLIGHTDATA)).name("flightdata_sink");
  if (options.print) flights.print();
  await env.execute();
}

if (import.meta.main) await runMain(main);
