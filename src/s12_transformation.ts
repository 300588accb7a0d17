/**
 * Lesson 12: turn an airline's bookings into flights.
 *
 *     skyone ── flightFromSkyone ── still to land? ── print
 *
 * Each airline has a form of its own. The jobs to come want one: `FlightData`. So every booking is turned into a flight, and
 * flights that have landed already are left out. What a job does stands in `defineWorkflow()`, apart from where its records
 * come from and go to: its test runs it on a list, with a clock that stands still.
 *
 * New here: a workflow with its test, `tests/s12_transformation_test.ts`: `deno test tests/s12_transformation_test.ts`.
 * Run `deno task gen --create` in one terminal and `deno task s12` in another: flights as JSON, for about three bookings of
 * four, as the others have landed. `deno task s12 --sample` needs no other terminal.
 */
import { type DataStream, StreamExecutionEnvironment, WatermarkStrategy } from "./engine/mod.ts";
import { lessonOptions, openLessonBroker } from "./lesson.ts";
import { type FlightData, flightFromSkyone, landsAfter, SKYONE, type SkyoneData } from "./models.ts";
import { NOW_FLAG, runMain } from "./utils.ts";

/** Flights of Skyone that land after `now()` (ms since the epoch). */
export function defineWorkflow(bookings: DataStream<SkyoneData>, now: () => number = Date.now): DataStream<FlightData> {
  return bookings.map(flightFromSkyone).name("flight_from_skyone")
    .filter((flight) => landsAfter(flight, now())).name("still_to_land");
}

async function main(signal: AbortSignal): Promise<void> {
  const options = lessonOptions("s12_transformation", {
    task: "s12",
    describe: "Prints the flights of the bookings in the topic skyone that are still to land.",
    flags: { now: NOW_FLAG },
  });
  await using broker = await openLessonBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const bookings = env.fromSource(broker.source(SKYONE), WatermarkStrategy.noWatermarks(), "skyone_source");

  defineWorkflow(bookings, options.now).print().name("print");
  await env.execute();
}

if (import.meta.main) await runMain(main);
