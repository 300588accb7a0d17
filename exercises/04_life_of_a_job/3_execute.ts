import { StreamExecutionEnvironment } from "@stream-apps/deno";

/** Prints the numbers 1 to 5, doubled. */
export async function main(): Promise<void> {
  const env = new StreamExecutionEnvironment();
  // Your work: describe the job on this environment, then run it.
  await Promise.resolve(env);
}
