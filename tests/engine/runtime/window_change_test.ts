/** Windows of another size than those of the last commit: refused, or taken beside those that are open, no record in two of them. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { KeyedStream } from "../../../src/engine/api/data_stream.ts";
import type { WindowedStream } from "../../../src/engine/api/windowed_stream.ts";
import { JobError } from "../../../src/engine/errors.ts";
import { type Collector, ProcessWindowFunction, type WindowContext } from "../../../src/engine/functions/functions.ts";
import { ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { TestSink } from "../../../src/engine/testing/test_sink.ts";
import { TestSource } from "../../../src/engine/testing/test_source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingProcessingTimeWindows } from "../../../src/engine/windows/processing_time_windows.ts";
import { EventTimeSessionWindows } from "../../../src/engine/windows/session_windows.ts";
import { SlidingEventTimeWindows } from "../../../src/engine/windows/sliding_event_time_windows.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import type { TimeWindow } from "../../../src/engine/windows/window.ts";
import type { WindowAssigner } from "../../../src/engine/windows/window_assigner.ts";

interface Item {
  readonly key: string;
  readonly n: number;
}

/** What a window held, and what its key has had in all windows so far. */
interface Sum extends Item {
  readonly window: string;
  readonly total: number;
}

class Total extends ProcessWindowFunction<Item, Sum, string> {
  override process(key: string, context: WindowContext, elements: Iterable<Item>, out: Collector<Sum>): void {
    const state = context.globalState().getState(new ValueStateDescriptor<number>("total"));
    for (const { n } of elements) {
      const total = (state.value() ?? 0) + n;
      state.update(total);
      out.collect({ key, n, window: context.window().id, total });
    }
  }
}

const add = (a: Item, b: Item) => ({ key: a.key, n: a.n + b.n });
type Windows = (stream: KeyedStream<Item, string>) => WindowedStream<Item, string, TimeWindow>;

/** A job whose windows may be others at its next start. */
class Windowed {
  windows: Windows;
  allow = false;
  readonly items = new TestSource<Item>("items");
  readonly sums = new TestSink<Sum>("sums");
  readonly harness: JobHarness;

  constructor(windows: Windows) {
    this.windows = windows;
    this.harness = new JobHarness((env) => {
      const stream = env.fromSource(this.items, WatermarkStrategy.forMonotonousTimestamps(), "items")
        .keyBy(({ key }) => key);
      this.windows(stream).reduce(add, new Total()).name("sums").sinkTo(this.sums);
    }, { onError: "dead-letter" });
  }

  async restart(windows: Windows, allowWindowChange: boolean): Promise<void> {
    this.windows = windows;
    await this.harness.stop();
    await this.harness.start({ allowWindowChange });
  }

  /** "0:10 a 3" for each result. */
  results(): string[] {
    return this.sums.values.map(({ window, key, n }) => `${window} ${key} ${n}`);
  }
}

const of = (assigner: WindowAssigner<unknown, TimeWindow>): Windows => (stream) => stream.window(assigner);
const tumbling = (sizeMs: number) => of(TumblingEventTimeWindows.of(sizeMs));

Deno.test("windows of another size are refused, naming both and the flag, and the commit stays", async () => {
  const job = new Windowed(tumbling(10));
  await job.harness.start();
  await job.items.push({ key: "a", n: 1 }, 3);
  await job.harness.stop();
  const before = new Map(job.harness.store.entries);

  job.windows = tumbling(50);
  await assertRejects(
    () => job.harness.start(),
    JobError,
    'Cannot restore "sums": its state was written with window TumblingEventTimeWindows(10 ms), now it is ' +
      "TumblingEventTimeWindows(50 ms); run it with the old window, change its size with --allow-window-change, or forget",
  );
  assertEquals(job.harness.store.entries, before);
});

Deno.test("allowWindowChange: open windows close at their own ends, new records fall into new ones, totals go on", async () => {
  const job = new Windowed(tumbling(10));
  await job.harness.start();
  await job.items.push({ key: "a", n: 1 }, 3);
  await job.items.push({ key: "a", n: 2 }, 13);
  await job.restart(tumbling(50), true);
  assertStringIncludes(
    job.harness.log.join("\n"),
    'the windows of "sums" are now TumblingEventTimeWindows(50 ms); those that are open, of TumblingEventTimeWindows(10 ms), close',
  );
  await job.items.push({ key: "a", n: 4 }, 14);
  await job.items.push({ key: "a", n: 8 }, 49);
  // It was asked for once, and is done with the first commit.
  await job.restart(tumbling(50), false);
  await job.items.push({ key: "a", n: 16 }, 51);
  await job.harness.finish();

  assertEquals(job.results(), ["0:10 a 1", "10:20 a 2", "0:50 a 12", "50:100 a 16"]);
  assertEquals(job.sums.values.map(({ total }) => total), [1, 3, 15, 31]);
  assertEquals(job.harness.books().late, 0);
});

Deno.test("allowWindowChange takes no other change: not of kind, trigger, lateness or what is kept", async () => {
  const others: Windows[] = [
    of(SlidingEventTimeWindows.of(10, 5)),
    of(EventTimeSessionWindows.withGap(10)),
    of(TumblingProcessingTimeWindows.of(10)),
    (stream) => stream.window(TumblingEventTimeWindows.of(20)).allowedLateness(5),
    (stream) => stream.countWindow(10) as never,
  ];
  for (const other of others) {
    const job = new Windowed(tumbling(10));
    await job.harness.start();
    await job.items.push({ key: "a", n: 1 }, 3);
    await job.harness.stop();
    job.windows = other;
    const { message } = await assertRejects(() => job.harness.start({ allowWindowChange: true }), JobError);
    assertStringIncludes(message, "run it with the old window, or forget");
  }
});

Deno.test("windows with lateness, sliding windows, sessions and windows of the clock may change their size too", async () => {
  const lateness = (sizeMs: number): Windows => (stream) =>
    stream.window(TumblingEventTimeWindows.of(sizeMs)).allowedLateness(5);
  {
    const job = new Windowed(lateness(10));
    await job.harness.start();
    await job.items.push({ key: "a", n: 1 }, 3);
    await job.restart(lateness(20), true);
    await job.items.push({ key: "a", n: 2 }, 12);
    await job.items.push({ key: "a", n: 4 }, 30);
    await job.harness.finish();
    assertEquals(job.results(), ["0:10 a 1", "0:20 a 2", "20:40 a 4"]);
    // Nothing is left of windows of either size.
    assertEquals(Object.keys(job.harness.store.entriesOf("timer")), []);
  }
  {
    const job = new Windowed(of(SlidingEventTimeWindows.of(10, 5)));
    await job.harness.start();
    await job.items.push({ key: "a", n: 1 }, 7);
    await job.restart(of(SlidingEventTimeWindows.of(20, 10)), true);
    await job.items.push({ key: "a", n: 2 }, 8);
    await job.harness.finish();
    assertEquals(job.results(), ["0:10 a 1", "-10:10 a 2", "5:15 a 1", "0:20 a 2"]);
  }
  {
    const job = new Windowed(of(EventTimeSessionWindows.withGap(10)));
    await job.harness.start();
    await job.items.push({ key: "a", n: 1 }, 3);
    await job.items.push({ key: "b", n: 1 }, 4);
    await job.restart(of(EventTimeSessionWindows.withGap(30)), true);
    await job.items.push({ key: "a", n: 2 }, 9); // reaches the open session, and takes its end to 39
    await job.items.push({ key: "b", n: 2 }, 20); // comes behind the end that the open one has
    await job.harness.finish();
    assertEquals(job.results(), ["4:14 b 1", "3:39 a 3", "20:50 b 2"]);
  }
  {
    const job = new Windowed(of(TumblingProcessingTimeWindows.of(10)));
    await job.harness.start();
    await job.items.push({ key: "a", n: 1 });
    await job.restart(of(TumblingProcessingTimeWindows.of(40)), true);
    await job.items.push({ key: "a", n: 2 });
    await job.harness.advanceClock(9);
    assertEquals(job.results(), ["0:10 a 1"]);
    await job.harness.advanceClock(40);
    assertEquals(job.results(), ["0:10 a 1", "0:40 a 2"]);
  }
});

Deno.test("whatever sizes a job goes through, each record is in one window's result, and none is late", async () => {
  const plans = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ key: fc.constantFrom("a", "b"), n: fc.nat(9), afterMs: fc.nat(15) }) },
      { weight: 1, arbitrary: fc.constantFrom(7, 10, 50, 20) },
    ),
    { minLength: 5, maxLength: 40 },
  );
  let changes = 0;
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      let [timeMs, sizeMs] = [0, 10];
      const job = new Windowed(tumbling(sizeMs));
      await job.harness.start();
      /** What each window and key must come to. */
      const expected = new Map<string, number>();
      for (const step of plan) {
        if (typeof step === "number") {
          changes++;
          sizeMs = step;
          await job.restart(tumbling(sizeMs), true);
          continue;
        }
        const { key, n } = step;
        timeMs += step.afterMs;
        const start = Math.floor(timeMs / sizeMs) * sizeMs;
        const place = `${start}:${start + sizeMs} ${key}`;
        expected.set(place, (expected.get(place) ?? 0) + n);
        await job.items.push({ key, n }, timeMs);
      }
      await job.harness.finish();
      assertEquals(job.results().sort(), [...expected].map(([place, n]) => `${place} ${n}`).sort());
      assertEquals(job.harness.books().late, 0);
    }),
    { seed: 20_261_130, numRuns: 100 },
  );
  assert(changes > 100, `${changes} changes`);
});
