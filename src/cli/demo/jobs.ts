/** The demo's two jobs: lessons 16 and 20 on the demo's own topics, with short windows. */
import type { JobBroker } from "../../connectors/mod.ts";
import { type Clock, StreamExecutionEnvironment, SYSTEM_CLOCK, Time, WatermarkStrategy } from "../../engine/mod.ts";
import { defineWorkflow as defineImporter } from "../../s16_merge.ts";
import { defineWorkflow as defineStatistics } from "../../s20_manage_state.ts";
import type { Logger } from "../../utils.ts";
import { DEMO_TOPICS } from "./topics.ts";

/** Names of the jobs. */
export const IMPORTER = "demo_flight_importer";
export const STATISTICS = "demo_user_statistics";
/** How long event time waits for a partition without records, ms: with twenty bookings a second no partition is empty for long. */
export const IDLE_MS = 5_000;
/** Length of the demo's windows, ms. */
export const WINDOW_MS = Time.seconds(5);
/** Time between commits, with which results become visible, ms. */
const COMMIT_INTERVAL_MS = 500;

/** What a job of the demo runs with. */
export interface DemoJobOptions {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Bookings of both airlines that are still to land. */
export function describeImporter(broker: JobBroker, options: DemoJobOptions): StreamExecutionEnvironment {
  const { skyone, sunset, flightdata } = DEMO_TOPICS;
  const env = environment(IMPORTER, broker, options);
  const { now } = options.clock ?? SYSTEM_CLOCK;
  defineImporter(
    env.fromSource(broker.source(skyone), WatermarkStrategy.noWatermarks(), "skyone_source"),
    env.fromSource(broker.source(sunset), WatermarkStrategy.noWatermarks(), "sunset_source"),
    now,
  ).sinkTo(broker.sink(flightdata)).name("flightdata_sink");
  return env;
}

/** Totals per traveller. @param windowMs default five seconds */
export function describeStatistics(
  broker: JobBroker,
  { windowMs = WINDOW_MS, ...options }: DemoJobOptions & { readonly windowMs?: number },
): StreamExecutionEnvironment {
  const { flightdata, userstatistics } = DEMO_TOPICS;
  const env = environment(STATISTICS, broker, options);
  defineStatistics(
    env.fromSource(broker.source(flightdata), WatermarkStrategy.forMonotonousTimestamps(), "flightdata_source"),
    windowMs,
  ).sinkTo(broker.sink(userstatistics)).name("userstatistics_sink");
  return env;
}

function environment(
  jobName: string,
  store: JobBroker,
  { clock, logger, signal }: DemoJobOptions,
): StreamExecutionEnvironment {
  return new StreamExecutionEnvironment({
    jobName,
    store,
    from: "earliest",
    idleMs: IDLE_MS,
    commitIntervalMs: COMMIT_INTERVAL_MS,
    logger,
    ...clock !== undefined && { clock },
    signal,
  });
}
