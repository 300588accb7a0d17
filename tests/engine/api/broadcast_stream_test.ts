import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { BroadcastProcessFunction } from "../../../src/engine/functions/broadcast_functions.ts";
import { MapStateDescriptor, ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { outputOf } from "../counting_job.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { at, ScriptSource } from "../script_source.ts";

const newEnv = () => new StreamExecutionEnvironment({ clock: new ManualClock() });
const LIMITS = new MapStateDescriptor<string, number>("limits");
const SUM = new ValueStateDescriptor<number>("sum");

interface Sale {
  readonly shop: string;
  readonly cents: number;
}

/** Limits by shop; sums above them, emitted when the limit changes too. */
function salesJob(sales: ScriptSource<Sale>, limits: ScriptSource<readonly [string, number]>): JobHarness {
  const job = new JobHarness((env, { store }) => {
    const strategy = WatermarkStrategy.forMonotonousTimestamps();
    const rules = env.fromSource(limits, strategy, "limits").broadcast(LIMITS);
    const sum = (state: { value(): number | undefined }) => state.value() ?? 0;
    let sums!: { value(): number | undefined; update(value: number): void };
    env.fromSource(sales, strategy, "sales").keyBy(({ shop }) => shop).connect(rules).process<string>({
      open: (context) => void (sums = context.getState(SUM)),
      processElement({ shop, cents }, context, out) {
        sums.update(sum(sums) + cents);
        if (sum(sums) > (context.getBroadcastState(LIMITS).get(shop) ?? Infinity)) out.collect(`${shop} ${sum(sums)}`);
        context.timerService().registerEventTimeTimer(1_000);
      },
      processBroadcastElement([shop, limit], context, out) {
        context.getBroadcastState(LIMITS).put(shop, limit);
        context.applyToKeyedState(SUM, (key, state) => {
          if (key === shop && sum(state) > limit) out.collect(`${shop} already ${sum(state)}`);
        });
      },
      onTimer: (_timestampMs, context, out) => out.collect(`${context.currentKey()} in all ${sum(sums)}`),
    }).name("alarms").sinkTo(store.sink("out"));
  });
  for (const source of [sales, limits]) {
    source.stepwise = true;
    source.onPoll = () => job.clock.advance(1_000);
  }
  return job;
}

const newSales = () => {
  const sale = (ms: number, shop: string, cents: number) => at(ms, { shop, cents });
  return new ScriptSource({ "s-0": [sale(10, "a", 5), sale(20, "b", 1), sale(30, "a", 1), sale(50, "b", 9)] });
};
const newLimits = () => {
  const limit = (ms: number, shop: string, limit: number) => at(ms, [shop, limit] as const);
  return new ScriptSource({ "l-0": [limit(25, "a", 5), limit(40, "a", 3), limit(45, "b", 4)] });
};

const ALARMS = ["a 6 @30", "a already 6 @40", "b 10 @50", "a in all 6 @1000", "b in all 10 @1000"];

Deno.test("connect() of a keyed and a broadcast stream gives a function both kinds of state, and timers", async () => {
  const job = salesJob(newSales(), newLimits());
  await job.run();

  assertEquals(outputOf(job), ALARMS);
});

Deno.test("a keyed and a broadcast stream give the same, record for record, when the job dies at any commit", async () => {
  const undisturbed = salesJob(newSales(), newLimits());
  await undisturbed.run();
  const commits = undisturbed.store.commits.length;
  assert(commits >= 5, `too few commits to be a test: ${commits}`);

  for (const moment of ["beforeCommit", "afterCommit"] as const) {
    for (let fatal = 1; fatal <= commits; fatal++) {
      const job = salesJob(newSales(), newLimits());
      job.store[moment] = (number) => {
        if (number === fatal) throw new Error("kill -9");
      };
      await assertRejects(() => job.run(), Error, "kill -9");
      await job.run();
      assertEquals(outputOf(job), ALARMS, `${moment} ${fatal} of ${commits}`);
    }
  }
});

Deno.test("connect() of a stream without key and a broadcast stream gives a function broadcast state", async () => {
  const env = newEnv();
  const names = env.fromCollection([["DE", "Germany"], ["FR", "France"]] as [string, string][]);
  const descriptor = new MapStateDescriptor<string, string>("names");
  const known = env.fromCollection(["DE", "FR"]).connect(names.broadcast(descriptor)).process<string>({
    processElement: () => {},
    processBroadcastElement([code, name], context, out) {
      context.getBroadcastState(descriptor).put(code, name);
      out.collect([...context.getBroadcastState(descriptor).values()].join());
    },
  });

  assertEquals(await known.executeAndCollect(), ["Germany", "Germany,France"]);
});

Deno.test("broadcast() is shown by explain()", () => {
  const env = newEnv();
  const rules = env.fromCollection([1]).name("rules").broadcast(LIMITS);
  const nothing = { processElement() {}, processBroadcastElement() {} };
  env.fromCollection(["a"]).name("texts").keyBy((text) => text).connect(rules).process(nothing).name("ruled");

  assertEquals(env.explain().split("\n").at(-1), "broadcast process  ruled  ← texts, by key ⋈ rules, broadcast");
});

Deno.test("broadcast() refuses to go without descriptors of maps, and two of one name", () => {
  const stream = newEnv().fromCollection([1]);
  const message =
    "Cannot describe broadcast(): it takes a MapStateDescriptor for each state that keeps the stream's records";

  for (const descriptors of [[], [undefined], [SUM], [LIMITS, SUM]]) {
    assertThrows(() => stream.broadcast(...descriptors as unknown as [typeof LIMITS]), TypeError, message);
  }
  assertThrows(
    () => stream.broadcast(LIMITS, new MapStateDescriptor<string, string>("limits")),
    TypeError,
    'Cannot describe broadcast(): it has two descriptors named "limits"; rename one',
  );
});

Deno.test("connect() refuses a broadcast stream of another environment", () => {
  const rules = newEnv().fromCollection([1]).broadcast(LIMITS);

  assertThrows(
    () => newEnv().fromCollection([1]).connect(rules),
    TypeError,
    "Cannot connect streams of two environments",
  );
});

Deno.test("union() refuses a broadcast stream", () => {
  const stream = newEnv().fromCollection([1]);

  assertThrows(
    () => stream.union(stream.broadcast(LIMITS) as never),
    TypeError,
    "Cannot describe union(): it takes a stream",
  );
});

Deno.test("process() of a broadcast stream refuses what it cannot use, at the line that was written", () => {
  const env = newEnv();
  const [stream, rules] = [env.fromCollection(["a"]), env.fromCollection([1]).broadcast(LIMITS)];
  class Fn extends BroadcastProcessFunction<string, number, string> {
    processElement() {}
    processBroadcastElement() {}
  }
  const half = { processElement() {} } as never;

  assertThrows(
    () => stream.connect(rules).process(half),
    TypeError,
    "Cannot describe process(): it takes a BroadcastProcessFunction, which has processBroadcastElement()",
  );
  assertThrows(
    () => stream.keyBy((text) => text).connect(rules).process(half),
    TypeError,
    "Cannot describe process(): it takes a KeyedBroadcastProcessFunction, which has processBroadcastElement()",
  );
  assertThrows(
    () => stream.connect(rules).process(Fn as never),
    TypeError,
    "Cannot describe process(): it takes a BroadcastProcessFunction, it was given a class: write new Fn()",
  );
});
