/**
 * Lesson 10: from bytes to records that can be trusted.
 *
 *     skyone ── JSON, with all fields of a booking? ──┬── yes ── describe ── print
 *                                                     └── no ─── s10_deserialization.dead-letters
 *
 * A broker takes any bytes. What the values of a topic must look like is in its schema, here that of `SKYONE` in `models.ts`.
 * The source decodes each value, checks it and emits a `SkyoneData`, whose fields TypeScript knows. A value that does not
 * fit neither stops the job nor vanishes: it becomes a dead letter, a record in a topic of its own with the same bytes and the
 * reason beside them.
 *
 * New here: `broker.source(SKYONE)`, a source with a schema; dead letters.
 * Run `deno task gen --create` in one terminal and `deno task s10` in another: a line for each booking. Then send a value
 * that is no booking, and look where it went:
 *
 *     echo '{"value":"<html>"}' | deno task topics write skyone
 *     deno task topics read s10_deserialization.dead-letters --headers
 *
 * `deno task s10 --sample` decodes five values, of which two become dead letters.
 */
import { type DataStream, StreamExecutionEnvironment, WatermarkStrategy } from "./engine/mod.ts";
import { lessonOptions, openLessonBroker } from "./lesson.ts";
import { SKYONE, type SkyoneData } from "./models.ts";
import { runMain } from "./utils.ts";

/** A line about each booking. */
export function defineWorkflow(bookings: DataStream<SkyoneData>): DataStream<string> {
  return bookings.map(describe).name("describe");
}

/** `SKY1AAAAAA: ANNA@email.com flies from ATL to DFW for 700`. TypeScript refuses a field that the schema does not have. */
function describe(booking: SkyoneData): string {
  const { confirmation, email_address, iata_departure_code, iata_arrival_code, ticket_price } = booking;
  return `${confirmation}: ${email_address} flies from ${iata_departure_code} to ${iata_arrival_code} for ${ticket_price}`;
}

async function main(signal: AbortSignal): Promise<void> {
  const options = lessonOptions("s10_deserialization", {
    task: "s10",
    describe: "Decodes and checks the bookings in the topic skyone, and prints a line about each.",
  });
  await using broker = await openLessonBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const bookings = env.fromSource(broker.source(SKYONE), WatermarkStrategy.noWatermarks(), "skyone_source");

  defineWorkflow(bookings).print().name("print");
  await env.execute();
}

if (import.meta.main) await runMain(main);
