import type { DataStream, StreamExecutionEnvironment } from "@stream-apps/deno";
import type { Source } from "@stream-apps/deno/sources";

/** All values of the topic skyone, as text. */
export function defineWorkflow(env: StreamExecutionEnvironment, skyone: Source<string>): DataStream<string> {
  // Your work: a stream of the source instead of this list.
  void skyone; // not used yet: remove this line
  return env.fromCollection(["not from the topic"]);
}
