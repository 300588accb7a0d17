import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import type { Collector, KeyedRuntimeContext } from "../../../src/engine/functions/functions.ts";
import { ProcessOperator } from "../../../src/engine/operators/process.ts";
import {
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
} from "../../../src/engine/functions/process_functions.ts";
import { MAX_WATERMARK, NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { type ValueState, ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

const SIDE = new OutputTag<string>("side");

type OnTimer = (timestampMs: number, context: OnTimerContext<string>) => void;

/**
 * Does with timers what records say: "a event 50" registers an event-time timer at 50 for key a, "a clock 50" one by the clock,
 * "a not-event 50" and "a not-clock 50" take them back. What fires gives "a EVENT_TIME 50".
 */
class Timers extends KeyedProcessFunction<string, string, string> {
  readonly #then: OnTimer;

  constructor(then: OnTimer = () => {}) {
    super();
    this.#then = then;
  }

  processElement(text: string, context: KeyedProcessContext<string>): void {
    const [, what, time] = text.split(" ");
    const timeMs = Number(time);
    if (what === "event") context.timerService().registerEventTimeTimer(timeMs);
    else if (what === "clock") context.timerService().registerProcessingTimeTimer(timeMs);
    else if (what === "not-event") context.timerService().deleteEventTimeTimer(timeMs);
    else if (what === "not-clock") context.timerService().deleteProcessingTimeTimer(timeMs);
  }

  override onTimer(timestampMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    out.collect(`${context.currentKey()} ${context.timeDomain()} ${timestampMs}`);
    this.#then(timestampMs, context);
  }
}

const byKey = (text: string) => text.split(" ")[0]!;

function timersRig(then?: OnTimer): OperatorHarness<string, string> {
  return new OperatorHarness(() => new ProcessOperator(new Timers(then), { keyed: true }), {
    name: "timers",
    keyBy: byKey,
  });
}

Deno.test("event-time timers fire in order of time over all keys, those of one time as they were registered", () => {
  const rig = timersRig();
  rig.record("c event 30").record("a event 20").record("b event 20").record("a event 10").record("a event 31");
  rig.watermark(9);
  assertEquals(rig.take(), [{ watermark: 9 }]);
  rig.watermark(30);

  assertEquals(rig.take(), [
    ["a EVENT_TIME 10", 10],
    ["a EVENT_TIME 20", 20],
    ["b EVENT_TIME 20", 20],
    ["c EVENT_TIME 30", 30],
    { watermark: 30 },
  ]);
});

// Seen in Flink: not at once, and before later ones.
Deno.test("a timer in the past fires with the next watermark, before later ones", () => {
  const rig = timersRig();
  rig.watermark(100).record("b event 101").record("a event 50").record("a event 100");
  assertEquals(rig.take(), [{ watermark: 100 }]);
  rig.watermark(101);

  assertEquals(rig.take(), [
    ["a EVENT_TIME 50", 50],
    ["a EVENT_TIME 100", 100],
    ["b EVENT_TIME 101", 101],
    { watermark: 101 },
  ]);
});

// Seen in Flink.
Deno.test("timers that onTimer() registers at or before the watermark fire with it, in order of time", () => {
  const rig = timersRig((timestampMs, context) => {
    if (timestampMs !== 10) return;
    for (const timeMs of [40, 30, 31, 5]) context.timerService().registerEventTimeTimer(timeMs);
  });
  rig.record("a event 10").record("b event 20").watermark(30);

  assertEquals(rig.take(), [
    ["a EVENT_TIME 10", 10],
    ["a EVENT_TIME 5", 5],
    ["b EVENT_TIME 20", 20],
    ["a EVENT_TIME 30", 30],
    { watermark: 30 },
  ]);
  rig.watermark(40);
  assertEquals(rig.take(), [["a EVENT_TIME 31", 31], ["a EVENT_TIME 40", 40], { watermark: 40 }]);
});

// Seen in Flink.
Deno.test("registering its own time in onTimer() fires a timer again", () => {
  let times = 0;
  const rig = timersRig((timestampMs, context) => {
    if (++times < 3) context.timerService().registerEventTimeTimer(timestampMs);
  });
  rig.record("a event 10").watermark(10);

  assertEquals(rig.take(), [["a EVENT_TIME 10", 10], ["a EVENT_TIME 10", 10], ["a EVENT_TIME 10", 10], {
    watermark: 10,
  }]);
});

Deno.test("a timer registered twice fires once, and one that is taken back never", () => {
  const rig = timersRig();
  rig.record("a event 10").record("a event 10").record("a clock 10").record("a clock 10");
  rig.record("b event 10").record("b not-event 10").record("b clock 10").record("b not-clock 10");
  rig.record("c not-event 10").record("c not-clock 10"); // there is none
  rig.watermark(10).processingTime(10);

  assertEquals(rig.take(), [["a EVENT_TIME 10", 10], { watermark: 10 }, ["a PROCESSING_TIME 10", NO_TIMESTAMP]]);
});

Deno.test("timers of the two clocks and of several keys at one time are different ones", () => {
  const rig = timersRig();
  rig.record("a event 10").record("b event 10").record("a clock 10").record("a not-clock 10").record("b not-event 10");
  rig.processingTime(10).watermark(10);

  assertEquals(rig.take(), [["a EVENT_TIME 10", 10], { watermark: 10 }]);
});

Deno.test("all timers fire at the end of a bounded input, but not those by the clock", () => {
  const rig = timersRig();
  rig.record("a event 1000000").record("a clock 1000000").watermark(MAX_WATERMARK);

  assertEquals(rig.take(), [["a EVENT_TIME 1000000", 1_000_000], { watermark: MAX_WATERMARK }]);
});

Deno.test("processing-time timers fire when the clock has come to their time, in its order, and give no timestamp", () => {
  const rig = timersRig();
  rig.record("a clock 20", 5).record("b clock 10", 5).record("c clock 10", 5).processingTime(9).watermark(100);
  assertEquals(rig.take(), [{ watermark: 100 }]);
  rig.processingTime(10);
  assertEquals(rig.take(), [["b PROCESSING_TIME 10", NO_TIMESTAMP], ["c PROCESSING_TIME 10", NO_TIMESTAMP]]);
  rig.record("c clock 3", 5).processingTime(20);
  assertEquals(rig.take(), [["c PROCESSING_TIME 3", NO_TIMESTAMP], ["a PROCESSING_TIME 20", NO_TIMESTAMP]]);
});

// In Flink's KeyedProcessOperator both contexts give side outputs at timestamp(), which in onTimer() is the timer's.
Deno.test("onTimer() sees the timer's time as timestamp(), which its side outputs get too", () => {
  const seen: unknown[] = [];
  const rig = timersRig((_timestampMs, context) => {
    seen.push(context.timestamp());
    context.output(SIDE, `${context.currentKey()} fired`);
  });
  rig.record("a event 10", 3).record("b clock 20", 3).watermark(11).processingTime(25);

  assertEquals(seen, [10, 20]);
  assertEquals(rig.takeSide(SIDE), [["a fired", 10], ["b fired", 20]]);
});

// Seen in Flink.
Deno.test("onTimer() sees the new watermark and the clock as they are, however old the timer is", () => {
  const seen: unknown[] = [];
  const rig = timersRig((_timestampMs, context) => {
    seen.push([context.timerService().currentWatermark(), context.timerService().currentProcessingTime()]);
  });
  rig.record("a event 10").record("a event 20").record("a clock 30");
  rig.clock.nowMs = 7;
  rig.watermark(500).processingTime(1_000);

  assertEquals(seen, [[500, 7], [500, 7], [500, 1_000]]);
});

Deno.test("timers outlive a restart with their order, and those that have fired do not come again", () => {
  const rig = timersRig();
  rig.record("b event 20").record("a event 20").record("c event 10").record("a clock 50").watermark(10);
  rig.take();
  rig.commit();
  rig.record("d event 15"); // lost
  const restarted = rig.restart();
  restarted.watermark(20).processingTime(50);

  assertEquals(restarted.take(), [
    ["b EVENT_TIME 20", 20],
    ["a EVENT_TIME 20", 20],
    { watermark: 20 },
    ["a PROCESSING_TIME 50", NO_TIMESTAMP],
  ]);
  restarted.commit();
  assertEquals(restarted.restart().watermark(30).take(), [{ watermark: 30 }]);
});

Deno.test("a timer at no time that there is is refused, with what it was", () => {
  for (const time of ["x", "Infinity", "-Infinity"]) {
    for (const what of ["event", "clock", "not-event", "not-clock"]) {
      assertThrows(
        () => timersRig().record(`a ${what} ${time}`),
        OperatorError,
        `Cannot set or delete a timer of "timers" at ${
          Number(time)
        }: a time is a finite number of ms since the Unix epoch`,
      );
    }
  }
});

/** Counts each key's records, and says the count when no record of the key has come for 60 ms of event time. */
class CountWithTimeout extends KeyedProcessFunction<string, string, string> {
  #counts!: ValueState<{ n: number; lastMs: number }>;

  override open(context: KeyedRuntimeContext): void {
    this.#counts = context.getState(new ValueStateDescriptor<{ n: number; lastMs: number }>("counts"));
  }

  processElement(_value: string, context: KeyedProcessContext<string>): void {
    const lastMs = context.timestamp()!;
    this.#counts.update({ n: (this.#counts.value()?.n ?? 0) + 1, lastMs });
    context.timerService().registerEventTimeTimer(lastMs + 60);
  }

  override onTimer(timestampMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    const { n, lastMs } = this.#counts.value()!;
    if (timestampMs === lastMs + 60) out.collect(`${context.currentKey()} ${n}`);
  }
}

const countsRig = () =>
  new OperatorHarness(() => new ProcessOperator(new CountWithTimeout(), { keyed: true }), { keyBy: byKey });

// The example of Flink's documentation, "Process Function".
Deno.test("KeyedProcessFunction has state of the key of the record and of the timer", () => {
  const rig = countsRig();
  rig.record("a", 10).record("b", 20).record("a", 50).watermark(80);
  assertEquals(rig.take(), [["b 1", 80], { watermark: 80 }]);
  rig.watermark(110);

  assertEquals(rig.take(), [["a 2", 110], { watermark: 110 }]);
});

Deno.test("KeyedProcessFunction goes on from the last commit, with state and timers", () => {
  const rig = countsRig();
  rig.record("a", 10).record("a", 20).commit();
  rig.record("a", 30); // lost
  const restarted = rig.restart();
  restarted.record("a", 31).watermark(91);

  assertEquals(restarted.take(), [["a 3", 91], { watermark: 91 }]);
});

Deno.test("state, timers and the key can be used only while a key is at work, and the error says so", () => {
  const message = 'Cannot use state, timers or the key of "operator" when no key is at work';
  let state!: ValueState<number>;
  let context!: KeyedProcessContext<string>;
  const fn = {
    open: (opened: KeyedRuntimeContext) => void (state = opened.getState(new ValueStateDescriptor<number>("n"))),
    processElement: (_value: string, given: KeyedProcessContext<string>) => {
      state.update((state.value() ?? 0) + 1);
      context = given;
    },
  };
  const rig = new OperatorHarness(() => new ProcessOperator<string, string, string>(fn, { keyed: true }), {
    keyBy: byKey,
  });
  assertThrows(() => state.value(), TypeError, message);
  rig.record("a", 1);

  for (
    const use of [
      () => state.value(),
      () => state.update(1),
      () => context.currentKey(),
      () => context.timerService().registerEventTimeTimer(1),
      () => context.timerService().registerProcessingTimeTimer(1),
      () => context.timerService().deleteEventTimeTimer(1),
      () => context.timerService().deleteProcessingTimeTimer(1),
    ]
  ) assertThrows(use, TypeError, message);
  assertEquals(rig.commit(), [['["state","operator","n","","a"]', "1"]]);
});

Deno.test("state that open() uses is an error that names the operator", () => {
  const fn = {
    open: (context: KeyedRuntimeContext) => void context.getState(new ValueStateDescriptor<number>("n")).update(1),
    processElement() {},
  };
  assertThrows(
    () => new OperatorHarness(() => new ProcessOperator(fn, { keyed: true }), { name: "counts", keyBy: byKey }),
    OperatorError,
    'Operator "counts" failed: TypeError: Cannot use state, timers or the key of "counts"',
  );
});

Deno.test("KeyedProcessFunction may do without onTimer(): its timers pass", () => {
  const fn = {
    processElement: (_value: string, context: KeyedProcessContext<string>) =>
      context.timerService().registerEventTimeTimer(5),
  };
  const rig = new OperatorHarness(() => new ProcessOperator<string, string, string>(fn, { keyed: true }), {
    keyBy: byKey,
  });
  rig.record("a", 1).watermark(10);

  assertEquals(rig.take(), [{ watermark: 10 }]);
});

Deno.test("A keyed process function opens its function before the first record, with the operator's name, and closes it", () => {
  const calls: string[] = [];
  const fn = {
    open: (context: KeyedRuntimeContext) => void calls.push(`open ${context.name()}`),
    processElement: () => void calls.push("record"),
    close: () => void calls.push("close"),
  };
  const rig = new OperatorHarness(() => new ProcessOperator(fn, { keyed: true }), { name: "keyed", keyBy: byKey });
  rig.record("a", 1).task.operator.close!();

  assertEquals(calls, ["open keyed", "record", "close"]);
});
