import { SYSTEM_CLOCK } from "../../../src/engine/clock.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import type { SourceNode } from "../../../src/engine/graph.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../../../src/engine/record.ts";
import { FanOut, type RecordPlace } from "../../../src/engine/runtime/edge.ts";
import { Counts } from "../../../src/engine/runtime/counts.ts";
import type { ErrorPolicy } from "../../../src/engine/runtime/error_policy.ts";
import { type RestoredSourceTimes, SourceTask } from "../../../src/engine/runtime/source_task.ts";
import type { Source } from "../../../src/engine/source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { SILENT } from "../../../src/engine/logger.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { type Flow, Probe } from "../../../src/engine/testing/probe.ts";
import { ClockLimit } from "../../../src/engine/time/clock_limit.ts";
import { newAttemptContext } from "../../../src/engine/testing/attempt_context.ts";
import { at, bad, type Entry, ScriptSource } from "../script_source.ts";
import { newSequence } from "../../engine/sequence.ts";

interface Options {
  readonly bounded?: boolean;
  readonly strategy?: WatermarkStrategy<string>;
  readonly restored?: RestoredSourceTimes;
  readonly onError?: ErrorPolicy;
  readonly maxAheadMs?: number;
}

/** A source task over splits "s-0", "s-1", …, its clock, and what comes out. */
async function open(logs: readonly (readonly Entry<string>[])[], options: Options = {}) {
  const { bounded = false, strategy = WatermarkStrategy.forMonotonousTimestamps<string>() } = options;
  const clock = new ManualClock(1_000_000);
  const { maxAheadMs = Number.POSITIVE_INFINITY } = options;
  const attempt = {
    ...newAttemptContext(clock, options.onError),
    clockLimit: new ClockLimit({ clock, maxAheadMs, warn() {} }),
  };
  const source = new ScriptSource(Object.fromEntries(logs.map((log, index) => [`s-${index}`, log])));
  const node: SourceNode = {
    kind: "source",
    name: "source",
    uid: "source",
    explicitUid: false,
    source: source as Source<unknown>,
    strategy: strategy as WatermarkStrategy<unknown>,
  };
  const reader = await source.open({
    restored: undefined,
    restoredBounds: undefined,
    from: "earliest",
    bounded,
    logger: SILENT,
    clock: SYSTEM_CLOCK,
    sequence: newSequence(),
    wake: () => {},
  });
  const probe = new Probe();
  const output = new FanOut(new Counts(attempt.changes.journal));
  output.add(probe);
  const restored = options.restored ?? { outputMs: MIN_WATERMARK, splitMs: new Map() };
  const task = new SourceTask({ node, reader, output, attempt, idleMs: 60_000, restored });
  return {
    task,
    source,
    clock,
    attempt,
    take: (): Flow[] => probe.take(),
    step: (split: number) => task.splits[split]!.step(),
  };
}

Deno.test("step() gives a record at its source's time, and then the watermark behind it", async () => {
  const { step, take } = await open([[at(100, "a"), at(100, "b"), at(250, "c")]]);
  for (let i = 0; i < 3; i++) step(0);

  assertEquals(take(), [["a", 100], { watermark: 99 }, ["b", 100], ["c", 250], { watermark: 249 }]);
});

Deno.test("step() keeps event time split by split: the smallest counts", async () => {
  const { step, take } = await open([[at(100, "a"), at(300, "c")], [at(200, "b"), at(250, "d")]]);
  step(0);
  step(1);
  step(0);
  step(1);

  assertEquals(take(), [["a", 100], ["b", 200], { watermark: 99 }, ["c", 300], { watermark: 199 }, ["d", 250], {
    watermark: 249,
  }]);
});

Deno.test("step() gives the time that the strategy's assigner says", async () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<string>().withTimestampAssigner((value, ms) =>
    Number(value) + ms
  );
  const { step, take } = await open([[at(100, "7")]], { strategy });
  step(0);

  assertEquals(take(), [["7", 107], { watermark: 106 }]);
});

Deno.test("step() refuses what is not a time, naming source and record", async () => {
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, undefined]) {
    const strategy = WatermarkStrategy.noWatermarks<string>().withTimestampAssigner(() => wrong as number);
    const { step } = await open([[at(100, "a")]], { strategy, onError: "fail" });

    const error = assertThrows(() => step(0), OperatorError) as OperatorError;
    assertEquals(
      error.message,
      `Operator "source" failed at "s-0" partition 0 offset 0: TypeError: Cannot use ${wrong} as a timestamp: ` +
        "the timestamp assigner must return ms since the Unix epoch",
    );
  }
});

Deno.test("step() names source and record when the timestamp assigner throws", async () => {
  const cause = new TypeError("value.time is undefined");
  const strategy = WatermarkStrategy.noWatermarks<string>().withTimestampAssigner(() => {
    throw cause;
  });
  const { step } = await open([[at(100, "a")]], { strategy, onError: "fail" });

  const error = assertThrows(() => step(0), OperatorError) as OperatorError;
  assertEquals(
    error.message,
    'Operator "source" failed at "s-0" partition 0 offset 0: TypeError: value.time is undefined',
  );
  assertStrictEquals(error.cause, cause);
});

Deno.test(
  "step() names source and record when decoding fails in a way that no record is to blame for",
  async () => {
    const cause = new TypeError("schema is undefined");
    const { step } = await open([[{ timestampMs: 100, error: cause }]], { onError: "fail" });

    const error = assertThrows(() => step(0), OperatorError) as OperatorError;
    assertEquals(
      error.message,
      'Operator "source" failed at "s-0" partition 0 offset 0: TypeError: schema is undefined',
    );
    assertStrictEquals(error.cause, cause);
  },
);

Deno.test("step() puts a record that cannot be decoded into the dead letters, and goes on without event time from it", async () => {
  const { step, take, task, attempt } = await open([[at(100, "a"), bad(500, "value is not JSON"), at(200, "b")]]);
  for (let i = 0; i < 3; i++) step(0);

  assertEquals(take(), [["a", 100], { watermark: 99 }, ["b", 200], { watermark: 199 }]);
  assertEquals(task.output.counts.dead, 1);
  assertEquals(attempt.letters, [{
    origin: { topic: "s-0", partition: 0, offset: 1, timestampMs: 500, key: null, value: null, headers: undefined },
    timestampMs: 500,
    operator: "source",
    errorClass: "RecordError",
    message: "value is not JSON",
  }]);
});

Deno.test("step() hands on with each record where it comes from", async () => {
  const { step, task } = await open([[at(100, "a"), at(200, "b")], [at(150, "c")]]);
  const seen: unknown[] = [];
  const spy = new class extends Probe {
    override collect(value: unknown, _timestampMs: number, place?: RecordPlace): void {
      const { topic, offset } = place!.origin()!;
      seen.push([value, topic, offset]);
    }
  }();
  task.output.add(spy);
  for (const split of [0, 1, 0]) step(split);

  assertEquals(seen, [["a", "s-0", 0], ["c", "s-1", 0], ["b", "s-0", 1]]);
});

Deno.test("checkIdleness() lets a silent split go that is read to its end, when its time is over", async () => {
  const { task, step, take, clock } = await open([[at(100, "a")], [at(200, "b"), at(300, "c")]]);
  step(0);
  step(1);
  assertEquals(task.checkIdleness(clock.now()), 60_000);
  take();
  clock.advance(59_999);
  step(1);
  assertEquals(task.checkIdleness(clock.now()), 1);
  assertEquals(take(), [["c", 300]]);

  clock.advance(1);
  assertEquals(task.checkIdleness(clock.now()), 59_999);
  assertEquals(take(), [{ watermark: 299 }]);
});

Deno.test("checkIdleness() waits for a split with records at hand or under way, however long that takes", async () => {
  const { task, step, source, clock } = await open([[at(100, "a")], [at(200, "b")]]);
  step(0);
  source.announce("s-0", at(150, "x"));
  clock.advance(1_000_000);

  // s-0 has records that have not come, s-1 one that no one has taken.
  assertEquals(task.checkIdleness(clock.now()), 60_000);
  assertEquals([task.combiner.isIdle(0), task.combiner.isIdle(1)], [false, false]);
});

Deno.test("checkIdleness() lets a split go that has given far times alone for so long, though there are more of them", async () => {
  const far = (n: number) => at(5_000_000 + n, `far ${n}`);
  const { task, step, take, clock } = await open(
    [[at(100, "a")], [at(50, "b"), far(1), far(2), far(3), at(300, "c")]],
    { maxAheadMs: 1_000 },
  );
  step(0);
  for (let i = 0; i < 2; i++) step(1);
  task.checkIdleness(clock.now());
  take();
  clock.advance(30_000);
  step(1);
  task.checkIdleness(clock.now());
  clock.advance(30_000);
  task.checkIdleness(clock.now());
  assertEquals([task.combiner.isIdle(1), take()], [true, [["far 2", 5_000_002], { watermark: 99 }, "idle"]]);

  step(1);
  step(1);
  assertEquals(take(), [["far 3", 5_000_003], "active", ["c", 300], { watermark: 299 }]);
});

Deno.test("checkIdleness() gives the largest watermark when all splits fall silent, then says that the source is idle", async () => {
  const { task, step, take, clock } = await open([[at(100, "a")], [at(200, "b")]]);
  step(0);
  step(1);
  task.checkIdleness(clock.now());
  take();
  clock.advance(60_000);
  assertEquals(task.checkIdleness(clock.now()), Number.POSITIVE_INFINITY);

  assertEquals(take(), [{ watermark: 199 }, "idle"]);
});

Deno.test("checkIdleness() waits as long as the strategy says, for ever if it says Infinity", async () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<string>();
  const short = await open([[]], { strategy: strategy.withIdleness(500) });
  assertEquals(short.task.checkIdleness(short.clock.now()), 500);
  const never = await open([[]], { strategy: strategy.withIdleness(Number.POSITIVE_INFINITY) });
  never.clock.advance(1e9);
  assertEquals(never.task.checkIdleness(never.clock.now()), Number.POSITIVE_INFINITY);
  assertEquals(never.take(), []);
});

Deno.test("step() makes the source active again before the record, and waits for a split that comes back behind", async () => {
  const { task, step, take, clock, source } = await open([[at(100, "a")], [at(200, "b")]]);
  step(0);
  step(1);
  task.checkIdleness(clock.now());
  clock.advance(60_000);
  task.checkIdleness(clock.now());
  take();
  source.append("s-0", at(150, "c"));
  step(0);
  source.append("s-1", at(500, "d"));
  step(1);
  source.append("s-0", at(400, "e"));
  step(0);

  assertEquals(take(), ["active", ["c", 150], ["d", 500], ["e", 400], { watermark: 399 }]);
});

Deno.test("finish() lets a split go that has come to its bound, and the last one ends event time", async () => {
  const { task, step, take } = await open([[at(100, "a")], [at(200, "b")]], { bounded: true });
  step(0);
  step(1);
  take();
  task.finish(task.splits[0]!);
  assertEquals([take(), task.ended], [[{ watermark: 199 }], false]);
  task.finish(task.splits[1]!);
  assertEquals([take(), task.ended], [[{ watermark: MAX_WATERMARK }], true]);
});

for (const first of ["ends", "falls idle"] as const) {
  Deno.test(`a source is idle when one split ends and the other falls idle: it ${first} first`, async () => {
    const { task, step, take } = await open([[at(100, "a")], [at(200, "b")]]);
    step(0);
    step(1);
    take();
    const [one, other] = task.splits;
    if (first === "ends") task.finish(one!);
    task.setIdle(other!);
    if (first !== "ends") task.finish(one!);

    assertEquals(take(), [{ watermark: 199 }, "idle"]);
    task.finish(other!);
    assertEquals(take(), ["active", { watermark: MAX_WATERMARK }]);
  });
}

Deno.test("end() makes an idle source active first, so that its end is not ignored, and happens once", async () => {
  const { task, take, clock } = await open([[]]);
  clock.advance(60_000);
  task.checkIdleness(clock.now());
  assertEquals(take(), ["idle"]);
  task.end();
  task.end();

  assertEquals(take(), ["active", { watermark: MAX_WATERMARK }]);
});

Deno.test("realWatermarkMs() counts a finished split as it really stands, not as the end", async () => {
  const { task, step } = await open([[at(100, "a")], [at(200, "b"), at(300, "c")]], { bounded: true });
  step(0);
  step(1);
  task.finish(task.splits[0]!);
  step(1);
  assertEquals([task.combiner.watermarkMs, task.realWatermarkMs()], [299, 99]);
  task.finish(task.splits[1]!);
  assertEquals(task.realWatermarkMs(), 99);
});

Deno.test("realWatermarkMs() does not wait for a split that is idle", async () => {
  const { task, step, clock, source } = await open([[at(100, "a")], [at(200, "b")]]);
  step(0);
  step(1);
  task.checkIdleness(clock.now());
  clock.advance(30_000);
  source.append("s-1", at(300, "c"));
  step(1);
  task.checkIdleness(clock.now());
  clock.advance(30_000);
  task.checkIdleness(clock.now());

  assertEquals([task.combiner.isIdle(0), task.realWatermarkMs()], [true, 299]);
});

// What has fired once would fire again after a restart, for records that were late without one.
Deno.test("realWatermarkMs() does not go back when a split comes back from idleness behind", async () => {
  const { task, step, clock, source } = await open([[at(100, "a")], [at(200, "b")]]);
  step(0);
  step(1);
  task.checkIdleness(clock.now());
  clock.advance(60_000);
  task.checkIdleness(clock.now());
  assertEquals(task.realWatermarkMs(), 199);
  source.append("s-0", at(120, "c"));
  step(0);

  assertEquals([task.combiner.watermarkMs, task.realWatermarkMs()], [199, 199]);
});

Deno.test("start() emits how far event time had come, and does not go back", async () => {
  const restored = { outputMs: 150, splitMs: new Map([["s-0", 150], ["s-1", 400]]) };
  const { task, step, take } = await open([[at(120, "a"), at(300, "b")], []], { restored });
  task.start();
  step(0);
  step(0);

  assertEquals(take(), [{ watermark: 150 }, ["a", 120], ["b", 300], { watermark: 299 }]);
});

Deno.test("start() says nothing when there was no event time", async () => {
  const { task, take } = await open([[at(120, "a")]]);
  task.start();

  assertEquals(take(), []);
});

Deno.test("start() waits for a split that the last commit does not know", async () => {
  const restored = { outputMs: 150, splitMs: new Map([["s-0", 150]]) };
  const { task, step, take } = await open([[at(300, "a")], [at(200, "b")]], { restored });
  task.start();
  step(0);
  assertEquals([task.realWatermarkMs(), take()], [150, [{ watermark: 150 }, ["a", 300]]]);
  step(1);
  assertEquals(take(), [["b", 200], { watermark: 199 }]);
});
