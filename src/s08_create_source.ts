/**
 * Lesson 8: read a topic.
 *
 *     skyone ── its values, as text ── print
 *
 * A topic is a list of records to which others add at its end: here the bookings of an airline, Skyone. A broker keeps it,
 * in several parts (partitions) that each have an order. A source reads them all and waits for more: this job has no end
 * but Ctrl-C. Every second it saves how far it has come, and the next start goes on from there.
 *
 * New here: `fromSource()` with a topic of a broker. Redpanda is one; without it a file in `.broker/` takes its place.
 * Run `deno task gen --create` in one terminal and `deno task s08` in another: each new booking becomes a line of text, two
 * a second or so. `--reset --from earliest` begins with the oldest record; `--sample` needs no other terminal.
 */
import { type DataStream, type Source, StreamExecutionEnvironment, WatermarkStrategy } from "./engine/mod.ts";
import { lessonOptions, openLessonBroker } from "./lesson.ts";
import { runMain } from "./utils.ts";

/** All records of the source. (Watermarks come in lesson 18: nothing here asks for the time.) */
export function defineWorkflow(env: StreamExecutionEnvironment, skyone: Source<string>): DataStream<string> {
  return env.fromSource(skyone, WatermarkStrategy.noWatermarks(), "skyone_source");
}

async function main(signal: AbortSignal): Promise<void> {
  const options = lessonOptions("s08_create_source", {
    task: "s08",
    describe: "Prints what comes into the topic skyone, as it is.",
  });
  // The broker holds the topic, and as the job's store it keeps how far the job has read.
  await using broker = await openLessonBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });

  defineWorkflow(env, broker.textSource("skyone")).print().name("print");
  await env.execute();
}

if (import.meta.main) await runMain(main);
