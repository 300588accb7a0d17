import { assertEquals, assertThrows } from "@std/assert";
import { OperatorError } from "../../../src/engine/errors.ts";
import type { Collector, KeyedRuntimeContext } from "../../../src/engine/functions/functions.ts";
import { CoProcessOperator } from "../../../src/engine/operators/co_process.ts";
import {
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  type OnTimerContext,
} from "../../../src/engine/functions/process_functions.ts";
import { MAX_WATERMARK, NO_TIMESTAMP } from "../../../src/engine/record.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import { type ValueState, ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

interface Ride {
  readonly id: string;
}

interface Fare {
  readonly ride: string;
  readonly cents: number;
}

const UNMATCHED = new OutputTag<string>("unmatched");

/** A ride with its fare, whichever comes first; what has no partner 10 ms later goes aside. */
class RidesAndFares extends KeyedCoProcessFunction<string, Ride, Fare, string> {
  #ride!: ValueState<Ride>;
  #fare!: ValueState<Fare>;
  readonly calls: string[] = [];

  override open(context: KeyedRuntimeContext): void {
    this.calls.push(`open ${context.name()}`);
    this.#ride = context.getState(new ValueStateDescriptor<Ride>("ride"));
    this.#fare = context.getState(new ValueStateDescriptor<Fare>("fare"));
  }

  override close(): void {
    this.calls.push("close");
  }

  processElement1(ride: Ride, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const fare = this.#fare.value();
    if (fare === undefined) {
      this.#ride.update(ride);
      context.timerService().registerEventTimeTimer(100);
    } else {
      this.#fare.clear();
      out.collect(`${ride.id} ${fare.cents}`);
    }
  }

  processElement2(fare: Fare, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const ride = this.#ride.value();
    if (ride === undefined) {
      this.#fare.update(fare);
      context.timerService().registerProcessingTimeTimer(500);
    } else {
      this.#ride.clear();
      context.timerService().deleteEventTimeTimer(100);
      out.collect(`${ride.id} ${fare.cents}`);
    }
  }

  override onTimer(timestampMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    const what = context.timeDomain() === "EVENT_TIME" ? this.#ride.value() && "ride" : this.#fare.value() && "fare";
    if (what === undefined) return;
    context.output(UNMATCHED, `${what} of ${context.currentKey()}`);
    out.collect(`${what} of ${context.currentKey()} is alone at ${timestampMs}`);
    this.#ride.clear();
    this.#fare.clear();
  }
}

const ride = (id: string): Ride => ({ id });
const fare = (ride: string, cents: number): Fare => ({ ride, cents });

function newRig(fn = new RidesAndFares()): OperatorHarness<Ride, string, Fare> {
  return new OperatorHarness<Ride, string, Fare>(() => new CoProcessOperator(fn, { keyed: true }), {
    name: "rides_and_fares",
    keyBy: ({ id }) => id,
    keyBy2: ({ ride }) => ride,
  });
}

// The example of Flink's training, "Rides and Fares".
Deno.test("A keyed co-process function has state of the key that both inputs share", () => {
  const rig = newRig();
  rig.record(ride("a"), 10).record2(fare("b", 5), 11).record2(fare("a", 7), 12).record(ride("b"), 13);

  assertEquals(rig.take(), [["a 7", 12], ["b 5", 13]]);
});

Deno.test("A keyed co-process function has timers that both inputs share", () => {
  const rig = newRig();
  rig.record(ride("a"), 10).record(ride("b"), 20).record2(fare("a", 7), 30).record2(fare("c", 1), 40);
  rig.watermark(100).watermark2(100).processingTime(500);

  assertEquals(rig.take(), [
    ["a 7", 30],
    ["ride of b is alone at 100", 100],
    { watermark: 100 },
    ["fare of c is alone at 500", NO_TIMESTAMP],
  ]);
  // In Flink's KeyedCoProcessOperator side outputs have the timer's time, that of the clock too.
  assertEquals(rig.takeSide(UNMATCHED), [["ride of b", 100], ["fare of c", 500]]);
});

Deno.test("A keyed co-process function goes on from the last commit, with state and timers of both inputs", () => {
  const rig = newRig();
  rig.record(ride("a"), 10).record2(fare("b", 5), 11).record(ride("c"), 12).record2(fare("d", 1), 13).commit();
  rig.record2(fare("a", 1), 14); // lost
  const restarted = rig.restart();
  restarted.record2(fare("a", 7), 15).record(ride("b"), 16).watermark(100).watermark2(100).processingTime(500);

  assertEquals(restarted.take(), [
    ["a 7", 15],
    ["b 5", 16],
    ["ride of c is alone at 100", 100],
    { watermark: 100 },
    ["fare of d is alone at 500", NO_TIMESTAMP],
  ]);
});

Deno.test("A keyed co-process function opens and closes its function", () => {
  const fn = new RidesAndFares();
  newRig(fn).task.operator.close!();

  assertEquals(fn.calls, ["open rides_and_fares", "close"]);
});

Deno.test("A keyed co-process function has no key between records", () => {
  let state!: ValueState<number>;
  const fn = {
    open: (context: KeyedRuntimeContext) => void (state = context.getState(new ValueStateDescriptor<number>("n"))),
    processElement1: () => state.update(1),
    processElement2: () => state.update(2),
  };
  const rig = new OperatorHarness<string, string, string>(() => new CoProcessOperator(fn, { keyed: true }), {
    keyBy: (key) => key,
    keyBy2: (key) => key,
  });
  const message = 'Cannot use state, timers or the key of "operator" when no key is at work';
  for (const step of [() => {}, () => rig.record("a", 1), () => rig.record2("a", 1)]) {
    step();
    assertThrows(() => state.value(), TypeError, message);
  }
});

Deno.test("A keyed co-process function names itself when its function throws at either input", () => {
  const fail = () => {
    throw new RangeError("no fare");
  };
  const rig = new OperatorHarness<string, string, string>(
    () => new CoProcessOperator({ processElement1: fail, processElement2: fail }, { keyed: true }),
    { name: "rides", keyBy: (key) => key, keyBy2: (key) => key },
  );
  for (const record of [() => rig.record("a", 1), () => rig.record2("a", 1)]) {
    assertThrows(record, OperatorError, 'Operator "rides" failed: RangeError: no fare');
  }
});

// Event time of two inputs, as seen in Flink: FLINK.md, "Watermarks of several inputs".

/** A timer for each record of the first input at its time: "a fired". */
function timersRig(inputs = 1): OperatorHarness<string, string, string> {
  const fn = {
    processElement1: (_key: string, context: KeyedProcessContext<string>) =>
      context.timerService().registerEventTimeTimer(context.timestamp()!),
    processElement2: () => {},
    onTimer: (_timestampMs: number, context: OnTimerContext<string>, out: Collector<string>) =>
      out.collect(`${context.currentKey()} fired`),
  };
  return new OperatorHarness<string, string, string>(
    () => new CoProcessOperator<string, string, string, string>(fn, { keyed: true }),
    {
      keyBy: (key) => key,
      keyBy2: (key) => key,
      inputs,
    },
  );
}

Deno.test("event time of two inputs is that of the one further behind", () => {
  const rig = timersRig();
  rig.record("a", 10).record("b", 20).watermark(50);
  assertEquals(rig.take(), []);
  rig.watermark2(10).watermark2(60);

  assertEquals(rig.take(), [["a fired", 10], { watermark: 10 }, ["b fired", 20], { watermark: 50 }]);
});

Deno.test("two inputs do not wait for one that is idle, and wait for one that comes back behind", () => {
  const rig = timersRig();
  rig.watermark(30).watermark2(10).idle2(true);
  assertEquals(rig.take(), [{ watermark: 10 }, { watermark: 30 }]);
  rig.watermark(40).idle2(false).watermark(50).record("a", 45);
  assertEquals(rig.take(), [{ watermark: 40 }]);
  rig.watermark2(39).watermark2(45).watermark2(70);

  assertEquals(rig.take(), [["a fired", 45], { watermark: 45 }, { watermark: 50 }]);
});

Deno.test("two inputs stay where they are when all are idle, and go on with the first that comes back", () => {
  const rig = timersRig();
  rig.record("a", 30).watermark(30).watermark2(20).idle(true).idle2(true);
  assertEquals(rig.take(), [{ watermark: 20 }, "idle"]);
  // As in Flink the watermark may jump before the operator is active again.
  rig.idle(false);
  assertEquals(rig.take(), [["a fired", 30], { watermark: 30 }, "active"]);
  rig.watermark(35);
  assertEquals(rig.take(), [{ watermark: 35 }]);
});

Deno.test("two inputs of which one has ended go on with the other, and end with it", () => {
  const rig = timersRig();
  rig.record("a", 1_000).watermark2(MAX_WATERMARK).watermark(10).watermark(MAX_WATERMARK);

  assertEquals(rig.take(), [{ watermark: 10 }, ["a fired", 1_000], { watermark: MAX_WATERMARK }]);
});

Deno.test("a union as one of two inputs counts with the stream that holds it, or not at all when all of it is idle", () => {
  const rig = timersRig(2);
  rig.record("a", 25, 1).watermark(50, 0).watermark(20, 1).watermark2(40);
  assertEquals(rig.take(), [{ watermark: 20 }]);
  rig.idle(true, 1);
  assertEquals(rig.take(), [["a fired", 25], { watermark: 40 }]);
  // The last of the union falls idle: the other input alone says what the time is.
  rig.idle(true, 0).watermark2(60);
  assertEquals(rig.take(), [{ watermark: 60 }]);
  rig.idle(false, 1).watermark2(80);
  assertEquals(rig.take(), []);
  rig.watermark(70, 1);
  assertEquals(rig.take(), [{ watermark: 70 }]);
});
