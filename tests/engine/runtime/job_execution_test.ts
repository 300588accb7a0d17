import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { JobError, OperatorError } from "../../../src/engine/errors.ts";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { TumblingEventTimeWindows } from "../../../src/engine/windows/tumbling_event_time_windows.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { SteppedJob } from "../stepped_job.ts";
import { RetriableError } from "../../../src/engine/testing/memory_job_store.ts";
import { at, type Entry, ScriptSource } from "../script_source.ts";

const nothing = () => {};

/** The next `times` openings of the store fail. */
function failOpening(job: SteppedJob, times: number, error: Error): void {
  job.store.onOpen = () => {
    if (times-- > 0) throw error;
  };
}

// -------------------------------------------------------------------------------------------------------- retries

Deno.test("executeJob() begins again from the last commit when the store says that this can help", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(2, "a 1"), at(11, "a 1"), at(25, "a 1")] });
  const job = SteppedJob.counting(source);
  job.store.beforeCommit = (number) => {
    if (number === 2) throw new RetriableError("The broker is away");
  };
  const { end, books } = await job.execute({ bounded: true }, nothing);

  assertEquals([end, job.output], ["finished", ["a 2 @9", "a 1 @19", "a 1 @29"]]);
  // Counts are those of the last attempt.
  assertEquals(books.recordsIn, 4);
  assertEquals(job.logged, [
    "info: starts at the oldest records",
    "warn: The broker is away; goes back to its last commit and tries again in 0.5 s",
    "info: the store is back after 0.0 s",
    "info: goes on from its last commit (--from is for a first start)",
    "info: finished: 4 in, 3 out",
  ]);
  assertEquals(job.store.sessions.map(({ closed }) => closed), [true, true]);
  assertEquals(source.calls, ["open", "start", "close", "open", "start", "close"]);
});

Deno.test("executeJob() waits twice as long before each new attempt, ten seconds at most", async () => {
  const job = SteppedJob.counting(new ScriptSource<string>({ "s-0": [] }));
  failOpening(job, 7, new RetriableError("The broker is away"));
  await job.execute({ bounded: true }, ...Array.from({ length: 7 }, () => nothing));

  assertEquals(job.clock.sleeps, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

Deno.test("executeJob() begins with a short wait again when it has worked for a while", async () => {
  const source = new ScriptSource({ "s-0": [] as Entry<string>[] });
  const job = SteppedJob.counting(source, { idleMs: Infinity });
  failOpening(job, 2, new RetriableError("The broker is away"));
  source.onPoll = () => {
    if (job.clock.nowMs === 1_030_000) throw new RetriableError("A connection was lost");
  };
  await job.execute({}, nothing, nothing, () => job.clock.advance(30_000), () => job.clock.advance(1));

  assertEquals(job.clock.sleeps.filter((ms) => ms > 0 && ms < 10_000), [500, 1_000, 500]);
});

Deno.test("executeJob() names an entry of its commit that no job has written, and where it lies", async () => {
  for (const [entry, text] of [["what?", "rubbish"], ['["job"]', "<html>"], ["17", "1"]] as const) {
    const job = SteppedJob.counting(new ScriptSource<string>({ "s-0": [] }));
    job.store.entries.set(entry, text);
    const error = await assertRejects(() => job.run(), JobError);
    assertEquals(
      error.message,
      `Cannot restore job "stats": its commit has an entry that no job has written, ${
        JSON.stringify(entry)
      } with the value ` +
        `"${text}"; import a savepoint, or forget the commit with --reset`,
    );
  }
});

class LimitedError extends Error {
  readonly code = "UNEXPECTED_ANSWER";
}

Deno.test("executeJob() gives up after so many attempts without a new commit as an error allows", async () => {
  const job = SteppedJob.counting(new ScriptSource<string>({ "s-0": [] }));
  failOpening(job, 30, new LimitedError("The broker answers nonsense"));
  await assertRejects(() => job.execute({ bounded: true }, ...new Array(30).fill(nothing)), LimitedError);

  assertEquals(job.clock.sleeps.length, 19);
  assertEquals(job.logged.at(-1), "error: gives up, as 20 attempts in a row came to nothing");
});

Deno.test("executeJob() counts attempts anew after a new commit", async () => {
  const source = new ScriptSource({ "s-0": Array.from({ length: 40 }, (_, i) => at(10 * i, "a 1")) });
  source.stepwise = true;
  const job = SteppedJob.counting(source);
  let before = 0;
  job.store.onOpen = () => void (before = job.output.length);
  // Each attempt fails when it has committed its first output.
  source.onPoll = () => {
    if (job.output.length > before && job.output.length < 26) throw new LimitedError("The broker answers nonsense");
  };
  const { end } = await job.execute({ bounded: true }, ...new Array(100).fill(nothing));

  assertEquals([end, job.clock.sleeps.filter((ms) => ms >= 500).length], ["finished", 25]);
});

Deno.test("executeJob() numbers the attempts in dead letters", async () => {
  const source = new ScriptSource({ "s-0": [at(20, "a 1"), at(1, "late 1")] });
  const job = SteppedJob.counting(source);
  job.store.beforeCommit = (number) => {
    if (number === 2) throw new RetriableError("The broker is away");
  };
  await job.execute({ bounded: true }, nothing);

  assertEquals(job.store.letters.map(({ attempt, errorClass }) => [attempt, errorClass]), [[2, "LateRecord"]]);
});

/** A job whose window function throws the first `times`, and works from then on. */
function failingJob(times: number, error: () => Error = () => new TypeError("no such traveller")): SteppedJob {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(11, "a 1")] });
  return new SteppedJob((env, { store }) => {
    env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps<string>(), "texts")
      .keyBy((text) => text)
      .window(TumblingEventTimeWindows.of(10))
      .reduce((accumulated) => accumulated, {
        process(_key, _context, elements, out) {
          if (times-- > 0) throw error();
          for (const element of elements) out.collect(element);
        },
        clear() {},
      }).name("counts")
      .sinkTo(store.sink("out"));
  });
}

Deno.test("executeJob() ends with the first failure of a window, unless a restart strategy says otherwise", async () => {
  const failed =
    'Operator "counts" failed in window [1970-01-01T00:00:00.000Z, 1970-01-01T00:00:00.010Z) of key "a 1": TypeError: no such traveller';
  const job = failingJob(1);
  await assertRejects(() => job.execute({ bounded: true }, nothing), OperatorError, failed);
  assertEquals(job.clock.sleeps, []);

  const restartStrategy = { type: "fixed-delay", attempts: 2, delayMs: 3_000 } as const;
  const healed = failingJob(2);
  await healed.execute({ bounded: true, restartStrategy }, nothing, nothing);
  assertEquals([healed.clock.sleeps, healed.output], [[3_000, 3_000], ["a 1 @9", "a 1 @19"]]);
  assertEquals(healed.logged[1], `warn: ${failed}; goes back to its last commit and tries again in 3 s`);

  const broken = failingJob(3);
  await assertRejects(
    () => broken.execute({ bounded: true, restartStrategy }, nothing, nothing),
    OperatorError,
    failed,
  );
});

Deno.test("executeJob() restarts no job that cannot run as it is, and none without a store", async () => {
  const restartStrategy = { type: "exponential-delay" } as const;
  const unfit = failingJob(1, () => new JobError("Cannot read state"));
  await assertRejects(() => unfit.execute({ bounded: true, restartStrategy }, nothing), JobError, "Cannot read state");

  // A full disk, though its sentence says all, may have room when somebody has made some.
  const passing = () => Object.assign(new JobError("The disk is full"), { code: "DISK_FULL" });
  const waiting = failingJob(2, passing);
  await waiting.execute({ bounded: true, restartStrategy }, nothing, nothing);
  assertEquals([waiting.clock.sleeps, waiting.output], [[1_000, 2_000], ["a 1 @9", "a 1 @19"]]);
  await assertRejects(() => failingJob(1, passing).execute({ bounded: true }, nothing), JobError, "The disk is full");

  const env = new StreamExecutionEnvironment({ restartStrategy });
  let calls = 0;
  env.fromCollection([1]).map(() => {
    calls++;
    throw new TypeError("no");
  }).print();
  await assertRejects(() => env.execute(), OperatorError);
  assertEquals(calls, 1);
});

Deno.test("executeJob() throws what no new attempt can help, and closes its session", async () => {
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1")] }));
  const error = new JobError("The disk is full");
  job.store.beforeCommit = () => {
    throw error;
  };

  assertStrictEquals(await assertRejects(() => job.run(), JobError), error);
  assertEquals(job.store.sessions.map(({ closed }) => closed), [true]);
  assertEquals(job.clock.sleeps, []);
});

Deno.test("executeJob() throws the OperatorError of a function: its name, the record, the first error as cause", async () => {
  const cause = new RangeError("a flight of -5 minutes");
  const source = new ScriptSource({ "s-0": [at(1, "good"), at(2, "bad")] });
  const job = new SteppedJob((env, { store }) => {
    env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts").map((text) => {
      if (text === "bad") throw cause;
      return text;
    }).name("flights").sinkTo(store.sink("out"));
  });

  const error = await assertRejects(() => job.run({ onError: "fail" }), OperatorError) as OperatorError;
  assertEquals(
    error.message,
    'Operator "flights" failed at "s-0" partition 0 offset 1: RangeError: a flight of -5 minutes',
  );
  assertStrictEquals(error.cause, cause);
  assertEquals(job.output, []);
});

Deno.test("executeJob() works without a store", async () => {
  const written: unknown[] = [];
  const job = new SteppedJob((env) => {
    env.fromCollection([1, 2]).sinkTo({
      description: "list",
      exactlyOnceWith: () => false,
      open: () => Promise.resolve({ write: (value) => void written.push(value) }),
    });
  });
  const { end, jobName } = await job.execute({ store: undefined as never });

  assertEquals([end, jobName, written, job.logged], ["finished", "stats", [1, 2], ["info: finished: 2 in, 2 out"]]);
});

// --------------------------------------------------------------------------------------------------- what is asked

Deno.test("executeJob() asks the store with all that it needs to know", async () => {
  const [one, other] = [new ScriptSource({}, ["skyone"]), new ScriptSource({}, ["sunset", "skyone"])];
  const job = new SteppedJob((env, { store }) => {
    const streams = [one, other].map((source, index) =>
      env.fromSource(source, WatermarkStrategy.noWatermarks(), `source_${index}`)
    );
    streams[0]!.union(streams[1]!, env.fromCollection<string>([])).sinkTo(store.sink("out"));
  });
  await job.execute({ jobName: "importer", sessionTimeoutMs: 3_000 });
  await job.execute({ jobName: "importer", delivery: "at-least-once" });

  const asked = job.store.requests.map(({ job, topics, exactlyOnce, sessionTimeoutMs, whenActive }) => ({
    job,
    topics,
    exactlyOnce,
    sessionTimeoutMs,
    whenActive,
  }));
  const topics = ["skyone", "sunset"];
  assertEquals(asked, [
    { job: "importer", topics, exactlyOnce: true, sessionTimeoutMs: 3_000, whenActive: "stand by" },
    { job: "importer", topics, exactlyOnce: false, sessionTimeoutMs: 10_000, whenActive: "stand by" },
  ]);
});

Deno.test("executeJob() forgets the last commit first when asked to, and only while no other instance is active", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(11, "a 1")] });
  const job = SteppedJob.counting(source);
  await job.run();
  await job.run({ reset: true });

  assertEquals(job.output, ["a 1 @9", "a 1 @19", "a 1 @9", "a 1 @19"]);
  assertEquals(job.store.requests.map(({ whenActive }) => whenActive), ["stand by", "refuse"]);
  assertEquals(job.store.sessions[1]!.calls.slice(0, 2), ["reset", "restore"]);
});

Deno.test("executeJob() forgets the last commit once, not again in a new attempt", async () => {
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1")] }));
  job.store.beforeCommit = (number) => {
    if (number === 2) throw new RetriableError("The broker is away");
  };
  await job.execute({ bounded: true, reset: true }, nothing);

  assertEquals(job.store.sessions.map(({ calls }) => calls[0]), ["reset", "restore"]);
  assertEquals(job.store.requests.map(({ whenActive }) => whenActive), ["refuse", "stand by"]);
});

Deno.test("executeJob() still forgets the last commit when its first attempt did not come to that", async () => {
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1")] }));
  await job.run();
  failOpening(job, 1, new RetriableError("The broker is away"));
  await job.execute({ bounded: true, reset: true }, nothing);

  assertEquals(job.output, ["a 1 @9", "a 1 @9"]);
  assertEquals(job.store.requests.map(({ whenActive }) => whenActive), ["stand by", "refuse", "refuse"]);
});

// ------------------------------------------------------------------------------------------------------- stopping

Deno.test("executeJob() commits and ends when the signal says so", async () => {
  const source = new ScriptSource({ "s-0": [] as Entry<string>[] });
  const job = SteppedJob.counting(source);
  const { end, books } = await job.execute({}, () => source.append("s-0", at(1, "a 1"), at(2, "a 1")));

  assertEquals([end, books.recordsIn, books.pendingTimers], ["stopped", 2, 1]);
  assertEquals(job.store.entriesOf("state"), { '["counts","contents","0:10","a"]': [9, 0, "a 2"] });
  assertEquals(job.logged.at(-1), "info: stopped after a commit: 2 in, 0 out");
});

Deno.test("executeJob() takes no record when the signal came before the first", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  const stop = new AbortController();
  job.store.afterCommit = () => stop.abort();
  const { end, books } = await job.execute({ signal: stop.signal });

  assertEquals([end, books.recordsIn, job.store.commits.length], ["stopped", 0, 1]);
});

Deno.test("executeJob() ends when the signal comes while it stands by", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  const stop = new AbortController();
  job.store.onOpen = (request) => {
    request.onStandby("process 4711");
    stop.abort(new Error("enough"));
    request.signal.throwIfAborted();
  };
  const { end, books } = await job.execute({ signal: stop.signal });

  assertEquals([end, books.recordsIn, source.calls], ["stopped", 0, []]);
});

Deno.test("executeJob() ends when the signal comes while it waits for a new attempt", async () => {
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1")] }));
  failOpening(job, Infinity, new RetriableError("The broker is away"));
  const { end } = await job.execute({}, nothing, nothing); // the third wait is ended by the signal

  assertEquals([end, job.clock.sleeps], ["stopped", [500, 1_000, 2_000]]);
});

Deno.test("executeJob() does not sleep when the signal came while it was at work", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(11, "a 1")] });
  const job = SteppedJob.counting(source);
  const stop = new AbortController();
  // In the look behind the last record, after which the job would sleep.
  source.onPoll = () => {
    if (job.store.commits.length === 2) stop.abort();
  };
  const { end } = await job.execute({ signal: stop.signal });

  assertEquals([end, job.clock.sleeps], ["stopped", []]);
});

Deno.test("executeJob() does not sleep when it lost the job while it was at work", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  let rounds = 0;
  source.onPoll = () => {
    if (++rounds === 2) job.store.sessions[0]!.lose(new JobError("The job was dropped"));
  };

  await assertRejects(() => job.execute(), JobError, "The job was dropped");
  assertEquals(job.clock.sleeps, []);
});

Deno.test("executeJob() throws when the commit of a stop fails: nobody shall believe in it", async () => {
  const source = new ScriptSource({ "s-0": [] as Entry<string>[] });
  const job = SteppedJob.counting(source);
  job.store.beforeCommit = (number) => {
    if (number === 2) throw new RetriableError("The broker is away");
  };

  await assertRejects(
    () => job.execute({}, () => source.append("s-0", at(1, "a 1"))),
    RetriableError,
    "The broker is away",
  );
});

// ------------------------------------------------------------------------------------------------ several instances

Deno.test("executeJob() says that it stands by, behind whom, and when it takes over", async () => {
  const job = SteppedJob.counting(new ScriptSource<string>({ "s-0": [] }));
  job.store.onOpen = ({ onStandby }) => {
    onStandby("process 4711 on host1");
    onStandby("process 4712 on host2");
  };
  await job.execute();

  assertEquals(job.logged.slice(0, 3), [
    "info: stands by: process 4711 on host1 is active, this instance takes over when it ends",
    "info: stands by: process 4712 on host2 is active, this instance takes over when it ends",
    "info: takes over",
  ]);
});

Deno.test('executeJob() ends "finished elsewhere" when the active instance brought the bounded run to its end', async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const active = SteppedJob.counting(source);
  const waiting = SteppedJob.counting(source);
  waiting.store.onOpen = async ({ onStandby }) => {
    onStandby("process 4711");
    waiting.clock.advance(5_000);
    active.clock.nowMs = waiting.clock.nowMs;
    await active.run();
    for (const [key, value] of active.store.entries) waiting.store.entries.set(key, value);
  };
  source.append("s-0", at(2, "a 1"));
  const { end } = await waiting.run();

  assertEquals([end, waiting.store.commits, active.output], ["finished elsewhere", [], ["a 2 @9"]]);
  assertEquals(waiting.logged.at(-1), "info: ends, as the active instance has finished: 0 in, 0 out");
});

Deno.test("executeJob() takes a bounded run over when the active instance died on the way", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1"), at(11, "a 1")] });
  const job = SteppedJob.counting(source);
  job.store.beforeCommit = (number) => {
    if (number === 2) throw new Error("kill -9");
  };
  await assertRejects(() => job.run(), Error, "kill -9");
  source.append("s-0", at(12, "a 1")); // beyond the bounds of the run
  job.store.onOpen = ({ onStandby }) => onStandby("process 4711");
  const { end } = await job.run();

  assertEquals([end, job.output], ["finished", ["a 1 @9", "a 1 @19"]]);
});

Deno.test("executeJob() runs anew when a bounded run had finished before it came to stand by", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  await job.run();
  source.append("s-0", at(11, "a 1"));
  job.clock.advance(1);
  job.store.onOpen = ({ onStandby }) => onStandby("process 4711");
  const { end } = await job.run();

  assertEquals([end, job.output], ["finished", ["a 1 @9", "a 1 @19"]]);
});

Deno.test("executeJob() runs on without an end when the one before it was bounded", async () => {
  const source = new ScriptSource({ "s-0": [at(1, "a 1")] });
  const job = SteppedJob.counting(source);
  await job.run();
  job.store.onOpen = ({ onStandby }) => onStandby("process 4711");

  assertEquals((await job.execute()).end, "stopped");
});

Deno.test("executeJob() stands by again when another instance took the job over", async () => {
  const source = new ScriptSource({ "s-0": [] as Entry<string>[] });
  const job = SteppedJob.counting(source);
  let opened = 0;
  job.store.onOpen = ({ onStandby }) => {
    if (++opened === 2) onStandby("process 4712");
  };
  await job.execute(
    {},
    () => {
      source.append("s-0", at(1, "a 1"));
      job.store.sessions[0]!.lose(new RetriableError("Another instance took over"));
    },
    nothing,
    () => source.append("s-0", at(11, "a 1")),
  );

  assertEquals(job.logged.slice(1, 4), [
    "warn: Another instance took over; goes back to its last commit and tries again in 0.5 s",
    "info: stands by: process 4712 is active, this instance takes over when it ends",
    "info: takes over",
  ]);
  assertEquals(job.output, ["a 1 @9"]);
});

Deno.test("executeJob() reports why the job was lost, not what went wrong because of it", async () => {
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1")] }));
  job.store.beforeCommit = (_number, session) => {
    session.lose(new JobError("Another program dropped the job"));
    throw new Error("commit 17 failed");
  };

  await assertRejects(() => job.run(), JobError, "Another program dropped the job");
});

Deno.test("executeJob() waits for no commit that never ends when it lost the job", async () => {
  const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1")] }));
  const openJob = job.store.openJob.bind(job.store);
  job.store.openJob = async (request) => {
    const session = await openJob(request);
    session.commit = () => {
      session.lose(new JobError("Another program dropped the job"));
      return new Promise(() => {});
    };
    return session;
  };

  await assertRejects(() => job.run(), JobError, "Another program dropped the job");
});

for (const [what, fatal] of [["a new attempt", 2], ["its result", Infinity]] as const) {
  Deno.test(`executeJob() does not lose ${what} when its session cannot be closed`, async () => {
    const job = SteppedJob.counting(new ScriptSource({ "s-0": [at(1, "a 1")] }));
    job.store.beforeCommit = (number, session) => {
      session.onClose = () => {
        throw new RetriableError("The broker did not answer to the good-bye");
      };
      if (number === fatal) throw new RetriableError("The broker is away");
    };
    const { end } = await job.execute({ bounded: true }, nothing);

    assertEquals([end, job.output], ["finished", ["a 1 @9"]]);
  });
}
