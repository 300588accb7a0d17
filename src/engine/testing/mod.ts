/**
 * Tests of jobs without a broker and without waiting. Only tests import this.
 *
 * - `JobHarness` runs a whole job: `TestSource`s to fill, `TestSink`s to read, a clock to move, crashes
 * - `OperatorHarness` runs one function, and shows all that it emits, watermarks included
 *
 * @example A workflow, and a crash in between
 * ```ts
 * import { WatermarkStrategy } from "@stream-apps/deno";
 * import { JobHarness, TestSink, TestSource } from "@stream-apps/deno/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const words = new TestSource<string>("words");
 * const lengths = new TestSink<number>("lengths");
 * await using harness = await new JobHarness((env) => {
 *   env.fromSource(words, WatermarkStrategy.noWatermarks(), "words").map((word) => word.length).sinkTo(lengths);
 * }).start();
 *
 * await words.push("window", 0);
 * await harness.commit();
 * await harness.crash();
 * await harness.restart();
 * await words.push("key", 1);
 *
 * assertEquals(lengths.values, [6, 3]);
 * ```
 *
 * @module
 */
export type { CrashPoint } from "./crash.ts";
export type { OperatorHarnessOptions } from "./described_operators.ts";
export { type DescribeJob, JobHarness, type JobHarnessOptions, type JobStatus } from "./job_harness.ts";
export { ManualClock } from "./manual_clock.ts";
export { type Commit, MemoryJobSession, MemoryJobStore, RetriableError, type Written } from "./memory_job_store.ts";
export { OperatorHarness } from "./operator_harness.ts";
export { OperatorView, type PendingTimer, type StateOptions } from "./operator_view.ts";
export type { Flow } from "./probe.ts";
export { TestSink } from "./test_sink.ts";
export { type PartitionOptions, type SourceDriver, TestSource, watermarksByHand } from "./test_source.ts";
