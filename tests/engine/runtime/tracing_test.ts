import type { StreamNode } from "../../../src/engine/graph.ts";
import { Tracing } from "../../../src/engine/runtime/tracing.ts";
import { Changes } from "../../../src/engine/state/changes.ts";
import { SteppedJob } from "../stepped_job.ts";
import { assertEquals } from "@std/assert";
import {
  AsyncDataStream,
  type Collector,
  CountTrigger,
  EventTimeSessionWindows,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type ListState,
  ListStateDescriptor,
  type OnTimerContext,
  OutputTag,
  ProcessJoinFunction,
  ProcessWindowFunction,
  type StreamExecutionEnvironment,
  type TraceStep,
  TumblingEventTimeWindows,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
  type WindowContext,
} from "../../../src/engine/mod.ts";
import {
  JobHarness,
  type JobHarnessOptions,
  TestSink,
  TestSource,
  watermarksByHand,
} from "../../../src/engine/testing/mod.ts";

interface Fare {
  readonly who: string;
  readonly euros: number;
}

/** A step without its numbers, job and clock: what it says. */
function said(step: TraceStep): Record<string, unknown> {
  const { step: _step, causes: _causes, job: _job, clockMs: _clockMs, ...rest } = step;
  return rest;
}

/** Kinds of steps with the operator and what they came of: `3 emitted map ← 2`. */
function outline(steps: readonly TraceStep[]): string[] {
  return steps.map(({ step, kind, operator, causes }) => `${step} ${kind} ${operator} ← ${causes.join(" ")}`.trimEnd());
}

/** A running job with one source, of which the records at these offsets are followed. */
async function following<T, R>(
  offsets: readonly number[],
  describe: (env: StreamExecutionEnvironment, source: TestSource<T>, sink: TestSink<R>) => void,
  options: JobHarnessOptions = {},
): Promise<{ harness: JobHarness; source: TestSource<T>; sink: TestSink<R> } & AsyncDisposable> {
  const source = new TestSource<T>("fares");
  const sink = new TestSink<R>("out");
  const harness = new JobHarness((env) => describe(env, source, sink), options);
  harness.follow(({ offset }) => offsets.includes(offset));
  await harness.start();
  return { harness, source, sink, [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose]() };
}

Deno.test("a followed record is seen read, decoded, mapped and sent; others are not", async () => {
  await using job = await following<Fare, string>(
    [1],
    (env, source, sink) =>
      env.fromSource(source, watermarksByHand(), "source")
        .map(({ who, euros }) => `${who}:${euros}`).name("text")
        .sinkTo(sink).name("sink"),
  );
  await job.source.push({ who: "a", euros: 1 }, 10);
  await job.source.push({ who: "b", euros: 2 }, 20);
  await job.source.push({ who: "c", euros: 3 }, 30);
  const { steps } = job.harness;
  assertEquals(steps.map(said), [
    {
      kind: "read",
      operator: "source",
      topic: "fares",
      partition: 0,
      offset: 1,
      timestampMs: 20,
      key: null,
      value: null,
    },
    { kind: "decoded", operator: "source", value: { who: "b", euros: 2 }, timestampMs: 20 },
    {
      kind: "emitted",
      operator: "text",
      operation: "map",
      function: "({ who, euros }) => `${who}:${euros}`",
      value: "b:2",
      timestampMs: 20,
    },
    { kind: "sent", operator: "sink", to: 'test sink "out"', value: "b:2", timestampMs: 20 },
  ]);
  assertEquals(outline(steps), ["1 read source ←", "2 decoded source ← 1", "3 emitted text ← 2", "4 sent sink ← 3"]);
  assertEquals(steps[0]!.job, "job");
  assertEquals(JSON.parse(JSON.stringify(steps)), steps);
});

Deno.test("a record that goes several ways is seen on each, and a side output by its name", async () => {
  const cheap = new OutputTag<Fare>("cheap");
  await using job = await following<Fare, unknown>([0], (env, source, sink) => {
    const fares = env.fromSource(source, watermarksByHand(), "source");
    const { low, high } = fares.split({ low: ({ euros }) => euros < 5, high: () => true });
    low.flatMap(({ who }, out: Collector<string>) => [...who].forEach((letter) => out.collect(letter))).name("letters")
      .sinkTo(sink);
    high.map(({ who }) => who).name("unseen").sinkTo(new TestSink("other"));
    fares.map(({ euros }) => euros).name("euros").sinkTo(new TestSink("third"));
  });
  assertEquals(cheap.id, "cheap");
  await job.source.push({ who: "ab", euros: 2 }, 10);
  assertEquals(outline(job.harness.steps), [
    "1 read source ←",
    "2 decoded source ← 1",
    "3 emitted split ← 2",
    "4 emitted letters ← 3",
    "5 sent sink ← 4",
    "6 emitted letters ← 3",
    "7 sent sink ← 6",
    "8 emitted euros ← 2",
    "9 sent sink ← 8",
  ]);
  assertEquals(said(job.harness.steps[2]!).sideOutput, "low");
});

Deno.test("a record that is filtered out is seen with the text of the predicate", async () => {
  await using job = await following<Fare, Fare>(
    [0],
    (env, source, sink) =>
      env.fromSource(source, watermarksByHand(), "source")
        .filter(({ euros }) => euros > 5).name("dear")
        .sinkTo(sink),
  );
  await job.source.push({ who: "a", euros: 1 }, 10);
  assertEquals(said(job.harness.steps[2]!), {
    kind: "filtered",
    operator: "dear",
    operation: "filter",
    function: "({ euros }) => euros > 5",
  });
});

/** Adds a window's sum to those before. */
class RunningTotal extends ProcessWindowFunction<Fare, Fare, string> {
  readonly #total = new ValueStateDescriptor<number>("total");

  override process(who: string, context: WindowContext, elements: Iterable<Fare>, out: Collector<Fare>): void {
    const state = context.globalState().getState(this.#total);
    for (const { euros } of elements) {
      state.update((state.value() ?? 0) + euros);
      out.collect({ who, euros: state.value()! });
    }
  }
}

/** Sums by minute, added up. */
function totals(env: StreamExecutionEnvironment, source: TestSource<Fare>, sink: TestSink<Fare>): void {
  env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "source")
    .keyBy(({ who }) => who)
    .window(TumblingEventTimeWindows.of(60_000))
    .reduce((a, b) => ({ who: a.who, euros: a.euros + b.euros }), new RunningTotal()).name("totals")
    .sinkTo(sink).name("sink");
}

Deno.test("a window: what it holds with the record, that it fires, the state that changes then, the result", async () => {
  await using job = await following<Fare, Fare>([3], totals);
  const { source, harness } = job;
  await source.push({ who: "a", euros: 100 }, 1_000);
  await source.push({ who: "a", euros: 1 }, 60_000);
  await source.push({ who: "b", euros: 7 }, 60_001);
  await source.push({ who: "a", euros: 2 }, 60_002); // followed
  await source.push({ who: "a", euros: 4 }, 60_003);
  assertEquals(harness.steps.length, 3);
  await source.push({ who: "c", euros: 1 }, 120_000);
  const window = "[1970-01-01T00:01:00.000Z, 1970-01-01T00:02:00.000Z)";
  assertEquals(harness.steps.slice(2).map(said), [
    {
      kind: "window",
      operator: "totals",
      key: "a",
      window,
      lastMs: 119_999,
      contents: { who: "a", euros: 3 },
      eventTimeMs: 60_000,
    },
    {
      kind: "fired",
      operator: "totals",
      key: "a",
      window,
      dueMs: 119_999,
      contents: { who: "a", euros: 7 },
      eventTimeMs: 119_999,
    },
    { kind: "state", operator: "totals", state: "total", key: "a", before: 100, after: 107 },
    {
      kind: "emitted",
      operator: "totals",
      operation: "window reduce",
      function: "RunningTotal",
      value: { who: "a", euros: 107 },
      timestampMs: 119_999,
    },
    { kind: "sent", operator: "sink", to: 'test sink "out"', value: { who: "a", euros: 107 }, timestampMs: 119_999 },
  ]);
  assertEquals(outline(harness.steps).slice(2), [
    "3 window totals ← 2",
    "4 fired totals ← 3",
    "5 state totals ← 4",
    "6 emitted totals ← 4",
    "7 sent sink ← 6",
  ]);
  // Its window has fired: what comes of the key later does not come of it.
  await source.push({ who: "a", euros: 1 }, 130_000);
  await source.push({ who: "a", euros: 1 }, 190_000);
  assertEquals(harness.steps.length, 7);
});

Deno.test("a window fires once for all followed records in it", async () => {
  await using job = await following<Fare, Fare>([0, 1], totals);
  await job.source.push({ who: "a", euros: 1 }, 1_000);
  await job.source.push({ who: "a", euros: 2 }, 2_000);
  await job.source.push({ who: "b", euros: 2 }, 60_000);
  assertEquals(outline(job.harness.steps), [
    "1 read source ←",
    "2 decoded source ← 1",
    "3 window totals ← 2",
    "4 read source ←",
    "5 decoded source ← 4",
    "6 window totals ← 5",
    "7 fired totals ← 3 6",
    "8 state totals ← 7",
    "9 emitted totals ← 7",
    "10 sent sink ← 9",
  ]);
});

Deno.test("a late record: by how much, and where it goes", async () => {
  await using job = await following<Fare, Fare>([1], totals);
  await job.source.push({ who: "a", euros: 1 }, 63_000);
  await job.source.push({ who: "a", euros: 2 }, 59_000);
  assertEquals(job.harness.steps.slice(2).map(said), [{
    kind: "late",
    operator: "totals",
    message: "Record came too late for its window [1970-01-01T00:00:00.000Z, 1970-01-01T00:01:00.000Z): " +
      "event time is at 1970-01-01T00:01:02.999Z already",
    lateByMs: 3_000,
    eventTimeMs: 62_999,
    to: "dead letters",
  }]);
});

Deno.test("a late record that goes to a side output is seen there", async () => {
  const late = new OutputTag<Fare>("late");
  await using job = await following<Fare, Fare>([1], (env, source, sink) => {
    const sums = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "source")
      .keyBy(({ who }) => who).window(TumblingEventTimeWindows.of(60_000)).sideOutputLateData(late)
      .sum("euros").name("sums");
    sums.sinkTo(new TestSink("sums"));
    sums.getSideOutput(late).sinkTo(sink).name("late_sink");
  });
  await job.source.push({ who: "a", euros: 1 }, 63_000);
  await job.source.push({ who: "a", euros: 2 }, 59_000);
  assertEquals(outline(job.harness.steps).slice(2), ["3 late sums ← 2", "4 emitted sums ← 2", "5 sent late_sink ← 4"]);
  assertEquals([said(job.harness.steps[2]!).to, said(job.harness.steps[3]!).sideOutput], ["side output", "late"]);
});

Deno.test("a record that a function throws at, and one that cannot be decoded", async () => {
  await using job = await following<Fare, Fare>(
    [0, 2],
    (env, source, sink) =>
      env.fromSource(source, watermarksByHand(), "source")
        .keyBy(({ who }) => who).sum("euros").name("sum")
        .map((fare) => {
          if (fare.euros > 5) throw new RangeError(`${fare.euros} is too dear`);
          return fare;
        }).name("check").sinkTo(sink),
  );
  await job.source.push({ who: "a", euros: 8 }, 10);
  await job.source.push({ who: "a", euros: 1 }, 20);
  await job.source.pushUndecodable("not JSON", 30);
  assertEquals(job.harness.steps.slice(2, 5).map(said), [
    { kind: "state", operator: "sum", state: "sofar", key: "a", after: { who: "a", euros: 8 } },
    {
      kind: "emitted",
      operator: "sum",
      operation: "sum",
      value: { who: "a", euros: 8 },
      timestampMs: 10,
    },
    { kind: "dead", operator: "check", errorClass: "RangeError", message: "8 is too dear", fate: "dead letter" },
  ]);
  assertEquals(job.harness.steps.slice(5).map(({ kind }) => kind), ["read", "dead"]);
});

/** Gathers a key's values until a timer fires. */
class Gather extends KeyedProcessFunction<string, Fare, string> {
  #all!: ListState<number>;
  #due!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#all = context.getListState(new ListStateDescriptor<number>("all"));
    this.#due = context.getState(new ValueStateDescriptor<number>("due"));
  }

  override processElement({ euros }: Fare, context: KeyedProcessContext<string>): void {
    this.#all.add(euros);
    if (this.#due.value() !== undefined) return;
    this.#due.update(100);
    context.timerService().registerEventTimeTimer(100);
  }

  override onTimer(_timeMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    out.collect(`${context.currentKey()}: ${this.#all.get().join(" ")}`);
    this.#all.clear();
    this.#due.clear();
  }
}

/** Gathers. */
function gathering(env: StreamExecutionEnvironment, source: TestSource<Fare>, sink: TestSink<string>): void {
  env.fromSource(source, watermarksByHand(), "source").keyBy(({ who }) => who).process(new Gather()).name("gather")
    .sinkTo(sink).name("sink");
}

Deno.test("state and timers of a process function, and what comes of its timer", async () => {
  await using job = await following<Fare, string>([0], gathering);
  await job.source.push({ who: "a", euros: 1 }, 10);
  await job.source.push({ who: "b", euros: 5 }, 10);
  await job.source.watermark(100);
  assertEquals(job.harness.steps.slice(2).map(said), [
    { kind: "state", operator: "gather", state: "all", key: "a", part: 0, after: 1 },
    { kind: "state", operator: "gather", state: "due", key: "a", after: 100 },
    { kind: "timer", operator: "gather", action: "set", timeDomain: "EVENT_TIME", key: "a", timeMs: 100 },
    { kind: "fired", operator: "gather", key: "a", dueMs: 100, eventTimeMs: 100 },
    {
      kind: "emitted",
      operator: "gather",
      operation: "process",
      function: "Gather",
      value: "a: 1",
      timestampMs: 100,
    },
    { kind: "sent", operator: "sink", to: 'test sink "out"', value: "a: 1", timestampMs: 100 },
    { kind: "state", operator: "gather", state: "all", key: "a", part: 0, before: 1 },
    { kind: "state", operator: "gather", state: "due", key: "a", before: 100 },
  ]);
});

Deno.test("a timer that another record has set concerns a followed one that changed the key's state", async () => {
  await using job = await following<Fare, string>([1], gathering);
  await job.source.push({ who: "a", euros: 1 }, 10);
  await job.source.push({ who: "a", euros: 2 }, 11);
  await job.source.push({ who: "a", euros: 4 }, 12);
  await job.source.watermark(100);
  assertEquals(outline(job.harness.steps), [
    "1 read source ←",
    "2 decoded source ← 1",
    "3 state gather ← 2",
    "4 fired gather ← 3",
    "5 emitted gather ← 4",
    "6 sent sink ← 5",
    "7 state gather ← 4",
    "8 state gather ← 4",
    "9 state gather ← 4",
    "10 state gather ← 4",
  ]);
  assertEquals(said(job.harness.steps[4]!).value, "a: 1 2 4");
  await job.source.push({ who: "a", euros: 9 }, 110);
  assertEquals(job.harness.steps.length, 10);
});

Deno.test("an asynchronous call: that it is asked, and what it answers later", async () => {
  const answer = Promise.withResolvers<string[]>();
  await using job = await following<Fare, string>([0], (env, source, sink) =>
    AsyncDataStream.orderedWait(
      env.fromSource(source, watermarksByHand(), "source"),
      ({ who }) => who === "a" ? answer.promise : Promise.resolve([who]),
      { timeoutMs: 1_000 },
    ).name("look_up").sinkTo(sink).name("sink"));
  await job.source.push({ who: "a", euros: 1 }, 10);
  await job.source.push({ who: "b", euros: 1 }, 11);
  assertEquals(outline(job.harness.steps), ["1 read source ←", "2 decoded source ← 1", "3 asked look_up ← 2"]);
  answer.resolve(["Anna"]);
  await job.harness.settle();
  assertEquals(outline(job.harness.steps).slice(3), [
    "4 answered look_up ← 3",
    "5 emitted look_up ← 4",
    "6 sent sink ← 5",
  ]);
  assertEquals(job.sink.values, ["Anna", "b"]);
});

Deno.test("a join in an interval: the pair, whichever of the two came first", async () => {
  class Both extends ProcessJoinFunction<Fare, Fare, string> {
    override processElement(left: Fare, right: Fare, _context: unknown, out: Collector<string>): void {
      out.collect(`${left.euros}+${right.euros}`);
    }
  }
  await using job = await following<Fare, string>([0, 3], (env, source, sink) => {
    const { low, high } = env.fromSource(source, watermarksByHand(), "source")
      .split({ low: ({ euros }) => euros < 5, high: () => true });
    low.keyBy(({ who }) => who).intervalJoin(high.keyBy(({ who }) => who)).between(-10, 10)
      .process(new Both()).name("both").sinkTo(sink).name("sink");
  });
  await job.source.push({ who: "a", euros: 1 }, 10); // followed, waits
  await job.source.push({ who: "b", euros: 2 }, 10);
  await job.source.push({ who: "a", euros: 7 }, 12);
  await job.source.push({ who: "b", euros: 8 }, 12); // followed, finds the second
  await job.source.push({ who: "b", euros: 9 }, 13);
  const pairs = job.harness.steps.filter(({ kind }) => kind === "joined").map(said);
  assertEquals(pairs, [
    { kind: "joined", operator: "both", left: { who: "a", euros: 1 }, right: { who: "a", euros: 7 } },
    { kind: "joined", operator: "both", left: { who: "b", euros: 2 }, right: { who: "b", euros: 8 } },
  ]);
  assertEquals(job.harness.steps.flatMap((step) => step.kind === "sent" ? [step.value] : []), ["1+7", "2+8"]);
});

Deno.test("sessions that merge keep what is followed in them", async () => {
  await using job = await following<Fare, number>(
    [0],
    (env, source, sink) =>
      env.fromSource(source, watermarksByHand(), "source").keyBy(({ who }) => who)
        .window(EventTimeSessionWindows.withGap(10)).reduce((a, b) => ({ ...a, euros: a.euros + b.euros })).name(
          "session",
        )
        .map(({ euros }) => euros).name("euros").sinkTo(sink),
  );
  await job.source.push({ who: "a", euros: 1 }, 20); // followed
  await job.source.push({ who: "a", euros: 2 }, 5);
  await job.source.push({ who: "a", euros: 4 }, 12);
  await job.source.watermark(100);
  const fired = job.harness.steps.filter(({ kind }) => kind === "fired").map(said);
  assertEquals(fired, [{
    kind: "fired",
    operator: "session",
    key: "a",
    window: "[1970-01-01T00:00:00.005Z, 1970-01-01T00:00:00.030Z)",
    dueMs: 29,
    contents: { who: "a", euros: 7 },
    eventTimeMs: 100,
  }]);
  assertEquals(job.sink.values, [7]);
});

Deno.test("a window that a count fires, at the followed record and at a later one", async () => {
  await using job = await following<Fare, number>(
    [0, 1],
    (env, source, sink) =>
      env.fromSource(source, watermarksByHand(), "source").keyBy(({ who }) => who)
        .window(TumblingEventTimeWindows.of(100)).trigger(CountTrigger.of(2))
        .reduce((a, b) => ({ ...a, euros: a.euros + b.euros })).name("pairs")
        .map(({ euros }) => euros).name("euros").sinkTo(sink).name("sink"),
  );
  for (const euros of [1, 2, 4, 8]) await job.source.push({ who: "a", euros }, 10);
  await job.source.watermark(1_000);
  assertEquals(outline(job.harness.steps), [
    "1 read source ←",
    "2 decoded source ← 1",
    "3 window pairs ← 2",
    "4 state pairs ← 2",
    "5 read source ←",
    "6 decoded source ← 5",
    "7 window pairs ← 6",
    "8 state pairs ← 6",
    "9 fired pairs ← 3 7",
    "10 emitted pairs ← 9",
    "11 emitted euros ← 10",
    "12 sent sink ← 11",
    "13 fired pairs ← 3 7",
    "14 emitted pairs ← 13",
    "15 emitted euros ← 14",
    "16 sent sink ← 15",
  ]);
  assertEquals(job.sink.values, [3, 15]);
});

Deno.test("a record without a window fires what it may and leaves a list of records", async () => {
  await using job = await following<Fare, number>(
    [1],
    (env, source, sink) =>
      env.fromSource(source, watermarksByHand(), "source").keyBy(({ who }) => who)
        .window(TumblingEventTimeWindows.of(100))
        .process(
          new class extends ProcessWindowFunction<Fare, number, string> {
            override process(_key: string, _context: unknown, fares: Iterable<Fare>, out: Collector<number>): void {
              out.collect([...fares].length);
            }
          }(),
        ).name("list").sinkTo(sink),
  );
  for (const euros of [1, 2]) await job.source.push({ who: "a", euros }, 10);
  const [, , window] = job.harness.steps;
  assertEquals(said(window!).contents, [{ who: "a", euros: 1 }, { who: "a", euros: 2 }]);
});

Deno.test("outputs are listened to while somebody follows, and at no other time", () => {
  const { clock } = new SteppedJob(() => {});
  const tracing = new Tracing({ jobName: "job", changes: new Changes(), clock });
  const listeners: (unknown | undefined)[] = [];
  const output = { listen: (listener: unknown) => void listeners.push(listener) };
  const node = { kind: "source", name: "numbers" } as unknown as StreamNode;
  tracing.addOutput(output, node);
  assertEquals(listeners, []);
  const tracer = { follows: () => false, take: () => {} };
  tracing.follow(tracer);
  tracing.follow({ ...tracer });
  assertEquals(listeners.map((listener) => typeof listener), ["object"]);
  tracing.follow(undefined);
  assertEquals(listeners.map((listener) => typeof listener), ["object", "undefined"]);
});
