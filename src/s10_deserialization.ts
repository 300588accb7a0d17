/**
 * Lesson 10: from bytes to records that can be trusted.
 *
 *     skyone ── JSON, with all fields of a booking? ──┬── yes ── describe ── print
 *                                                     └── no ─── s10_deserialization.dead-letters
 *
 * A broker takes any bytes. What the values of a topic must look like is said by its schema, here that of `SKYONE` in
 * `models.ts`. The source decodes each value, checks it and gives a `SkyoneData`, whose fields TypeScript knows. A value
 * that does not fit neither stops the job nor vanishes: it goes to a topic for such dead letters, byte for byte, with the
 * reason beside it.
 *
 * New here: `broker.source(SKYONE)`, a source with a schema; dead letters.
 * Run `deno task gen --create` in one terminal and `deno task s10` in another: a line for each booking. Then send a value
 * that is none, and look where it went:
 *
 *     echo '{"value":"<html>"}' | deno task topics write skyone
 *     deno task topics read s10_deserialization.dead-letters --headers
 *
 * `deno task s10 --sample` decodes three good values and two bad ones.
 */
import { deadLetterTopic, decodeJson, openBroker } from "./connectors/mod.ts";
import { type DataStream, StreamExecutionEnvironment, WatermarkStrategy } from "./engine/mod.ts";
import { SKYONE, type SkyoneData } from "./models.ts";
import { SKYONE_TEXTS } from "./samples.ts";
import { jobOptions, runMain, SAMPLE_FLAG } from "./utils.ts";

/** A line about each booking. */
export function defineWorkflow(bookings: DataStream<SkyoneData>): DataStream<string> {
  return bookings.map(describe).name("describe");
}

/** `SKY1AAAAAA: ANNA@email.com flies from ATL to DFW for 700`. A field that is not there would be an error right here. */
function describe(booking: SkyoneData): string {
  const { confirmation, email_address, iata_departure_code, iata_arrival_code, ticket_price } = booking;
  return `${confirmation}: ${email_address} flies from ${iata_departure_code} to ${iata_arrival_code} for ${ticket_price}`;
}

async function main(signal: AbortSignal): Promise<void> {
  const options = jobOptions("s10_deserialization", Deno.args, {
    command: "deno task s10",
    describe: "Decodes and checks the bookings in the topic skyone, and prints a line about each.",
    flags: { sample: SAMPLE_FLAG },
    fedBy: ["gen"],
  });
  // Without a broker there is no topic to keep bad records in: they are told and dropped.
  if (options.sample) return await runSample(new StreamExecutionEnvironment({ ...options, onError: "dead-letter" }));
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const bookings = env.fromSource(broker.source(SKYONE), WatermarkStrategy.noWatermarks(), "skyone_source");

  defineWorkflow(bookings).print().name("print");
  const { books } = await env.execute();
  if (books.dead > 0) {
    options.logger.info(
      `To see what was put aside: deno task topics read ${deadLetterTopic(options.jobName)} --headers`,
    );
  }
}

/** `--sample`: a list in place of the topic; `decode` does by hand what the source does. */
async function runSample(env: StreamExecutionEnvironment): Promise<void> {
  const decode = (text: string) => decodeJson(new TextEncoder().encode(text), SKYONE.schema);
  const bookings = env.fromCollection(SKYONE_TEXTS).name("sample").map(decode).name("decode");
  defineWorkflow(bookings).print().name("print");
  await env.execute();
}

if (import.meta.main) await runMain(main);
