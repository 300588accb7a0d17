import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../../src/engine/errors.ts";
import {
  type KeyedRuntimeContext,
  ProcessWindowFunction,
  type WindowContext,
} from "../../../../src/engine/functions/functions.ts";
import { MAX_WATERMARK } from "../../../../src/engine/record.ts";
import { ValueStateDescriptor } from "../../../../src/engine/state/state.ts";
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from "../../../../src/engine/windows/continuous_triggers.ts";
import { CountTrigger } from "../../../../src/engine/windows/count_trigger.ts";
import { DeltaTrigger } from "../../../../src/engine/windows/delta_trigger.ts";
import { GlobalWindows } from "../../../../src/engine/windows/global_windows.ts";
import {
  SlidingProcessingTimeWindows,
  TumblingProcessingTimeWindows,
} from "../../../../src/engine/windows/processing_time_windows.ts";
import { PurgingTrigger } from "../../../../src/engine/windows/purging_trigger.ts";
import {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from "../../../../src/engine/windows/session_windows.ts";
import { EventTimeTrigger, ProcessingTimeTrigger } from "../../../../src/engine/windows/time_triggers.ts";
import { Trigger, type TriggerContext, TriggerResult } from "../../../../src/engine/windows/trigger.ts";
import { TumblingEventTimeWindows } from "../../../../src/engine/windows/tumbling_event_time_windows.ts";
import { GlobalWindow, type TimeWindow, type Window } from "../../../../src/engine/windows/window.ts";
import { ManualClock } from "../../../../src/engine/testing/manual_clock.ts";
import { results, Words, wordsRig } from "./window_rig.ts";

// What real Flink does with triggers.

const tumbling = TumblingEventTimeWindows.of(10);
const global = GlobalWindows.create();
const END = GlobalWindow.MAX_TIMESTAMP;

/** Gives the words, and event time when they were given. */
class WordsAt<W extends Window> extends Words<W> {
  override process(...[key, context, words, out]: Parameters<Words<W>["process"]>): void {
    super.process(key, context, [...words, `at ${context.currentWatermark()}`], out);
  }
}

// --------------------------------------------------------------------------------------------------- global windows

Deno.test("GlobalWindows gives nothing without a trigger, also at the end", () => {
  const rig = wordsRig({ assigner: global });
  rig.record("a1", 1).record("a2").watermark(MAX_WATERMARK);

  assertEquals(results(rig.take()), []);
  assertEquals([rig.timers().length, rig.processingTimers().length, rig.deadLetters.length], [0, 0, 0]);
});

Deno.test("What global and count windows give has the last timestamp there is", () => {
  const rig = wordsRig({ assigner: global, trigger: PurgingTrigger.of(CountTrigger.of(2)) });
  rig.record("a1", 5).record("b1", 6).record("a2", 3).record("a3").record("a4", 9).record("a5", 10);

  assertEquals(results(rig.take()), [["a1 a2", END], ["a3 a4", END]]);
});

Deno.test("A count trigger that does not purge gives all there is, again and again", () => {
  const rig = wordsRig({ assigner: global, trigger: CountTrigger.of(2) });
  for (const word of ["a1", "a2", "a3", "a4", "a5"]) rig.record(word);

  assertEquals(results(rig.take()), [["a1 a2", END], ["a1 a2 a3 a4", END]]);
});

Deno.test("The end-of-stream trigger fires once, at the end", () => {
  const rig = wordsRig({ assigner: GlobalWindows.createWithEndOfStreamTrigger() });
  rig.record("a1", 1).record("b1").record("a2", 2).watermark(1_000_000);
  assertEquals(results(rig.take()), []);
  rig.commit();
  const restarted = rig.restart();
  restarted.watermark(MAX_WATERMARK);
  assertEquals(results(restarted.take()), [["a1 a2", END], ["b1", END]]);
});

// ----------------------------------------------------------------------------------------------------- time windows

Deno.test("A count trigger on a time window replaces its trigger: what is left at the end is dropped without firing", () => {
  const rig = wordsRig({ assigner: tumbling, trigger: PurgingTrigger.of(CountTrigger.of(2)) });
  rig.record("a1", 1).record("a2", 2).record("a3", 3).watermark(9).record("a4", 11).record("a5", 12).watermark(100);

  assertEquals(results(rig.take()), [["a1 a2", 9], ["a4 a5", 19]]);
  // The count does not outlive its window, nor does anything else.
  assertEquals([rig.commit(), rig.deadLetters.length], [[], 0]);
});

Deno.test("EventTimeTrigger that purges gives the window once and clears it", () => {
  const rig = wordsRig({ assigner: tumbling, trigger: PurgingTrigger.of(EventTimeTrigger.create()) });
  rig.record("a1", 1).watermark(9).watermark(100);

  assertEquals(results(rig.take()), [["a1", 9]]);
});

Deno.test("ProcessingTimeTrigger on event-time windows fires when the clock is past their end, and nothing does after", () => {
  const rig = wordsRig(
    { assigner: tumbling, trigger: ProcessingTimeTrigger.create() },
    { clock: new ManualClock(5) },
  );
  rig.record("a1", 1).processingTime(8);
  assertEquals(results(rig.take()), []);
  rig.processingTime(9);
  assertEquals(results(rig.take()), [["a1", 9]]);
  rig.record("a2", 12).watermark(19);
  assertEquals(rig.processingTimers().length, 0);

  assertEquals(results(rig.processingTime(100).take()), []);
});

// --------------------------------------------------------------------------------------------- continuous, event time

Deno.test("ContinuousEventTimeTrigger fires each interval that a jump passes, all with the same contents and event time", () => {
  const rig = wordsRig(
    { assigner: TumblingEventTimeWindows.of(100), trigger: ContinuousEventTimeTrigger.of(10) },
    { process: new WordsAt() },
  );
  rig.record("a1", 3).watermark(10).record("a2", 14).watermark(35).record("a3", 20).watermark(MAX_WATERMARK);

  const late = (count: number) => Array(count).fill(["a1 a2 a3 at Infinity", 99]);
  assertEquals(results(rig.take()), [
    ["a1 at 10", 99],
    ["a1 a2 at 35", 99],
    ["a1 a2 at 35", 99],
    // 40, 50, … 90, and 99.
    ...late(7),
  ]);
});

Deno.test("ContinuousEventTimeTrigger computes its first time by the remainder: below zero it comes an interval later", () => {
  const rig = wordsRig({ assigner: TumblingEventTimeWindows.of(1_000), trigger: ContinuousEventTimeTrigger.of(10) });
  rig.record("a1", -13).watermark(-1);
  // The window's end, not −10.
  assertEquals(results(rig.take()), [["a1", -1]]);

  const above = wordsRig({ assigner: global, trigger: ContinuousEventTimeTrigger.of(10) });
  above.record("a1", -13).watermark(-1);
  assertEquals(results(above.take()), []);
  assertEquals(results(above.watermark(0).take()), [["a1", END]]);
});

Deno.test("ContinuousEventTimeTrigger fires a window in its lateness at each record", () => {
  const rig = wordsRig({ assigner: tumbling, trigger: ContinuousEventTimeTrigger.of(4), allowedLatenessMs: 5 });
  rig.record("a1", 1).watermark(9);
  assertEquals(results(rig.take()), [["a1", 9], ["a1", 9], ["a1", 9]]);
  rig.record("a2", 1);
  assertEquals(results(rig.take()), [["a1 a2", 9]]);

  assertEquals(results(rig.watermark(14).take()), []);
  assertEquals(rig.timers().length, 0);
});

Deno.test("ContinuousEventTimeTrigger on a global window fires once at the end of the input", () => {
  const rig = wordsRig({ assigner: global, trigger: ContinuousEventTimeTrigger.of(10) });
  rig.record("a1", 3).watermark(25).record("b1", 8);
  assertEquals(results(rig.take()), [["a1", END], ["a1", END]]);
  rig.watermark(MAX_WATERMARK);
  // In Flink it fires for ever.
  assertEquals(results(rig.take()), [["b1", END], ["a1", END]]);
});

Deno.test("ContinuousEventTimeTrigger leaves no timers where a window by the clock ends before", () => {
  const rig = wordsRig(
    { assigner: TumblingProcessingTimeWindows.of(100), trigger: ContinuousEventTimeTrigger.of(10) },
    { clock: new ManualClock(95) },
  );
  rig.record("a1", 3).watermark(10).processingTime(99);

  assertEquals(results(rig.take()), [["a1", 99]]);
  assertEquals([rig.timers().length, rig.processingTimers().length], [0, 0]);
});

Deno.test("ContinuousEventTimeTrigger refuses a record without a time and says what to do", () => {
  const rig = wordsRig({ assigner: global, trigger: ContinuousEventTimeTrigger.of(10) });

  assertThrows(
    () => rig.record("a1"),
    OperatorError,
    "the record has no timestamp; call assignTimestampsAndWatermarks()",
  );
});

Deno.test("ContinuousEventTimeTrigger fires sessions by the earliest time of those that became one", () => {
  const rig = wordsRig({
    assigner: EventTimeSessionWindows.withGap(10),
    trigger: ContinuousEventTimeTrigger.of(20),
  });
  rig.record("a1", 5).record("a2", 21).record("a3", 14).watermark(20);
  assertEquals(results(rig.take()), [["a1 a2 a3", 30]]);
  // The end of the session.
  assertEquals(results(rig.watermark(30).take()), [["a1 a2 a3", 30]]);
  assertEquals([rig.commit(), rig.timers().length], [[], 0]);
});

// ---------------------------------------------------------------------------------------- continuous, processing time

Deno.test("ContinuousProcessingTimeTrigger fires by the clock, at multiples of its interval", () => {
  const rig = wordsRig(
    { assigner: global, trigger: ContinuousProcessingTimeTrigger.of(10) },
    { clock: new ManualClock(103) },
  );
  rig.record("a1").processingTime(109);
  assertEquals(results(rig.take()), []);
  rig.processingTime(110).record("a2").processingTime(130);

  assertEquals(results(rig.take()), [["a1", END], ["a1 a2", END], ["a1 a2", END]]);
});

Deno.test("ContinuousProcessingTimeTrigger on event-time windows fires nothing when event time comes to their end", () => {
  const rig = wordsRig(
    { assigner: tumbling, trigger: ContinuousProcessingTimeTrigger.of(5) },
    { clock: new ManualClock(0) },
  );
  rig.record("a1", 1).watermark(9);
  assertEquals(results(rig.take()), []);
  assertEquals([rig.commit(), rig.processingTimers().length], [[], 0]);
});

Deno.test("ContinuousProcessingTimeTrigger fires at a window's end at the latest, even if that is an event time", () => {
  const rig = wordsRig(
    { assigner: tumbling, trigger: ContinuousProcessingTimeTrigger.of(7) },
    { clock: new ManualClock(0) },
  );
  rig.record("a1", 1).processingTime(100);
  assertEquals(results(rig.take()), [["a1", 9], ["a1", 9]]);
  // Behind the clock it has always passed; in Flink it then fires again and again.
  rig.record("a2", 2);
  assertEquals(results(rig.take()), []);
  rig.processingTime(101).processingTime(200);
  assertEquals(results(rig.take()), [["a1 a2", 9]]);
});

Deno.test("ContinuousProcessingTimeTrigger fires windows by the clock for the last time when they end", () => {
  const rig = wordsRig(
    { assigner: TumblingProcessingTimeWindows.of(25), trigger: ContinuousProcessingTimeTrigger.of(10) },
    { clock: new ManualClock(0) },
  );
  rig.record("a1").processingTime(100);

  assertEquals(results(rig.take()), [["a1", 24], ["a1", 24], ["a1", 24]]);
  assertEquals([rig.commit(), rig.processingTimers().length], [[], 0]);
});

Deno.test("ContinuousProcessingTimeTrigger fires sessions by the earliest time of those that became one", () => {
  const rig = wordsRig(
    { assigner: ProcessingTimeSessionWindows.withGap(8), trigger: ContinuousProcessingTimeTrigger.of(10) },
    { clock: new ManualClock(103) },
  );
  rig.record("a1").processingTime(107).record("a2").processingTime(110);
  assertEquals(results(rig.take()), [["a1 a2", 114]]);
  rig.processingTime(120);

  assertEquals(results(rig.take()), [["a1 a2", 114]]);
  assertEquals([rig.commit(), rig.processingTimers().length], [[], 0]);
});

// ----------------------------------------------------------------------------------------------- windows by the clock

Deno.test("A processing-time window fires when the clock has come to its end − 1", () => {
  const rig = wordsRig({ assigner: TumblingProcessingTimeWindows.of(10) }, { clock: new ManualClock(95) });
  rig.record("a1").record("b1", 3).processingTime(98);
  assertEquals(results(rig.take()), []);
  rig.processingTime(99);

  assertEquals(results(rig.take()), [["a1", 99], ["b1", 99]]);
  assertEquals([rig.commit(), rig.processingTimers().length], [[], 0]);
});

Deno.test("Sliding windows by the clock hold a record each slide, an offset moves them", () => {
  const rig = wordsRig({ assigner: SlidingProcessingTimeWindows.of(10, 5, 2) }, { clock: new ManualClock(98) });
  rig.record("a1").processingTime(103).record("a2").processingTime(1_000);

  // [92, 102), [97, 107), [102, 112).
  assertEquals(results(rig.take()), [["a1", 101], ["a1 a2", 106], ["a2", 111]]);
});

Deno.test("A window by the clock is never late, and event time does nothing to it", () => {
  const rig = wordsRig(
    { assigner: TumblingProcessingTimeWindows.of(10), allowedLatenessMs: 5 },
    { clock: new ManualClock(95) },
  );
  rig.record("a1", 1).watermark(MAX_WATERMARK - 1);
  assertEquals([results(rig.take()), rig.lateRecords], [[], 0]);
  rig.processingTime(99);

  assertEquals([results(rig.take()), rig.processingTimers().length], [[["a1", 99]], 0]);
});

// ------------------------------------------------------------------------------------------------- delta, and custom

Deno.test("DeltaTrigger fires at a record further than the threshold from the one at the last firing", () => {
  const trigger = DeltaTrigger.of(5, (old: string, next: string) => Number(next.slice(1)) - Number(old.slice(1)));
  const rig = wordsRig({ assigner: global, trigger: PurgingTrigger.of(trigger) });
  for (const word of ["a0", "a5", "a6", "a10", "a11", "a12"]) rig.record(word);

  assertEquals(results(rig.take()), [["a0 a5 a6", END], ["a10 a11 a12", END]]);
});

Deno.test("DeltaTrigger forgets with its window", () => {
  const rig = wordsRig({ assigner: tumbling, trigger: DeltaTrigger.of(5, () => 0) });
  rig.record("a1", 1).watermark(9);

  assertEquals(rig.commit(), []);
});

/** Fires at a certain word. */
class TellingTrigger extends Trigger<string, Window> {
  readonly description = "TellingTrigger()";

  override onElement(word: string, _timestampMs: number, _window: Window, context: TriggerContext): TriggerResult {
    if (word === "aNaN") context.registerEventTimeTimer(Number.NaN);
    if (word === "aEnd") context.registerProcessingTimeTimer(Number.POSITIVE_INFINITY);
    if (word === "aTimer") context.registerEventTimeTimer(3);
    if (word === "aNoTimer") context.deleteEventTimeTimer(3);
    if (word === "aClock") context.registerProcessingTimeTimer(700);
    if (word === "aNoClock") context.deleteProcessingTimeTimer(700);
    return TriggerResult[word.slice(1) as keyof typeof TriggerResult] ?? TriggerResult.CONTINUE;
  }

  override onEventTime(timeMs: number): TriggerResult {
    return timeMs === 3 ? TriggerResult.FIRE : TriggerResult.CONTINUE;
  }

  override onProcessingTime(timeMs: number): TriggerResult {
    return timeMs === 700 ? TriggerResult.FIRE_AND_PURGE : TriggerResult.CONTINUE;
  }

  override clear(): void {}
}

Deno.test("A trigger's result continues, fires, purges or fires and purges", () => {
  const rig = wordsRig({ assigner: tumbling, trigger: new TellingTrigger() });
  for (const word of ["a1", "aFIRE", "aPURGE", "a2", "aFIRE_AND_PURGE", "aCONTINUE", "aFIRE"]) rig.record(word, 1);

  assertEquals(results(rig.take()), [["a1 aFIRE", 9], ["a2 aFIRE_AND_PURGE", 9], ["aCONTINUE aFIRE", 9]]);
});

Deno.test("A trigger that fires a purged window gives nothing", () => {
  const rig = wordsRig({ assigner: tumbling, trigger: new TellingTrigger() });
  rig.record("aTimer", 1).record("aPURGE", 1).watermark(3);

  assertEquals(results(rig.take()), []);
});

Deno.test("A trigger's timers fire by their clock, once, and can be taken back", () => {
  const rig = wordsRig({ assigner: tumbling, trigger: new TellingTrigger() }, { clock: new ManualClock(0) });
  rig.record("aTimer", 1).record("aTimer", 1).record("bTimer", 1).record("bNoTimer", 1);
  rig.record("aClock", 11).watermark(3).processingTime(700).processingTime(800);
  assertEquals(results(rig.take()), [["aTimer aTimer", 9], ["aClock", 19]]);
  rig.record("aClock", 11).record("aNoClock", 11).processingTime(900);

  assertEquals(results(rig.take()), []);
});

Deno.test("A record without a timestamp is refused by windows of event time", () => {
  const rig = wordsRig({ assigner: tumbling });

  assertThrows(
    () => rig.record("a1"),
    OperatorError,
    'Cannot put a record into a window of "words": it has no timestamp; call assignTimestampsAndWatermarks() before window()',
  );
});

Deno.test("A timer of a window that was cleared does nothing", () => {
  const rig = wordsRig({ assigner: tumbling, trigger: new TellingTrigger() }, { clock: new ManualClock(0) });
  rig.record("aClock", 1).watermark(9).processingTime(700);

  assertEquals(results(rig.take()), []);
});

Deno.test("A trigger cannot set a timer at what is not a time", () => {
  const rig = wordsRig({ assigner: tumbling, trigger: new TellingTrigger() });

  assertThrows(() => rig.record("aNaN", 1), OperatorError, 'Cannot set a timer of a window of "words" at NaN');
  assertThrows(() => rig.record("aEnd", 1), OperatorError, 'Cannot set a timer of a window of "words" at Infinity');
});

Deno.test("A trigger on windows that merge which does not say how throws when they do", () => {
  const rig = wordsRig({ assigner: EventTimeSessionWindows.withGap(10), trigger: new TellingTrigger() });
  rig.record("a1", 1);

  assertThrows(() => rig.record("a2", 2), OperatorError, "TellingTrigger() does not support merging");
});

// ---------------------------------------------------------------------------------------------- the window's function

Deno.test("process() is opened and closed with the operator, and clear() is called when its window is no more", () => {
  const calls: unknown[] = [];
  const SEEN = new ValueStateDescriptor<number>("seen");
  class Noting extends ProcessWindowFunction<string, string, string> {
    override open(context: KeyedRuntimeContext): void {
      calls.push(["open", context.name()]);
    }
    override process(key: string, context: WindowContext): void {
      const seen = context.windowState().getState(SEEN);
      seen.update((seen.value() ?? 0) + 1);
      calls.push([key, context.window().id, seen.value(), context.currentProcessingTime()]);
    }
    override clear(context: WindowContext<TimeWindow>): void {
      const seen = context.windowState().getState(SEEN);
      calls.push(["clear", context.window().id, seen.value()]);
      seen.clear();
    }
    override close(): void {
      calls.push(["close"]);
    }
  }
  const rig = wordsRig(
    { assigner: tumbling, allowedLatenessMs: 5 },
    { process: new Noting(), clock: new ManualClock(777) },
  );
  rig.record("a1", 1).record("b1", 12).watermark(9).record("a2", 1).watermark(14);
  rig.task.operator.close?.();

  assertEquals(calls, [
    ["open", "words"],
    ["a", "0:10", 1, 777],
    ["a", "0:10", 2, 777],
    ["clear", "0:10", 2],
    ["close"],
  ]);
});
