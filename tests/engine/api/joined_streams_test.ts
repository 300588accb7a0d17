import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { DataStream, SingleOutputStreamOperator } from "../../../src/engine/api/data_stream.ts";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { CountTrigger } from "../../../src/engine/windows/count_trigger.ts";
import { CountEvictor } from "../../../src/engine/windows/evictors.ts";
import { EventTimeSessionWindows } from "../../../src/engine/windows/session_windows.ts";
import { SlidingEventTimeWindows } from "../../../src/engine/windows/sliding_event_time_windows.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { JobHarness } from "../../../src/engine/testing/job_harness.ts";
import { outputOf } from "../counting_job.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { at, ScriptSource } from "../script_source.ts";

/** A record of the left stream; the right ones have other fields, so that none is taken for the other. */
interface Orange {
  readonly color: string;
  readonly n: number;
}

interface Green {
  readonly shade: string;
  readonly m: number;
}

type Describe = (oranges: DataStream<Orange>, greens: DataStream<Green>) => SingleOutputStreamOperator<string>;

type Times = Readonly<Record<string, readonly number[]>>;

/** A job of two streams: each key has a record at each of its times, which is its number, too. */
function newJob(oranges: Times, greens: Times, describe: Describe): JobHarness {
  const entries = <T>(times: Times, make: (key: string, ms: number) => T) =>
    Object.entries(times).flatMap(([key, times]) => times.map((ms) => at(ms, make(key, ms))))
      .sort((a, b) => a.timestampMs - b.timestampMs);
  const left = new ScriptSource<Orange>({ "o-0": entries(oranges, (color, n) => ({ color, n })) });
  const right = new ScriptSource<Green>({ "g-0": entries(greens, (shade, m) => ({ shade, m })) });
  const job = new JobHarness((env, { store }) => {
    describe(
      env.fromSource(left, WatermarkStrategy.forMonotonousTimestamps<Orange>(), "oranges"),
      env.fromSource(right, WatermarkStrategy.forMonotonousTimestamps<Green>(), "greens"),
    ).sinkTo(store.sink("out"));
  });
  for (const source of [left, right]) {
    source.stepwise = true;
    source.onPoll = () => job.clock.advance(1_000);
  }
  return job;
}

const joinIn = (assigner: TumblingEventTimeWindows | SlidingEventTimeWindows | EventTimeSessionWindows): Describe => {
  return (oranges, greens) =>
    oranges.join(greens).where(({ color }) => color).equalTo(({ shade }) => shade).window(assigner)
      .apply(({ color, n }, { m }) => `${color} ${n},${m}`);
};

// The three are the examples of Flink's documentation, page "Joining"; results have the window's largest timestamp.
Deno.test("join() gives all pairs of a tumbling window, and nothing where one stream has nothing", async () => {
  const job = newJob({ k: [0, 1, 2, 3, 4, 5, 6, 7] }, { k: [0, 1, 3, 4] }, joinIn(TumblingEventTimeWindows.of(2)));
  await job.run();

  assertEquals(outputOf(job), [
    ...["k 0,0 @1", "k 0,1 @1", "k 1,0 @1", "k 1,1 @1"],
    ...["k 2,3 @3", "k 3,3 @3"],
    ...["k 4,4 @5", "k 5,4 @5"],
  ]);
});

Deno.test("join() gives the pairs of each window that slides", async () => {
  const job = newJob({ k: [0, 1, 2, 3, 4] }, { k: [0, 3, 4] }, joinIn(SlidingEventTimeWindows.of(2, 1)));
  await job.run();

  assertEquals(outputOf(job), [
    ...["k 0,0 @0", "k 0,0 @1", "k 1,0 @1"],
    // Orange 2 finds green 3 in [2, 3], and nothing in [1, 2].
    ...["k 2,3 @3", "k 3,3 @3"],
    ...["k 3,3 @4", "k 3,4 @4", "k 4,3 @4", "k 4,4 @4"],
    "k 4,4 @5",
  ]);
});

Deno.test("join() gives the pairs of a session that records of both streams make", async () => {
  const job = newJob({ k: [1, 2, 5, 6, 20, 21] }, { k: [3, 4, 12] }, joinIn(EventTimeSessionWindows.withGap(3)));
  await job.run();

  const pairs = [1, 2, 5, 6].flatMap((n) => [3, 4].map((m) => `k ${n},${m} @8`));
  assertEquals(outputOf(job), pairs);
});

Deno.test("join() joins records of one key only", async () => {
  const job = newJob({ a: [1], b: [2] }, { b: [3], c: [4] }, joinIn(TumblingEventTimeWindows.of(10)));
  await job.run();

  assertEquals(outputOf(job), ["b 2,3 @9"]);
});

Deno.test("join() of a stream with itself gives each record with each of its key", async () => {
  const job = newJob(
    { a: [1, 2], b: [3] },
    {},
    (oranges) =>
      oranges.join(oranges).where(({ color }) => color).equalTo(({ color }) => color)
        .window(TumblingEventTimeWindows.of(10)).apply((left, right) => `${left.n},${right.n}`),
  );
  await job.run();

  assertEquals(outputOf(job).toSorted(), ["1,1 @9", "1,2 @9", "2,1 @9", "2,2 @9", "3,3 @9"]);
});

/** "a: 1 2 | 3": all of a window at once. */
const together: Describe = (oranges, greens) =>
  oranges.coGroup(greens).where(({ color }) => color).equalTo(({ shade }) => shade)
    .window(TumblingEventTimeWindows.of(10))
    .apply((lefts, rights, out) => out.collect(`${lefts.map(({ n }) => n)} | ${rights.map(({ m }) => m)}`));

Deno.test("coGroup() gives all of a window at once, also where one stream has nothing", async () => {
  const job = newJob({ a: [1, 2, 11], b: [3] }, { a: [4], c: [5, 6] }, together);
  await job.run();

  assertEquals(outputOf(job), ["1,2 | 4 @9", "3 |  @9", " | 5,6 @9", "11 |  @19"]);
});

Deno.test("coGroup() gives any number of records", async () => {
  const job = newJob(
    { a: [1, 2] },
    { a: [4] },
    (oranges, greens) =>
      oranges.coGroup(greens).where(({ color }) => color).equalTo(({ shade }) => shade)
        .window(TumblingEventTimeWindows.of(10))
        .apply<string>((lefts, _rights, out) => lefts.forEach(({ n }) => out.collect(`${n}`))),
  );
  await job.run();

  assertEquals(outputOf(job), ["1 @9", "2 @9"]);
});

Deno.test("join() and coGroup() take trigger(), evictor() and allowedLateness() as windows do", async () => {
  const windows = (oranges: DataStream<Orange>, greens: DataStream<Green>) =>
    oranges.coGroup(greens).where(({ color }) => color).equalTo(({ shade }) => shade)
      .window(TumblingEventTimeWindows.of(10));
  const show = (lefts: readonly Orange[], rights: readonly Green[], out: { collect(text: string): void }) =>
    out.collect(`${lefts.map(({ n }) => n)} | ${rights.map(({ m }) => m)}`);
  const times = [{ a: [1, 2] }, { a: [4, 5] }] as const;

  // As seen in Flink: what is left at the window's end is dropped without firing.
  const counting = newJob(...times, (...streams) => windows(...streams).trigger(CountTrigger.of(3)).apply(show));
  await counting.run();
  assertEquals(outputOf(counting), ["1,2 | 4 @9"]);

  const evicting = newJob(...times, (...streams) => windows(...streams).evictor(CountEvictor.of(3)).apply(show));
  await evicting.run();
  assertEquals(outputOf(evicting), ["2 | 4,5 @9"]);

  for (const latenessMs of [0, 10]) {
    const late = new ScriptSource<Orange>({ "o-0": [at(1, { color: "a", n: 1 }), at(12, { color: "a", n: 12 })] });
    const greens = new ScriptSource<Green>({ "g-0": [at(4, { shade: "a", m: 4 }), at(13, { shade: "a", m: 13 })] });
    const job = new JobHarness((env, { store }) => {
      windows(
        env.fromSource(late, WatermarkStrategy.forMonotonousTimestamps<Orange>(), "oranges"),
        env.fromSource(greens, WatermarkStrategy.forMonotonousTimestamps<Green>(), "greens"),
      ).allowedLateness(latenessMs).apply(show).sinkTo(store.sink("out"));
    });
    // Event time has come to 11 when the late orange comes.
    await job.start();
    late.append("o-0", at(2, { color: "a", n: 2 }));
    await job.settle();
    await job.stop();

    const again = latenessMs === 0 ? [] : ["1,2 | 4 @9"];
    assertEquals([outputOf(job), job.store.letters.length], [["1 | 4 @9", ...again], 1 - again.length]);
  }
});

Deno.test("join() says where a record is that came too late, as windows do", async () => {
  const greens = new ScriptSource<Green>({ "g-0": [at(25, { shade: "a", m: 25 })] });
  const oranges = new ScriptSource<Orange>({ "o-0": [at(25, { color: "a", n: 25 })] });
  const job = new JobHarness((env, { store }) => {
    joinIn(TumblingEventTimeWindows.of(10))(
      env.fromSource(oranges, WatermarkStrategy.forMonotonousTimestamps<Orange>(), "oranges"),
      env.fromSource(greens, WatermarkStrategy.forMonotonousTimestamps<Green>(), "greens"),
    ).name("pairs").sinkTo(store.sink("out"));
  });
  await job.start();
  oranges.append("o-0", at(2, { color: "a", n: 2 }));
  await job.settle();
  await job.stop();

  assertEquals(job.store.letters.map(({ operator, origin }) => [operator, origin?.topic, origin?.offset]), [
    ["pairs", "o-0", 1],
  ]);
});

// ----------------------------------------------------------------------------------------------- model and restarts

const times = fc.dictionary(
  fc.constantFrom("a", "b"),
  fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }),
  { noNullPrototype: true },
);

Deno.test("join() gives what a loop over all pairs and windows gives, wherever the job dies", async () => {
  await fc.assert(
    fc.asyncProperty(
      times,
      times,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.record({ commits: fc.integer({ min: 1, max: 8 }), kept: fc.boolean() }), { maxLength: 3 }),
      async (oranges, greens, sizeMs, slideMs, crashes) => {
        const expected: string[] = [];
        for (let startMs = -15; startMs <= 45; startMs++) {
          if (startMs % slideMs !== 0) continue;
          const inside = (ms: number) => ms >= startMs && ms < startMs + sizeMs;
          for (const [key, times] of Object.entries(oranges)) {
            for (const n of times.filter(inside)) {
              for (const m of (greens[key] ?? []).filter(inside)) {
                expected.push(`${key} ${n},${m} @${startMs + sizeMs - 1}`);
              }
            }
          }
        }
        const job = newJob(oranges, greens, joinIn(SlidingEventTimeWindows.of(sizeMs, slideMs)));
        const { store } = job;
        for (const { commits, kept } of crashes) {
          const fatal = store.attemptedCommits + commits;
          const die = (number: number) => {
            if (number === fatal) throw new Error("kill -9");
          };
          if (kept) store.afterCommit = die;
          else store.beforeCommit = die;
          await job.run().catch((error) => assertEquals(error.message, "kill -9"));
          store.afterCommit = store.beforeCommit = () => {};
        }
        await job.run();

        assertEquals(outputOf(job).toSorted(), expected.toSorted());
      },
    ),
    { seed: 20_261_021, numRuns: 100 },
  );
});

Deno.test("coGroup() gives the same, record for record, when the job dies at any commit", async () => {
  const newTogether = () => newJob({ a: [1, 2, 11, 25], b: [3] }, { a: [4, 12], c: [5, 6] }, together);
  const undisturbed = newTogether();
  await undisturbed.run();
  const commits = undisturbed.store.commits.length;
  assert(commits >= 6, `too few commits to be a test: ${commits}`);

  for (const moment of ["beforeCommit", "afterCommit"] as const) {
    for (let fatal = 1; fatal <= commits; fatal++) {
      const job = newTogether();
      job.store[moment] = (number) => {
        if (number === fatal) throw new Error("kill -9");
      };
      await assertRejects(() => job.run(), Error, "kill -9");
      await job.run();
      assertEquals(outputOf(job), outputOf(undisturbed), `${moment} ${fatal} of ${commits}`);
    }
  }
});

// ----------------------------------------------------------------------------------------------------- description

function newStreams(env = new StreamExecutionEnvironment({ clock: new ManualClock() })) {
  return { env, oranges: env.fromCollection<Orange>([]), greens: env.fromCollection<Green>([]) };
}

Deno.test("name() and uid() are those of the join as a whole", () => {
  const { env, oranges, greens } = newStreams();
  const joined = joinIn(TumblingEventTimeWindows.of(10));
  joined(oranges, greens);
  joined(oranges, greens).name("pairs");
  joined(oranges, greens).uid("pairs-uid").name("named");

  assertEquals(env.graph.nodes.slice(2).map(({ name, uid }) => [name, uid]), [
    ["tag", "tag-1"],
    ["tag", "tag-2"],
    ["window join", "window join-1"],
    ["pairs, left", "pairs, left"],
    ["pairs, right", "pairs, right"],
    ["pairs", "pairs"],
    ["named, left", "pairs-uid, left"],
    ["named, right", "pairs-uid, right"],
    ["named", "pairs-uid"],
  ]);
});

Deno.test("join() and coGroup() add nothing to a job before apply()", () => {
  const { env, oranges, greens } = newStreams();
  const windows = oranges.coGroup(greens).where(({ n }) => n).equalTo(({ m }) => m).window(
    TumblingEventTimeWindows.of(1),
  );
  assertEquals(env.graph.nodes.length, 2);
  windows.apply(() => {});
  assertEquals(env.graph.nodes.length, 5);
});

Deno.test("join() and coGroup() refuse what they cannot use, at the line that was written", () => {
  const { oranges, greens } = newStreams();
  const elsewhere = newStreams().greens;
  for (const method of ["join", "coGroup"] as const) {
    assertThrows(() => oranges[method](elsewhere), TypeError, `Cannot ${method} streams of two environments`);
    assertThrows(() => oranges[method]({} as never), TypeError, `Cannot describe ${method}(): it takes a stream`);
    const pair = oranges[method](greens);
    assertThrows(() => pair.where("color" as never), TypeError, "Cannot describe where(): it takes a function");
    const where = pair.where(({ n }) => n);
    assertThrows(() => where.equalTo("m" as never), TypeError, "Cannot describe equalTo(): it takes a function");
    const equal = where.equalTo(({ m }) => m);
    assertThrows(() => equal.window(10 as never), TypeError, "Cannot describe window(): it takes a window assigner");
    const windows = equal.window(TumblingEventTimeWindows.of(10));
    assertThrows(() => windows.apply("pair" as never), TypeError, "Cannot describe apply(): it takes a function");
    const later = async () => {};
    assertThrows(() => windows.apply(later as never), TypeError, "use AsyncDataStream");
  }
});

Deno.test("join() and coGroup() keep types from one end to the other", () => {
  const { oranges, greens } = newStreams();
  const windows = TumblingEventTimeWindows.of(10);
  // @ts-expect-error: one key is text, the other a number
  oranges.join(greens).where(({ color }) => color).equalTo(({ m }) => m);
  // @ts-expect-error: the key is of another type here too
  oranges.coGroup(greens).where(({ color }) => color).equalTo(({ m }) => m);
  // @ts-expect-error: a function is no key
  oranges.join(greens).where(({ color }) => () => color);

  oranges.join(greens).where(({ color }) => color).equalTo(({ shade }) => shade).window(windows)
    .apply(({ n }, { m }) => n + m).map((sum) => sum.toFixed());
  oranges.coGroup(greens).where(({ color }) => color).equalTo(({ shade }) => shade).window(windows)
    .apply<number>((lefts, rights, out) => {
      out.collect(lefts.length + rights.length);
      // @ts-expect-error: it gives numbers
      out.collect("text");
    });
});
