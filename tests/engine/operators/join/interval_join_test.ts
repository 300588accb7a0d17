import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { OperatorError } from "../../../../src/engine/errors.ts";
import type { KeyedRuntimeContext } from "../../../../src/engine/functions/functions.ts";
import { IntervalJoinOperator } from "../../../../src/engine/operators/join/interval_join.ts";
import { ProcessJoinFunction } from "../../../../src/engine/functions/process_join_function.ts";
import { MAX_WATERMARK } from "../../../../src/engine/record.ts";
import { OutputTag } from "../../../../src/engine/side_output.ts";
import { type ValueState, ValueStateDescriptor } from "../../../../src/engine/state/state.ts";
import { OperatorHarness } from "../../../../src/engine/testing/operator_harness.ts";

/** "a1": of key a, the rest tells it from others. */
type Text = string;
type Join = ProcessJoinFunction<Text, Text, string>;
type Process = Join["processElement"];

const LATE_LEFT = new OutputTag<unknown>("late-left");
const LATE_RIGHT = new OutputTag<unknown>("late-right");

/** "a1 b2" */
const processElement: Process = (left, right, _context, out) => out.collect(`${left} ${right}`);

function newRig(
  lowerMs: number,
  upperMs: number,
  options: { join?: Join; late?: boolean } = {},
) {
  const { join = { processElement }, late = false } = options;
  const tags = late ? { leftLateTag: LATE_LEFT, rightLateTag: LATE_RIGHT } : {};
  return new OperatorHarness<Text, string, Text>(
    () => new IntervalJoinOperator({ lowerMs, upperMs, ...tags }, join),
    { name: "pairs", keyBy: (text) => text[0], keyBy2: (text) => text[0] },
  );
}

type Rig = ReturnType<typeof newRig>;

/** What came out but watermarks. */
const pairsOf = (rig: Rig) => rig.take().filter((flow) => Array.isArray(flow)) as [string, number][];

/** Records k1 … k4 at 1 … 4 on both sides, each with a watermark of its own time. @param leftFirst which side is ahead */
function fourOnBothSides(rig: Rig, leftFirst: boolean): string[] {
  const left = () => [1, 2, 3, 4].forEach((ms) => rig.record(`k${ms}`, ms).watermark(ms));
  const right = () => [1, 2, 3, 4].forEach((ms) => rig.record2(`k${ms}`, ms).watermark2(ms));
  for (const side of leftFirst ? [left, right] : [right, left]) side();
  return pairsOf(rig).map(([pair, timestampMs]) => `${pair.replaceAll("k", "")} @${timestampMs}`).sort();
}

// Bounds, records and pairs are those of Flink's IntervalJoinOperatorTest.
for (
  const [lowerMs, upperMs, pairs] of [
    [1, 2, "1 2,1 3,2 3,2 4,3 4"],
    [-2, -1, "2 1,3 1,3 2,4 2,4 3"],
    [-1, 1, "1 1,1 2,2 1,2 2,2 3,3 2,3 3,3 4,4 3,4 4"],
    [0, 0, "1 1,2 2,3 3,4 4"],
    [2, 2, "1 3,2 4"],
    [-2, -2, "3 1,4 2"],
  ] as const
) {
  Deno.test(`IntervalJoinOperator finds the pairs from ${lowerMs} to ${upperMs} ms, whichever side is ahead`, () => {
    const expected = pairs.split(",").map((pair) => `${pair} @${Math.max(...pair.split(" ").map(Number))}`);
    for (const leftFirst of [true, false]) {
      const rig = newRig(lowerMs, upperMs);
      assertEquals(fourOnBothSides(rig, leftFirst), expected);
      assertEquals(rig.lateRecords, 0);
    }
  });
}

Deno.test("IntervalJoinOperator gives the pairs of a record in order of the other's time, then of its arrival", () => {
  const rig = newRig(-10, 10);
  rig.record2("k-late", 9).record2("k-early", 1).record2("k-again", 9).record2("k-middle", 5);
  rig.record("k", 5);

  assertEquals(pairsOf(rig), [["k k-early", 5], ["k k-middle", 5], ["k k-late", 9], ["k k-again", 9]]);
});

Deno.test("IntervalJoinOperator joins records of one key only", () => {
  const rig = newRig(0, 0);
  rig.record("a1", 5).record("b1", 5).record2("b2", 5).record2("c2", 5);

  assertEquals(pairsOf(rig), [["b1 b2", 5]]);
});

Deno.test("IntervalJoinOperator hands on event time of the side further behind", () => {
  const rig = newRig(0, 0);
  rig.watermark(7).watermark2(5).watermark2(9);

  assertEquals(rig.take(), [{ watermark: 5 }, { watermark: 7 }]);
});

// ----------------------------------------------------------------------------------------------------------- late

Deno.test("IntervalJoinOperator takes a record at event time itself, and none before it", () => {
  const rig = newRig(-10, 10);
  rig.record2("k0", 5).watermark(5).watermark2(5);
  rig.record("k1", 5).record("k2", 4);

  assertEquals(pairsOf(rig), [["k1 k0", 5]]);
  assertEquals(rig.lateRecords, 1);
  assertEquals(rig.deadLetters, [{
    origin: undefined,
    value: "k2",
    timestampMs: 4,
    operator: "pairs",
    errorClass: "LateRecord",
    message: "Record came too late to be joined: event time is at 1970-01-01T00:00:00.005Z already",
    lateFromMs: 5,
  }]);
});

// Seen in Flink.
Deno.test("IntervalJoinOperator finds nothing for a record at event time whose last partner's time that is", () => {
  const rig = newRig(-5, 5);
  rig.record("k1", 0).watermark(5).watermark2(5).record2("k2", 5);

  assertEquals([pairsOf(rig), rig.lateRecords], [[], 0]);
});

// As Flink's cleanup time says: what is behind its partners is kept until its own time, and so longer than it need be.
Deno.test("IntervalJoinOperator finds a partner at event time where the one that is kept is behind it", () => {
  const before = newRig(-5, -2);
  before.record("k1", 10).watermark(8).watermark2(8).record2("k2", 8);
  assertEquals(pairsOf(before), [["k1 k2", 10]]);

  const after = newRig(2, 5);
  after.record2("k2", 10).watermark(8).watermark2(8).record("k1", 8);
  assertEquals(pairsOf(after), [["k1 k2", 10]]);
});

Deno.test("IntervalJoinOperator sends late records to side outputs that were asked for, at their time", () => {
  const rig = newRig(-5, 5, { late: true });
  rig.watermark(5).watermark2(5).record("k1", 4).record2("k2", 3);

  assertEquals(rig.takeSide(LATE_LEFT), [["k1", 4]]);
  assertEquals(rig.takeSide(LATE_RIGHT), [["k2", 3]]);
  assertEquals([rig.lateRecords, rig.deadLetters], [2, []]);
});

Deno.test("IntervalJoinOperator refuses records without a time and says what to do", () => {
  for (const side of ["record", "record2"] as const) {
    assertThrows(
      () => newRig(0, 0)[side]("k1"),
      OperatorError,
      'Cannot join a record in "pairs": it has no timestamp; call assignTimestampsAndWatermarks() before intervalJoin()',
    );
  }
});

// ---------------------------------------------------------------------------------------------------------- state

/** Times of the records that one side keeps. */
function kept(rig: Rig, side: "left" | "right"): number[] {
  const table = rig.task.state.mapTable<Text[]>(side, 1);
  return [...table.slots("", "k")].flatMap(({ key, value }) => value!.map(() => key as number));
}

// Bounds, records and what is left are those of Flink's IntervalJoinOperatorTest.
for (
  const [lowerMs, upperMs, left, right] of [
    [-1, 0, [[2, 3, 4, 5], [5], []], [[1, 2, 3, 4, 5], [4, 5], []]],
    [0, 1, [[1, 2, 3, 4, 5], [4, 5], []], [[2, 3, 4, 5], [5], []]],
  ] as const
) {
  Deno.test(`IntervalJoinOperator drops what finds no partner from ${lowerMs} to ${upperMs} ms any more`, () => {
    const rig = newRig(lowerMs, upperMs);
    for (const ms of [1, 2, 3, 4, 5]) rig.record(`k${ms}`, ms).record2(`k${ms}`, ms);
    for (const [step, ms] of [1, 4, 6].entries()) {
      rig.watermark(ms).watermark2(ms);
      assertEquals([kept(rig, "left"), kept(rig, "right")], [left[step], right[step]], `at ${ms}`);
    }
    assertEquals([rig.timers().length, [...rig.task.state.mapTable("left", 1).keys()]], [0, []]);
  });
}

Deno.test("IntervalJoinOperator keeps the side that is ahead for as long as the other may come, also at the end", () => {
  const rig = newRig(10, 20);
  rig.record("k1", 0).watermark(19).watermark2(19);
  assertEquals([kept(rig, "left"), kept(rig, "right")], [[0], []]);
  rig.record2("k2", 20);
  assertEquals([pairsOf(rig), kept(rig, "right")], [[["k1 k2", 20]], [20]]);
  rig.watermark(MAX_WATERMARK).watermark2(MAX_WATERMARK);
  assertEquals([kept(rig, "left"), kept(rig, "right")], [[], []]);
});

Deno.test("IntervalJoinOperator stores the records of a time together, and not those of other times again", () => {
  const rig = newRig(0, 10);
  rig.record("k1", 1).record("k2", 2);
  rig.commit();
  rig.record("k3", 2);

  assertEquals(rig.commit(), [['["state","pairs","left","","k",2]', '[1,["k2","k3"]]']]);
});

Deno.test("IntervalJoinOperator says in its compatibility from when to when it joins", () => {
  assertEquals(newRig(-2, 1).task.operator.compatibility!(), { interval: "-2 ms to 1 ms" });
});

// As Flink's testRestoreFromSnapshot().
Deno.test("IntervalJoinOperator goes on from the last commit", () => {
  const rig = newRig(-1, 1);
  for (const ms of [1, 2, 3]) rig.record(`k${ms}`, ms).watermark(ms).record2(`k${ms}`, ms).watermark2(ms);
  rig.commit();
  const restarted = rig.restart();
  restarted.record("k4", 4).watermark(4).record2("k4", 4).watermark2(4);

  assertEquals(pairsOf(restarted).map(([pair]) => pair).sort(), ["k3 k4", "k4 k3", "k4 k4"]);
  assertEquals([kept(restarted, "left"), kept(restarted, "right")], [[4], [4]]);
});

// ------------------------------------------------------------------------------------------------------- function

Deno.test("ProcessJoinFunction learns both times, and gives what it gives at the larger", () => {
  const SIDE = new OutputTag<string>("side");
  const join: Join = {
    processElement(left, right, context, out) {
      const times = [context.leftTimestamp(), context.rightTimestamp(), context.timestamp()];
      out.collect(`${left} ${right} ${times}`);
      out.collect("again");
      context.output(SIDE, "side");
    },
  };
  const rig = newRig(-5, 5, { join });
  rig.record("k1", 3).record2("k2", 7).record("k3", 9);

  assertEquals(pairsOf(rig), [["k1 k2 3,7,7", 7], ["again", 7], ["k3 k2 9,7,9", 9], ["again", 9]]);
  assertEquals(rig.takeSide(SIDE), [["side", 7], ["side", 9]]);
});

Deno.test("ProcessJoinFunction is opened and closed, and has state of its key", () => {
  const events: string[] = [];
  class Counting extends ProcessJoinFunction<Text, Text, string> {
    #pairs!: ValueState<number>;
    override open(context: KeyedRuntimeContext) {
      events.push(`open ${context.name()}`);
      this.#pairs = context.getState(new ValueStateDescriptor<number>("pairs"));
    }
    processElement(left: Text, _right: Text, _context: unknown, out: { collect(text: string): void }) {
      this.#pairs.update((this.#pairs.value() ?? 0) + 1);
      out.collect(`${left[0]} ${this.#pairs.value()}`);
    }
    override close() {
      events.push("close");
    }
  }
  const rig = newRig(0, 0, { join: new Counting() });
  rig.record("a1", 1).record("a2", 1).record("b1", 1).record2("a3", 1).record2("b2", 1);
  rig.task.operator.close!();

  assertEquals(pairsOf(rig), [["a 1", 1], ["a 2", 1], ["b 1", 1]]);
  assertEquals(events, ["open pairs", "close"]);
});

Deno.test("ProcessJoinFunction cannot have a state of the operator's own name", () => {
  const join: Join = { processElement, open: (context) => void context.getState(new ValueStateDescriptor("left")) };

  assertThrows(() => newRig(0, 0, { join }), Error, "the operator itself has one of that name");
});

// -------------------------------------------------------------------------------------------------------- a model

type Step =
  | { readonly kind: "record"; readonly side: 0 | 1; readonly key: string; readonly ms: number }
  | { readonly kind: "watermark"; readonly side: 0 | 1; readonly byMs: number }
  | { readonly kind: "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("record" as const),
      side: fc.constantFrom(0 as const, 1 as const),
      key: fc.constantFrom("a", "b"),
      ms: fc.integer({ min: -5, max: 30 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("watermark" as const),
      side: fc.constantFrom(0 as const, 1 as const),
      byMs: fc.integer({ min: 0, max: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

Deno.test("IntervalJoinOperator gives what a loop over all records gives, also when it is started again on the way", () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.integer({ min: -8, max: 8 }), fc.integer({ min: -8, max: 8 })),
      fc.array(step, { maxLength: 60 }),
      (bounds, steps) => {
        const [lowerMs, upperMs] = bounds.toSorted((a, b) => a - b) as [number, number];
        let rig = newRig(lowerMs, upperMs);
        const watermarks = [-10, -10];
        const seen: { side: 0 | 1; key: string; ms: number; text: string; deadMs: number }[] = [];
        let late = 0;
        for (const [n, step] of steps.entries()) {
          const watermarkMs = Math.min(...watermarks);
          if (step.kind === "restart") {
            assertEquals(rig.lateRecords, late);
            late = 0;
            rig.commit();
            rig = rig.restart();
            // A job's start emits first of all how far event time had come.
            rig.watermark(watermarks[0]!).watermark2(watermarks[1]!);
          } else if (step.kind === "watermark") {
            watermarks[step.side]! += step.byMs;
            if (step.side === 0) rig.watermark(watermarks[0]!);
            else rig.watermark2(watermarks[1]!);
          } else {
            const { side, key, ms } = step;
            const text = `${key}${n}`;
            if (side === 0) rig.record(text, ms);
            else rig.record2(text, ms);
            const expected: [string, number][] = [];
            if (ms < watermarkMs) {
              late++;
            } else {
              const partners = seen.filter((other) => {
                const [leftMs, rightMs] = side === 0 ? [ms, other.ms] : [other.ms, ms];
                return other.side !== side && other.key === key && other.deadMs > watermarkMs &&
                  rightMs >= leftMs + lowerMs && rightMs <= leftMs + upperMs;
              });
              for (const other of partners.toSorted((a, b) => a.ms - b.ms)) {
                expected.push([side === 0 ? `${text} ${other.text}` : `${other.text} ${text}`, Math.max(ms, other.ms)]);
              }
              const keepMs = side === 0 ? Math.max(upperMs, 0) : Math.max(-lowerMs, 0);
              // What is dead when it comes is dropped with the next watermark that is news.
              seen.push({ side, key, ms, text, deadMs: Math.max(ms + keepMs, watermarkMs + 1) });
            }
            assertEquals(pairsOf(rig), expected);
          }
        }
        assertEquals(rig.lateRecords, late);
        rig.watermark(MAX_WATERMARK).watermark2(MAX_WATERMARK);
        const keys = ["left", "right"].flatMap((side) => [...rig.task.state.mapTable(side, 1).keys()]);
        assertEquals([rig.timers().length, keys], [0, []]);
      },
    ),
    { seed: 20_261_020, numRuns: 300 },
  );
});
