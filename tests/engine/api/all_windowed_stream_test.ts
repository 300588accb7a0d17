import { assertEquals, assertThrows } from "@std/assert";
import type { DataStream } from "../../../src/engine/api/data_stream.ts";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import {
  type Collector,
  ProcessAllWindowFunction,
  type RuntimeContext,
  type WindowContext,
} from "../../../src/engine/functions/functions.ts";
import { ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { CountTrigger } from "../../../src/engine/windows/count_trigger.ts";
import { CountEvictor } from "../../../src/engine/windows/evictors.ts";
import { EventTimeSessionWindows } from "../../../src/engine/windows/session_windows.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import type { GlobalWindow, Window } from "../../../src/engine/windows/window.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { outputOf } from "../counting_job.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { at, ScriptSource } from "../script_source.ts";

interface Sale {
  readonly city: string;
  readonly atMs: number;
  readonly sum: number;
}

const sale = (city: string, atMs: number, sum: number): Sale => ({ city, atMs, sum });
const add = (accumulated: Sale, next: Sale): Sale => ({ ...accumulated, sum: accumulated.sum + next.sum });

/** With event time. */
function stream(...sales: readonly Sale[]): DataStream<Sale> {
  return new StreamExecutionEnvironment({ clock: new ManualClock() }).fromCollection(sales)
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps<Sale>().withTimestampAssigner(({ atMs }) => atMs),
    );
}

const tumbling = TumblingEventTimeWindows.of(10);
const SALES = [sale("Ulm", 1, 5), sale("Bern", 2, 7), sale("Ulm", 9, 1), sale("Rom", 10, 2)];

/** `10: Ulm 5, Bern 7` */
class List<W extends Window> extends ProcessAllWindowFunction<Sale, string, W> {
  override process(context: WindowContext<W>, sales: Iterable<Sale>, out: Collector<string>): void {
    out.collect(`${context.window().endMs}: ${[...sales].map(({ city, sum }) => `${city} ${sum}`).join(", ")}`);
  }
}

Deno.test("windowAll() has one window for all records: reduce() gives its fold, or what a function makes of it", async () => {
  assertEquals(await stream(...SALES).windowAll(tumbling).reduce(add).executeAndCollect(), [
    sale("Ulm", 1, 13),
    sale("Rom", 10, 2),
  ]);
  assertEquals(await stream(...SALES).windowAll(tumbling).reduce(add, new List()).executeAndCollect(), [
    "10: Ulm 13",
    "20: Rom 2",
  ]);
});

Deno.test("aggregate() gives the result of a window's accumulator, or what a function makes of it", async () => {
  const count = {
    createAccumulator: () => 0,
    add: (_sale: Sale, count: number) => count + 1,
    getResult: (count: number) => `${count} sales`,
    merge: (a: number, b: number) => a + b,
  };
  class Label extends ProcessAllWindowFunction<string, string> {
    override process(context: WindowContext, counts: Iterable<string>, out: Collector<string>): void {
      for (const count of counts) out.collect(`until ${context.window().endMs} ${count}`);
    }
  }

  assertEquals(await stream(...SALES).windowAll(tumbling).aggregate(count).executeAndCollect(), ["3 sales", "1 sales"]);
  assertEquals(await stream(...SALES).windowAll(tumbling).aggregate(count, new Label()).executeAndCollect(), [
    "until 10 3 sales",
    "until 20 1 sales",
  ]);
});

Deno.test("process() gives what its function makes of all records of a window", async () => {
  assertEquals(await stream(...SALES).windowAll(tumbling).process(new List()).executeAndCollect(), [
    "10: Ulm 5, Bern 7, Ulm 1",
    "20: Rom 2",
  ]);
});

Deno.test("sum() and its like work over all records", async () => {
  assertEquals(await stream(...SALES).windowAll(tumbling).sum("sum").executeAndCollect(), [
    sale("Ulm", 1, 13),
    sale("Rom", 10, 2),
  ]);
  assertEquals((await stream(...SALES).windowAll(tumbling).min("city").executeAndCollect())[0], sale("Bern", 1, 5));
  assertEquals((await stream(...SALES).windowAll(tumbling).maxBy("sum").executeAndCollect())[0], sale("Bern", 2, 7));
});

Deno.test("trigger(), evictor() and allowedLateness() work over all records, sessions too", async () => {
  const late = [...SALES, sale("Bonn", 3, 4)];

  assertEquals(
    await stream(...late).windowAll(tumbling).allowedLateness(100).process(new List()).executeAndCollect(),
    ["10: Ulm 5, Bern 7, Ulm 1", "10: Ulm 5, Bern 7, Ulm 1, Bonn 4", "20: Rom 2"],
  );
  assertEquals(
    await stream(...SALES).windowAll(tumbling).trigger(CountTrigger.of(2)).evictor(CountEvictor.of(1))
      .process(new List()).executeAndCollect(),
    ["10: Bern 7"],
  );
  assertEquals(
    await stream(...SALES).windowAll(EventTimeSessionWindows.withGap(5)).process(new List()).executeAndCollect(),
    ["7: Ulm 5, Bern 7", "15: Ulm 1, Rom 2"],
  );
});

Deno.test("countWindowAll() gives each `size` records, or the last `size` after each `slide`", async () => {
  const words = async (size: number, slide?: number) => {
    const counted = slide === undefined
      ? stream(...SALES).countWindowAll(size)
      : stream(...SALES).countWindowAll(size, slide);
    return await counted.process(new List<GlobalWindow>()).executeAndCollect();
  };

  assertEquals(await words(3), ["Infinity: Ulm 5, Bern 7, Ulm 1"]);
  assertEquals(await words(3, 2), ["Infinity: Ulm 5, Bern 7", "Infinity: Bern 7, Ulm 1, Rom 2"]);
});

Deno.test("Windows without key go on from the last commit, their function's states, too", async () => {
  const calls: string[] = [];
  class Total extends ProcessAllWindowFunction<Sale, string> {
    readonly #total = new ValueStateDescriptor<number>("total");

    override open(context: RuntimeContext): void {
      calls.push(`open ${context.name()}`);
    }
    override process(context: WindowContext, sales: Iterable<Sale>, out: Collector<string>): void {
      const [{ sum }] = sales as [Sale];
      const total = context.globalState().getState(this.#total);
      total.update((total.value() ?? 0) + sum);
      out.collect(`${sum} of ${total.value()}`);
    }
    override clear(context: WindowContext): void {
      calls.push(`clear ${context.window().endMs}`);
    }
    override close(): void {
      calls.push("close");
    }
  }
  const source = new ScriptSource<Sale>({ "s-0": [at(1, sale("Ulm", 1, 5)), at(12, sale("Bern", 12, 7))] });
  const job = new JobHarness((env, { store }) => {
    env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "sales").windowAll(tumbling)
      .reduce(add, new Total()).name("totals").sinkTo(store.sink("out")).name("out");
  });
  await job.start();
  await job.stop();
  assertEquals([outputOf(job), calls], [["5 of 5 @9"], ["open totals", "clear 10", "close"]]);
  source.append("s-0", at(13, sale("Rom", 13, 1)), at(20, sale("Bonn", 20, 3)));
  await job.start();
  await job.stop();

  assertEquals(outputOf(job), ["5 of 5 @9", "8 of 13 @19"]);
});

Deno.test("What is not a function is refused at the line that was written", () => {
  const nothing = {} as never;
  const described = () => stream(...SALES).windowAll(tumbling);

  assertThrows(() => stream().windowAll(nothing), TypeError, "Cannot describe windowAll(): it takes a window assigner");
  assertThrows(() => described().reduce(nothing), TypeError, "Cannot describe reduce(): it takes a function");
  assertThrows(
    () => described().reduce(add, nothing),
    TypeError,
    "Cannot describe reduce(): it takes a window function",
  );
  assertThrows(() => described().aggregate(nothing), TypeError, "Cannot describe aggregate()");
  assertThrows(() => described().process(nothing), TypeError, "Cannot describe process(): it takes a window function");
  assertThrows(() => stream().countWindowAll(0), RangeError, "maxCount must be a whole number > 0");
});
