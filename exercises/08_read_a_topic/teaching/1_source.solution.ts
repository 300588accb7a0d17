import { type DataStream, type StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
import type { Source } from "@stream-apps/deno/sources";

/** All values of the topic skyone, as text. */
export function defineWorkflow(env: StreamExecutionEnvironment, skyone: Source<string>): DataStream<string> {
  return env.fromSource(skyone, WatermarkStrategy.noWatermarks(), "skyone_source");
}
