/**
 * Lesson 8: read a topic.
 *
 *     skyone ── its values, as text ── print
 *
 * A topic is a list of records to which others add at its end: here the bookings of an airline, Skyone. A broker keeps it,
 * in several parts (partitions) that each have an order. A source reads them all and waits for more: this job has no end
 * but Ctrl-C. Every second it saves how far it has come, and the next start goes on from there.
 *
 * New here: `fromSource()` with a topic of a broker. Redpanda is one; where none runs, a file in `.broker/` takes its place.
 * Run `deno task gen --create` in one terminal and `deno task s08` in another: each new booking becomes a line of text, two
 * a second or so. `--reset --from earliest` begins with the oldest record; `--sample` needs no other terminal.
 */
import { openBroker } from "./connectors/mod.ts";
import { type DataStream, type Source, StreamExecutionEnvironment, WatermarkStrategy } from "./engine/mod.ts";
import { SKYONE_TEXTS } from "./samples.ts";
import { jobOptions, runMain, SAMPLE_FLAG } from "./utils.ts";

/** All that the source gives. (What watermarks are is told in lesson 18: nothing here asks for the time.) */
export function defineWorkflow(env: StreamExecutionEnvironment, skyone: Source<string>): DataStream<string> {
  return env.fromSource(skyone, WatermarkStrategy.noWatermarks(), "skyone_source");
}

async function main(signal: AbortSignal): Promise<void> {
  const options = jobOptions("s08_create_source", Deno.args, {
    command: "deno task s08",
    describe: "Prints what comes into the topic skyone, as it is.",
    flags: { sample: SAMPLE_FLAG },
    fedBy: ["gen"],
  });
  if (options.sample) return await runSample(new StreamExecutionEnvironment(options));
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });

  defineWorkflow(env, broker.textSource("skyone")).print().name("print");
  await env.execute();
}

/** `--sample`: a list in place of the topic. */
async function runSample(env: StreamExecutionEnvironment): Promise<void> {
  env.fromCollection(SKYONE_TEXTS).name("sample").print().name("print");
  await env.execute();
}

if (import.meta.main) await runMain(main);
