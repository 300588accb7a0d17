import { assertEquals, assertThrows } from "@std/assert";
import { AsyncDataStream } from "../../../src/engine/api/async_data_stream.ts";
import type { DataStream } from "../../../src/engine/api/data_stream.ts";
import { OperatorError } from "../../../src/engine/errors.ts";
import type { BroadcastContext, ReadOnlyBroadcastContext } from "../../../src/engine/functions/broadcast_functions.ts";
import type { Collector, KeyedRuntimeContext, WindowContext } from "../../../src/engine/functions/functions.ts";
import { ProcessWindowFunction } from "../../../src/engine/functions/functions.ts";
import { MapOperator } from "../../../src/engine/operators/map.ts";
import {
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
} from "../../../src/engine/functions/process_functions.ts";
import { ReduceOperator } from "../../../src/engine/operators/reduce.ts";
import { MAX_WATERMARK, MIN_WATERMARK } from "../../../src/engine/record.ts";
import { MapStateDescriptor, type ValueState, ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { OperatorHarness } from "../../../src/engine/testing/operator_harness.ts";
import { TestSink } from "../../../src/engine/testing/test_sink.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { TimeWindow } from "../../../src/engine/windows/window.ts";
import { addFares, type Fare, fare, QUIET, QuietKeys, SEEN } from "./jobs.ts";

const silenceHarness = () =>
  OperatorHarness.of((words: DataStream<string>) =>
    words.keyBy((word) => word).process(new QuietKeys()).name("silence")
  );

// ------------------------------------------------------------------------------------------------------- an operator

Deno.test("take() gives all that came out since it was asked last, watermarks and idleness included", () => {
  const harness = new OperatorHarness(() => new MapOperator((n: number) => n * 2));
  harness.record(1, 100).watermark(200).record(2).idle().idle(false);

  assertEquals(harness.take(), [[2, 100], { watermark: 200 }, [4, -Infinity], "idle", "active"]);
  assertEquals(harness.take(), []);
});

Deno.test("watermark() and idle() are those of one of several streams", () => {
  const harness = new OperatorHarness(() => new MapOperator((n: number) => n), { inputs: 2 });
  harness.watermark(100).record(1, 50, 1).watermark(70, 1).idle(true, 1);
  assertEquals(harness.take(), [[1, 50], { watermark: 70 }, { watermark: 100 }]);
  assertThrows(() => harness.record(1, 1, 2), RangeError, "Cannot use input 2: there are 2, counted from 0");
  assertThrows(() => harness.watermark(1, 2), RangeError, "Cannot use input 2: there are 2, counted from 0");
});

Deno.test("watermark() takes no notice of one that is no further than before, as no source gives it", () => {
  const harness = new OperatorHarness(() => new MapOperator((n: number) => n));
  harness.watermark(100).watermark(100).watermark(70).watermark(101);

  assertEquals(harness.take(), [{ watermark: 100 }, { watermark: 101 }]);
});

Deno.test("record() throws the operator's error, named, and nothing remains of what the record did", () => {
  class Picky extends QuietKeys {
    override processElement(word: string, context: KeyedProcessContext<string>, out: Collector<string>): void {
      super.processElement(word, context, out);
      context.output(QUIET, word);
      if (context.timestamp() === 13) throw new RangeError("an unlucky time");
    }
  }
  const harness = OperatorHarness.of((words: DataStream<string>) =>
    words.keyBy((word) => word).process(new Picky()).name("picky")
  );
  harness.record("a", 12);
  assertThrows(
    () => harness.record("a", 13),
    OperatorError,
    'Operator "picky" failed: RangeError: an unlucky time',
  );
  harness.record("a", 14);

  assertEquals(harness.take(), [["a 1", 12], ["a 2", 14]]);
  assertEquals(harness.takeSide(QUIET), [["a", 12], ["a", 14]]);
  assertEquals(harness.timers().map(({ timeMs }) => timeMs), [1_012, 1_014]);
});

Deno.test("onError makes dead letters of records at which the function throws, as in a job", () => {
  const harness = new OperatorHarness(
    () =>
      new MapOperator((n: number) => {
        if (n > 1) throw new RangeError("too much");
        return n;
      }),
    { name: "limit", onError: "dead-letter" },
  );
  harness.record(1, 1).record(2, 2);

  assertEquals(harness.take(), [[1, 1]]);
  assertEquals(
    harness.deadLetters.map((
      { operator, errorClass, value, timestampMs },
    ) => [operator, errorClass, value, timestampMs]),
    [["limit", "RangeError", 2, 2]],
  );
});

Deno.test("restart() goes on from the last commit: what came after it is gone", () => {
  const harness = new OperatorHarness(() => new ReduceOperator(addFares), {
    name: "sums",
    keyBy: ({ city }: Fare) => city,
  });
  harness.record(fare("Ulm", 1), 1);
  assertEquals(harness.commit(), [['["state","sums","sofar","","Ulm"]', '{"city":"Ulm","sum":1}']]);
  assertEquals(harness.commit(), []);
  harness.record(fare("Ulm", 2), 2);
  const restarted = harness.restart().record(fare("Ulm", 4), 3);

  assertEquals(restarted.take(), [[fare("Ulm", 5), 3]]);
  assertEquals(harness.take().length, 2);
});

Deno.test("restart() begins anew when nothing was committed", () => {
  const harness = silenceHarness().record("a", 1).watermark(5);
  const restarted = harness.restart().record("a", 1);

  assertEquals([restarted.take(), restarted.currentWatermark()], [[["a 1", 1]], MIN_WATERMARK]);
});

Deno.test("restart() knows event time of each stream as the commit has it, and says nothing twice", () => {
  const harness = new OperatorHarness(() => new MapOperator((n: number) => n), { inputs: 2 });
  harness.watermark(100).watermark(70, 1).commit();
  harness.watermark(90, 1);
  const restarted = harness.restart();
  assertEquals([restarted.take(), restarted.currentWatermark()], [[], 70]);
  // The first stream stands at 100.
  restarted.watermark(150, 1);
  assertEquals(restarted.take(), [{ watermark: 100 }]);
});

Deno.test("restart() after the end of the input goes on where event time really was", () => {
  const harness = silenceHarness().record("a", 1).watermark(500).watermark(MAX_WATERMARK);
  assertEquals(harness.take(), [["a 1", 1], { watermark: 500 }, ["a at 1001", 1_001], { watermark: MAX_WATERMARK }]);
  harness.commit();
  const restarted = harness.restart();

  assertEquals(restarted.currentWatermark(), 500);
  assertEquals(restarted.record("a", 2).take(), [["a 2", 2]]);
});

// -------------------------------------------------------------------------------------------------------- a function

Deno.test("of() tests a keyed function: output, both kinds of timers, side outputs", () => {
  const harness = silenceHarness();
  harness.record("a", 1).processingTime(60).record("b", 2).watermark(900).record("a", 950);
  assertEquals(harness.take(), [["a 1", 1], ["b 1", 2], { watermark: 900 }, ["a 2", 950]]);
  assertEquals(harness.timers(), [
    { timeMs: 1_001, key: "a", namespace: "" },
    { timeMs: 1_002, key: "b", namespace: "" },
    { timeMs: 1_950, key: "a", namespace: "" },
  ]);
  assertEquals(harness.processingTimers().map(({ timeMs, key }) => [timeMs, key]), [[100, "a"], [160, "b"], [
    160,
    "a",
  ]]);

  harness.processingTime(100).watermark(1_001);
  assertEquals(harness.take(), [["a at 1001", 1_001], { watermark: 1_001 }]);
  assertEquals(harness.takeSide(QUIET).map(([text]) => text), ["a at 100"]);
  assertEquals(harness.takeSide(QUIET), []);
  assertEquals([harness.timers().length, harness.processingTimers().length, harness.clock.nowMs], [2, 2, 100]);
});

Deno.test("state() shows a key's state, committed or not, and is a copy", () => {
  const harness = silenceHarness().record("a", 1);
  harness.commit();
  harness.record("a", 2);
  harness.state("a").getState(SEEN).update(70);

  const seen = (key: string) => harness.state(key).getState(SEEN).value();
  assertEquals([seen("a"), seen("b")], [2, undefined]);
  assertEquals(harness.restart().state("a").getState(SEEN).value(), 1);
});

Deno.test("of() tests a window's function: state of the window, late records", () => {
  const FIRINGS = new ValueStateDescriptor<number>("firings");
  class Total extends ProcessWindowFunction<Fare, string, string> {
    override process(key: string, context: WindowContext, elements: Iterable<Fare>, out: Collector<string>): void {
      const firings = context.globalState().getState(FIRINGS);
      firings.update((firings.value() ?? 0) + 1);
      for (const { sum } of elements) out.collect(`${key} ${sum} ${context.window()}`);
    }
  }
  const harness = OperatorHarness.of((fares: DataStream<Fare>) =>
    fares.keyBy(({ city }) => city).window(TumblingEventTimeWindows.of(10)).reduce(addFares, new Total())
  );
  harness.record(fare("Ulm", 1), 5).record(fare("Ulm", 2), 6);
  const contents = () =>
    harness.state("Ulm", { window: new TimeWindow(0, 10) }).getState(new ValueStateDescriptor<Fare>("contents"))
      .value();
  assertEquals(contents(), fare("Ulm", 3));

  harness.watermark(9).record(fare("Ulm", 4), 7);
  assertEquals(harness.take(), [
    ["Ulm 3 [1970-01-01T00:00:00.000Z, 1970-01-01T00:00:00.010Z)", 9],
    { watermark: 9 },
  ]);
  assertEquals([contents(), harness.state("Ulm").getState(FIRINGS).value()], [undefined, 1]);
  assertEquals([harness.lateRecords, harness.deadLetters.map(({ timestampMs }) => timestampMs)], [1, [7]]);
});

Deno.test("of() tests a function of two inputs", () => {
  const LIMIT = new ValueStateDescriptor<number>("limit");
  class Limited extends KeyedCoProcessFunction<string, Fare, Fare, Fare> {
    #limit!: ValueState<number>;
    override open(context: KeyedRuntimeContext): void {
      this.#limit = context.getState(LIMIT);
    }
    override processElement1(value: Fare, _context: KeyedProcessContext<string>, out: Collector<Fare>): void {
      if (value.sum <= (this.#limit.value() ?? 0)) out.collect(value);
    }
    override processElement2(limit: Fare): void {
      this.#limit.update(limit.sum);
    }
  }
  const city = ({ city }: Fare) => city;
  const harness = OperatorHarness.of((fares: DataStream<Fare>, limits: DataStream<Fare>) =>
    fares.keyBy(city).connect(limits.keyBy(city)).process(new Limited())
  );
  harness.record(fare("Ulm", 1), 1).record2(fare("Ulm", 5), 2).record(fare("Ulm", 1), 3).watermark(10).watermark2(7);

  assertEquals(harness.take(), [[fare("Ulm", 1), 3], { watermark: 7 }]);
  harness.idle2().idle();
  assertEquals(harness.take(), [{ watermark: 10 }, "idle"]);
});

Deno.test("of() takes what the API makes several operators of", () => {
  const harness = OperatorHarness.of((numbers: DataStream<number>) =>
    numbers.map((n) => n + 1).filter((n) => n % 2 === 0).keyBy((n) => n).reduce((a, b) => a + b)
  );
  harness.record(1, 1).record(2, 2).record(1, 3).watermark(5);

  assertEquals(harness.take(), [[2, 1], [4, 3], { watermark: 5 }]);
  assertEquals(harness.state(2).getState(new ValueStateDescriptor<number>("sofar")).value(), 4);
});

Deno.test("settle() takes the answers of an asynchronous function", async () => {
  const harness = OperatorHarness.of((words: DataStream<string>) =>
    AsyncDataStream.orderedWait(words, (word) => Promise.resolve([word.toUpperCase()]), { timeoutMs: 1_000 })
  );
  harness.record("a", 1).watermark(5);
  assertEquals(harness.take(), []);
  await harness.settle();

  assertEquals(harness.take(), [["A", 1], { watermark: 5 }]);
});

Deno.test("processingTime() ends what an asynchronous function has waited for too long", async () => {
  const harness = OperatorHarness.of((words: DataStream<string>) =>
    AsyncDataStream.orderedWait(words, () => new Promise<string[]>(() => {}), { timeoutMs: 1_000 })
  );
  await harness.record("a", 1).settle();
  harness.processingTime(999);
  assertThrows(() => harness.processingTime(1_000), OperatorError, "1000 ms");
});

Deno.test("processingTime() asks watermark generators that go by the clock", () => {
  const strategy = WatermarkStrategy.forGenerator<number>(() => ({
    onEvent: () => MIN_WATERMARK,
    onPeriodicEmit: (nowMs) => nowMs - 50,
  }));
  const harness = OperatorHarness.of((numbers: DataStream<number>) => numbers.assignTimestampsAndWatermarks(strategy));
  harness.record(1, 10).watermark(100).processingTime(200);

  assertEquals(harness.take(), [[1, 10], { watermark: 150 }]);
});

Deno.test("state() does not show what has expired by now", () => {
  const LAST = new ValueStateDescriptor<string>("last", { ttl: { ttlMs: 100 } });
  class Last extends KeyedProcessFunction<string, string, string> {
    #last!: ValueState<string>;
    override open(context: KeyedRuntimeContext): void {
      this.#last = context.getState(LAST);
    }
    override processElement(word: string): void {
      this.#last.update(word);
    }
  }
  const harness = OperatorHarness.of((words: DataStream<string>) => words.keyBy(() => "key").process(new Last()));
  const last = () => harness.state("key").getState(LAST).value();
  harness.processingTime(50).record("a", 1).processingTime(149);
  assertEquals(last(), "a");
  harness.processingTime(150);
  assertEquals(last(), undefined);
});

Deno.test("broadcastState() shows what belongs to no key", () => {
  const LIMITS = new MapStateDescriptor<string, number>("limits");
  const harness = OperatorHarness.of((fares: DataStream<Fare>, limits: DataStream<Fare>) =>
    fares.connect(limits.broadcast(LIMITS)).process({
      processElement: (fare: Fare, context: ReadOnlyBroadcastContext, out: Collector<Fare>) => {
        if (fare.sum <= (context.getBroadcastState(LIMITS).get(fare.city) ?? 0)) out.collect(fare);
      },
      processBroadcastElement: ({ city, sum }: Fare, context: BroadcastContext) => {
        context.getBroadcastState(LIMITS).put(city, sum);
      },
    })
  );
  harness.record(fare("Ulm", 3), 1).record2(fare("Ulm", 5), 2).record(fare("Ulm", 3), 3);

  assertEquals(harness.take(), [[fare("Ulm", 3), 3]]);
  assertEquals([...harness.broadcastState(LIMITS).entries()], [["Ulm", 5]]);
});

Deno.test("of() refuses what is not one way from the streams to a result", () => {
  const refused = "Cannot test what is not one way from the streams through operators to a result";
  assertThrows(() => OperatorHarness.of((numbers: DataStream<number>) => numbers), TypeError, refused);
  assertThrows(
    () => OperatorHarness.of((a: DataStream<number>, b: DataStream<number>) => a.map((n) => n).union(b)),
    TypeError,
    refused,
  );
  assertThrows(
    () =>
      OperatorHarness.of((numbers: DataStream<number>) => {
        numbers.sinkTo(new TestSink("aside"));
        return numbers.map((n) => n);
      }),
    TypeError,
    refused,
  );
  assertThrows(
    () => OperatorHarness.of(((numbers: DataStream<number>) => void numbers.map((n) => n)) as never),
    TypeError,
    "the function must return the stream that it makes",
  );
});

Deno.test("record2() says that there is no second input", () => {
  const harness = new OperatorHarness(() => new MapOperator((n: number) => n));
  assertThrows(() => harness.watermark2(1), TypeError, "Cannot use a second input: the operator has one");
});
