import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { JobError, OperatorError } from "../../../src/engine/errors.ts";
import { MapOperator } from "../../../src/engine/operators/map.ts";
import type { Operator, OperatorContext } from "../../../src/engine/operators/operator.ts";
import type { Output, StreamRecord } from "../../../src/engine/record.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../../../src/engine/record.ts";
import { FanOut, type RecordPlace } from "../../../src/engine/runtime/edge.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import type { Timer } from "../../../src/engine/time/timer_queue.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { Probe } from "../../../src/engine/testing/probe.ts";
import { Counts } from "../../../src/engine/runtime/counts.ts";
import { Journal } from "../../../src/engine/state/journal.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";

/** Passes text on; "timer 50" registers a timer for its key instead. What fires gives "key fired". */
class TimerOperator implements Operator<string, string> {
  context!: OperatorContext;
  readonly onTimer: (timer: Timer, context: OperatorContext) => void;

  constructor(onTimer: (timer: Timer, context: OperatorContext) => void = () => {}) {
    this.onTimer = onTimer;
  }

  open(context: OperatorContext): void {
    this.context = context;
  }

  processElement({ value, timestampMs }: StreamRecord<string>, output: Output<string>): void {
    const timeMs = Number(value.split(" ")[1]);
    if (Number.isNaN(timeMs)) output.collect(value, timestampMs);
    else this.context.timers.register(timeMs, "", this.context.state.currentKey, this.context.state.currentKeyId);
  }

  onEventTime(timer: Timer, output: Output<string>): void {
    this.onTimer(timer, this.context);
    output.collect(`${this.context.state.currentKey} fired`, timer.timeMs);
  }
}

function newOutput(): FanOut {
  return new FanOut(new Counts(new Journal()));
}

function pass<T>(): MapOperator<T, T> {
  return new MapOperator((value: T) => value);
}

Deno.test("Task passes a watermark on once, and none that is not news", () => {
  const rig = new OperatorHarness(() => new TimerOperator());
  const edge = rig.task.addEdge(0, 0);
  for (const watermarkMs of [10, 10, 5, 11]) edge.emitWatermark(watermarkMs);

  assertEquals(rig.take(), [{ watermark: 10 }, { watermark: 11 }]);
  assertEquals(rig.task.currentWatermark(), 11);
});

Deno.test("Task fires timers in order of time over all keys, before it passes the watermark on", () => {
  const rig = new OperatorHarness(() => new TimerOperator(), { keyBy: (value) => value.split(" ")[0] });
  rig.record("b 30").record("a 20").record("c 10").record("a 40").watermark(30);

  assertEquals(rig.take(), [["c fired", 10], ["a fired", 20], ["b fired", 30], { watermark: 30 }]);
});

// Seen in Flink: a timer in the past fires at the next watermark, not at once.
Deno.test("Task fires a timer that is set in the past at the next watermark", () => {
  const rig = new OperatorHarness(() => new TimerOperator(), { keyBy: (value) => value.split(" ")[0] });
  rig.watermark(100).record("a 50");
  assertEquals(rig.take(), [{ watermark: 100 }]);
  rig.watermark(100);
  assertEquals(rig.take(), []);
  rig.watermark(101);
  assertEquals(rig.take(), [["a fired", 50], { watermark: 101 }]);
});

Deno.test("Task shows the new watermark while timers fire that end long before it", () => {
  const seen: number[] = [];
  const rig = new OperatorHarness(
    () => new TimerOperator((_timer, context) => void seen.push(context.currentWatermark())),
    { keyBy: (value) => value.split(" ")[0] },
  );
  rig.record("a 10").record("a 20").watermark(500);

  assertEquals(seen, [500, 500]);
});

Deno.test("Task sets the key of a record, and of a timer that fires", () => {
  const keys: unknown[] = [];
  const rig = new OperatorHarness(
    () => new TimerOperator((_timer, { state }) => void keys.push(state.currentKey)),
    { keyBy: (value) => [value.split(" ")[0]] },
  );
  rig.record("a 10").record("b 10").watermark(10);

  assertEquals(keys, [["a"], ["b"]]);
});

Deno.test("Task takes the smallest watermark of several inputs", () => {
  const rig = new OperatorHarness(() => pass<string>(), { inputs: 2 });
  rig.watermark(50, 0).record("x", 1, 1).watermark(30, 1).watermark(70, 1);

  assertEquals(rig.take(), [["x", 1], { watermark: 30 }, { watermark: 50 }]);
});

Deno.test("Task does not wait for an idle input, and is idle when all are", () => {
  const rig = new OperatorHarness(() => pass<string>(), { inputs: 2 });
  rig.watermark(50, 0).idle(true, 1).watermark(60, 0).idle(true, 0).idle(false, 1);

  assertEquals(rig.take(), [{ watermark: 50 }, { watermark: 60 }, "idle", "active"]);
});

// Seen in Flink: when the last input goes idle that held the minimum, the maximum of all is emitted first.
Deno.test("Task gives the largest watermark when its last input falls idle, before it says so", () => {
  const rig = new OperatorHarness(() => pass<string>(), { inputs: 2 });
  rig.watermark(90, 0).watermark(10, 1).idle(true, 0).idle(true, 1);

  assertEquals(rig.take(), [{ watermark: 10 }, { watermark: 90 }, "idle"]);
});

for (const order of [["end", "idle"], ["idle", "end"]] as const) {
  Deno.test(`Task is idle when one input ends and the others are idle: ${order.join(", then ")}`, () => {
    const rig = new OperatorHarness(() => pass<string>(), { inputs: 2 });
    rig.watermark(10, 0).watermark(5, 1);
    assertEquals(rig.take(), [{ watermark: 5 }]);
    for (const what of order) {
      if (what === "end") rig.watermark(MAX_WATERMARK, 0);
      else rig.idle(true, 1);
    }

    assertEquals(rig.take(), [{ watermark: 10 }, "idle"]);
    rig.idle(false, 1).watermark(20, 1);
    assertEquals(rig.take(), ["active", { watermark: 20 }]);
    rig.watermark(MAX_WATERMARK, 1);
    assertEquals(rig.take(), [{ watermark: MAX_WATERMARK }]);
  });
}

Deno.test("Task with one input says that it is idle, once", () => {
  const rig = new OperatorHarness(() => pass<string>());
  rig.idle(true).idle(true).record("late", 5).idle(false).watermark(10);

  assertEquals(rig.take(), ["idle", ["late", 5], "active", { watermark: 10 }]);
});

Deno.test("Task does not come to the end when one of its inputs has ended and the other falls idle", () => {
  const rig = new OperatorHarness(() => pass<string>(), { inputs: 2 });
  rig.watermark(MAX_WATERMARK, 0).watermark(50, 1).idle(true, 1).idle(false, 1).watermark(60, 1);

  assertEquals(rig.take(), [{ watermark: 50 }, "idle", "active", { watermark: 60 }]);
});

Deno.test("realWatermarkMs() is what it has passed on, or what lies above if that is less", () => {
  const realAfter = (watermarkMs: number, limitMs: number) => {
    const rig = new OperatorHarness(() => pass<string>());
    return rig.watermark(watermarkMs).task.realWatermarkMs(limitMs);
  };

  assertEquals(realAfter(MIN_WATERMARK, MAX_WATERMARK), MIN_WATERMARK);
  assertEquals([realAfter(50, 50), realAfter(50, 40), realAfter(MAX_WATERMARK, 45)], [50, 40, 45]);
});

Deno.test("realWatermarkMs() never falls behind the last commit", () => {
  const rig = new OperatorHarness(() => pass<string>());
  rig.watermark(50).commit();
  const restarted = rig.restart();

  assertEquals(restarted.task.currentWatermark(), 50);
  assertEquals(restarted.task.realWatermarkMs(20), 50);
  restarted.watermark(40).watermark(51);
  assertEquals(restarted.take(), [{ watermark: 51 }]);
});

Deno.test("processingTime() is the clock's", () => {
  const clock = new ManualClock(1_000);
  const rig = new OperatorHarness(() => new TimerOperator(), { clock });
  clock.advance(5);

  assertEquals((rig.task.operator as unknown as TimerOperator).context.processingTime(), 1_005);
});

Deno.test("process() names the operator that threw, keeps the error, and says at which record", () => {
  const cause = new RangeError("no such city");
  const rig = new OperatorHarness(
    () =>
      new MapOperator(() => {
        throw cause;
      }),
    { name: "cities" },
  );
  const origin = {
    topic: "skyone",
    partition: 3,
    offset: 1204,
    timestampMs: 5,
    key: null,
    value: null,
    headers: undefined,
  };
  const edge = rig.task.addEdge(0, 0);

  const error = assertThrows(() => edge.collect("x", 1, { origin: () => origin }), OperatorError) as OperatorError;
  assertEquals(error.message, 'Operator "cities" failed at "skyone" partition 3 offset 1204: RangeError: no such city');
  assertEquals(error.operator, "cities");
  assertStrictEquals(error.cause, cause);
});

Deno.test("process() hands on where a record comes from, also to side outputs; what a timer emits comes from nowhere", () => {
  const tag = new OutputTag<string>("side");
  const places: string[] = [];
  const spy = (name: string) =>
    new class extends Probe {
      override collect(_value: unknown, _timestampMs: number, place?: RecordPlace): void {
        places.push(`${name} ${place?.origin()?.offset}`);
      }
    }();
  const operator = new class extends TimerOperator {
    override processElement(record: StreamRecord<string>, output: Output<string>): void {
      super.processElement(record, output);
      this.context.sideOutput(tag).collect(record.value, record.timestampMs);
    }
  }();
  const rig = new OperatorHarness(() => operator, { keyBy: (value) => value.split(" ")[0] });
  rig.task.output.add(spy("main"));
  (operator.context.sideOutput(tag) as FanOut).add(spy("side"));
  const edge = rig.task.addEdge(0, 0);
  const at = (offset: number) => ({ origin: () => ({ offset }) }) as RecordPlace;
  edge.collect("a 30", 10, at(0));
  edge.collect("b", 20, at(1));
  rig.watermark(30);

  assertEquals(places, ["side 0", "main 1", "side 1", "main undefined"]);
});

Deno.test("process() names the nearest operator when one below threw", () => {
  const below = new OperatorHarness(
    () =>
      new MapOperator(() => {
        throw new Error("below");
      }),
    { name: "below" },
  );
  const above = new OperatorHarness(() => pass<string>(), { name: "above" });
  above.task.output.add(below.task.addEdge(0, 0));

  assertThrows(() => above.record("x"), OperatorError, 'Operator "below" failed: Error: below');
});

Deno.test("process() names the operator whose key cannot be used", () => {
  const rig = new OperatorHarness(() => pass<string>(), { name: "keyed", keyBy: () => undefined });

  assertThrows(
    () => rig.record("x"),
    OperatorError,
    'Operator "keyed" failed: TypeError: Cannot key a record by undefined undefined: a key is text',
  );
});

Deno.test("process() leaves an error alone that is meant for the person as it is", () => {
  const sentence = new JobError("Cannot go on");
  const rig = new OperatorHarness(() =>
    new MapOperator(() => {
      throw sentence;
    })
  );

  assertStrictEquals(assertThrows(() => rig.record("x"), JobError), sentence);
});

Deno.test("process() takes whatever is thrown, also what is no error", () => {
  for (const [thrown, words] of [["text", "text"], [undefined, "undefined"], [null, "null"]] as const) {
    const rig = new OperatorHarness(() =>
      new MapOperator(() => {
        throw thrown;
      })
    );
    assertThrows(() => rig.record("x"), OperatorError, `Operator "operator" failed: ${words}`);
  }
});

Deno.test("open() names the operator that cannot be opened", () => {
  const broken: Operator<string, string> = {
    open() {
      throw new Error("no file");
    },
    processElement() {},
  };
  assertThrows(
    () => new OperatorHarness(() => broken, { name: "files" }),
    OperatorError,
    'Operator "files" failed: Error: no file',
  );
});

Deno.test("FanOut gives everything to all its edges, edge by edge, and counts each record once", () => {
  const [fanOut, one, other] = [newOutput(), new Probe(), new Probe()];
  fanOut.add(one);
  fanOut.add(other);
  fanOut.collect("a", 1);
  fanOut.emitWatermark(0);
  fanOut.emitIdle(true);

  const flows = [["a", 1], { watermark: 0 }, "idle"];
  assertEquals([one.take(), other.take(), fanOut.counts.out], [flows, flows, 1]);
});

Deno.test("FanOut gives a side output the event time of the main output, and whether it is idle, but no records", () => {
  const main = newOutput();
  const [side, probe] = [new FanOut(main.counts, main), new Probe()];
  side.add(probe);
  main.collect("a", 1);
  main.emitWatermark(5);
  side.collect("b", 2);
  main.emitIdle(true);

  assertEquals([probe.take(), side.watermarkMs], [[{ watermark: 5 }, ["b", 2], "idle"], 5]);
});

Deno.test("FanOut without edges counts what nobody takes", () => {
  const fanOut = newOutput();
  fanOut.collect("a", 1);
  fanOut.emitWatermark(5);

  assertEquals(fanOut.counts.out, 1);
});

Deno.test("FanOut hands event time past tasks that have no use for it, which know it all the same", () => {
  const map = new OperatorHarness(() => new MapOperator((value: number) => value));
  const [fanOut, probe] = [newOutput(), new Probe()];
  fanOut.add(map.task.addEdge(0, 0));
  map.task.output.add(probe);
  fanOut.emitWatermark(5);

  assertEquals([map.task.currentWatermark(), map.task.realWatermarkMs(MAX_WATERMARK), probe.take()], [5, 5, [{
    watermark: 5,
  }]]);
});
