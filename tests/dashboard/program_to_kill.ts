/** A job of a process of its own, for tests that kill it: `JOB TOPIC [flags]`. It reads a topic and lets nothing pass. */
import { openBroker } from "../../src/connectors/mod.ts";
import { StreamExecutionEnvironment, WatermarkStrategy } from "../../src/engine/mod.ts";
import { SKYONE } from "../../src/models.ts";
import { jobOptions, runMain } from "../../src/utils.ts";

const [job, topic, ...flags] = Deno.args as [string, string, ...string[]];
const options = jobOptions(job, flags);

await runMain(async (signal) => {
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  const source = broker.source({ ...SKYONE, name: topic });
  env.fromSource(source, WatermarkStrategy.noWatermarks(), "source").filter(() => false).print();
  await env.execute();
});
