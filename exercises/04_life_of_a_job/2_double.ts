import type { DataStream } from "@stream-apps/deno";

/** Each number doubled. */
export function defineWorkflow(numbers: DataStream<number>): DataStream<number> {
  // Your work: return a stream of doubled numbers.
  return numbers;
}
