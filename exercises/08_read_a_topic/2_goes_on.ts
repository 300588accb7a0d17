import type { JobHarness, TestSource } from "@stream-apps/deno/testing";

/** The job stops for a while, and others write meanwhile. */
export async function takeABreak(job: JobHarness, skyone: TestSource<string>): Promise<void> {
  await job.start();
  await skyone.push("first");
  // Your work: stop, write "second", start, write "third".
}
