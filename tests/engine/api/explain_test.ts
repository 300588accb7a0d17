import { assertEquals } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { MemoryJobStore } from "../../../src/engine/testing/memory_job_store.ts";
import { ScriptSource } from "../script_source.ts";

Deno.test("explain() gives a line a node: kind, name, where its records come from, what its state depends on", () => {
  const store = new MemoryJobStore();
  const env = new StreamExecutionEnvironment({ store });
  const one = env.fromSource(
    new ScriptSource<string>({ "skyone-0": [] }),
    WatermarkStrategy.noWatermarks(),
    "skyone_source",
  );
  const other = env.fromSource(
    new ScriptSource<string>({ "sunset-0": [] }),
    WatermarkStrategy.forBoundedOutOfOrderness<string>(50),
    "sunset_source",
  );
  const flights = one.map((text) => text).name("flight").union(other);
  flights.keyBy((text) => text).window(TumblingEventTimeWindows.of(60_000)).reduce((accumulated) => accumulated).name(
    "minutes",
  )
    .sinkTo(store.sink("out")).name("out");
  flights.keyBy((text) => text).reduce((accumulated) => accumulated).print();

  assertEquals(
    "\n" + env.explain(),
    `
source         skyone_source  script skyone-0, no watermarks
source         sunset_source  script sunset-0, out of order by up to 50 ms
map            flight         ← skyone_source
window reduce  minutes        ← flight ∪ sunset_source, by key; TumblingEventTimeWindows(60000 ms)
sink           out            ← minutes; into memory "out"
reduce         reduce         ← flight ∪ sunset_source, by key
sink           print-7        ← reduce; into standard output`,
  );
});

Deno.test("explain() gives nothing when nothing is described", () => {
  assertEquals(new StreamExecutionEnvironment().explain(), "");
});

Deno.test("execute() with the option explain prints the job, and opens and runs nothing", async () => {
  const printed: string[] = [];
  const { log } = console;
  // deno-lint-ignore no-console -- standard output is what is looked at
  console.log = (text: string) => void printed.push(text);
  const store = new MemoryJobStore();
  const source = new ScriptSource<string>({ "skyone-0": [] });
  try {
    const env = new StreamExecutionEnvironment({ store, explain: true, jobName: "flights" });
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "skyone_source").sinkTo(store.sink("out")).name("out");
    const { jobName, end, books } = await env.execute();

    assertEquals([jobName, end, books.recordsIn], ["flights", "explained", 0]);
    assertEquals(printed, [env.explain()]);
    assertEquals([store.requests, source.calls], [[], []]);
  } finally {
    // deno-lint-ignore no-console -- the same
    console.log = log;
  }
});
