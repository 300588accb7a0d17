/**
 * A job that prints the topic "odd-in" and goes wrong on a cluster as its first argument says: "differs" describes another job each
 * time, "unloadable" needs what a worker may not do while it loads.
 */
import { openBroker } from "../../../src/connectors/mod.ts";
import { StreamExecutionEnvironment, WatermarkStrategy } from "../../../src/engine/mod.ts";
import { jobOptions, runMain } from "../../../src/utils.ts";

const [how, ...flags] = Deno.args;
// Where it is submitted, a job may read files to describe itself; a worker may not.
if (how === "unloadable") Deno.readTextFileSync("/etc/hosts");

async function main(): Promise<void> {
  const options = jobOptions("odd_job", flags);
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker });
  env.fromSource(broker.textSource("odd-in"), WatermarkStrategy.noWatermarks(), "odd_source")
    .map((text) => text).name(how === "differs" ? `map_${crypto.randomUUID()}` : "map")
    .print().name("print");
  await env.execute();
}

if (import.meta.main) await runMain(main);
