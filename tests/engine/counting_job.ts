import type { DataStream, SingleOutputStreamOperator } from "../../src/engine/api/data_stream.ts";
import type { StreamExecutionEnvironment } from "../../src/engine/api/environment.ts";
import type { Source } from "../../src/engine/source.ts";
import { JobHarness, type JobHarnessOptions } from "../../src/engine/testing/job_harness.ts";
import type { MemoryJobStore, Written } from "../../src/engine/testing/memory_job_store.ts";
import { WatermarkStrategy } from "../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../src/engine/windows/tumbling_event_time_windows.ts";

/** "a 1": one of a. */
export function countOf(text: string): { key: string; n: number } {
  const [key, n] = text.split(" ") as [string, string];
  return { key, n: Number(n) };
}

/** Texts "a 1" by key into windows of 10 ms: "a 3". */
export function windowCounts(texts: DataStream<string>): SingleOutputStreamOperator<string> {
  return texts.keyBy((text) => countOf(text).key)
    .window(TumblingEventTimeWindows.of(10))
    .reduce((total, next) => `${countOf(total).key} ${countOf(total).n + countOf(next).n}`).name("counts");
}

/** The job of most tests: a source of texts "a 1", windows of 10 ms, a sink. */
export function describeCounting(source: Source<string>) {
  return (env: StreamExecutionEnvironment, { store }: { readonly store: MemoryJobStore }): void => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "texts");
    windowCounts(texts).sinkTo(store.sink("out")).name("out");
  };
}

/** {@link describeCounting} in a harness. */
export function countingJob(source: Source<string>, options: JobHarnessOptions = {}): JobHarness {
  return new JobHarness(describeCounting(source), options);
}

/** Committed records of texts: "a 3 @19". */
export function outputOf({ store }: { readonly store: MemoryJobStore }): string[] {
  return store.output.map(formatWritten);
}

function formatWritten({ value, timestampMs }: Written): string {
  return `${typeof value === "string" ? value : JSON.stringify(value)} @${timestampMs}`;
}
