import { assert, assertEquals, assertRejects } from "@std/assert";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import type { EnvironmentOptions } from "../../../src/engine/runtime/job_settings.ts";
import { JobError } from "../../../src/engine/errors.ts";
import { type Collector, ProcessWindowFunction, type WindowContext } from "../../../src/engine/functions/functions.ts";
import type { Sink, SinkContext, SinkWriter } from "../../../src/engine/sink.ts";
import { ValueStateDescriptor } from "../../../src/engine/state/state.ts";
import { nextTurn } from "../../../src/engine/testing/watched_clock.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { countOf, windowCounts } from "../counting_job.ts";
import { SteppedJob } from "../stepped_job.ts";
import type { Commit } from "../../../src/engine/testing/memory_job_store.ts";
import { RetriableError } from "../../../src/engine/testing/memory_job_store.ts";
import { at, bad, type Entry, ScriptSource } from "../script_source.ts";

const changesOf = (commit: Commit | undefined) => Object.fromEntries(commit!.changes);

// -------------------------------------------------------------------------------------------------------- commits

Deno.test("JobRun commits where it begins before the first record", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")], "s-1": [] });
  const job = SteppedJob.counting(source);
  job.store.beforeCommit = (number) => {
    if (number === 1) assertEquals(source.calls, ["open"]); // not started
  };
  await job.execute({ from: "latest" });

  const [first] = job.store.commits;
  assertEquals(changesOf(first), {
    '["split","texts","s-0"]': '{"position":1}',
    '["split","texts","s-1"]': '{"position":0}',
    '["job"]': JSON.stringify({
      format: 1,
      watermarks: {},
      stamps: { counts: { window: "TumblingEventTimeWindows(10 ms)" } },
      versions: { counts: { contents: "window 1" } },
      bounds: null,
      finishedAtMs: null,
    }),
  });
  assertEquals(first!.positions, [
    { topic: "s-0", partition: 0, offset: 1 },
    { topic: "s-1", partition: 0, offset: 0 },
  ]);
});

Deno.test("JobRun commits when it is due, however slow a function is", async () => {
  const source = new ScriptSource({ "s-0": Array.from({ length: 1_000 }, (_, i) => at(i, "a 1")) });
  const job: SteppedJob = new SteppedJob((env, { store }) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").map((text) => {
      job.clock.advance(10);
      return text;
    }).sinkTo(store.sink("out"));
  });
  await job.run({ commitIntervalMs: 1_000 });

  // Ten seconds of work: the one before the first record, that of the first output, one a second and the last.
  const { length } = job.store.commits;
  assert(length >= 9 && length <= 13, `${length} commits`);
});

Deno.test("JobRun fixes the ends of a bounded run in its first commit, and keeps to them", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(2, "a 1")] });
  const job = SteppedJob.counting(source);
  job.store.beforeCommit = (number) => {
    if (number === 1) source.append("s-0", at(3, "a 1"));
    if (number === 2) throw new Error("crash");
  };
  await assertRejects(() => job.run(), Error, "crash");
  assertEquals(job.store.job.bounds, { texts: { "s-0": 2 } });

  job.store.beforeCommit = () => {};
  await job.run();
  assertEquals(source.contexts[1]!.restoredBounds, new Map([["s-0", 2]]));
  assertEquals([job.output, job.store.job.bounds], [["a 2 @9"], null]);
});

Deno.test("JobRun commits nothing while nothing changes", async () => {
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [] }));
  await job.execute({}, ...Array.from({ length: 20 }, () => () => job.clock.advance(10_000)));

  assertEquals(job.store.attemptedCommits, 1);
});

Deno.test("JobRun commits what has changed once per interval, outputs, state and positions together", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "z 1"), at(11, "z 1"), at(20, "z 1")] });
  const job = SteppedJob.counting(source, { commitIntervalMs: 1_000 });
  const commits = () => job.store.commits.length;
  await job.execute(
    {},
    // The first output is committed at once.
    () => assertEquals([commits(), job.output], [2, ["z 1 @9", "z 1 @19"]]),
    () => source.append("s-0", at(21, "a 1"), at(22, "b 1"), at(32, "a 1")),
    () => job.clock.advance(999),
    () => assertEquals(commits(), 2),
    () => job.clock.advance(1),
    () => assertEquals(commits(), 3),
  );

  const third = job.store.commits[2];
  assertEquals(third!.output.map(({ value, timestampMs }) => [value, timestampMs]), [["z 1", 29], ["a 1", 29], [
    "b 1",
    29,
  ]]);
  // Of the windows that opened and fired in between there is no trace.
  assertEquals(changesOf(third), {
    '["split","texts","s-0"]': '{"position":6,"watermark":31}',
    '["state","counts","contents","20:30","z"]': null,
    '["state","counts","contents","30:40","a"]': '[39,5,"a 1"]',
    '["job"]': changesOf(third)['["job"]'],
  });
  assertEquals(job.store.job.watermarks, { texts: 31, counts: 31, out: 31 });
  assertEquals(third!.positions, [{ topic: "s-0", partition: 0, offset: 6 }]);
  assertEquals(commits(), 3);
});

Deno.test("JobRun commits state without output when the interval is over", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  await job.execute(
    {},
    () => job.clock.advance(999),
    () => assertEquals(job.store.commits.length, 1),
    () => job.clock.advance(1),
    () => assertEquals(job.store.entriesOf("state"), { '["counts","contents","0:10","a"]': [9, 0, "a 1"] }),
  );
});

Deno.test("JobRun commits at once when something changes after a silence longer than the interval", async () => {
  const source = new ScriptSource({ "s-0": [] as Entry<string>[] });
  const job = SteppedJob.counting(source);
  await job.execute(
    {},
    () => job.clock.advance(5_000),
    () => source.append("s-0", at(1, "a 1")),
    () => assertEquals(job.store.commits.length, 2),
  );
});

for (const [how, jumpMs] of [["back", -3_600_000], ["forward", 3_600_000]] as const) {
  Deno.test(`JobRun is not disturbed by a clock that is set an hour ${how}`, async () => {
    const source = new ScriptSource({ "s-0": [at(1, "a 1")], "s-1": [] as Entry<string>[] });
    const job = SteppedJob.counting(source, { commitIntervalMs: 1_000, idleMs: 5_000 });
    const commits = () => job.store.commits.length;
    await job.execute(
      {},
      () => job.clock.advance(1_000),
      () => assertEquals(commits(), 2),
      () => job.clock.setTimeOfDay(job.clock.nowMs + jumpMs),
      () => source.append("s-0", at(2, "a 1")),
      () => job.clock.advance(999),
      () => assertEquals(commits(), 2),
      () => job.clock.advance(1),
      () => assertEquals(commits(), 3),
      // The empty split holds event time for its 5 s, and no longer.
      () => source.append("s-0", at(21, "b 1")),
      () => job.clock.advance(2_999),
      () => assertEquals(job.output, []),
      () => job.clock.advance(1),
      () => assertEquals(job.output.length, 1),
      () => job.clock.advance(5_000),
    );
    assertEquals(job.logged.filter((line) => line.includes("to go")), ["info: 3 in, 1 out, 0 to go"]);
    assertEquals(job.logged.filter((line) => line.includes("stood still")), []);
  });
}

Deno.test("JobRun sleeps until the commit is due, the next split may fall idle, or ten seconds have passed", async () => {
  const source = new ScriptSource({ "s-0": [] as Entry<string>[] });
  const job = SteppedJob.counting(source, { commitIntervalMs: 300, idleMs: 5_000 });
  await job.execute(
    {},
    () => job.clock.advance(100),
    () => source.append("s-0", at(1, "a 1")),
    () => job.clock.advance(200),
    () => job.clock.advance(5_000),
  );

  // Idle in 5,000; 100 ms later 4,900. The record makes it 5,000 again, and its commit is due 300 ms after the first.
  assertEquals(job.clock.sleeps.filter((ms) => ms > 0), [5_000, 4_900, 200, 4_800, 4_700]);
});

Deno.test("JobRun brings the commit forward when much output waits for it", async () => {
  const many = Array.from({ length: 55_000 }, (_, index) => at(index, `${index} 1`));
  const source = new ScriptSource({ "s-0": many });
  const job = new SteppedJob((env, { store }) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").sinkTo(store.sink("out"));
  });
  await job.execute();

  // The clock stands still. 2,000 records are taken at a time, and the first output is committed at once.
  assertEquals(job.store.commits.map(({ output }) => output.length), [0, 2_000, 50_000, 3_000]);
});

Deno.test("JobRun restores from a commit that did not come through: nothing of it is left", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(11, "a 1")] });
  const job = SteppedJob.counting(source);
  job.store.beforeCommit = (number) => {
    if (number === 2) throw new Error("power failure");
  };
  await assertRejects(() => job.run(), Error, "power failure");
  assertEquals([job.output, Object.keys(job.store.entriesOf("state"))], [[], []]);

  await job.run();
  assertEquals(job.output, ["a 1 @9", "a 1 @19"]);
});

Deno.test("JobRun logs what does not close, and closes the rest", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = new SteppedJob((env) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").process<string>({
      processElement: (text, _context, out) => out.collect(text),
      close() {
        throw new RangeError("no room for the last page");
      },
    }).name("pages").sinkTo({
      description: "a file",
      exactlyOnceWith: () => true,
      open: () => Promise.resolve({ write() {}, close: () => Promise.reject(new Error("the disk is full")) }),
    }).name("file");
  });
  const { end } = await job.run();

  assertEquals([end, source.calls], ["finished", ["open", "start", "close"]]);
  assertEquals(job.logged.filter((line) => line.startsWith("warn")).sort(), [
    'warn: could not close "file": the disk is full',
    'warn: could not close "pages": no room for the last page',
  ]);
});

Deno.test("JobRun closes sources and sinks after an error, also when it opened only some of them", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const calls: string[] = [];
  const sink: Sink<string> = {
    description: "broken",
    exactlyOnceWith: () => true,
    open: (): Promise<SinkWriter<string>> => Promise.reject(new Error("no room")),
  };
  const first: Sink<string> = {
    ...sink,
    open: () => Promise.resolve({ write() {}, close: () => void calls.push("close") }),
  };
  const job = new SteppedJob((env) => {
    const texts = env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts");
    texts.sinkTo(first).name("first");
    texts.sinkTo(sink).name("broken");
  });

  await assertRejects(() => job.run(), Error, "no room");
  assertEquals([source.calls, calls, job.store.sessions.map(({ closed }) => closed)], [["open", "close"], ["close"], [
    true,
  ]]);
});

Deno.test("JobRun flushes a sink that is no part of the commit before each commit", async () => {
  const events: string[] = [];
  const sink: Sink<string> = {
    description: "list",
    exactlyOnceWith: () => false,
    open: () =>
      Promise.resolve({
        write: (value) => void events.push(`write ${value}`),
        flush: () => void events.push("flush"),
      }),
  };
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = new SteppedJob((env) =>
    void env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").sinkTo(sink)
  );
  job.store.beforeCommit = () => void events.push("commit");
  await job.run();

  assertEquals(events.filter((event, index) => event !== events[index - 1]), [
    "flush",
    "commit",
    "write a 1",
    "flush",
    "commit",
  ]);
});

Deno.test("JobRun asks the store to send what it has when at-least-once is asked for", async () => {
  const flushes = async (delivery: "exactly-once" | "at-least-once") => {
    const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
    const job = new SteppedJob((env, { store }) => {
      env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").sinkTo(store.sink("out"));
    });
    await job.execute({ delivery }, () => {});
    return job.store.sessions[0]!.calls.filter((call) => call === "flush").length > 0;
  };

  assertEquals([await flushes("at-least-once"), await flushes("exactly-once")], [true, false]);
});

/** A job of texts at least once, whose store does `work` at the end of each flush; and the texts that it has taken. */
function flushingJob(source: ScriptSource<string>, work: (nth: number) => Promise<void>): [SteppedJob, string[]] {
  const taken: string[] = [];
  const job = new SteppedJob((env, { store }) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").map((text) => {
      taken.push(text);
      return text;
    }).sinkTo(store.sink("out"));
  }, { delivery: "at-least-once" });
  const openJob = job.store.openJob.bind(job.store);
  let flushes = 0;
  job.store.openJob = async (request) => {
    const session = await openJob(request);
    const flush = session.flush.bind(session);
    session.flush = async () => {
      await flush();
      await work(++flushes);
    };
    return session;
  };
  return [job, taken];
}

Deno.test("JobRun takes records while the store takes output, one flush after the other, and commits after them", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a")] });
  const gate = Promise.withResolvers<void>();
  let flushes = 0;
  const [job, taken] = flushingJob(source, (nth) => {
    flushes = nth;
    return nth === 2 ? gate.promise : Promise.resolve();
  });
  const add = (text: string) => () => {
    source.announce("s-0", at(1, text));
    source.deliver();
  };
  const done = job.execute({}, add("b"), add("c"));
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  const { length: commits } = job.store.commits;

  assertEquals([taken, flushes], [["a", "b", "c"], 2]);
  gate.resolve();
  await done;
  assertEquals([flushes >= 3, job.store.commits.length > commits, job.output], [true, true, ["a @1", "b @1", "c @1"]]);
});

Deno.test("JobRun ends with the error of a flush that it did not wait for", async () => {
  const [job] = flushingJob(new ScriptSource({ "s-0": [at(1, "a")] }), () => Promise.reject(new Error("no room")));

  await assertRejects(() => job.execute(), Error, "no room");
});

// -------------------------------------------------------------------------------------------------------- restore

/** Adds each window's count to those of all windows before: "a 2 of 5". */
class Totals extends ProcessWindowFunction<string, string, string> {
  readonly #total = new ValueStateDescriptor<number>("total");

  override process(
    key: string,
    context: WindowContext,
    [text]: Iterable<string> & [string],
    out: Collector<string>,
  ): void {
    const state = context.globalState().getState(this.#total);
    const { n } = countOf(text);
    const total = (state.value() ?? 0) + n;
    state.update(total);
    out.collect(`${key} ${n} of ${total}`);
  }
}

/**
 * Two splits with late, undecodable and equal times, of which the job makes windows, totals over the windows and, past the
 * windows, a running count.
 */
function busyJob(): { job: SteppedJob; source: ScriptSource<string> } {
  const source = new ScriptSource<string>({
    "s-0": [at(1, "a 1"), at(4, "b 1"), at(12, "a 1"), bad(13, "not JSON"), at(25, "c 1"), at(3, "a 7"), at(41, "a 1")],
    "s-1": [at(2, "b 1"), at(12, "b 1"), at(12, "a 1"), at(27, "a 1"), at(38, "c 1"), at(38, "b 1")],
  });
  source.stepwise = true;
  const job = new SteppedJob((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "texts").map((text) => text).name(
      "map",
    );
    const byKey = texts.keyBy((text) => countOf(text).key);
    byKey.window(TumblingEventTimeWindows.of(10))
      .reduce(
        (accumulated, next) => `${countOf(accumulated).key} ${countOf(accumulated).n + countOf(next).n}`,
        new Totals() as never,
      )
      .name("windows")
      .sinkTo(store.sink("windows")).name("windows_sink");
    byKey.reduce((accumulated, next) => `${countOf(accumulated).key} ${countOf(accumulated).n + countOf(next).n}`).name(
      "running",
    )
      .sinkTo(store.sink("running")).name("running_sink");
  });
  // Each look of the job brings a record of each split, and a commit.
  source.onPoll = () => job.clock.advance(1_000);
  return { job, source };
}

/** All that lasts: output by sink, dead letters, state. When it ended is left out. */
function lasting({ store }: SteppedJob): unknown {
  const bySink = (name: string) =>
    store.output.filter(({ sink }) => sink === name).map(({ value, timestampMs }) => [value, timestampMs]);
  return {
    windows: bySink("windows"),
    running: bySink("running"),
    letters: store.letters.map(({ origin, message }) => [origin?.topic, origin?.offset, message]),
    entries: new Map([...store.entries].filter(([key]) => key !== '["job"]')),
    job: { ...store.job, finishedAtMs: null },
  };
}

Deno.test("JobRun emits windows and totals, and has late records and dead letters, as worked out by hand", async () => {
  const { job } = busyJob();
  const { books, end } = await job.run();

  // Taken: a1 b2 b4 a12 | 13 bad | b12 a12 c25 a3 a27 | c38 b38 a41. Event time is the smaller of both splits' last − 1.
  assertEquals(job.output.filter((text) => text.includes("of")), [
    "a 1 of 1 @9",
    "b 2 of 2 @9",
    "a 2 of 3 @19",
    "b 1 of 3 @19",
    "c 1 of 1 @29",
    "a 1 of 4 @29",
    "c 1 of 2 @39",
    "b 1 of 4 @39",
    "a 1 of 5 @49",
  ]);
  assertEquals(
    job.store.letters.map(({ operator, errorClass, origin }) => [operator, errorClass, origin?.topic, origin?.offset]),
    [
      ["texts", "RecordError", "s-0", 3],
      ["windows", "LateRecord", "s-0", 5],
    ],
  );
  assertEquals(end, "finished");
  assertEquals([books.recordsIn, books.recordsOut, books.late, books.dead, books.pendingTimers], [13, 9 + 12, 1, 1, 0]);
  // What is left: totals and running counts, no open window, and where event time really is: s-1 stands at 38.
  assertEquals(Object.keys(job.store.entriesOf("timer")), []);
  assertEquals(job.store.entriesOf("state"), {
    '["windows","total","","a"]': 5,
    '["windows","total","","b"]': 4,
    '["windows","total","","c"]': 2,
    '["running","sofar","","a"]': "a 12",
    '["running","sofar","","b"]': "b 4",
    '["running","sofar","","c"]': "c 2",
  });
  assertEquals(job.store.job.watermarks, {
    texts: 37,
    map: 37,
    windows: 37,
    windows_sink: 37,
    running: 37,
    running_sink: 37,
  });
});

Deno.test("JobRun gives the same whether records come one by one or all at once", async () => {
  const { job: slow } = busyJob();
  await slow.run();
  const { job: fast, source } = busyJob();
  source.stepwise = false;
  await fast.run();

  assertEquals(lasting(fast), lasting(slow));
  assert(fast.store.commits.length < slow.store.commits.length);
});

Deno.test("JobRun gives the same, record for record, when it dies at any commit, before it or right after", async () => {
  const { job: undisturbed } = busyJob();
  await undisturbed.run();
  const commits = undisturbed.store.commits.length;
  assert(commits >= 8, `too few commits to be a test: ${commits}`);

  for (const moment of ["beforeCommit", "afterCommit"] as const) {
    for (let fatal = 1; fatal <= commits; fatal++) {
      const { job } = busyJob();
      job.store[moment] = (number) => {
        if (number === fatal) throw new Error("kill -9");
      };
      await assertRejects(() => job.run(), Error, "kill -9");
      await job.run();
      assertEquals(lasting(job), lasting(undisturbed), `${moment} ${fatal} of ${commits}`);
    }
  }
});

Deno.test("JobRun gives the same when every attempt lives for one commit more than its first", async () => {
  const { job: undisturbed } = busyJob();
  await undisturbed.run();

  const { job } = busyJob();
  job.store.afterCommit = (_number, session) => {
    if (session.calls.filter((call) => call === "commit").length === 2 && job.store.job.finishedAtMs === null) {
      throw new RetriableError("The broker is away");
    }
  };
  await job.execute({ bounded: true }, ...Array.from({ length: 100 }, () => () => {}));

  assert(job.store.sessions.length >= 7, `too few attempts to be a test: ${job.store.sessions.length}`);
  assertEquals(lasting(job), lasting(undisturbed));
});

Deno.test("JobRun gives the same when a sink throws at any record", async () => {
  const { job: undisturbed } = busyJob();
  await undisturbed.run();

  for (let fatal = 1; fatal <= undisturbed.store.output.length; fatal++) {
    const { job } = busyJob();
    let written = 0;
    const sink = job.store.sink.bind(job.store);
    job.store.sink = <T>(name: string): Sink<T> => {
      const whole = sink<T>(name);
      return {
        ...whole,
        open: async (context) => {
          const writer = await whole.open(context);
          return {
            write: (value: T, timestampMs: number) => {
              if (++written === fatal) throw new JobError("sink is full");
              writer.write(value, timestampMs);
            },
          };
        },
      };
    };
    await assertRejects(() => job.run(), JobError, "sink is full");
    await job.run();
    assertEquals(lasting(job), lasting(undisturbed), `at record ${fatal}`);
  }
});

/** Two streams, each through a map, into windows. */
function unionJob(): SteppedJob {
  const first = new ScriptSource({ "f-0": [at(90, "a 1"), at(300, "a 1"), at(150, "a 1"), at(500, "a 1")] });
  const second = new ScriptSource({ "s-0": [at(100, "b 1"), at(200, "b 1"), at(400, "b 1")] });
  const job = new SteppedJob((env, { store }) => {
    const streams = [first, second].map((source, index) =>
      env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), `source_${index}`).map((text) => text)
        .name(`map_${index}`)
    );
    windowCounts(streams[0]!.union(streams[1]!)).sinkTo(store.sink("windows"));
  });
  for (const source of [first, second]) {
    source.stepwise = true;
    source.onPoll = () => job.clock.advance(1_000);
  }
  return job;
}

Deno.test("JobRun takes event time of a union from the stream furthest behind", async () => {
  const job = unionJob();
  await job.run();

  // At 300 of the first stream the second is at 200: the window of 150 is closed already.
  assertEquals(job.output, ["a 1 @99", "b 1 @109", "b 1 @209", "a 1 @309", "b 1 @409", "a 1 @509"]);
  assertEquals(job.store.letters.map(({ origin }) => [origin?.topic, origin?.offset]), [["f-0", 2]]);
});

// The union has to know after a restart how far each of its streams had come.
Deno.test("JobRun gives the same when a job with a union dies at any commit", async () => {
  const undisturbed = unionJob();
  await undisturbed.run();
  const commits = undisturbed.store.commits.length;

  for (let fatal = 2; fatal <= commits; fatal++) {
    const job = unionJob();
    job.store.beforeCommit = (number) => {
      if (number === fatal) throw new Error("kill -9");
    };
    await assertRejects(() => job.run(), Error, "kill -9");
    await job.run();
    assertEquals(lasting(job), lasting(undisturbed), `commit ${fatal} of ${commits}`);
  }
});

/** One split falls silent, the other goes on, the silent one comes back behind. */
async function idleJob(restart: boolean): Promise<SteppedJob> {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")], "s-1": [at(25, "b 1")] });
  const job = SteppedJob.counting(source);
  const comeBack = [
    () => job.clock.advance(60_000),
    () => source.append("s-0", at(5, "a 1")),
    () => job.clock.advance(1_000),
  ];
  const goOn = [
    () => source.append("s-0", at(7, "a 1")),
    () => source.append("s-0", at(100, "c 1")),
    () => source.append("s-1", at(100, "c 1")),
    () => job.clock.advance(1_000),
  ];
  if (restart) {
    await job.execute({}, ...comeBack);
    await job.execute({}, ...goOn);
  } else {
    await job.execute({}, ...comeBack, ...goOn);
  }
  return job;
}

Deno.test("JobRun does not wait for a silent split, whose records are then late", async () => {
  const job = await idleJob(false);

  assertEquals(job.output, ["a 1 @9", "b 1 @29"]);
  assertEquals(job.store.letters.map(({ origin }) => origin?.offset), [1, 2]);
});

Deno.test(
  "JobRun gives the same when it is started again after a silent split has come back behind",
  async () => {
    const [undisturbed, restarted] = [await idleJob(false), await idleJob(true)];

    assertEquals(restarted.output, undisturbed.output);
    assertEquals(restarted.store.letters.length, undisturbed.store.letters.length);
  },
);

// --------------------------------------------------------------------------------------------------- bounded runs

Deno.test("JobRun never stores the end of time: records after a bounded run open their window afresh", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(12, "a 1")] });
  const job = SteppedJob.counting(source);
  await job.run();
  assertEquals(job.output, ["a 1 @9", "a 1 @19"]);
  assertEquals(job.store.job.watermarks, { texts: 11, counts: 11, out: 11 });

  source.append("s-0", at(15, "a 1"), at(5, "a 1"), at(21, "a 1"));
  const { books } = await job.run();

  // A second result for [10, 20) which the end had fired early; [0, 10) was really over.
  assertEquals(job.output.slice(2), ["a 1 @19", "a 1 @29"]);
  assertEquals([books.late, job.store.letters.length], [1, 1]);
});

Deno.test("JobRun goes on from a bounded run with one without an end", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  await job.run();
  await job.execute(
    { from: "latest" },
    () => source.append("s-0", at(2, "a 1")),
    () => source.append("s-0", at(11, "b 1")),
  );

  assertEquals(job.output, ["a 1 @9", "a 1 @9"]);
  assertEquals(source.contexts[1]!.restored, new Map([["s-0", 1]]));
});

Deno.test("JobRun stores when a bounded run came to its end, and forgets it when the next one begins", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  await job.run();
  assertEquals(job.store.job.finishedAtMs, 1_000_000);
  const seen: unknown[] = [];
  job.store.afterCommit = () => void seen.push(job.store.job.finishedAtMs);
  job.clock.advance(7);
  await job.run();

  assertEquals(seen, [null, 1_000_007]);
});

Deno.test("JobRun ends without bounds when all its sources are collections", async () => {
  const job = new SteppedJob((env, { store }) => {
    env.fromCollection(["a", "b"]).union(env.fromCollection(["c"])).sinkTo(store.sink("out"));
  });
  const { end } = await job.execute();

  assertEquals([end, job.store.values, job.store.job.finishedAtMs], ["finished", ["a", "b", "c"], null]);
});

Deno.test("JobRun gives nothing twice of a collection that is read to its end", async () => {
  const job = new SteppedJob((env, { store }) => void env.fromCollection(["a", "b"]).sinkTo(store.sink("out")));
  await job.execute();
  await job.execute();

  assertEquals(job.store.values, ["a", "b"]);
});

Deno.test("JobRun ends a bounded run of a source without splits", async () => {
  const job = SteppedJob.counting(new ScriptSource<string>({}));

  assertEquals((await job.run()).end, "finished");
});

// A seed in a collection beside a live topic.
Deno.test("JobRun keeps event time of a live stream when it falls idle beside one that has ended", async () => {
  const source = new ScriptSource({ "s-0": [at(5, "a 1")] });
  const job = new SteppedJob((env, { store }) => {
    const live = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "live");
    windowCounts(live.union(env.fromCollection<string>([]))).sinkTo(store.sink("out"));
  });
  const { books } = await job.execute(
    {},
    () => job.clock.advance(60_000),
    () => source.append("s-0", at(7, "a 1")),
    () => source.append("s-0", at(11, "b 1")),
  );

  assertEquals([job.output, books.late], [["a 2 @9"], 0]);
});

// ------------------------------------------------------------------------------------------- a commit that misfits

function renamed(name: string, source: ScriptSource<string>, sizeMs = 10) {
  return (env: StreamExecutionEnvironment, { store }: SteppedJob) => {
    env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "texts")
      .keyBy((text) => text).window(TumblingEventTimeWindows.of(sizeMs)).reduce((accumulated) => accumulated).name(name)
      .sinkTo(store.sink("out"));
  };
}

/** Runs one description, then another on its commit. */
async function change(
  from: ConstructorParameters<typeof SteppedJob>[0],
  to: ConstructorParameters<typeof SteppedJob>[0],
) {
  let describe = from;
  const job = new SteppedJob((env, rig) => describe(env, rig));
  await job.execute();
  describe = to;
  return () => job.execute();
}

Deno.test("JobRun refuses a commit with state of an operator that the job no longer has", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const again = await change(renamed("counts", source), renamed("sums", source));

  await assertRejects(
    again,
    JobError,
    'Cannot restore job "stats": its commit holds state of "counts", which the job no longer has',
  );
});

Deno.test("JobRun refuses a commit of windows of another size, naming both", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const again = await change(renamed("counts", source), renamed("counts", source, 60_000));

  await assertRejects(
    again,
    JobError,
    "with window TumblingEventTimeWindows(10 ms), now it is TumblingEventTimeWindows(60000 ms)",
  );
});

Deno.test("JobRun takes a commit after an operator was renamed whose uid stayed", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const withUid = (name: string) => (env: StreamExecutionEnvironment, { store }: SteppedJob) => {
    env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "texts")
      .keyBy((text) => text).window(TumblingEventTimeWindows.of(10)).reduce((accumulated) => accumulated).uid(
        "counts-v1",
      ).name(
        name,
      )
      .sinkTo(store.sink("out"));
  };
  const again = await change(withUid("counts"), withUid("sums"));

  assertEquals((await again()).end, "stopped");
});

Deno.test("JobRun refuses a commit with a position in a split that its source no longer has, and closes it", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")], "s-1": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  await job.execute();
  source.remove("s-1");

  const error = await assertRejects(() => job.execute(), JobError) as JobError;
  assertEquals(
    error.message,
    'Cannot restore source "texts": its commit has a position for s-1, which script s-0, s-1 no longer has; ' +
      "forget the job's commit with --reset",
  );
  assertEquals(source.calls, ["open", "start", "close", "open", "close"]);
});

Deno.test("JobRun reads a split that came after the last commit from its start, wherever the job began", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source, { from: "latest" });
  await job.execute();
  source.append("s-1", at(11, "b 1"));
  await job.run();

  assertEquals(job.output, ["b 1 @19"]);
});

// --------------------------------------------------------------------------------------------------- dead letters

Deno.test("JobRun logs where dead letters go, ten times, and then that it logs no more", async () => {
  const poor = Array.from({ length: 12 }, (_, index) => bad(index, `bad ${index}`));
  const source = new ScriptSource<string>({ "s-0": [...poor, at(12, "a 1")] });
  const job = SteppedJob.counting(source);
  const { books } = await job.run();

  const warnings = job.logged.filter((line) => line.startsWith("warn"));
  assertEquals(warnings.length, 11);
  assertEquals(warnings[0], 'warn: texts: bad 0, at "s-0" partition 0 offset 0; kept in "job.dead-letters"');
  assertEquals(warnings[10], "warn: further dead letters are counted, not shown");
  assertEquals([books.dead, job.store.letters.length, job.store.letters[0]!.attempt], [12, 12, 1]);
});

Deno.test("JobRun without a store logs that a dead letter is dropped", async () => {
  const source = new ScriptSource<string>({ "s-0": [bad(1, "value is empty"), at(2, "a 1")] });
  const job = new SteppedJob((env) => {
    const { store: _none, ...sink } = { store: 0, description: "nowhere", exactlyOnceWith: () => false };
    env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts").sinkTo({
      ...sink,
      open: () => Promise.resolve({ write() {} }),
    });
  });
  await job.run({ store: undefined as never, onError: "dead-letter" });

  assertEquals(
    job.logged[0],
    'warn: texts: value is empty, at "s-0" partition 0 offset 0; it is dropped, as the job has no store',
  );
});

// ------------------------------------------------------------------------------- sinks that keep their output themselves

/** A sink that keeps its output in `visible` once the commit that holds it has happened. */
class OwnSink implements Sink<string> {
  readonly description = "own";
  readonly visible: string[] = [];
  readonly calls: string[] = [];

  exactlyOnceWith(): boolean {
    return true;
  }

  open({ restored }: SinkContext): Promise<SinkWriter<string>> {
    const { visible, calls } = this;
    calls.push(`open ${JSON.stringify(restored)}`);
    let pending: string[] = [];
    // What was committed but not made visible before a crash.
    const publish = (values: readonly string[]) => visible.push(...values.filter((value) => !visible.includes(value)));
    publish((restored ?? []) as readonly string[]);
    return Promise.resolve({
      write: (value) => void pending.push(value),
      prepareCommit: () => pending.length === 0 ? undefined : [...pending],
      committed: () => {
        calls.push(`committed ${pending}`);
        publish(pending);
        pending = [];
      },
    });
  }
}

function ownSinkJob(source: ScriptSource<string>, sink: OwnSink, options: EnvironmentOptions = {}): SteppedJob {
  return new SteppedJob((env) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts").sinkTo(sink).name("own");
  }, options);
}

Deno.test("JobRun commits what a sink must remember together with positions, and confirms it to the sink afterwards", async () => {
  const [source, sink] = [new ScriptSource({ "s-0": [at(1, "a"), at(2, "b")] }), new OwnSink()];
  const job = ownSinkJob(source, sink);
  job.store.afterCommit = (number) => {
    if (number === 2) assertEquals(sink.visible, []);
  };
  await job.run();
  assertEquals(changesOf(job.store.commits[1])['["sink","own"]'], '["a","b"]');
  assertEquals([sink.visible, sink.calls], [["a", "b"], ["open undefined", "committed ", "committed a,b"]]);

  source.append("s-0", at(3, "c"));
  await job.run();
  assertEquals([sink.visible, sink.calls[3]], [["a", "b", "c"], 'open ["a","b"]']);
});

Deno.test("JobRun writes the parts of a sink's list that are new objects, and removes those that are gone", async () => {
  const restored: unknown[] = [];
  let ended = 0;
  const parts = [["a"], ["b"], ["c"]];
  const sink: Sink<string> = {
    description: "list",
    exactlyOnceWith: () => true,
    open({ restoredParts }) {
      restored.push(restoredParts);
      return Promise.resolve({
        write(value) {
          parts.pop();
          parts.splice(1, 1, [value]);
        },
        prepareParts: () => parts,
        endOfInput: () => void ended++,
      });
    },
  };
  const source = new ScriptSource({ "s-0": [at(1, "x")] });
  const job = new SteppedJob((env) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts").sinkTo(sink).name("list");
  });
  await job.run();
  const ofSink = (commit: Parameters<typeof changesOf>[0]) =>
    Object.fromEntries(Object.entries(changesOf(commit)).filter(([entry]) => entry.startsWith('["sink"')));
  assertEquals(job.store.commits.slice(0, 2).map(ofSink), [
    { '["sink","list",0]': '["a"]', '["sink","list",1]': '["b"]', '["sink","list",2]': '["c"]' },
    { '["sink","list",1]': '["x"]', '["sink","list",2]': null },
  ]);
  assertEquals(ended, 1);

  await job.run();
  assertEquals(restored, [[], [["a"], ["x"]]]);
});

Deno.test("JobRun writes a part of a sink's list again that was gone for a commit", async () => {
  const part = ["a"];
  let parts = [part];
  const sink: Sink<string> = {
    description: "list",
    exactlyOnceWith: () => true,
    open: () =>
      Promise.resolve({
        write: (value) => void (parts = value === "goes" ? [] : [part]),
        prepareParts: () => parts,
      }),
  };
  const source = new ScriptSource({ "s-0": [at(1, "is there")] });
  const job = new SteppedJob((env) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts").sinkTo(sink).name("list");
  }, { commitIntervalMs: 100 });
  const seen: boolean[] = [];
  const look = () => void seen.push(job.store.entries.has('["sink","list",0]'));
  const commit = () => job.clock.advance(100);
  await job.execute(
    {},
    commit,
    look,
    () => source.append("s-0", at(2, "goes")),
    commit,
    look,
    () => source.append("s-0", at(3, "comes back")),
    commit,
    look,
  );
  assertEquals(seen, [true, false, true]);
});

Deno.test("JobRun gives a sink back what it must remember when the job died right behind the commit, or before it", async () => {
  for (const when of ["beforeCommit", "afterCommit"] as const) {
    const [source, sink] = [new ScriptSource({ "s-0": [at(1, "a"), at(2, "b")] }), new OwnSink()];
    const job = ownSinkJob(source, sink);
    job.store[when] = (number) => {
      if (number === 2) throw new Error("crash");
    };
    await assertRejects(() => job.run(), Error, "crash");
    assertEquals(sink.visible, []);
    job.store[when] = () => {};
    await job.run();
    assertEquals(sink.visible, ["a", "b"]);
  }
});

Deno.test("JobRun takes out of the commit what a sink need not remember any more", async () => {
  const [source, sink] = [new ScriptSource({ "s-0": [at(1, "a")] }), new OwnSink()];
  const job = ownSinkJob(source, sink);
  await job.run();
  await job.run();
  assertEquals([job.store.entries.has('["sink","own"]'), sink.visible], [false, ["a"]]);
});

Deno.test("JobRun confirms commits to a sink also when the job has no store", async () => {
  const [source, sink] = [new ScriptSource({ "s-0": [at(1, "a")] }), new OwnSink()];
  const env = new StreamExecutionEnvironment({ from: "earliest", bounded: true });
  env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts").sinkTo(sink);
  await env.execute();
  assertEquals(sink.visible, ["a"]);
});
