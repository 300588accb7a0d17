import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { DataStream, KeyedStream } from "../../../src/engine/api/data_stream.ts";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { JobError } from "../../../src/engine/errors.ts";
import type { Collector } from "../../../src/engine/functions/functions.ts";
import { type ProcessContext, ProcessFunction } from "../../../src/engine/functions/process_functions.ts";
import { formatBooks } from "../../../src/engine/reporting/books_table.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import type { Sink } from "../../../src/engine/sink.ts";
import { type ValueState, ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { at, ScriptSource } from "../script_source.ts";

function newEnv(): StreamExecutionEnvironment {
  return new StreamExecutionEnvironment({ clock: new ManualClock() });
}

const NOWHERE: Sink<unknown> = {
  description: "nowhere",
  exactlyOnceWith: () => false,
  open: () => Promise.resolve({ write() {} }),
};

const newStream = () => newEnv().fromCollection(["a", "bb", "ccc"]);

/** [kind, name, uid] of each node. */
function nodesOf(env: StreamExecutionEnvironment): string[][] {
  return env.graph.nodes.map(({ kind, name, uid }) => [kind, name, uid]);
}

Deno.test("map() gives each record as what the function makes of it", async () => {
  assertEquals(await newStream().map((text) => text.length).executeAndCollect(), [1, 2, 3]);
});

Deno.test("executeAndCollect() gives an array that a later run leaves alone", async () => {
  const stream = newStream();
  const first = await stream.executeAndCollect();
  const second = await stream.executeAndCollect();

  assertEquals([first, second], [["a", "bb", "ccc"], ["a", "bb", "ccc"]]);
});

Deno.test("filter() gives the records for which the function is true", async () => {
  assertEquals(await newStream().filter((text) => text !== "bb").executeAndCollect(), ["a", "ccc"]);
});

Deno.test("flatMap() gives any number of records for each", async () => {
  const letters = newStream().flatMap<string>((text, out) => [...text].forEach((letter) => out.collect(letter)));

  assertEquals(await letters.executeAndCollect(), ["a", "b", "b", "c", "c", "c"]);
});

Deno.test("split() gives a stream for each branch, of the records that no branch before it has taken", async () => {
  const env = newEnv();
  const branches = env.fromCollection([1, 12, 3, 14, 5]).split({
    small: (n) => n < 4,
    odd: (n) => n % 2 === 1,
    large: (n) => n > 13,
  });
  const named = Object.entries(branches).map(([name, stream]) => stream.map((n) => `${name} ${n}`));

  const results = await named[0]!.union(...named.slice(1)).executeAndCollect();
  assertEquals(results, ["small 1", "small 3", "large 14", "odd 5"]);
});

Deno.test("split() counts what no branch takes as filtered out, and what one takes that nobody reads as gone on", async () => {
  const env = newEnv();
  const { even } = env.fromCollection([1, 2, 3, 4, 5]).split({ even: (n) => n % 2 === 0, one: (n) => n === 1 });
  even.sinkTo(NOWHERE);
  const { books } = await env.execute();

  assertEquals(formatBooks(books), "5 in, 2 out, 2 filtered out");
});

Deno.test("split() refuses what is no predicates by name, at the line that was written", () => {
  const stream = newStream();
  const yes = () => true;
  const described: readonly (readonly [unknown, string])[] = [
    [undefined, "it takes predicates by the name of their branch, and there is no predicate"],
    [{}, "it takes predicates by the name of their branch, and there is no predicate"],
    [{ "": yes }, "a branch needs a name, it was given an empty one"],
    [{ cheap: yes, dear: "dear" }, 'the predicate of "dear" is not a function, it is string'],
    [{ cheap: async () => await true }, 'the predicate of "cheap" is async'],
    // JavaScript would ask 2 before 10, wherever it was written.
    [{ 10: yes, 2: yes }, 'branches named by numbers such as "2" come in order of size, not as written; use words'],
  ];
  for (const [branches, message] of described) {
    assertThrows(() => stream.split(branches as never), TypeError, `Cannot describe split(): ${message}`);
  }
});

Deno.test("process() gives what its function gives, also to side outputs", async () => {
  const tag = new OutputTag<number>("lengths");
  const texts = newStream().process<string>({
    processElement(text, context, out) {
      if (text.length > 1) context.output(tag, text.length);
      else out.collect(text);
    },
  });

  assertEquals(await texts.union(texts.getSideOutput(tag).map(String)).executeAndCollect(), ["a", "2", "3"]);
});

Deno.test("process() behind keyBy() gives its function state and timers per key", async () => {
  const count = new ValueStateDescriptor<number>("count");
  let state!: ValueState<number>;
  const stream = newEnv().fromCollection(["a 1", "b 2", "a 3"])
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps<string>().withTimestampAssigner((text) => Number(text.slice(2))),
    )
    .keyBy((text) => text[0]!)
    .process<string>({
      open: (context) => void (state = context.getState(count)),
      processElement(_text, context) {
        state.update((state.value() ?? 0) + 1);
        context.timerService().registerEventTimeTimer(10);
      },
      onTimer: (timestampMs, context, out) =>
        out.collect(`${context.currentKey()} ${state.value()} ${context.timeDomain()} ${timestampMs}`),
    });

  assertEquals(await stream.executeAndCollect(), ["a 2 EVENT_TIME 10", "b 1 EVENT_TIME 10"]);
});

Deno.test("process() takes a ProcessFunction behind keyBy() too", async () => {
  class Upper extends ProcessFunction<string, string> {
    processElement(text: string, _context: ProcessContext, out: Collector<string>): void {
      out.collect(text.toUpperCase());
    }
  }

  assertEquals(await newStream().keyBy((text) => text).process(new Upper()).executeAndCollect(), ["A", "BB", "CCC"]);
});

Deno.test("process() refuses what is no process function, saying what it lacks", () => {
  const stream = newStream();
  const keyed = stream.keyBy((text) => text);
  class Fn extends ProcessFunction<string, string> {
    processElement() {}
  }
  const processElement = () => {};
  const described: readonly (readonly [(fn: never) => unknown, unknown, string])[] = [
    [(fn) => stream.process(fn), undefined, "it takes a ProcessFunction, which has processElement()"],
    [(fn) => stream.process(fn), {}, "it takes a ProcessFunction, which has processElement()"],
    [(fn) => stream.process(fn), Fn, "it takes a ProcessFunction, it was given a class: write new Fn()"],
    [(fn) => stream.process(fn), { processElement, open: 1 }, "it takes a ProcessFunction, which has open()"],
    [(fn) => stream.process(fn), { processElement: async () => {} }, "processElement() is async"],
    [(fn) => stream.process(fn), { processElement, open: async () => {} }, "open() is async"],
    [(fn) => stream.process(fn), { *processElement() {} }, "processElement() is a generator"],
    [(fn) => keyed.process(fn), { onTimer() {} }, "it takes a KeyedProcessFunction, which has processElement()"],
    [(fn) => keyed.process(fn), { processElement, onTimer: 1 }, "it takes a KeyedProcessFunction, which has onTimer()"],
    [(fn) => keyed.process(fn), { processElement, async onTimer() {} }, "onTimer() is async"],
  ];
  for (const [describe, fn, message] of described) {
    assertThrows(() => describe(fn as never), TypeError, `Cannot describe process(): ${message}`);
  }
});

Deno.test("map(), flatMap(), filter(), keyBy() and reduce() refuse a function that answers later", () => {
  const stream = newStream();
  const keyed = stream.keyBy((text) => text);
  const described: readonly (readonly [string, (given: never) => unknown])[] = [
    ["map", (given) => stream.map(given)],
    ["flatMap", (given) => stream.flatMap(given)],
    ["filter", (given) => stream.filter(given)],
    ["keyBy", (given) => stream.keyBy(given)],
    ["reduce", (given) => keyed.reduce(given)],
  ];
  for (const [method, describe] of described) {
    assertThrows(
      () => describe((async () => await "") as never),
      TypeError,
      `Cannot describe ${method}(): its function is async, and a record is not waited for there; use AsyncDataStream`,
    );
    assertThrows(
      () => describe((function* () {}) as never),
      TypeError,
      `Cannot describe ${method}(): its function is a generator, which nobody would run; use flatMap()`,
    );
  }
});

Deno.test("getSideOutput() refuses an operator that has no side outputs, and what is no tag", () => {
  const stream = newStream();
  const tag = new OutputTag<string>("late");
  const keyed = stream.keyBy((text) => text);
  const described: readonly (readonly [{ getSideOutput(tag: OutputTag<string>): unknown }, string])[] = [
    [stream, '"collection" (source)'],
    [stream.map((text) => text).name("same"), '"same" (map)'],
    [stream.flatMap(() => {}), '"flatMap" (flatMap)'],
    [stream.filter(() => true), '"filter" (filter)'],
    [keyed.reduce((text) => text), '"reduce" (reduce)'],
    [stream.map((text) => ({ text, n: 1 })).keyBy(({ text }) => text).sum("n"), '"sum" (sum)'],
  ];
  for (const [operator, name] of described) {
    assertThrows(
      () => operator.getSideOutput(tag),
      TypeError,
      `Cannot describe getSideOutput("late"): ${name} has no side outputs; call it right behind the process()`,
    );
  }
  assertThrows(
    () => stream.process({ processElement() {} }).getSideOutput("late" as never),
    TypeError,
    "Cannot describe getSideOutput(): it takes an OutputTag",
  );
});

Deno.test("getSideOutput() gives each reader all that goes to the tag, whose id says which it is", async () => {
  const env = newEnv();
  const [one, other] = [new OutputTag<number>("n"), new OutputTag<number>("n")];
  const all = env.fromCollection([1, 2]).process<never>({ processElement: (n, context) => context.output(one, n) });
  const twice = all.getSideOutput(one).map((n) => n).union(all.getSideOutput(other).map((n) => 10 * n));

  assertEquals((await twice.executeAndCollect()).sort((a, b) => a - b), [1, 2, 10, 20]);
});

Deno.test("union() takes two side outputs of one operator, but not one twice", () => {
  const all = newStream().process<string>({ processElement() {} });
  const [a, b] = [all.getSideOutput(new OutputTag<string>("a")), all.getSideOutput(new OutputTag<string>("b"))];

  assertEquals(typeof all.union(a, b), "object");
  assertThrows(
    () => a.union(b, all.getSideOutput(new OutputTag<string>("a"))),
    TypeError,
    "Cannot union a stream with itself",
  );
});

Deno.test("union() tells streams apart whatever their operators are called", () => {
  const env = newEnv();
  const [one, other] = [env.fromCollection(["a"]).name("same"), env.fromCollection(["b"]).name("same")];

  assertEquals(typeof one.union(other), "object");
});

Deno.test("sum(), min(), max(), minBy() and maxBy() give the running aggregate of each key", async () => {
  const fares = [["a", 5], ["b", 2], ["a", 3], ["a", 3], ["b", 4]] as const;
  type Fare = { city: string; cents: number; n: number };
  const run = (describe: (fares: KeyedStream<Fare, string>) => DataStream<Fare>) =>
    describe(
      newEnv().fromCollection(fares.map(([city, cents], n): Fare => ({ city, cents, n }))).keyBy(({ city }) => city),
    ).map(({ city, cents, n }) => `${city} ${cents} ${n}`).executeAndCollect();

  assertEquals(await run((fares) => fares.sum("cents")), ["a 5 0", "b 2 1", "a 8 0", "a 11 0", "b 6 1"]);
  assertEquals(await run((fares) => fares.min("cents")), ["a 5 0", "b 2 1", "a 3 0", "a 3 0", "b 2 1"]);
  assertEquals(await run((fares) => fares.max("cents")), ["a 5 0", "b 2 1", "a 5 0", "a 5 0", "b 4 1"]);
  assertEquals(await run((fares) => fares.minBy("cents")), ["a 5 0", "b 2 1", "a 3 2", "a 3 2", "b 2 1"]);
  assertEquals(await run((fares) => fares.minBy("cents", false)), ["a 5 0", "b 2 1", "a 3 2", "a 3 3", "b 2 1"]);
  assertEquals(await run((fares) => fares.maxBy("cents")), ["a 5 0", "b 2 1", "a 5 0", "a 5 0", "b 4 4"]);
  assertEquals(await run((fares) => fares.maxBy("city", false)), ["a 5 0", "b 2 1", "a 3 2", "a 3 3", "b 4 4"]);
});

Deno.test("sum() and its like take a position of a tuple, and refuse what names no field", async () => {
  const words = newEnv().fromCollection([["to", 1], ["be", 1], ["to", 1]] as [string, number][]).keyBy(([word]) =>
    word
  );

  assertEquals(await words.sum(1).executeAndCollect(), [["to", 1], ["be", 1], ["to", 2]]);
  for (
    const [field, found] of [["", '""'], [-1, "-1"], [0.5, "0.5"], [undefined, "undefined"], [{}, "object"]] as const
  ) {
    assertThrows(
      () => words.maxBy(field as never),
      TypeError,
      `Cannot describe maxBy(): it takes the name of a field, or of a tuple a position from 0, it was given ${found}`,
    );
  }
});

Deno.test("sum() refuses the state of another field, naming both", async () => {
  const source = new ScriptSource({ "s-0": [at(1, { city: "a", cents: 1, tip: 1 })] });
  let field: "cents" | "tip" = "cents";
  const rig = new JobHarness((env, { store }) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks<{ city: string; cents: number; tip: number }>(), "fares")
      .keyBy(({ city }) => city).sum(field).sinkTo(store.sink("out"));
  });
  await rig.run();
  field = "tip";

  await assertRejects(
    () => rig.run(),
    JobError,
    'Cannot restore "sum-1": its state was written with aggregate sum of "cents", now it is sum of "tip"',
  );
});

Deno.test("reduce() gives the running fold of each key", async () => {
  const stream = newEnv().fromCollection([1, 2, 3, 4, 5]).keyBy((n) => n % 2 === 0).reduce((accumulated, next) =>
    accumulated + next
  );

  assertEquals(await stream.executeAndCollect(), [1, 2, 4, 6, 9]);
});

Deno.test("union() gives the records of all streams, one after the other when none has a time", async () => {
  const env = newEnv();
  const stream = env.fromCollection([1, 2]).union(env.fromCollection([3]), env.fromCollection([4]));

  assertEquals(await stream.map((n) => n).executeAndCollect(), [1, 2, 3, 4]);
});

Deno.test("union() of a union gives each record once", async () => {
  const env = newEnv();
  const [a, b, c] = [1, 2, 3].map((n) => env.fromCollection([n]));

  assertEquals(await a!.union(b!).union(c!).executeAndCollect(), [1, 2, 3]);
});

Deno.test("union() refuses a stream with itself and says what to do", () => {
  const stream = newStream();
  const other = stream.map((text) => text);

  for (
    const union of [
      () => stream.union(stream),
      () => stream.union(other, other),
      () => stream.union(other).union(other),
    ]
  ) {
    assertThrows(union, TypeError, "Cannot union a stream with itself: put a map() between to have its records twice");
  }
});

Deno.test("union() takes a stream with what was made of it: its records come twice", async () => {
  const stream = newStream();

  assertEquals((await stream.union(stream.map((text) => text)).executeAndCollect()).sort(), [
    "a",
    "a",
    "bb",
    "bb",
    "ccc",
    "ccc",
  ]);
});

Deno.test("union() refuses streams of two environments", () => {
  assertThrows(() => newStream().union(newStream()), TypeError, "Cannot union streams of two environments");
});

Deno.test("map(), filter(), keyBy() and both reduce() refuse what is no function, at the line that was written", () => {
  const stream = newStream();
  const keyed = stream.keyBy((text) => text);
  const described: readonly (readonly [string, (given: never) => unknown])[] = [
    ["map", (given) => stream.map(given)],
    ["filter", (given) => stream.filter(given)],
    ["keyBy", (given) => stream.keyBy(given)],
    ["reduce", (given) => keyed.reduce(given)],
    ["reduce", (given) => keyed.window(TumblingEventTimeWindows.of(10)).reduce(given)],
  ];
  for (const [method, describe] of described) {
    for (
      const [given, words] of [[undefined, "undefined"], [null, "null"], ["text", "string"], [{}, "object"]] as const
    ) {
      assertThrows(
        () => describe(given as never),
        TypeError,
        `Cannot describe ${method}(): it takes a function, it was given ${words}`,
      );
    }
  }
});

Deno.test(
  "fromSource(), assignTimestampsAndWatermarks(), sinkTo() and window() refuse what they cannot use",
  () => {
    const stream = newStream();
    for (
      const describe of [
        () => newEnv().fromSource(undefined as never, WatermarkStrategy.noWatermarks(), "texts"),
        () => newEnv().fromSource({} as never, undefined as never, "texts"),
        () => stream.assignTimestampsAndWatermarks(undefined as never),
        () => stream.sinkTo(undefined as never),
        () => stream.keyBy((text) => text).window(undefined as never),
      ]
    ) assertThrows(describe, TypeError);
  },
);

Deno.test("assignTimestampsAndWatermarks() gives windows their time", async () => {
  const stream = newEnv().fromCollection([1, 12, 3, 14])
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forBoundedOutOfOrderness<number>(10).withTimestampAssigner((n) => n),
    )
    .keyBy(() => "all").window(TumblingEventTimeWindows.of(10)).reduce((accumulated, next) => accumulated + next);

  assertEquals(await stream.executeAndCollect(), [4, 26]);
});

Deno.test("name() names an operator, and its state unless uid() does, in whichever order they are called", () => {
  const env = newEnv();
  const stream = env.fromCollection(["a"]).name("texts");
  stream.map((text) => text).name("upper");
  stream.map((text) => text).name("lower").uid("lower-v1");
  stream.map((text) => text).uid("plain-v1").name("plain");

  assertEquals(nodesOf(env), [
    ["source", "texts", "texts"],
    ["operator", "upper", "upper"],
    ["operator", "lower", "lower-v1"],
    ["operator", "plain", "plain-v1"],
  ]);
});

Deno.test("name() and uid() name a sink too", () => {
  const env = newEnv();
  env.fromCollection(["a"]).sinkTo(NOWHERE).name("out").uid("out-v1");

  assertEquals(nodesOf(env)[1], ["sink", "out", "out-v1"]);
});

Deno.test("DataStream names operators after what they do, and their state by number", () => {
  const env = newEnv();
  const stream = env.fromCollection(["a"]);
  stream.map((text) => text).filter(() => true).map((text) => text);
  env.fromCollection(["b"]);

  assertEquals(nodesOf(env), [
    ["source", "collection", "collection-1"],
    ["operator", "map", "map-1"],
    ["operator", "filter", "filter-1"],
    ["operator", "map", "map-2"],
    ["source", "collection", "collection-2"],
  ]);
});

Deno.test("name() and uid() refuse an empty text", () => {
  assertThrows(() => newStream().name(""), TypeError, "Cannot name an operator with an empty text");
  assertThrows(() => newStream().uid(""), TypeError, "Cannot set the uid of an operator to an empty text");
});

Deno.test("print() names each sink apart", () => {
  const env = newEnv();
  const stream = env.fromCollection(["a"]);
  stream.print();
  stream.print();
  stream.print("late");

  assertEquals(nodesOf(env).slice(1).map(([, name]) => name), ["print-2", "print-3", "print late"]);
});

Deno.test("execute() refuses two operators of one uid, naming it", async () => {
  const env = newEnv();
  const stream = env.fromCollection(["a"]);
  stream.map((text) => text).name("same").print();
  stream.map((text) => text).uid("same").print();

  await assertRejects(() => env.execute(), JobError, 'Cannot execute a job with two operators of uid "same"');
});

Deno.test("execute() refuses a job without a sink and says what to call", async () => {
  const env = newEnv();
  await assertRejects(
    () => env.execute(),
    JobError,
    "Cannot execute a job without a sink: call sinkTo(), print() or executeAndCollect()",
  );
  env.fromCollection(["a"]).map((text) => text);
  await assertRejects(() => env.execute(), JobError, "Cannot execute a job without a sink");
});
