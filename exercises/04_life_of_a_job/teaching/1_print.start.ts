import type { DataStream } from "@stream-apps/deno";

/** Describes a job that prints every number. */
export function defineWorkflow(numbers: DataStream<number>): void {
  // Your work: have the numbers printed, each on a line.
  void numbers; // it does nothing: TypeScript complains of what is never used
}
