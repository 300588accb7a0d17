/**
 * Lesson 14: write a topic.
 *
 *     skyone ── flightFromSkyone ── still to land? ── flightdata, keyed by confirmation
 *
 * A sink is where records leave a job, here for a topic that others read. A record in a topic has a key beside its value:
 * all records of one key lie in the same partition, in order.
 *
 * Every second the job makes a commit: its output since the last one and how far it has read are saved together, or not at
 * all. So after a crash, whenever it comes, a reader of `flightdata` misses nothing and sees nothing twice: exactly once. With
 * `--delivery at-least-once` output can be seen at once and not only with its commit, but some of it may come twice.
 *
 * New here: `sinkTo()`, keys, delivery guarantees.
 * Run `deno task gen --create`, `deno task s14` and `deno task topics read flightdata` in three terminals; the last one shows
 * partition, offset, time, key and value. `deno task s14 --sample` prints what would be written. Lesson 16 writes these
 * flights too: stop this job before, and begin afresh with `deno task gen --create`, or they stand in `flightdata` twice.
 */
import { openBroker } from "./connectors/mod.ts";
import { type DataStream, StreamExecutionEnvironment, WatermarkStrategy } from "./engine/mod.ts";
import { FLIGHTDATA, type FlightData, flightFromSkyone, landsAfter, SKYONE, type SkyoneData } from "./models.ts";
import { sampleNow, SKYONE_SAMPLE } from "./samples.ts";
import { jobOptions, NOW_FLAG, runMain, SAMPLE_FLAG } from "./utils.ts";

/** Flights of Skyone that land after `now()` (ms since the epoch). */
export function defineWorkflow(bookings: DataStream<SkyoneData>, now: () => number = Date.now): DataStream<FlightData> {
  return bookings.map(flightFromSkyone).name("flight_from_skyone")
    .filter((flight) => landsAfter(flight, now())).name("still_to_land");
}

async function main(signal: AbortSignal): Promise<void> {
  const options = jobOptions("s14_sink", Deno.args, {
    command: "deno task s14",
    describe: "Writes the flights of the bookings in the topic skyone that are still to land into flightdata.",
    flags: { now: NOW_FLAG, sample: SAMPLE_FLAG },
    fedBy: ["gen"],
  });
  if (options.sample) return await runSample(new StreamExecutionEnvironment(options));
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const bookings = env.fromSource(broker.source(SKYONE), WatermarkStrategy.noWatermarks(), "skyone_source");

  const flights = defineWorkflow(bookings, options.now);
  flights.sinkTo(broker.sink(FLIGHTDATA)).name("flightdata_sink");
  if (options.print) flights.print().name("print");
  options.logger.info("To see what it writes, in another terminal: deno task topics read flightdata");
  await env.execute();
}

/** `--sample`: the same workflow on a list; each line is the key and the value that the sink would write. */
async function runSample(env: StreamExecutionEnvironment): Promise<void> {
  const bookings = env.fromCollection(SKYONE_SAMPLE).name("sample");
  defineWorkflow(bookings, sampleNow)
    .map((flight) => `${JSON.stringify(FLIGHTDATA.key(flight))} ${JSON.stringify(flight)}`).name("key_and_value")
    .print().name("print");
  await env.execute();
}

if (import.meta.main) await runMain(main);
