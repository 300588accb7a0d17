import { assertEquals, assertThrows } from "@std/assert";
import { MIN_WATERMARK, NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";

/** The watermark after each of these records. */
function watermarks(strategy: WatermarkStrategy<unknown>, ...timestampsMs: readonly number[]): number[] {
  const generator = strategy.createGenerator()!;
  return timestampsMs.map((timestampMs) => generator.onEvent("any", timestampMs));
}

Deno.test("forMonotonousTimestamps() stays 1 ms behind the largest time, so that an equal time is not late", () => {
  assertEquals(watermarks(WatermarkStrategy.forMonotonousTimestamps(), 100, 100, 250), [99, 99, 249]);
});

Deno.test("forMonotonousTimestamps() does not go back when a time does", () => {
  assertEquals(watermarks(WatermarkStrategy.forMonotonousTimestamps(), 100, 40, 101), [99, 99, 100]);
});

Deno.test("forBoundedOutOfOrderness() stays the bound and 1 ms behind the largest time", () => {
  assertEquals(watermarks(WatermarkStrategy.forBoundedOutOfOrderness(20), 100, 85, 130), [79, 79, 109]);
});

Deno.test("forBoundedOutOfOrderness() takes times before 1970", () => {
  assertEquals(watermarks(WatermarkStrategy.forBoundedOutOfOrderness(20), -100, -50), [-121, -71]);
});

Deno.test("forBoundedOutOfOrderness() refuses a bound below zero or without end, naming it", () => {
  for (const boundMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assertThrows(
      () => WatermarkStrategy.forBoundedOutOfOrderness(boundMs),
      RangeError,
      `boundMs must be >= 0: current value is ${boundMs}`,
    );
  }
});

Deno.test("createGenerator() gives none for noWatermarks()", () => {
  assertEquals(WatermarkStrategy.noWatermarks().createGenerator(), undefined);
});

Deno.test("createGenerator() gives each partition a generator of its own", () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps();
  const [one, other] = [strategy.createGenerator()!, strategy.createGenerator()!];

  assertEquals([one.onEvent("a", 500), other.onEvent("b", 10)], [499, 9]);
});

Deno.test("WatermarkStrategy gives no event time when a record has none", () => {
  assertEquals(watermarks(WatermarkStrategy.forMonotonousTimestamps(), NO_TIMESTAMP, 10, NO_TIMESTAMP), [
    MIN_WATERMARK,
    9,
    9,
  ]);
});

Deno.test("withTimestampAssigner() keeps generator and idleness, and leaves the strategy before as it was", () => {
  const before = WatermarkStrategy.forBoundedOutOfOrderness<{ atMs: number }>(5).withIdleness(1_000);
  const strategy = before.withTimestampAssigner(({ atMs }) => atMs);

  assertEquals(strategy.timestampAssigner!({ atMs: 7 }, 3), 7);
  assertEquals(strategy.idlenessMs, 1_000);
  assertEquals(watermarks(strategy as WatermarkStrategy<unknown>, 100), [94]);
  assertEquals(before.timestampAssigner, undefined);
});

Deno.test("withIdleness() keeps the assigner and may be Infinity", () => {
  const strategy = WatermarkStrategy.noWatermarks<number>().withTimestampAssigner((value) => value)
    .withIdleness(Number.POSITIVE_INFINITY);

  assertEquals(strategy.timestampAssigner!(4, 0), 4);
  assertEquals(strategy.idlenessMs, Number.POSITIVE_INFINITY);
});

Deno.test("withIdleness() refuses a time that is not > 0, naming it", () => {
  for (const idlenessMs of [0, -1, Number.NaN]) {
    assertThrows(
      () => WatermarkStrategy.noWatermarks().withIdleness(idlenessMs),
      RangeError,
      `idlenessMs must be > 0: current value is ${idlenessMs}`,
    );
  }
});

Deno.test("WatermarkStrategy describes itself for explain()", () => {
  assertEquals(WatermarkStrategy.noWatermarks().description, "no watermarks");
  assertEquals(WatermarkStrategy.forMonotonousTimestamps().description, "monotonous timestamps");
  assertEquals(WatermarkStrategy.forBoundedOutOfOrderness(50).description, "out of order by up to 50 ms");
});

Deno.test("forGenerator() takes the watermarks of a generator of one's own, one per partition", () => {
  const strategy = WatermarkStrategy.forGenerator(() => {
    let seen = 0;
    return { onEvent: (_value, timestampMs) => timestampMs - ++seen };
  });
  assertEquals([watermarks(strategy, 100, 200), watermarks(strategy, 100)], [[99, 198], [99]]);
  assertEquals(strategy.createGenerator()!.onPeriodicEmit, undefined);
});

Deno.test("forGenerator() refuses what is no function, and watermarks that are no time", () => {
  assertThrows(() => WatermarkStrategy.forGenerator({} as never), TypeError, "it takes a function that makes");
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, undefined as unknown as number]) {
    const generator = WatermarkStrategy.forGenerator(() => ({ onEvent: () => wrong, onPeriodicEmit: () => wrong }))
      .createGenerator()!;
    assertThrows(() => generator.onEvent("any", 1), TypeError, `Cannot use ${wrong} as a watermark: onEvent() must`);
    assertThrows(
      () => generator.onPeriodicEmit!(1),
      TypeError,
      `Cannot use ${wrong} as a watermark: onPeriodicEmit() must`,
    );
  }
});
