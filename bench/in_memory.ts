import { OpenBroker } from "../src/connectors/open_broker.ts";
import { StreamExecutionEnvironment, WatermarkStrategy } from "../src/engine/mod.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../src/models.ts";
import { defineWorkflow as defineS16 } from "../src/s16_merge.ts";
import { defineWorkflow as defineS20 } from "../src/s20_manage_state.ts";
import { memoryBroker, type Topics, type Written } from "./memory_broker.ts";

/** s16 as its `main()` runs it, but for the broker. */
export async function engineS16(topics: Topics, nowMs: number): Promise<Written> {
  return await runInMemory(topics, (env, broker) => {
    const skyone = env.fromSource(broker.source(SKYONE), WatermarkStrategy.noWatermarks(), "skyone_source");
    const sunset = env.fromSource(broker.source(SUNSET), WatermarkStrategy.noWatermarks(), "sunset_source");
    defineS16(skyone, sunset, () => nowMs).sinkTo(broker.sink(FLIGHTDATA)).name("flightdata_sink");
  });
}

/** s20 likewise. */
export async function engineS20(topics: Topics): Promise<Written> {
  return await runInMemory(topics, (env, broker) => {
    const flights = env.fromSource(
      broker.source(FLIGHTDATA),
      WatermarkStrategy.forMonotonousTimestamps(),
      "flightdata_source",
    );
    defineS20(flights).sinkTo(broker.sink(USERSTATISTICS)).name("userstatistics_sink");
  });
}

async function runInMemory(
  topics: Topics,
  describe: (env: StreamExecutionEnvironment, broker: OpenBroker) => void,
): Promise<Written> {
  const written = { records: 0, bytes: 0 };
  // The sinks look for their topic.
  const all = new Map([...topics, [FLIGHTDATA.name, topics.get(FLIGHTDATA.name) ?? []], [USERSTATISTICS.name, []]]);
  const broker = new OpenBroker(memoryBroker(all, written));
  const env = new StreamExecutionEnvironment({ store: broker, from: "earliest", bounded: true });
  describe(env, broker);
  await env.execute();
  return written;
}
