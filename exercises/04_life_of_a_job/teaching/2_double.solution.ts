import type { DataStream } from "@stream-apps/deno";

/** Each number doubled. */
export function defineWorkflow(numbers: DataStream<number>): DataStream<number> {
  return numbers.map((number) => number * 2);
}
