/**
 * To test a job, or one function of it, without a broker and without waiting: see `JobHarness` and `OperatorHarness`. Only
 * tests import this.
 */
export type { CrashPoint } from "./crash.ts";
export type { OperatorHarnessOptions } from "./described_operators.ts";
export { JobHarness, type JobHarnessOptions, type JobStatus } from "./job_harness.ts";
export { ManualClock } from "./manual_clock.ts";
export { type Commit, MemoryJobSession, MemoryJobStore, RetriableError, type Written } from "./memory_job_store.ts";
export { OperatorHarness } from "./operator_harness.ts";
export { OperatorView, type PendingTimer, type StateOptions } from "./operator_view.ts";
export type { Flow } from "./probe.ts";
export { TestSink } from "./test_sink.ts";
export { type PartitionOptions, type SourceDriver, TestSource, watermarksByHand } from "./test_source.ts";
