import { assertEquals, assertThrows } from "@std/assert";
import { JobError, OperatorError } from "../../../../src/engine/errors.ts";
import {
  type Collector,
  ProcessWindowFunction,
  type WindowContext,
} from "../../../../src/engine/functions/functions.ts";
import { ReduceFold } from "../../../../src/engine/operators/window/folds.ts";
import { SimpleWindowOperator } from "../../../../src/engine/operators/window/simple_window.ts";
import { MAX_WATERMARK } from "../../../../src/engine/record.ts";
import { ValueStateDescriptor } from "../../../../src/engine/state/state.ts";
import { TumblingEventTimeWindows } from "../../../../src/engine/windows/tumbling_event_time_windows.ts";
import { EventTimeTrigger } from "../../../../src/engine/windows/time_triggers.ts";
import { TimeWindow } from "../../../../src/engine/windows/window.ts";
import { WindowAssigner } from "../../../../src/engine/windows/window_assigner.ts";
import { ManualClock } from "../../../../src/engine/testing/manual_clock.ts";
import { OperatorHarness } from "../../../../src/engine/testing/operator_harness.ts";

/** "a:3": three of a. */
interface Count {
  readonly key: string;
  readonly n: number;
}

const one = (key: string, n = 1): Count => ({ key, n });
const add = (accumulated: Count, next: Count): Count => ({ key: accumulated.key, n: accumulated.n + next.n });

type Process<OUT> = ProcessWindowFunction<Count, OUT, string>;

/** Windows of 10 ms. */
function newRig<OUT = Count>(
  process?: Process<OUT>,
  options: { assigner?: WindowAssigner<unknown, TimeWindow>; clock?: ManualClock } = {},
) {
  const { assigner = TumblingEventTimeWindows.of(10), clock = new ManualClock() } = options;
  return new OperatorHarness<Count, OUT>(
    () => new SimpleWindowOperator({ assigner, fold: new ReduceFold(add), process }),
    {
      name: "counts",
      keyBy: ({ key }) => key,
      clock,
    },
  );
}

/** A process function out of a plain one. */
function processing<OUT>(
  process: (key: string, context: WindowContext, elements: Iterable<Count>, out: Collector<OUT>) => void,
  clear: (context: WindowContext) => void = () => {},
): Process<OUT> {
  return new class extends ProcessWindowFunction<Count, OUT, string> {
    override process = process;
    override clear = clear;
  }();
}

Deno.test("SimpleWindowOperator gives a key's fold when event time has come to the window's last millisecond, at that time", () => {
  const rig = newRig();
  rig.record(one("a"), 0).record(one("a"), 9).record(one("b"), 5).watermark(8);
  assertEquals(rig.take(), [{ watermark: 8 }]);

  rig.watermark(9);
  assertEquals(rig.take(), [[one("a", 2), 9], [one("b", 1), 9], { watermark: 9 }]);
});

Deno.test("SimpleWindowOperator gives the keys of a window in the order of their first records", () => {
  const rig = newRig();
  for (const key of ["c", "a", "b", "a"]) rig.record(one(key), 3);
  rig.watermark(9);

  assertEquals(rig.take().slice(0, -1), [[one("c"), 9], [one("a", 2), 9], [one("b"), 9]]);
});

Deno.test("SimpleWindowOperator fires several windows in order of time, all before the watermark goes on", () => {
  const rig = newRig();
  rig.record(one("a"), 25).record(one("a"), 5).record(one("b"), 15).record(one("a"), -5).watermark(100);

  assertEquals(rig.take(), [[one("a"), -1], [one("a"), 9], [one("b"), 19], [one("a"), 29], { watermark: 100 }]);
});

Deno.test("SimpleWindowOperator fires each window once, and all that are open at the end", () => {
  const rig = newRig();
  rig.record(one("a"), 5).watermark(9).watermark(20).record(one("a"), 25).watermark(MAX_WATERMARK);

  assertEquals(rig.take(), [
    [one("a"), 9],
    { watermark: 9 },
    { watermark: 20 },
    [one("a"), 29],
    { watermark: MAX_WATERMARK },
  ]);
});

Deno.test("SimpleWindowOperator keeps keys of one id text but different types apart", () => {
  const rig = new OperatorHarness<{ k: unknown }, { k: unknown }>(
    () =>
      new SimpleWindowOperator({
        assigner: TumblingEventTimeWindows.of(10),
        fold: new ReduceFold<{ k: unknown }>(() => ({ k: "folded" })),
      }),
    { keyBy: ({ k }) => k as string },
  );
  rig.record({ k: 1 }, 1).record({ k: "1" }, 2).record({ k: { a: 1, b: 2 } }, 3).record({ k: { b: 2, a: 1 } }, 4)
    .watermark(9);

  assertEquals(rig.take().slice(0, -1), [[{ k: 1 }, 9], [{ k: "1" }, 9], [{ k: "folded" }, 9]]);
});

// Late when end − 1 <= watermark.
Deno.test("SimpleWindowOperator takes a record while event time is 1 ms before the window's last, and none from then on", () => {
  const rig = newRig();
  rig.watermark(8).record(one("a"), 0);
  assertEquals(rig.deadLetters, []);
  rig.watermark(9).record(one("a"), 9).record(one("a"), 10).watermark(MAX_WATERMARK);

  assertEquals(rig.take(), [
    { watermark: 8 },
    [one("a"), 9],
    { watermark: 9 },
    [one("a"), 19],
    { watermark: MAX_WATERMARK },
  ]);
  assertEquals([rig.lateRecords, rig.deadLetters.length], [1, 1]);
});

Deno.test("SimpleWindowOperator takes a record whose own time has passed while its window is open", () => {
  const rig = newRig();
  rig.watermark(5).record(one("a"), 1).watermark(9);

  assertEquals(rig.take(), [{ watermark: 5 }, [one("a"), 9], { watermark: 9 }]);
  assertEquals(rig.lateRecords, 0);
});

Deno.test("SimpleWindowOperator keeps a late record as a dead letter that names the window, and changes nothing", () => {
  const minute = Date.UTC(2024, 2, 1, 12);
  const rig = newRig(undefined, { assigner: TumblingEventTimeWindows.of(60_000) });
  rig.record(one("a"), minute).watermark(minute + 61_000);
  rig.take();
  rig.commit();
  rig.record(one("a", 7), minute + 30_000).record(one("z"), minute + 59_999).watermark(MAX_WATERMARK);

  assertEquals(rig.take(), [{ watermark: MAX_WATERMARK }]);
  assertEquals(rig.commit(), []);
  assertEquals(rig.lateRecords, 2);
  assertEquals(rig.deadLetters[0], {
    origin: undefined,
    value: one("a", 7),
    timestampMs: minute + 30_000,
    operator: "counts",
    errorClass: "LateRecord",
    message: "Record came too late for its window [2024-03-01T12:00:00.000Z, 2024-03-01T12:01:00.000Z): " +
      "event time is at 2024-03-01T12:01:01.000Z already",
    lateFromMs: Date.parse("2024-03-01T12:00:59.999Z"),
  });
});

Deno.test("SimpleWindowOperator takes a record for those of its windows that are open, and it is not late", () => {
  // Two windows for each record, as a sliding assigner would give.
  class TwoWindows extends WindowAssigner<unknown, TimeWindow> {
    readonly description = "two";
    override assignWindows = () => [new TimeWindow(0, 10), new TimeWindow(5, 15)];
    override windowOf = TimeWindow.fromId;
    override getDefaultTrigger = EventTimeTrigger.create;
    override isEventTime = () => true;
  }
  const rig = newRig(undefined, { assigner: new TwoWindows() });
  rig.watermark(9).record(one("a"), 7).watermark(14).record(one("a"), 7);

  assertEquals(rig.take(), [{ watermark: 9 }, [one("a"), 14], { watermark: 14 }]);
  assertEquals(rig.lateRecords, 1);
  assertEquals(
    rig.deadLetters[0]!.message,
    "Record came too late for its window [1970-01-01T00:00:00.000Z, 1970-01-01T00:00:00.010Z), " +
      "[1970-01-01T00:00:00.005Z, 1970-01-01T00:00:00.015Z): event time is at 1970-01-01T00:00:00.014Z already",
  );
});

Deno.test("SimpleWindowOperator refuses a record without a timestamp and says what to do", () => {
  const error = assertThrows(() => newRig().record(one("a")), OperatorError) as OperatorError;

  assertEquals(
    error.message,
    'Operator "counts" failed: TypeError: Cannot put a record into a window of "counts": it has no timestamp; ' +
      "call assignTimestampsAndWatermarks() before window()",
  );
});

Deno.test("process() gets key, window, the one folded value, and event time that is the new watermark already", () => {
  const seen: unknown[] = [];
  const clock = new ManualClock(777);
  const rig = newRig(
    processing<string>((key, context, elements, out) => {
      const { startMs, endMs } = context.window();
      seen.push([key, startMs, endMs, [...elements], context.currentWatermark(), context.currentProcessingTime()]);
      out.collect(`${key} first`);
      out.collect(`${key} second`);
    }),
    { clock },
  );
  rig.record(one("a"), 1).record(one("a"), 2).record(one("b"), 13).watermark(50);

  assertEquals(seen, [["a", 0, 10, [one("a", 2)], 50, 777], ["b", 10, 20, [one("b", 1)], 50, 777]]);
  assertEquals(rig.take(), [["a first", 9], ["a second", 9], ["b first", 19], ["b second", 19], { watermark: 50 }]);
});

Deno.test("globalState() belongs to the key over all its windows", () => {
  const total = new ValueStateDescriptor<number>("total");
  const rig = newRig(
    processing<number>((_key, context, [count], out) => {
      const state = context.globalState().getState(total);
      state.update((state.value() ?? 0) + count!.n);
      out.collect(state.value()!);
    }),
  );
  rig.record(one("a"), 1).record(one("a"), 2).record(one("b"), 3).record(one("a"), 11).record(one("b"), 22).watermark(
    100,
  );

  assertEquals(rig.take().slice(0, -1), [[2, 9], [1, 9], [3, 19], [2, 29]]);
});

Deno.test("windowState() belongs to the key and this window, and clear() can release it", () => {
  const seen = new ValueStateDescriptor<string>("seen");
  const cleared: unknown[] = [];
  const rig = newRig(
    processing<string>(
      (key, context, _elements, out) => {
        const state = context.windowState().getState(seen);
        out.collect(`${state.value()}`);
        state.update(key);
      },
      (context) => {
        const state = context.windowState().getState(seen);
        cleared.push([context.window().startMs, state.value()]);
        state.clear();
      },
    ),
  );
  rig.record(one("a"), 1).record(one("b"), 2).record(one("a"), 11).watermark(100);

  assertEquals(rig.take().slice(0, -1), [["undefined", 9], ["undefined", 9], ["undefined", 19]]);
  assertEquals(cleared, [[0, "a"], [0, "b"], [10, "a"]]);
  assertEquals(rig.commit().filter(([, value]) => value !== null), []);
});

// "contents" is the operator's own name for what a window holds.
Deno.test("windowState() refuses the name of the state that holds what is in the window", () => {
  const rig = newRig(processing((_key, context) => {
    context.windowState().getState(new ValueStateDescriptor("contents"));
  }));
  rig.record(one("a"), 1);

  assertThrows(() => rig.watermark(9), JobError, 'Cannot use state "contents" of "counts"');
});

Deno.test("SimpleWindowOperator stores what an open window holds with the time at which it fires, and removes it when it has", () => {
  const rig = newRig();
  rig.record(one("a"), 1).record(one("a"), 2);
  assertEquals(rig.commit(), [
    ['["state","counts","contents","0:10","a"]', '[9,0,{"key":"a","n":2}]'],
  ]);
  rig.record(one("b"), 3).watermark(9);
  // Of b, which came and went, there is no trace.
  assertEquals(rig.commit(), [['["state","counts","contents","0:10","a"]', null]]);
});

Deno.test("SimpleWindowOperator goes on from the last commit: contents, order of keys, and what is late", () => {
  const rig = newRig();
  rig.record(one("b"), 1).record(one("a"), 2).watermark(0).record(one("a"), -5);
  assertEquals(rig.lateRecords, 1);
  rig.commit();
  const restarted = rig.restart();
  restarted.record(one("c"), 3).record(one("a"), 4).record(one("a"), -5);
  assertEquals(restarted.timers().map(({ timeMs, key }) => [timeMs, key]), [[9, "b"], [9, "a"], [9, "c"]]);
  // The order also outlives a second restart, after which the store may give entries in any order.
  restarted.commit();
  const again = restarted.restart().watermark(9);

  assertEquals(again.take(), [[one("b"), 9], [one("a", 2), 9], [one("c"), 9], { watermark: 9 }]);
  assertEquals([restarted.lateRecords, again.commit().map(([, value]) => value)], [1, [null, null, null]]);
});

Deno.test("SimpleWindowOperator names itself when its function throws in a window, with no record to blame", () => {
  const cause = new RangeError("too many");
  const rig = newRig(processing(() => {
    throw cause;
  }));
  rig.record(one("a"), 1);

  const error = assertThrows(() => rig.watermark(9), OperatorError) as OperatorError;
  assertEquals([error.message, error.operator], [
    'Operator "counts" failed in window [1970-01-01T00:00:00.000Z, 1970-01-01T00:00:00.010Z) of key "a": RangeError: too many',
    "counts",
  ]);
  assertEquals(error.cause, cause);
});

Deno.test("SimpleWindowOperator lets pass that a state was written as another version", () => {
  const rig = newRig(processing((_key, context) => {
    context.globalState().getState(new ValueStateDescriptor("total", { version: 1 }));
    context.windowState().getState(new ValueStateDescriptor("total", { version: 2 }));
  }));
  rig.record(one("a"), 1);

  assertThrows(() => rig.watermark(9), JobError, 'state "total" of "counts" as version 2: it is in use as version 1');
});

Deno.test("SimpleWindowOperator refuses undefined as a record: the window would have nothing to keep", () => {
  const rig = new OperatorHarness(
    () =>
      new SimpleWindowOperator({
        assigner: TumblingEventTimeWindows.of(10),
        fold: new ReduceFold((accumulated: undefined) => accumulated),
      }),
    { name: "counts", keyBy: () => "all" },
  );
  const message = "Cannot reduce undefined in a window: its records must be values";
  assertThrows(() => rig.record(undefined, 1), OperatorError, message);
});

Deno.test("SimpleWindowOperator refuses a function that gives undefined: the window would vanish", () => {
  const assigner = TumblingEventTimeWindows.of(10);
  const rig = new OperatorHarness(
    () => new SimpleWindowOperator({ assigner, fold: new ReduceFold((): Count => undefined as unknown as Count) }),
    {
      name: "counts",
      keyBy: ({ key }: Count) => key,
    },
  );
  rig.record(one("a"), 1);

  assertThrows(() => rig.record(one("a"), 2), OperatorError, 'Operator "counts" failed: TypeError');
});

Deno.test("compatibility() is the assigner's description: other windows cannot read the state", () => {
  assertEquals(newRig().task.operator.compatibility!(), { window: "TumblingEventTimeWindows(10 ms)" });
});
