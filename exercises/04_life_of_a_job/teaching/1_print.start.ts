import type { DataStream } from "@stream-apps/deno";

/** Describes a job that prints every number. */
export function defineWorkflow(numbers: DataStream<number>): void {
  // Your work: have the numbers printed, each on a line.
  void numbers;
}
