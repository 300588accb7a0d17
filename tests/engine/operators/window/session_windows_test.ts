import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../../src/engine/errors.ts";
import { ProcessWindowFunction, type WindowContext } from "../../../../src/engine/functions/functions.ts";
import { newWindowOperator } from "../../../../src/engine/api/new_window_operator.ts";
import {
  AggregateFold,
  FieldFold,
  ReduceFold,
  type WindowFold,
} from "../../../../src/engine/operators/window/folds.ts";
import { fieldAggregate } from "../../../../src/engine/functions/field_aggregate.ts";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from "../../../../src/engine/state/state.ts";
import { CountTrigger } from "../../../../src/engine/windows/count_trigger.ts";
import { CountEvictor } from "../../../../src/engine/windows/evictors.ts";
import { PurgingTrigger } from "../../../../src/engine/windows/purging_trigger.ts";
import {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from "../../../../src/engine/windows/session_windows.ts";
import {
  type OnMergeContext,
  Trigger,
  type TriggerContext,
  TriggerResult,
} from "../../../../src/engine/windows/trigger.ts";
import type { TimeWindow, Window } from "../../../../src/engine/windows/window.ts";
import { ManualClock } from "../../../../src/engine/testing/manual_clock.ts";
import { OperatorHarness } from "../../../../src/engine/testing/operator_harness.ts";
import type { Flow } from "../../../../src/engine/testing/probe.ts";
import { results, type Says, sorted, type WordsRig, wordsRig } from "./window_rig.ts";

// What real Flink does with sessions.

/** Sessions that a gap of 10 ms ends. */
function newRig(description: Partial<Says<TimeWindow>> = {}): WordsRig {
  return wordsRig({ assigner: EventTimeSessionWindows.withGap(10), ...description });
}

Deno.test("A session goes on while records are at most a gap apart, and ends a gap after the last", () => {
  const rig = newRig();
  rig.record("a1", 0).record("a2", 10).record("b1", 11).record("a3", 31).watermark(19);
  assertEquals(results(rig.take()), [["a1 a2", 19]]);

  // 10 and 21 are more than a gap apart: 0, 10 and 21 would be two sessions.
  rig.watermark(100);
  assertEquals(results(rig.take()), [["b1", 20], ["a3", 40]]);
});

Deno.test("Windows that only touch are one session, a millisecond more makes two", () => {
  const touching = newRig().record("a1", 0).record("a2", 10).watermark(100);
  const apart = newRig().record("a1", 0).record("a2", 11).watermark(100);

  assertEquals(results(touching.take()), [["a1 a2", 19]]);
  assertEquals(results(apart.take()), [["a1", 9], ["a2", 20]]);
});

Deno.test("A record that bridges sessions makes them one, whatever the order", () => {
  const rig = newRig();
  rig.record("a1", 0).record("a2", 15).record("a3", 30).record("a4", 22).record("a5", 8).watermark(100);

  assertEquals(sorted(rig.take()), [["a1 a2 a3 a4 a5", 39]]);
});

Deno.test("A late record is kept if it reaches a session that is open, and the next can reach further back", () => {
  const rig = newRig();
  rig.record("a1", 20).watermark(25);
  // Alone [12, 22) would be late.
  rig.record("a2", 12).record("a3", 4).record("a4", -6).record("b1", 12);

  assertEquals(rig.deadLetters.map(({ value }) => value), ["b1"]);
  assertEquals(sorted(rig.watermark(29).take()), [["a1 a2 a3 a4", 29]]);
});

Deno.test("A record older than the watermark that joins nothing is late", () => {
  const rig = newRig();
  rig.record("a1", 20).watermark(25).record("a2", 9);

  assertEquals([rig.lateRecords, results(rig.watermark(100).take())], [1, [["a1", 29]]]);
  assertEquals(
    rig.deadLetters[0]!.message,
    "Record came too late for its window [1970-01-01T00:00:00.009Z, 1970-01-01T00:00:00.019Z): " +
      "event time is at 1970-01-01T00:00:00.025Z already",
  );
});

Deno.test("A late record leaves no open session behind: one that touches it alone is late, too", () => {
  const rig = newRig();
  rig.watermark(50).record("a1", 30).record("a2", 39);
  assertEquals(rig.lateRecords, 2);
  assertEquals(rig.commit(), []);
});

Deno.test("Bridging two fired sessions in their lateness fires the whole at once", () => {
  const rig = newRig({ allowedLatenessMs: 100 });
  rig.record("a1", 0).record("a2", 15).watermark(30);
  assertEquals(results(rig.take()), [["a1", 9], ["a2", 24]]);

  rig.record("a3", 8);
  assertEquals(sorted(rig.take()), [["a1 a2 a3", 24]]);
  assertEquals(results(rig.watermark(1_000).take()), []);
});

Deno.test("Bridging a fired session into one that ends after the watermark waits for its end", () => {
  const rig = newRig({ allowedLatenessMs: 100 });
  rig.record("a1", 0).watermark(12).record("a2", 18);
  assertEquals(results(rig.take()), [["a1", 9]]);

  rig.record("a3", 9);
  assertEquals(results(rig.take()), []);
  assertEquals(sorted(rig.watermark(27).take()), [["a1 a2 a3", 27]]);
});

Deno.test("A session in its lateness goes on when a record prolongs it, and is cleared by its new end", () => {
  const rig = newRig({ allowedLatenessMs: 20 });
  rig.record("a1", 0).watermark(9).record("a2", 8);
  // [0, 18) ends after the watermark.
  assertEquals(results(rig.take()), [["a1", 9]]);
  rig.watermark(29).record("a3", 0);
  assertEquals(results(rig.take()), [["a1 a2", 17], ["a1 a2 a3", 17]]);
  rig.watermark(37);

  assertEquals([results(rig.take()), rig.timers().length], [[], 0]);
  assertEquals(rig.commit(), []);
});

Deno.test("windowState() in a session throws and says why", () => {
  class Stateful extends ProcessWindowFunction<string, string, string> {
    override process(_key: string, context: WindowContext): void {
      context.windowState();
    }
  }
  const rig = wordsRig({ assigner: EventTimeSessionWindows.withGap(10) }, { process: new Stateful() });
  rig.record("a1", 0);

  assertThrows(() => rig.watermark(9), OperatorError, 'Cannot use windowState() of "words": its windows merge');
});

Deno.test("A dynamic gap is that of each record, and what is not a gap is an error at its record", () => {
  const rig = newRig({ assigner: EventTimeSessionWindows.withDynamicGap((word: string) => Number(word.slice(1))) });
  rig.record("a5", 0).record("a20", 5).record("a1", 24).record("a3", 26).watermark(100);

  assertEquals(results(rig.take()), [["a5 a20 a1", 24], ["a3", 28]]);
  assertThrows(
    () => rig.record("a0", 200),
    OperatorError,
    "Cannot create a session window as the gap of a record must be a whole number > 0: current value is 0",
  );
});

// Flink takes the old contents for those of the new window and loses them.
Deno.test("A record whose window is exactly that of a session that has grown joins it", () => {
  const rig = newRig({ assigner: EventTimeSessionWindows.withDynamicGap((word: string) => Number(word.slice(1))) });
  rig.record("a10", 0).record("a6", 9).record("a15", 0).watermark(100);

  assertEquals(results(rig.take()), [["a10 a6 a15", 14]]);
});

Deno.test("Sessions by the clock end when no record of their key was worked on for a gap", () => {
  const rig = wordsRig({ assigner: ProcessingTimeSessionWindows.withGap(10) }, { clock: new ManualClock(100) });
  rig.record("a1").processingTime(105).record("b1").record("a2").processingTime(113).record("b2");
  assertEquals(results(rig.take()), []);
  rig.processingTime(114);
  assertEquals(results(rig.take()), [["a1 a2", 114]]);
  rig.record("a3").processingTime(130);

  assertEquals(results(rig.take()), [["b1 b2", 122], ["a3", 123]]);
  assertEquals([rig.processingTimers().length, rig.timers().length], [0, 0]);
});

Deno.test("Sessions by the clock have dynamic gaps, too", () => {
  const assigner = ProcessingTimeSessionWindows.withDynamicGap((word: string) => Number(word.slice(1)));
  const rig = wordsRig({ assigner }, { clock: new ManualClock(100) });
  rig.record("a5").record("a20").processingTime(119);

  assertEquals(results(rig.take()), [["a5 a20", 119]]);
});

// ------------------------------------------------------------------------------------------ what is merged, and where

/** An operator of sessions of numbers, all of one key, folded. */
function foldRig<ACC, R>(fold: WindowFold<number, ACC, R>, evictor?: CountEvictor): OperatorHarness<number, R> {
  const assigner = EventTimeSessionWindows.withGap(10);
  return new OperatorHarness<number, R>(
    () => newWindowOperator<number, ACC, R, R, string, TimeWindow>({ assigner, fold, evictor }),
    { name: "fold", keyBy: () => "a" },
  );
}

const mean = new AggregateFold<number, readonly [sum: number, count: number], number>({
  createAccumulator: () => [0, 0],
  add: (value, [sum, count]) => [sum + value, count + 1],
  getResult: ([sum, count]) => sum / count,
  merge: ([sum, count], [otherSum, otherCount]) => [sum + otherSum, count + otherCount],
});

Deno.test("Folded contents of sessions that become one are merged", () => {
  const bridge = <R>(rig: OperatorHarness<number, R>): Flow[] =>
    results(rig.record(1, 0).record(2, 15).record(6, 8).watermark(100).take());

  assertEquals(bridge(foldRig(new ReduceFold<number>((a, b) => a + b))), [[9, 24]]);
  assertEquals(bridge(foldRig(mean)), [[3, 24]]);
  assertEquals(bridge(foldRig(mean, CountEvictor.of(100))), [[3, 24]]);
});

Deno.test("sum() of sessions that become one adds up, min() takes the smaller", () => {
  interface Sale {
    readonly city: string;
    readonly price: number;
  }
  const saleRig = (aggregation: "sum" | "min") =>
    new OperatorHarness<Sale, Sale>(() =>
      newWindowOperator<Sale, Sale, Sale, Sale, string, TimeWindow>({
        assigner: EventTimeSessionWindows.withGap(10),
        fold: new FieldFold(fieldAggregate<Sale>(aggregation, "price")),
      }), { keyBy: () => "all" });
  const bridge = (rig: OperatorHarness<Sale, Sale>) =>
    results(
      rig.record({ city: "Ulm", price: 5 }, 0).record({ city: "Bern", price: 2 }, 15)
        .record({ city: "Rom", price: 7 }, 8).watermark(100).take(),
    );

  assertEquals(bridge(saleRig("sum")), [[{ city: "Ulm", price: 14 }, 24]]);
  assertEquals(bridge(saleRig("min")), [[{ city: "Ulm", price: 2 }, 24]]);
});

Deno.test("A session is one entry, under the name of its first window, with its end, its place, its start and its contents", () => {
  const rig = foldRig(new ReduceFold<number>((a, b) => a + b));
  rig.record(1, 0);
  assertEquals(rig.commit(), [
    ['["state","fold","sessions","0:10","a"]', "[9,0,0,1]"],
  ]);
  rig.record(2, 5);
  assertEquals(rig.commit(), [['["state","fold","sessions","0:10","a"]', "[14,1,0,3]"]]);
  // A record within changes the contents only, an earlier one the start.
  rig.record(4, 3);
  assertEquals(rig.commit(), [['["state","fold","sessions","0:10","a"]', "[14,1,0,7]"]]);
  rig.record(8, -2);
  assertEquals(rig.commit(), [['["state","fold","sessions","0:10","a"]', "[14,2,-2,15]"]]);
  assertEquals(rig.timers(), [{ timeMs: 14, key: "a", namespace: "0:10" }]);
  rig.watermark(14);
  assertEquals(rig.commit(), [['["state","fold","sessions","0:10","a"]', null]]);
});

Deno.test("Sessions that become one leave no timers behind", () => {
  const rig = newRig({ allowedLatenessMs: 20 });
  rig.record("a1", 0).record("a2", 15).record("a3", 8);
  // One for the end of [0, 25), one for the end of its lateness.
  assertEquals(rig.timers().length, 2);

  const clock = wordsRig({ assigner: ProcessingTimeSessionWindows.withGap(10) }, { clock: new ManualClock(100) });
  clock.record("a1").processingTime(105).record("a2");
  assertEquals(clock.processingTimers().length, 1);
});

Deno.test("An accumulator that is undefined is refused: the window would vanish", () => {
  const nothing = () => undefined as unknown as number;
  const count = {
    createAccumulator: () => 0,
    add: (_value: number, count: number) => count + 1,
    getResult: (count: number) => count,
    merge: nothing,
  };
  const merging = foldRig(new AggregateFold(count));
  merging.record(1, 0).record(2, 15);
  assertThrows(() => merging.record(3, 8), OperatorError, "The merge() of aggregate() returned undefined");

  const adding = foldRig(new AggregateFold({ ...count, add: nothing }));
  assertThrows(() => adding.record(1, 0), OperatorError, "The add() of aggregate() returned undefined");
});

Deno.test("A restart in the middle of sessions goes on with them: growing, bridging and closing", () => {
  const rig = newRig();
  rig.record("a1", 0).record("a2", 5).record("a3", 20).record("b1", 7).watermark(3).commit();
  const restarted = rig.restart();
  restarted.record("a4", 12).record("b2", 40).watermark(29);

  assertEquals(sorted(restarted.take()), [["b1", 16], ["a1 a2 a3 a4", 29]]);
  assertEquals(results(restarted.watermark(49).take()), [["b2", 49]]);
  restarted.commit();
  assertEquals(restarted.restart().timers().length, 0);
});

// --------------------------------------------------------------------------------------------- triggers that merge

Deno.test("A count trigger counts over sessions that become one", () => {
  const rig = newRig({ trigger: PurgingTrigger.of(CountTrigger.of(3)) });
  rig.record("a1", 0).record("a2", 15);
  assertEquals(results(rig.take()), []);
  rig.record("a3", 8);

  assertEquals(sorted(rig.take()), [["a1 a2 a3", 24]]);
  rig.record("a4", 8).record("a5", 9);
  assertEquals(results(rig.take()), []);
});

Deno.test("A trigger's states of all kinds that can merge do, at onMerge(); one that cannot is refused", () => {
  const SUM = new ReducingStateDescriptor<number>("sum", (a, b) => a + b);
  const LIST = new ListStateDescriptor<string>("list");
  const LENGTHS = new AggregatingStateDescriptor<string, number, string>("lengths", {
    createAccumulator: () => 0,
    add: (word, accumulated) => accumulated + word.length,
    getResult: (length) => `length ${length}`,
    merge: (a, b) => a + b,
  });
  const seen: unknown[] = [];
  class Remembering extends Trigger<string, Window> {
    readonly description = "Remembering()";
    override onElement(word: string, _timestampMs: number, _window: Window, context: TriggerContext) {
      context.getPartitionedState(SUM).add(1);
      context.getPartitionedState(LIST).add(word);
      context.getPartitionedState(LENGTHS).add(word);
      return TriggerResult.CONTINUE;
    }
    override onEventTime = () => TriggerResult.CONTINUE;
    override onProcessingTime = () => TriggerResult.CONTINUE;
    override canMerge = () => true;
    override onMerge(window: Window, context: OnMergeContext) {
      for (const descriptor of [SUM, LIST] as const) context.mergePartitionedState<never>(descriptor as never);
      context.mergePartitionedState(LENGTHS);
      seen.push([
        window.id,
        context.getPartitionedState(SUM).get(),
        context.getPartitionedState(LIST).get().sort(),
        context.getPartitionedState(LENGTHS).get(),
      ]);
      if (window.endMs > 1_000) context.mergePartitionedState(new ValueStateDescriptor("value") as never);
    }
    override clear(window: Window, context: TriggerContext) {
      seen.push(["clear", window.id, context.getPartitionedState(SUM).get(), context.getPartitionedState(LIST).get()]);
      context.getPartitionedState(SUM).clear();
      context.getPartitionedState(LIST).clear();
      context.getPartitionedState(LENGTHS).clear();
    }
  }
  const rig = newRig({ trigger: new Remembering() });
  rig.record("a1", 0).record("a22", 15).record("a3", 8);

  assertEquals(seen, [
    ["0:25", 2, ["a1", "a22"], "length 5"],
    ["clear", "0:10", undefined, []],
    ["clear", "15:25", undefined, []],
  ]);
  rig.watermark(24);
  assertEquals(seen.slice(3), [["clear", "0:25", 3, ["a1", "a22", "a3"]]]);
  assertEquals(rig.commit(), []);
  rig.record("a1", 1_000);
  assertThrows(() => rig.record("a2", 1_001), OperatorError, 'Cannot merge state "value" of windows');
});
