import { StreamExecutionEnvironment } from "@stream-apps/deno";

/** Prints the numbers 1 to 5, doubled. */
export async function main(): Promise<void> {
  const env = new StreamExecutionEnvironment();
  env.fromCollection([1, 2, 3, 4, 5]).map((number) => number * 2).print();
  await env.execute();
}
