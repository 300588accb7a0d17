import { assertEquals, assertThrows } from "@std/assert";
import { JobError } from "../../../../src/engine/errors.ts";
import { fieldAggregate } from "../../../../src/engine/functions/field_aggregate.ts";
import { newWindowOperator } from "../../../../src/engine/api/new_window_operator.ts";
import type { Operator } from "../../../../src/engine/operators/operator.ts";
import { WindowOperator } from "../../../../src/engine/operators/window/window.ts";
import type { WindowDescription } from "../../../../src/engine/operators/window/description.ts";
import { AggregateFold, FieldFold, ReduceFold } from "../../../../src/engine/operators/window/folds.ts";
import { SessionWindowOperator } from "../../../../src/engine/operators/window/session_window.ts";
import { SimpleWindowOperator, type SimpleWindows } from "../../../../src/engine/operators/window/simple_window.ts";
import { Snapshot } from "../../../../src/engine/runtime/snapshot.ts";
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from "../../../../src/engine/windows/continuous_triggers.ts";
import { CountTrigger } from "../../../../src/engine/windows/count_trigger.ts";
import { DeltaTrigger } from "../../../../src/engine/windows/delta_trigger.ts";
import { CountEvictor, TimeEvictor } from "../../../../src/engine/windows/evictors.ts";
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
import { SlidingEventTimeWindows } from "../../../../src/engine/windows/sliding_event_time_windows.ts";
import { EventTimeTrigger } from "../../../../src/engine/windows/time_triggers.ts";
import { TumblingEventTimeWindows } from "../../../../src/engine/windows/tumbling_event_time_windows.ts";
import type { TimeWindow, Window } from "../../../../src/engine/windows/window.ts";
import { ManualClock } from "../../../../src/engine/testing/manual_clock.ts";
import { OperatorHarness } from "../../../../src/engine/testing/operator_harness.ts";
import type { Flow } from "../../../../src/engine/testing/probe.ts";
import { Words } from "./window_rig.ts";

type Create = () => Operator<string, string>;
type OfTime = WindowDescription<string, string, string, string, string, TimeWindow>;

const joined = new ReduceFold<string>((a, b) => `${a} ${b}`);
const counted = new AggregateFold<string, number, string>({
  createAccumulator: () => 0,
  add: (_word, count) => count + 1,
  getResult: (count) => `${count} words`,
  merge: (a, b) => a + b,
});

const simple = (description: SimpleWindows<string, string, string, string, string, TimeWindow>): Create => () =>
  new SimpleWindowOperator(description);
const folding = (description: OfTime): Create => () => newWindowOperator({ fold: joined, ...description });
const listing = <W extends Window>(
  description: WindowDescription<string, never, string, string, string, W>,
): Create =>
() => newWindowOperator<string, never, string, string, string, W>({ process: new Words<W>(), ...description });

const tumbling = TumblingEventTimeWindows.of(10, 3);
const sliding = SlidingEventTimeWindows.of(10, 4);
const session = EventTimeSessionWindows.withGap(6);
const global = GlobalWindows.create();
const delta = (a: string, b: string) => Number(b.slice(1)) - Number(a.slice(1));

const KINDS: Readonly<Record<string, Create>> = {
  "tumbling, simple": simple({ assigner: tumbling, fold: joined }),
  "sliding, simple": simple({ assigner: sliding, fold: joined }),
  "tumbling, an aggregate": () =>
    new SimpleWindowOperator<string, number, string, string, string, TimeWindow>({ assigner: tumbling, fold: counted }),
  "tumbling, late": folding({ assigner: tumbling, allowedLatenessMs: 7 }),
  "sliding, all records": listing({ assigner: sliding }),
  "sliding, purging": listing({ assigner: sliding, trigger: PurgingTrigger.of(EventTimeTrigger.create()) }),
  "tumbling by the clock": listing({ assigner: TumblingProcessingTimeWindows.of(10) }),
  "sliding by the clock": folding({ assigner: SlidingProcessingTimeWindows.of(10, 4) }),
  "sessions": listing({ assigner: session }),
  "sessions, folded": folding({ assigner: session }),
  "sessions, folded and late": folding({ assigner: session, allowedLatenessMs: 9 }),
  "sessions, dynamic": listing({
    assigner: EventTimeSessionWindows.withDynamicGap((word: string) => 1 + Number(word.slice(1)) % 9),
  }),
  "sessions by the clock": listing({ assigner: ProcessingTimeSessionWindows.withGap(6) }),
  "counts": listing({ assigner: global, trigger: PurgingTrigger.of(CountTrigger.of(3)) }),
  "sliding counts": listing({ assigner: global, trigger: CountTrigger.of(2), evictor: CountEvictor.of(3) }),
  "sessions with a count": listing({ assigner: session, trigger: CountTrigger.of(2) }),
  "deltas": listing({ assigner: global, trigger: DeltaTrigger.of(3, delta) }),
  "continuous": listing({ assigner: global, trigger: ContinuousEventTimeTrigger.of(7) }),
  "continuous by the clock": listing({ assigner: global, trigger: ContinuousProcessingTimeTrigger.of(7) }),
  "sessions, continuous": listing({ assigner: session, trigger: ContinuousEventTimeTrigger.of(4) }),
  "an evictor before": listing({ assigner: tumbling, evictor: TimeEvictor.of(5), allowedLatenessMs: 7 }),
  "an evictor after": folding({ assigner: sliding, evictor: CountEvictor.of(2, true), allowedLatenessMs: 7 }),
};

type Rig = OperatorHarness<string, string>;

/** Words of three keys, not in order, with event time and the clock behind; some are late. */
const STEPS: readonly ((rig: Rig) => unknown)[] = [3, 1, 6, 11, 4, 19, 12, 13, 2, 30, 24, 25, 31, 29, 41, 17, 55, 60]
  .flatMap((timeMs, i) => [
    (rig: Rig) => rig.record(`${"abc"[i % 3]}${i}`, timeMs),
    (rig: Rig) => rig.watermark(timeMs - 8),
    (rig: Rig) => rig.processingTime(1_000 + 2 * i),
  ]);

/** What comes of all steps, when the operator is restarted after the first `restartAfter`, as `next` if that is given. */
function play(create: Create, restartAfter: number, next = create): { flows: Flow[]; late: unknown[] } {
  let current = create;
  let rig: Rig = new OperatorHarness(() => current(), { keyBy: (word) => word[0]!, clock: new ManualClock(1_000) });
  for (const step of STEPS.slice(0, restartAfter)) step(rig);
  const flows = rig.take();
  const late = rig.deadLetters.map(({ value }) => value);
  rig.commit();
  current = next;
  rig = rig.restart();
  for (const step of STEPS.slice(restartAfter)) step(rig);
  return { flows: [...flows, ...rig.take()], late: [...late, ...rig.deadLetters.map(({ value }) => value)] };
}

for (const [kind, create] of Object.entries(KINDS)) {
  Deno.test(`A restart at any place changes nothing: ${kind}`, () => {
    const without = play(create, 0);

    // A test that gives nothing would hold for anything.
    assertEquals(without.flows.filter((flow) => Array.isArray(flow)).length > 3, true);
    for (let i = 1; i <= STEPS.length; i++) assertEquals(play(create, i), without);
  });
}

// Earlier versions had the general operator for all sessions.
Deno.test("Sessions that the general operator has stored go on as those that are one entry each, at any place", () => {
  const process = new Words<TimeWindow>();
  for (const description of [{ assigner: session, fold: joined }, { assigner: session, process }] as OfTime[]) {
    const general = () => new WindowOperator(description);
    const without = play(general, 0);
    for (let i = 1; i <= STEPS.length; i++) {
      assertEquals(play(general, i, () => new SessionWindowOperator(description)), without);
    }
  }
});

Deno.test("Sessions that the general operator has stored leave nothing of it in the next commit", () => {
  let current: Create = () => new WindowOperator({ assigner: session, fold: joined });
  let rig: Rig = new OperatorHarness(() => current(), { name: "words", keyBy: (word) => word[0]! });
  rig.record("a1", 5).record("a2", 1).record("b1", 20).commit();
  current = folding({ assigner: session });
  rig = rig.restart();
  assertEquals(rig.timers(), [{ timeMs: 10, key: "a", namespace: "5:11" }, {
    timeMs: 25,
    key: "b",
    namespace: "20:26",
  }]);

  const changes = new Map(rig.commit());
  assertEquals([...changes].filter(([, value]) => value !== null), [
    ['["state","words","sessions","5:11","a"]', '[10,0,1,"a1 a2"]'],
    ['["state","words","sessions","20:26","b"]', '[25,1,20,"b1"]'],
  ]);
  assertEquals([...changes].filter(([, value]) => value === null).map(([entry]) => entry).sort(), [
    '["state","words","contents","20:26","b"]',
    '["state","words","contents","5:11","a"]',
    '["state","words","windows","","a"]',
    '["state","words","windows","","b"]',
    '["timer","words",10,"1:11","a"]',
    '["timer","words",25,"20:26","b"]',
  ]);
});

// ------------------------------------------------------------------------------- state of windows of another definition

const compatibilityOf = (create: Create) => create().compatibility!();

Deno.test("compatibility() says all that the state of windows depends on, in one text", () => {
  const fold = new FieldFold<Record<string, number>>(fieldAggregate("sum", "price"));
  assertEquals(compatibilityOf(KINDS["tumbling, simple"]!), { window: "TumblingEventTimeWindows(10 ms, offset 3 ms)" });
  assertEquals(compatibilityOf(KINDS["tumbling, an aggregate"]!), {
    window: "TumblingEventTimeWindows(10 ms, offset 3 ms), keeping an accumulator",
  });
  assertEquals(compatibilityOf(KINDS["tumbling, late"]!), {
    window: "TumblingEventTimeWindows(10 ms, offset 3 ms), AllowedLateness(7 ms)",
  });
  assertEquals(compatibilityOf(KINDS["sliding, purging"]!), {
    window: "SlidingEventTimeWindows(10 ms every 4 ms), PurgingTrigger(EventTimeTrigger()), keeping records",
  });
  assertEquals(compatibilityOf(KINDS["sliding counts"]!), {
    window: "GlobalWindows(), CountTrigger(2), CountEvictor(3), keeping records and times",
  });
  assertEquals(new SimpleWindowOperator({ assigner: sliding, fold }).compatibility(), {
    window: 'SlidingEventTimeWindows(10 ms every 4 ms), keeping sum of "price"',
  });
});

Deno.test("compatibility() is the same for both operators and for a default that is said or not", () => {
  const description = { assigner: tumbling, fold: joined };
  const expected = new SimpleWindowOperator(description).compatibility();

  assertEquals(new WindowOperator(description).compatibility(), expected);
  assertEquals(new WindowOperator({ ...description, trigger: EventTimeTrigger.create() }).compatibility(), expected);
  assertEquals(new WindowOperator({ ...description, allowedLatenessMs: 0 }).compatibility(), expected);
});

Deno.test("No kind of windows reads the state of another: it is refused naming both", () => {
  const kinds = Object.entries(KINDS);
  for (const [kind, create] of kinds) {
    const compatibility = compatibilityOf(create);
    const job = JSON.stringify({ stamps: { words: compatibility } });
    const snapshot = new Snapshot(new Map([['["job"]', job]]));
    snapshot.checkCompatibility("words", compatibility);
    for (const [other, createOther] of kinds.filter(([other]) => other !== kind)) {
      const otherCompatibility = compatibilityOf(createOther);
      const error = assertThrows(
        () => snapshot.checkCompatibility("words", otherCompatibility),
        JobError,
        "",
        `${kind} → ${other}`,
      );
      assertEquals(
        error.message.includes(`window ${compatibility.window}, now it is ${otherCompatibility.window};`),
        true,
      );
    }
  }
});
