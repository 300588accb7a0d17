/** A job of a process of its own that has a secret among its arguments: `JOB TOPIC API_KEY [flags]`. It counts texts, and refuses one. */
import { openBroker } from "../../src/connectors/mod.ts";
import { StreamExecutionEnvironment, WatermarkStrategy } from "../../src/engine/mod.ts";
import { jobOptions, runMain } from "../../src/utils.ts";

const [job, topic, apiKey, ...flags] = Deno.args as [string, string, string, ...string[]];
const options = jobOptions(job, flags);

/** As a service would be asked that wants the key. */
function priceOf(text: string): { text: string; price: number } {
  if (text === "bad") throw new RangeError("there is no price of it");
  return { text, price: apiKey.length };
}

await runMain(async (signal) => {
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  env.fromSource(broker.textSource(topic), WatermarkStrategy.noWatermarks(), "texts")
    .map(priceOf).name("prices")
    .keyBy(({ text }) => text).sum("price").name("sums")
    .filter(() => false).print();
  await env.execute();
});
