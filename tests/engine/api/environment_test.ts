import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { JobError } from "../../../src/engine/errors.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { newLog } from "../logged.ts";
import { SteppedJob } from "../stepped_job.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { MemoryJobStore } from "../../../src/engine/testing/memory_job_store.ts";
import { at, ScriptSource } from "../script_source.ts";

Deno.test("StreamExecutionEnvironment refuses lengths of time that cannot be, naming them", () => {
  for (
    const [name, value] of [["commitIntervalMs", 0], ["commitIntervalMs", Number.NaN], [
      "sessionTimeoutMs",
      -1,
    ]] as const
  ) {
    assertThrows(
      () => new StreamExecutionEnvironment({ [name]: value }),
      RangeError,
      `Cannot create an environment as ${name} must be > 0: current value is ${value}`,
    );
  }
  for (const idleMs of [-1, Number.NaN]) {
    assertThrows(
      () => new StreamExecutionEnvironment({ idleMs }),
      RangeError,
      `Cannot create an environment as idleMs must be >= 0: current value is ${idleMs}`,
    );
  }
});

Deno.test("StreamExecutionEnvironment refuses an http address that it could not listen at", () => {
  for (const http of ["9464", "0", "65535", "localhost:9464"]) new StreamExecutionEnvironment({ http });
  for (const http of ["99999", "localhost:65536", "localhost", "x"]) {
    assertThrows(
      () => new StreamExecutionEnvironment({ http }),
      RangeError,
      `Cannot create an environment as http must be a port up to 65535 or host:port: current value is ${http}`,
    );
  }
});

Deno.test("execute() runs what was described, and nothing runs before", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a")] });
  const store = new MemoryJobStore();
  let mapped = 0;
  const env = new StreamExecutionEnvironment({ store, from: "earliest", bounded: true, clock: new ManualClock() });
  env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts").map((text) => `${text}${++mapped}`)
    .sinkTo(store.sink("out"));
  env.explain();
  assertEquals([source.calls, store.requests, mapped], [[], [], 0]);

  const { jobName, end } = await env.execute();
  assertEquals([jobName, end, store.values], ["job", "finished", ["a1"]]);
});

Deno.test('execute() begins behind the newest records unless "from" says otherwise', async () => {
  const contextOf = async (options: { from?: "earliest" | number }) => {
    const source = new ScriptSource({ "s-0": [at(1, "a")] });
    const job = new SteppedJob((env, { store }) => {
      env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").sinkTo(store.sink("out"));
    });
    await job.execute({ from: undefined as never, ...options });
    return [source.contexts[0]!.from, source.contexts[0]!.bounded, source.contexts[0]!.restored, job.logged[0]];
  };

  assertEquals(await contextOf({}), ["latest", false, undefined, "info: starts behind the newest records"]);
  assertEquals(await contextOf({ from: "earliest" }), [
    "earliest",
    false,
    undefined,
    "info: starts at the oldest records",
  ]);
  assertEquals(await contextOf({ from: 0 }), [
    0,
    false,
    undefined,
    "info: starts at records of 1970-01-01T00:00:00.000Z",
  ]);
});

Deno.test("execute() waits a minute for a silent split unless idleMs says otherwise, for ever with 0", async () => {
  /** Whether its silence has let the window of the other split fire after so long. */
  const fired = async (options: { idleMs?: number }, ...afterMs: readonly number[]) => {
    const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(50, "a 1")], "s-1": [] });
    const job = SteppedJob.counting(source);
    const seen: boolean[] = [];
    await job.execute(
      options,
      ...afterMs.flatMap((
        ms,
      ) => [() => void (job.clock.nowMs = 1_000_000 + ms), () => void seen.push(job.output.length > 0)]),
    );
    return seen;
  };

  assertEquals(await fired({}, 59_999, 60_000), [false, true]);
  assertEquals(await fired({ idleMs: 500 }, 499, 500), [false, true]);
  assertEquals(await fired({ idleMs: 0 }, 60_000, 1e9), [false, false]);
  assertEquals(await fired({ idleMs: Infinity }, 60_000, 1e9), [false, false]);
});

Deno.test("fromCollection() gives the values of any iterable, without timestamps", async () => {
  const job = new SteppedJob((env, { store }) =>
    void env.fromCollection(new Set(["a", "b"])).sinkTo(store.sink("out"))
  );
  await job.execute();

  assertEquals(job.store.output.map(({ value, timestampMs }) => [value, timestampMs]), [["a", NO_TIMESTAMP], [
    "b",
    NO_TIMESTAMP,
  ]]);
});

Deno.test("fromCollection() takes the values as they are when it is called", async () => {
  const values = ["a"];
  const env = new StreamExecutionEnvironment({ clock: new ManualClock() });
  const stream = env.fromCollection(values);
  values.push("b");

  assertEquals(await stream.executeAndCollect(), ["a"]);
});

Deno.test("execute() refuses exactly-once that was asked for by name when a sink cannot, naming all such sinks", async () => {
  const store = new MemoryJobStore();
  const source = new ScriptSource<string>({ "s-0": [] });
  const env = new StreamExecutionEnvironment({ store, delivery: "exactly-once", clock: new ManualClock() });
  const texts = env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts");
  texts.sinkTo(store.sink("out"));
  texts.print();
  texts.print("late").name("late_print");

  const error = await assertRejects(() => env.execute(), JobError) as JobError;
  assertEquals(
    error.message,
    'Cannot deliver exactly once to "print-3" (standard output), "late_print" (standard output): its output and the job\'s commit ' +
      "are not one transaction; ask for at-least-once, or leave it out",
  );
  assertEquals([source.calls, store.requests], [[], []]);
});

Deno.test("execute() refuses exactly-once that was asked for by name without a store", async () => {
  const env = new StreamExecutionEnvironment({ delivery: "exactly-once", clock: new ManualClock() });
  env.fromCollection(["a"]).sinkTo(new MemoryJobStore().sink("out"));

  await assertRejects(() => env.execute(), JobError, 'Cannot deliver exactly once to "sink" (memory "out")');
});

Deno.test("execute() says which sinks deliver at least once when nothing was asked for", async () => {
  const store = new MemoryJobStore();
  const said = async (options: { delivery?: "at-least-once"; store?: MemoryJobStore }) => {
    const log = newLog();
    const env = new StreamExecutionEnvironment({ jobName: "stats", logger: log, clock: new ManualClock(), ...options });
    env.fromCollection<string>([]).print();
    await env.execute();
    return log.lines.filter((line) => line.includes("at least once"));
  };

  assertEquals(await said({ store }), [
    'info: stats: delivers at least once to "print-2" (standard output): after a crash some of it may come again',
  ]);
  assertEquals(await said({ store, delivery: "at-least-once" }), []);
  // Nothing outlives the process, so there is nothing to come again.
  assertEquals(await said({}), []);
});
