import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { JobError } from "../../../src/engine/errors.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { ManualClock } from "../manual_clock.ts";

function newEnv(): StreamExecutionEnvironment {
  return new StreamExecutionEnvironment({ clock: new ManualClock() });
}

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

Deno.test("reduce() gives the running fold of each key", async () => {
  const stream = newEnv().fromCollection([1, 2, 3, 4, 5]).keyBy((n) => n % 2 === 0).reduce((sofar, next) =>
    sofar + next
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
  "fromSource(), assignTimestampsAndWatermarks(), sinkTo() and window() refuse what they can not use",
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
    .keyBy(() => "all").window(TumblingEventTimeWindows.of(10)).reduce((sofar, next) => sofar + next);

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

Deno.test("name() and uid() name a sink likewise", () => {
  const env = newEnv();
  const sink = { description: "nowhere", exactlyOnceWith: () => false, open: () => Promise.resolve({ write() {} }) };
  env.fromCollection(["a"]).sinkTo(sink).name("out").uid("out-v1");

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
  assertThrows(() => newStream().uid(""), TypeError, "Cannot give an operator an empty uid");
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
