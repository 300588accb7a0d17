/** A job whose sink takes a record and never gives it out: for `stopping_test.ts`. */
import { openBroker } from "../../src/connectors/mod.ts";
import { type Sink, StreamExecutionEnvironment, WatermarkStrategy } from "../../src/engine/mod.ts";
import { SKYONE, type SkyoneData } from "../../src/models.ts";
import { jobOptions, runMain } from "../../src/utils.ts";

const STUCK: Sink<SkyoneData> = {
  description: "a sink that never gives out what it holds",
  exactlyOnceWith: () => true,
  open() {
    let holds = false;
    return Promise.resolve({
      write: () => {
        holds = true;
      },
      flush: () => {
        if (!holds) return;
        options.logger.info("the sink is stuck");
        return new Promise<void>(() => {});
      },
    });
  },
};

const options = jobOptions("stuck_job", Deno.args);

await runMain(async (signal) => {
  await using broker = await openBroker(options);
  const env = new StreamExecutionEnvironment({ ...options, store: broker, signal });
  env.fromSource(broker.source(SKYONE), WatermarkStrategy.noWatermarks(), "skyone").sinkTo(STUCK).name("stuck");
  await env.execute();
});
