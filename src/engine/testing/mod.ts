/**
 * Tests of jobs without a broker and without waiting. Only tests import this.
 *
 * - `JobHarness` runs a whole job: `TestSource`s to fill, `TestSink`s to read, a clock to move, crashes
 * - `OperatorHarness` runs one function, and shows all that it emits, watermarks included
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
