import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { type Collector, ProcessWindowFunction, type WindowContext } from "../../../src/engine/operators/functions.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { ManualClock } from "../manual_clock.ts";

interface Sale {
  readonly city: string;
  readonly atMs: number;
  readonly sum: number;
}

const sale = (city: string, atMs: number, sum: number): Sale => ({ city, atMs, sum });
const add = (sofar: Sale, next: Sale): Sale => ({ ...sofar, sum: sofar.sum + next.sum });

/** Sales by city in windows of 10 ms. */
function windows(...sales: readonly Sale[]) {
  return new StreamExecutionEnvironment({ clock: new ManualClock() }).fromCollection(sales)
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps<Sale>().withTimestampAssigner(({ atMs }) => atMs),
    )
    .keyBy(({ city }) => city)
    .window(TumblingEventTimeWindows.of(10));
}

Deno.test("reduce() gives the fold of each key and window", async () => {
  const results = await windows(sale("Ulm", 1, 5), sale("Bern", 2, 7), sale("Ulm", 9, 1), sale("Ulm", 10, 2)).reduce(
    add,
  ).executeAndCollect();

  assertEquals(results, [sale("Ulm", 1, 6), sale("Bern", 2, 7), sale("Ulm", 10, 2)]);
});

Deno.test("reduce() with a ProcessWindowFunction gives what that makes of the fold", async () => {
  class Label extends ProcessWindowFunction<Sale, string, string> {
    override process(city: string, { window }: WindowContext, elements: Iterable<Sale>, out: Collector<string>): void {
      for (const { sum } of elements) out.collect(`${city} from ${window.startMs} to ${window.endMs}: ${sum}`);
    }
  }
  const results = await windows(sale("Ulm", 1, 5), sale("Ulm", 3, 4), sale("Bern", 12, 7)).reduce(add, new Label())
    .executeAndCollect();

  assertEquals(results, ["Ulm from 0 to 10: 9", "Bern from 10 to 20: 7"]);
});
