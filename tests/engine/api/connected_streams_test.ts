import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import type { Collector, KeyedRuntimeContext } from "../../../src/engine/functions/functions.ts";
import {
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  type OnTimerContext,
} from "../../../src/engine/functions/process_functions.ts";
import { OutputTag } from "../../../src/engine/side_output.ts";
import {
  ListStateDescriptor,
  MapStateDescriptor,
  type ValueState,
  ValueStateDescriptor,
} from "../../../src/engine/state/state.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { outputOf } from "../counting_job.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { at, ScriptSource } from "../script_source.ts";

const newEnv = () => new StreamExecutionEnvironment({ clock: new ManualClock() });

function newStreams(env = newEnv()) {
  return { env, numbers: env.fromCollection([1, 2]), texts: env.fromCollection(["a", "bb"]) };
}

Deno.test("map() of two streams gives one record for each of either", async () => {
  const { numbers, texts } = newStreams();
  const lengths = numbers.connect(texts).map({ map1: (n) => `number ${n}`, map2: (text) => `length ${text.length}` });

  // Between the two streams there is no order.
  assertEquals((await lengths.executeAndCollect()).sort(), ["length 1", "length 2", "number 1", "number 2"]);
});

Deno.test("flatMap() of two streams gives any number of records for each of either", async () => {
  const { numbers, texts } = newStreams();
  const letters = numbers.connect(texts).flatMap<string>({
    flatMap1: () => {},
    flatMap2: (text, out) => [...text].forEach((letter) => out.collect(letter)),
  });

  assertEquals(await letters.executeAndCollect(), ["a", "b", "b"]);
});

Deno.test("process() of two streams gives what its function gives, also to side outputs", async () => {
  const { env, numbers, texts } = newStreams();
  const tag = new OutputTag<number>("numbers");
  const merged = numbers.connect(texts).process<string>({
    processElement1: (n, context) => context.output(tag, n),
    processElement2: (text, _context, out) => out.collect(text),
  });
  const results = merged.union(merged.getSideOutput(tag).map(String));

  assertEquals((await results.executeAndCollect()).sort(), ["1", "2", "a", "bb"]);
  assertEquals(env.graph.nodes.map(({ uid }) => uid).slice(2, 4), ["co-process-1", "map-1"]);
});

const SEEN = new ListStateDescriptor<string>("seen");

/** What the key has seen of both streams, after each record. */
function seen() {
  let state!: ReturnType<KeyedRuntimeContext["getListState"]>;
  const see = (value: unknown): string => {
    state.add(value);
    return state.get().join();
  };
  return { open: (context: KeyedRuntimeContext) => void (state = context.getListState(SEEN)), map1: see, map2: see };
}

Deno.test("keyBy() of connected streams and connect() of keyed ones give functions one state per key for both", async () => {
  const lengthOf = (text: string) => text.length;
  for (
    const connect of [
      ({ numbers, texts }: ReturnType<typeof newStreams>) => numbers.connect(texts).keyBy((n) => n, lengthOf),
      ({ numbers, texts }: ReturnType<typeof newStreams>) => numbers.keyBy((n) => n).connect(texts.keyBy(lengthOf)),
    ]
  ) {
    const mapped = await connect(newStreams()).map(seen()).executeAndCollect();
    assertEquals(mapped.map((list) => list.split(",").sort().join()).toSorted(), ["1", "1,a", "2", "2,bb"]);

    const { map1, map2, open } = seen();
    const flatMapped = connect(newStreams()).flatMap<string>({
      open,
      flatMap1: (n, out) => out.collect(map1(n)),
      flatMap2: (text, out) => out.collect(map2(text)),
    });
    assertEquals((await flatMapped.executeAndCollect()).length, 4);
  }
});

Deno.test("connect() refuses a keyed stream beside one without key, and says what to do", () => {
  const { numbers, texts } = newStreams();
  const message =
    "Cannot connect a keyed stream with one that has no key: call keyBy() on both, or on what connect() returns";

  assertThrows(() => numbers.connect(texts.keyBy((text) => text)), TypeError, message);
  // deno-lint-ignore no-explicit-any -- it does not compile
  assertThrows(() => numbers.keyBy((n) => n).connect(texts as any), TypeError, message);
});

Deno.test("connect() refuses what is no stream, and a stream of another environment", () => {
  const { numbers } = newStreams();

  assertThrows(() => numbers.connect(undefined as never), TypeError, "Cannot describe connect(): it takes a stream");
  assertThrows(() => numbers.connect({} as never), TypeError, "Cannot describe connect(): it takes a stream");
  assertThrows(
    () => numbers.connect(newStreams().texts),
    TypeError,
    "Cannot connect streams of two environments",
  );
});

Deno.test("map(), flatMap(), process() and keyBy() of two streams refuse what they cannot use, at the line that was written", () => {
  const { numbers, texts } = newStreams();
  const plain = numbers.connect(texts);
  const keyed = plain.keyBy((n) => n, (text) => text.length);
  const nothing = () => {};
  const described: (readonly [() => unknown, string])[] = [
    [
      () => plain.process({ processElement1: nothing } as never),
      "Cannot describe process(): it takes a CoProcessFunction, which has processElement2()",
    ],
    [
      () => keyed.process({ processElement1: nothing, processElement2: nothing, onTimer: 5 } as never),
      "Cannot describe process(): it takes a KeyedCoProcessFunction, which has onTimer()",
    ],
    [
      () => keyed.process({ processElement1: nothing, processElement2: async () => {} } as never),
      "Cannot describe process(): processElement2() is async",
    ],
    [() => plain.keyBy((n) => n, undefined as never), "Cannot describe keyBy(): it takes a function"],
    [() => plain.keyBy(undefined as never, (text) => text), "Cannot describe keyBy(): it takes a function"],
  ];
  for (const streams of [plain, keyed]) {
    described.push(
      [
        () => streams.map({ map1: nothing } as never),
        "Cannot describe map(): it takes a CoMapFunction, which has map2()",
      ],
      [
        () => streams.flatMap({ flatMap2: nothing } as never),
        "Cannot describe flatMap(): it takes a CoFlatMapFunction, which has flatMap1()",
      ],
    );
  }
  for (const [describe, message] of described) assertThrows(describe, TypeError, message);
});

Deno.test("a function with open() serves one operator: a second one would find the other's state in it", () => {
  const { numbers, texts } = newStreams();
  const rules = numbers.broadcast(new MapStateDescriptor<string, number>("rules"));
  const nothing = () => {};
  const all = {
    ...{ open: nothing, processElement: nothing, processElement1: nothing, processElement2: nothing },
    ...{ processBroadcastElement: nothing, map1: nothing, map2: nothing, flatMap1: nothing, flatMap2: nothing },
  };
  const keyed = texts.keyBy((text) => text);
  const pair = texts.connect(numbers);
  const keyedPair = pair.keyBy((text) => text, String);
  const described: readonly ((fn: typeof all) => unknown)[] = [
    (fn) => texts.process(fn),
    (fn) => keyed.process(fn),
    (fn) => pair.map(fn),
    (fn) => pair.flatMap(fn),
    (fn) => pair.process(fn),
    (fn) => keyedPair.map(fn),
    (fn) => keyedPair.flatMap(fn),
    (fn) => keyedPair.process(fn),
    (fn) => texts.connect(rules).process(fn),
    (fn) => keyed.connect(rules).process(fn),
  ];
  for (const describe of described) {
    const fn = { ...all };
    describe(fn);
    assertThrows(
      () => describe(fn),
      TypeError,
      "its function serves another operator, and both would open it; make one",
    );
    const { open: _open, ...plain } = all;
    describe(plain as typeof all);
    describe(plain as typeof all);
  }
});

interface Ride {
  readonly id: string;
}

interface Fare {
  readonly ride: string;
  readonly cents: number;
}

/** A ride with its fare; one without goes aside 10 ms after it. */
class RidesAndFares extends KeyedCoProcessFunction<string, Ride, Fare, string> {
  #ride!: ValueState<number>;
  #fare!: ValueState<number>;

  override open(context: KeyedRuntimeContext): void {
    this.#ride = context.getState(new ValueStateDescriptor<number>("ride"));
    this.#fare = context.getState(new ValueStateDescriptor<number>("fare"));
  }

  processElement1({ id }: Ride, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const cents = this.#fare.value();
    if (cents !== undefined) {
      this.#fare.clear();
      return out.collect(`${id} ${cents}`);
    }
    const timeMs = context.timestamp()! + 10;
    this.#ride.update(timeMs);
    context.timerService().registerEventTimeTimer(timeMs);
  }

  processElement2({ ride, cents }: Fare, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const timeMs = this.#ride.value();
    if (timeMs === undefined) return this.#fare.update(cents);
    context.timerService().deleteEventTimeTimer(timeMs);
    this.#ride.clear();
    out.collect(`${ride} ${cents}`);
  }

  override onTimer(_timestampMs: number, context: OnTimerContext<string>): void {
    this.#ride.clear();
    context.output(ALONE, context.currentKey());
  }
}

const ALONE = new OutputTag<string>("alone");

/** Rides of two streams, fares of one. */
function ridesJob(): JobHarness {
  const ride = (ms: number, id: string) => at(ms, { id });
  const fare = (ms: number, ride: string, cents: number) => at(ms, { ride, cents });
  const sources = {
    day: new ScriptSource<Ride>({ "d-0": [ride(10, "a"), ride(20, "b"), ride(70, "c")] }),
    night: new ScriptSource<Ride>({ "n-0": [ride(15, "x"), ride(40, "y"), ride(70, "z")] }),
    fares: new ScriptSource<Fare>({
      "f-0": [fare(12, "a", 1), fare(13, "y", 2), fare(31, "b", 3), fare(60, "q", 4), fare(70, "z", 5)],
    }),
  };
  const job = new JobHarness((env, { store }) => {
    const strategy = WatermarkStrategy.forMonotonousTimestamps();
    const [day, night] = [
      env.fromSource(sources.day, strategy, "day"),
      env.fromSource(sources.night, strategy, "night"),
    ];
    const rides = day.union(night).keyBy(({ id }) => id);
    const matched = rides.connect(env.fromSource(sources.fares, strategy, "fares").keyBy(({ ride }) => ride))
      .process(new RidesAndFares()).name("matched");
    matched.sinkTo(store.sink("matched"));
    matched.getSideOutput(ALONE).map((id) => `${id} alone`).sinkTo(store.sink("alone"));
  });
  for (const source of Object.values(sources)) {
    source.stepwise = true;
    source.onPoll = () => job.clock.advance(1_000);
  }
  return job;
}

// Records come in order of time over all three. The fare of 31 finds ride b though its timer is at 30: night is at 15 only.
const RIDES = ["a 1 @12", "x alone @25", "b 3 @31", "y 2 @40", "z 5 @70", "c alone @80"];

Deno.test("a union connected with another stream gives timers the time of the stream furthest behind", async () => {
  const job = ridesJob();
  await job.run();

  assertEquals(outputOf(job).toSorted(byTime), RIDES);
  assertEquals(job.store.entriesOf("timer"), {});
  // Fares without a ride are kept.
  assertEquals(job.store.entriesOf("state"), { '["matched","fare","","q"]': 4 });
});

function byTime(a: string, b: string): number {
  const timeOf = (text: string) => Number(text.split("@")[1]);
  return timeOf(a) - timeOf(b);
}

Deno.test("connected streams give the same, record for record, when the job dies at any commit", async () => {
  const undisturbed = ridesJob();
  await undisturbed.run();
  const commits = undisturbed.store.commits.length;
  assert(commits >= 6, `too few commits to be a test: ${commits}`);

  for (const moment of ["beforeCommit", "afterCommit"] as const) {
    for (let fatal = 1; fatal <= commits; fatal++) {
      const job = ridesJob();
      job.store[moment] = (number) => {
        if (number === fatal) throw new Error("kill -9");
      };
      await assertRejects(() => job.run(), Error, "kill -9");
      await job.run();
      assertEquals(outputOf(job).toSorted(byTime), RIDES, `${moment} ${fatal} of ${commits}`);
    }
  }
});

/** A timer at the time of each record of one stream; records of the other only move event time on. */
function timersJob(one: ScriptSource<string>, other: ScriptSource<string>): JobHarness {
  return new JobHarness((env, { store }) => {
    const strategy = WatermarkStrategy.forMonotonousTimestamps<string>();
    const [first, second] = [env.fromSource(one, strategy, "one"), env.fromSource(other, strategy, "other")];
    first.keyBy((key) => key).connect(second.keyBy((key) => key)).process<string>({
      processElement1: (_key, context) => context.timerService().registerEventTimeTimer(context.timestamp()!),
      processElement2: () => {},
      onTimer: (_timestampMs, context, out) => out.collect(`${context.currentKey()} fired`),
    }).name("timers").sinkTo(store.sink("out"));
  });
}

Deno.test("a connected stream that is silent is not waited for, and is again once it gives a record", async () => {
  const one = new ScriptSource({ "a-0": [at(10, "a"), at(20, "b")] });
  const other = new ScriptSource({ "b-0": [at(5, "x")] });
  const job = timersJob(one, other);
  const outputs: string[][] = [];
  const look = async () => {
    await job.settle();
    await job.advanceClock(1_000);
    outputs.push(outputOf(job));
  };
  await job.start({ idleMs: 60_000 });
  await job.advanceClock(50_000);
  one.append("a-0", at(21, "c"));
  await look();
  // Only the first stream has had records for a minute: event time is its, 20.
  await job.advanceClock(20_000);
  await look();
  one.append("a-0", at(31, "d"));
  await look();
  // The other one comes back at 6, behind 30: from now on it holds event time where it is.
  other.append("b-0", at(7, "y"));
  await job.settle();
  one.append("a-0", at(41, "e"));
  await look();
  other.append("b-0", at(32, "z"), at(50, "z"));
  await look();
  await job.stop();

  const [a, b, c, d] = ["a fired @10", "b fired @20", "c fired @21", "d fired @31"];
  assertEquals(outputs, [[], [a, b], [a, b, c], [a, b, c], [a, b, c, d]]);
});
