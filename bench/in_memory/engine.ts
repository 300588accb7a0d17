/** The jobs on the engine, as their `main()` runs them, but for the broker. */
import type { Topic } from "../../src/connectors/mod.ts";
import { JobBroker } from "../../src/connectors/job_broker.ts";
import {
  type Clock,
  type DataStream,
  type EnvironmentOptions,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../../src/models.ts";
import { defineWorkflow as defineS16 } from "../../src/s16_merge.ts";
import { defineWorkflow as defineS18 } from "../../src/s18_aggregation.ts";
import { defineWorkflow as defineS20 } from "../../src/s20_manage_state.ts";
import type { Topics } from "./bare_loop.ts";
import { type BrokerCalls, MeasuredBroker } from "./measured_broker.ts";
import type { Written } from "./written.ts";

export interface EngineRunOptions {
  /** What s16 takes for the present moment, ms. */
  readonly nowMs: number;
  readonly calls?: BrokerCalls;
  readonly clock?: Clock;
}

/** Runs a lesson's workflow over all that the topics hold. */
export async function runEngine(
  job: "s16" | "s18" | "s20",
  topics: Topics,
  written: Written,
  { nowMs, calls, clock }: EngineRunOptions,
): Promise<void> {
  // The sinks look for their topic.
  const none = { partitions: [] };
  const all = new Map([[FLIGHTDATA.name, none], [USERSTATISTICS.name, none], ...topics]);
  await runOn(new JobBroker(new MeasuredBroker(all, written, calls)), job, { nowMs, ...clock && { clock } });
}

/** Runs a lesson's workflow over all that its topics hold at a broker. */
export async function runOn(
  broker: JobBroker,
  job: "s16" | "s18" | "s20",
  { nowMs, ...options }: EnvironmentOptions & { readonly nowMs: number },
): Promise<void> {
  const env = new StreamExecutionEnvironment({ store: broker, from: "earliest", bounded: true, ...options });
  const source = <T, K>(topic: Topic<T, K>, watermarks: WatermarkStrategy<T>): DataStream<T> =>
    env.fromSource(broker.source(topic), watermarks, `${topic.name}_source`);
  if (job === "s16") {
    const none = WatermarkStrategy.noWatermarks();
    defineS16(source(SKYONE, none), source(SUNSET, none), () => nowMs).sinkTo(broker.sink(FLIGHTDATA));
  } else {
    const define = job === "s18" ? defineS18 : defineS20;
    define(source(FLIGHTDATA, WatermarkStrategy.forMonotonousTimestamps())).sinkTo(broker.sink(USERSTATISTICS));
  }
  await env.execute();
}
