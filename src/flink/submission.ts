import type { InitialState } from "./hand_over.ts";
import type { FlinkPlan } from "./plan.ts";

/** What a cluster is sent: a job to run, or one whose savepoint is to be written into a topic. */
export type Submitted =
  | { readonly plan: FlinkPlan; readonly bundle: string; readonly state?: InitialState | undefined }
  | { readonly plan: FlinkPlan; readonly exportTo: string };

/** The argument of the runner. As such it stands in no log and on no page of Flink's. */
export async function encodeSubmission(submitted: Submitted): Promise<string> {
  const text = new Blob([JSON.stringify(submitted)]).stream();
  const compressed = new Response(text.pipeThrough(new CompressionStream("gzip")));
  return new Uint8Array(await compressed.arrayBuffer()).toBase64();
}
