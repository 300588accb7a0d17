import { assertEquals } from "@std/assert";
import { WindowOperator } from "../../../../src/engine/operators/window/window.ts";
import { AggregateFold, ReduceFold, type WindowFold } from "../../../../src/engine/operators/window/folds.ts";
import { CountTrigger } from "../../../../src/engine/windows/count_trigger.ts";
import type { Elements, Evictor, EvictorContext } from "../../../../src/engine/windows/evictor.ts";
import { CountEvictor, DeltaEvictor, TimeEvictor } from "../../../../src/engine/windows/evictors.ts";
import { GlobalWindows } from "../../../../src/engine/windows/global_windows.ts";
import { PurgingTrigger } from "../../../../src/engine/windows/purging_trigger.ts";
import { EventTimeSessionWindows } from "../../../../src/engine/windows/session_windows.ts";
import { EventTimeTrigger } from "../../../../src/engine/windows/time_triggers.ts";
import { Trigger, type TriggerContext, TriggerResult } from "../../../../src/engine/windows/trigger.ts";
import { TumblingEventTimeWindows } from "../../../../src/engine/windows/tumbling_event_time_windows.ts";
import { GlobalWindow, type TimeWindow, type Window } from "../../../../src/engine/windows/window.ts";
import { ManualClock } from "../../../../src/engine/testing/manual_clock.ts";
import { OperatorHarness } from "../../../../src/engine/testing/operator_harness.ts";
import { results, Words, wordsRig } from "./window_rig.ts";

// What real Flink does with evictors.

const tumbling = TumblingEventTimeWindows.of(10);
const END = GlobalWindow.MAX_TIMESTAMP;

/** Takes out the words it is asked to, and writes down what it gets. */
class TellingEvictor implements Evictor<string, Window> {
  readonly description = "TellingEvictor()";
  readonly seen: unknown[] = [];
  readonly #before: RegExp;
  readonly #after: RegExp;

  constructor(before: RegExp, after: RegExp) {
    this.#before = before;
    this.#after = after;
  }

  evictBefore(elements: Elements<string>, size: number, window: Window, context: EvictorContext): Elements<string> {
    this.seen.push(["before", elements.map(({ value, timestampMs }) => `${value}@${timestampMs}`), size, window.id]);
    this.seen.push([context.currentWatermark(), context.currentProcessingTime()]);
    return elements.filter(({ value }) => !this.#before.test(value));
  }

  evictAfter(elements: Elements<string>, size: number): Elements<string> {
    this.seen.push(["after", elements.map(({ value }) => value), size]);
    return elements.filter(({ value }) => !this.#after.test(value));
  }
}

Deno.test("An evictor that leaves nothing still has the function called, with no elements", () => {
  const rig = wordsRig({ assigner: tumbling, evictor: new TellingEvictor(/./, /./) });
  rig.record("a1", 1).record("a2", 2).watermark(9);

  assertEquals(results(rig.take()), [["", 9]]);
});

Deno.test("What an evictor takes out, before or after, is gone for later firings", () => {
  const evictor = new TellingEvictor(/1/, /2/);
  const rig = wordsRig(
    { assigner: tumbling, evictor, allowedLatenessMs: 100 },
    { clock: new ManualClock(777) },
  );
  rig.record("a1", 5).record("a2", 4).record("a3", 3).watermark(9).record("a4", 2);

  assertEquals(results(rig.take()), [["a2 a3", 9], ["a3 a4", 9]]);
  assertEquals(evictor.seen, [
    ["before", ["a1@5", "a2@4", "a3@3"], 3, "0:10"],
    [9, 777],
    ["after", ["a2", "a3"], 2],
    ["before", ["a3@3", "a4@2"], 2, "0:10"],
    [9, 777],
    ["after", ["a3", "a4"], 2],
  ]);
});

Deno.test("What an evictor takes out is gone from the commit, and what stays comes back in order", () => {
  const evictor = new TellingEvictor(/1/, /2/);
  const rig = wordsRig({ assigner: tumbling, evictor, allowedLatenessMs: 100 });
  rig.record("a1", 5).record("a2", 4).record("a3", 3).record("a5", 3).commit();
  rig.watermark(9);
  assertEquals(rig.commit().filter(([entry]) => entry.includes("contents")), [
    ['["state","words","contents","0:10","a",0]', null],
    ['["state","words","contents","0:10","a",1]', null],
  ]);
  const restarted = rig.restart();
  restarted.record("a4", 2);

  assertEquals(results(restarted.take()), [["a3 a5 a4", 9]]);
});

// The newest record − size is the cut-off, inclusive.
Deno.test("TimeEvictor takes out what is a window size older than the newest, in order of arrival", () => {
  const rig = wordsRig({
    assigner: GlobalWindows.create(),
    trigger: CountTrigger.of(5),
    evictor: TimeEvictor.of(10),
  });
  rig.record("a1", 11).record("a2", 20).record("a3", 10).record("a4", 12).record("a5", 9);

  assertEquals(results(rig.take()), [["a1 a2 a4", END]]);
});

Deno.test("TimeEvictor leaves a window alone whose first record has no time", () => {
  const rig = wordsRig({ assigner: GlobalWindows.create(), trigger: CountTrigger.of(3), evictor: TimeEvictor.of(10) });
  rig.record("a1").record("a2", 100).record("a3", 1).commit();
  const restarted = rig.restart();
  restarted.record("a4", 2).record("a5", 200).record("a6", 3);

  assertEquals(results(rig.take()), [["a1 a2 a3", END]]);
  assertEquals(results(restarted.take()), [["a1 a2 a3 a4 a5 a6", END]]);
});

Deno.test("CountEvictor keeps the last records, DeltaEvictor those less than the threshold from the last", () => {
  const trigger = CountTrigger.of(4);
  const counted = wordsRig({ assigner: GlobalWindows.create(), trigger, evictor: CountEvictor.of(3) });
  const delta = DeltaEvictor.of(3, (a: string, b: string) => Math.abs(Number(b.slice(1)) - Number(a.slice(1))));
  const near = wordsRig({ assigner: GlobalWindows.create(), trigger, evictor: delta });
  for (const rig of [counted, near]) for (const word of ["a1", "a4", "a9", "a6"]) rig.record(word);

  assertEquals(results(counted.take()), [["a4 a9 a6", END]]);
  assertEquals(results(near.take()), [["a4 a6", END]]);
});

Deno.test("Evictors with doEvictAfter give the function all, and take out then", () => {
  const trigger = CountTrigger.of(2);
  const assigner = GlobalWindows.create();
  const rigs = [
    CountEvictor.of(1, true),
    TimeEvictor.of(1, true),
    DeltaEvictor.of(1, (a: string, b: string) => (a === b ? 0 : 1), true),
  ].map((evictor) => wordsRig({ assigner, trigger, evictor }));
  for (const rig of rigs) for (const [i, word] of ["a1", "a2", "a3", "a4"].entries()) rig.record(word, i);

  for (const rig of rigs) assertEquals(results(rig.take()), [["a1 a2", END], ["a2 a3 a4", END]]);
});

// Flink's countWindow(3, 2).
Deno.test("A count trigger with a count evictor slides by count: the last 3 after each 2", () => {
  const rig = wordsRig({ assigner: GlobalWindows.create(), trigger: CountTrigger.of(2), evictor: CountEvictor.of(3) });
  for (const word of ["a1", "a2", "a3", "a4", "a5", "a6", "a7"]) rig.record(word);

  assertEquals(results(rig.take()), [["a1 a2", END], ["a2 a3 a4", END], ["a4 a5 a6", END]]);
});

Deno.test("A purging trigger with an evictor drops also what the evictor has left", () => {
  const trigger = PurgingTrigger.of(EventTimeTrigger.create());
  const rig = wordsRig({ assigner: tumbling, trigger, evictor: CountEvictor.of(2), allowedLatenessMs: 100 });
  rig.record("a1", 1).record("a2", 2).record("a3", 3).watermark(9).record("a4", 4);

  assertEquals(results(rig.take()), [["a2 a3", 9], ["a4", 9]]);
  rig.watermark(109);
  assertEquals(rig.commit(), []);
});

Deno.test("A window that was purged and fires gives nothing, an evictor or not", () => {
  /** Purges at the second record. */
  class Purging extends Trigger<string, Window> {
    readonly description = "Purging()";
    override onElement(word: string, _timestampMs: number, window: Window, context: TriggerContext) {
      context.registerEventTimeTimer(window.maxTimestamp());
      return word === "a2" ? TriggerResult.PURGE : TriggerResult.CONTINUE;
    }
    override onEventTime = () => TriggerResult.FIRE;
    override onProcessingTime = () => TriggerResult.FIRE;
    override clear = () => {};
  }
  const evictor = new TellingEvictor(/x/, /x/);
  const rig = wordsRig({ assigner: tumbling, trigger: new Purging(), evictor });
  rig.record("a1", 1).record("a2", 2).watermark(9);

  assertEquals([results(rig.take()), evictor.seen], [[], []]);
});

Deno.test("An evictor works on sessions that have become one", () => {
  const rig = wordsRig({ assigner: EventTimeSessionWindows.withGap(10), evictor: TimeEvictor.of(10) });
  rig.record("a1", 0).record("a2", 15).record("a3", 8).watermark(100);

  const [[words, timestampMs]] = results(rig.take()) as [[string, number]];
  assertEquals([words.split(" ").sort(), timestampMs], [["a2", "a3"], 24]);
  assertEquals(rig.commit(), []);
});

Deno.test("Behind an evictor what is left is folded: an aggregate gives the result of nothing, a reduce nothing", () => {
  const rigOf = <ACC>(fold: WindowFold<string, ACC, string>, before: RegExp) =>
    new OperatorHarness<string, string>(() =>
      new WindowOperator<string, ACC, string, string, string, TimeWindow>({
        assigner: tumbling,
        evictor: new TellingEvictor(before, /^$/),
        fold,
      }), { keyBy: (word) => word[0]! });
  const give = (rig: OperatorHarness<string, string>) =>
    results(rig.record("a1", 1).record("a2", 2).record("a3", 3).watermark(9).take());
  const joined = new ReduceFold<string>((a, b) => `${a}+${b}`);
  const counted = new AggregateFold<string, number, string>({
    createAccumulator: () => 0,
    add: (_word, count) => count + 1,
    getResult: (count) => `${count} words`,
    merge: (a, b) => a + b,
  });

  assertEquals(give(rigOf(joined, /2/)), [["a1+a3", 9]]);
  assertEquals(give(rigOf(counted, /2/)), [["2 words", 9]]);
  assertEquals(give(rigOf(counted, /./)), [["0 words", 9]]);
  // In Flink it gives null.
  assertEquals(give(rigOf(joined, /./)), []);
});

Deno.test("A reduce behind an evictor that leaves nothing has its process function called with no elements", () => {
  const rig = new OperatorHarness<string, string>(
    () =>
      new WindowOperator<string, string, string, string, string, TimeWindow>({
        assigner: tumbling,
        evictor: new TellingEvictor(/./, /./),
        fold: new ReduceFold<string>((a, b) => a + b),
        process: new Words(),
      }),
    { keyBy: (word) => word[0]! },
  );
  rig.record("a1", 1).watermark(9);

  assertEquals(results(rig.take()), [["", 9]]);
});
