/** Where one source has come to the bound of its run and others have not: event time is ahead of what the next run must find. */
import { assertEquals } from "@std/assert";
import type { Collector } from "../../../src/engine/functions/functions.ts";
import {
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
} from "../../../src/engine/functions/process_functions.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { TestSink } from "../../../src/engine/testing/test_sink.ts";
import { TestSource } from "../../../src/engine/testing/test_source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";

/** Gives each record, and sets a timer at its time. */
class Timers extends KeyedProcessFunction<string, string, string> {
  override processElement(value: string, context: KeyedProcessContext<string>, out: Collector<string>): void {
    context.timerService().registerEventTimeTimer(context.timestamp()!);
    out.collect(`${value} after ${context.timerService().currentWatermark()}`);
  }

  override onTimer(timeMs: number, _context: OnTimerContext<string>, out: Collector<string>): void {
    out.collect(`timer ${timeMs}`);
  }
}

/** A union of a source that ends at 100 and one that goes on to 400, which stands behind its record 150. */
async function atTheRecordInThePast() {
  const [short, long] = [new TestSource<string>("short"), new TestSource<string>("long")];
  const out = new TestSink<string>("out");
  void short.push("a", 100);
  long.withhold();
  void long.pushAll([["b", 110], ["c", 200], ["d", 150], ["e", 300], ["f", 400]]);
  const harness = new JobHarness((env) => {
    const [a, b] = [short, long].map((source) =>
      env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), source.name)
    );
    a!.union(b!).keyBy(() => "key").process(new Timers()).uid("timers").sinkTo(out);
  }, { bounded: true });
  await harness.start();
  await long.deliver(3);
  await harness.commit();
  return { harness, short, long, out };
}

const BEFORE = ["a after -Infinity", "b after -Infinity", "timer 100", "c after 109", "timer 110", "d after 199"];

Deno.test("JobRun goes on with a bounded run where event time was: a timer in the past fires with the next watermark", async () => {
  for (const times of [0, 1, 2]) {
    const { harness, long, out } = await atTheRecordInThePast();
    for (let n = 0; n < times; n++) await harness.restart();
    await long.deliver();

    assertEquals(out.committedValues, [
      ...BEFORE,
      ...["e after 199", "timer 150", "timer 200", "f after 299", "timer 300", "timer 400"],
    ]);
    const { watermarks, ahead } = harness.store.job as { watermarks: Record<string, number>; ahead?: unknown };
    assertEquals([harness.status, watermarks.timers, ahead], ["finished", 99, undefined]);
  }
});

Deno.test("JobRun does not go on where event time was when the run has no bounds any more: nothing is late by them", async () => {
  const { harness, short, long, out } = await atTheRecordInThePast();
  await harness.stop();
  await short.push("g", 120);
  await harness.start({ bounded: false });
  await long.deliver();

  assertEquals(out.values.slice(BEFORE.length), ["g after 99", "e after 119", "f after 119"]);

  await short.end();
  await harness.commit();
  assertEquals(harness.store.job.ahead, undefined);
});
