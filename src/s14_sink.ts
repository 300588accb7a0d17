/**
 * Lesson 14: write a topic.
 *
 *     skyone ── lesson 12: flights still to land ── flightdata, keyed by confirmation
 *
 * A sink is where records leave a job, here for a topic that others read. A record in a topic has a key beside its value,
 * here `FLIGHTDATA.key`, the confirmation: all records of one key lie in the same partition, in order.
 *
 * Every second the job makes a commit: its output since the last one and how far it has read are saved together, or not at
 * all. So after a crash, whenever it comes, a reader of `flightdata` misses nothing and sees nothing twice: exactly once. With
 * `--delivery at-least-once` output can be seen at once and not only with its commit, but some of it may come twice.
 *
 * New here: `sinkTo()`, keys, delivery guarantees.
 * Run `deno task gen --create`, `deno task s14` and `deno task topics read flightdata` in three terminals; the last one shows
 * partition, offset, time, key and value. `deno task s14 --sample` prints the keys and values that it has written. Lesson 16
 * writes these flights too: stop this job before, and begin with empty topics by `deno task gen --create`, or they are in
 * `flightdata` twice.
 */
import { type DataStream, type Sink, StreamExecutionEnvironment, WatermarkStrategy } from "./engine/mod.ts";
import { lessonOptions, openLessonBroker } from "./lesson.ts";
import { FLIGHTDATA, type FlightData, SKYONE, type SkyoneData } from "./models.ts";
import { defineWorkflow as flightsToLand } from "./s12_transformation.ts";
import { NOW_FLAG, runMain } from "./utils.ts";

/** Writes lesson 12's flights to the sink. @returns the flights, for whoever wants to see them too */
export function defineWorkflow(
  bookings: DataStream<SkyoneData>,
  flightdata: Sink<FlightData>,
  now?: () => number,
): DataStream<FlightData> {
  const flights = flightsToLand(bookings, now);
  flights.sinkTo(flightdata).name("flightdata_sink");
  return flights;
}

async function main(signal: AbortSignal): Promise<void> {
  const options = lessonOptions("s14_sink", {
    task: "s14",
    describe: "Writes the flights of the bookings in the topic skyone that are still to land into flightdata.",
    flags: { now: NOW_FLAG },
  });
  await using broker = await openLessonBroker(options);
  // With the topic at the broker that is the job's store too, output and positions are one commit: exactly once.
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const bookings = env.fromSource(broker.source(SKYONE), WatermarkStrategy.noWatermarks(), "skyone_source");

  const flights = defineWorkflow(bookings, broker.sink(FLIGHTDATA), options.now);
  if (options.print) flights.print();
  await env.execute();
}

if (import.meta.main) await runMain(main);
