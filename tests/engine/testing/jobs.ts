/** The jobs that the tests of the harness run. */
import type { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import type { Collector } from "../../../src/engine/functions/functions.ts";
import type { KeyedRuntimeContext } from "../../../src/engine/functions/functions.ts";
import {
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
} from "../../../src/engine/functions/process_functions.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { type ValueState, ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { JobHarness, type JobHarnessOptions } from "../../../src/engine/testing/job_harness.ts";
import { TestSink } from "../../../src/engine/testing/test_sink.ts";
import { TestSource, watermarksByHand } from "../../../src/engine/testing/test_source.ts";
import type { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";

export interface Fare {
  readonly city: string;
  readonly sum: number;
}

export function fare(city: string, sum: number): Fare {
  return { city, sum };
}

export function addFares(accumulated: Fare, next: Fare): Fare {
  return fare(accumulated.city, accumulated.sum + next.sum);
}

/** Fares in windows of 10 ms, and what it takes to test them. */
export function windowJob(
  options: JobHarnessOptions & { readonly partitions?: number; readonly strategy?: WatermarkStrategy<Fare> } = {},
) {
  const { partitions = 1, strategy = watermarksByHand<Fare>(), ...others } = options;
  const fares = new TestSource<Fare>("fares", { partitions });
  const totals = new TestSink<Fare>("totals");
  const describe = (env: StreamExecutionEnvironment) => {
    env.fromSource(fares, strategy, "fares")
      .keyBy(({ city }) => city).window(TumblingEventTimeWindows.of(10)).reduce(addFares).name("windows").uid(
        "windows-v1",
      )
      .sinkTo(totals).name("totals");
  };
  return { harness: new JobHarness(describe, others), fares, totals };
}

/** Each record as it is, at once. */
export function copyJob(options: JobHarnessOptions = {}) {
  const words = new TestSource<string>("words");
  const copies = new TestSink<string>("copies");
  const harness = new JobHarness((env) => {
    env.fromSource(words, watermarksByHand<string>(), "words").map((word) => {
      if (word === "poison") throw new RangeError("cannot stand it");
      return word;
    }).name("copy").sinkTo(copies).name("copies");
  }, options);
  return { harness, words, copies };
}

export const SEEN = new ValueStateDescriptor<number>("seen");
export const QUIET = new OutputTag<string>("quiet");

/** Counts each key's records, and emits when a key has been silent for 100 ms of processing time. */
export class QuietKeys extends KeyedProcessFunction<string, string, string> {
  #seen!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#seen = context.getState(SEEN);
  }

  override processElement(word: string, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const seen = (this.#seen.value() ?? 0) + 1;
    this.#seen.update(seen);
    out.collect(`${word} ${seen}`);

    context.timerService().registerProcessingTimeTimer(context.timerService().currentProcessingTime() + 100);
    context.timerService().registerEventTimeTimer(context.timestamp()! + 1_000);
  }

  override onTimer(timeMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    const text = `${context.currentKey()} at ${timeMs}`;
    if (context.timeDomain() === "PROCESSING_TIME") context.output(QUIET, text);
    else out.collect(text);
  }
}
