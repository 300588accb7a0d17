import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { JobError, OperatorError } from "../../../src/engine/errors.ts";
import { errorStatus } from "../../../src/engine/reporting/error_status.ts";
import type { DataStream } from "../../../src/engine/api/data_stream.ts";
import type { JobStatus } from "../../../src/engine/job_status.ts";
import { parseJobStatus } from "../../../src/engine/job_status.ts";
import type { EnvironmentOptions } from "../../../src/engine/runtime/job_settings.ts";
import { RetriableError } from "../../../src/engine/testing/memory_job_store.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import { windowCounts } from "../counting_job.ts";
import { SteppedJob } from "../stepped_job.ts";
import { at, ScriptSource } from "../script_source.ts";

/** What a job's store got. */
interface Reports {
  readonly all: JobStatus[];
  /** Of each the state, and the records read so far. */
  readonly states: string[];
}

/** Lets the job's store take reports, as one that writes them as text. @param take what it does with each */
function reportsOf({ store }: SteppedJob, take: (number: number) => void | Promise<void> = () => {}): Reports {
  const all: JobStatus[] = [];
  Object.assign(store, {
    async reportStatus(status: JobStatus): Promise<void> {
      all.push(parseJobStatus(JSON.stringify(status))!);
      await take(all.length);
    },
  });
  return {
    all,
    get states() {
      return all.map(({ state, attempt }) => `${state} ${attempt?.records.in ?? "-"}`);
    },
  };
}

/** Time passes second by second. */
function pass({ clock }: SteppedJob, seconds: number): () => void {
  return () => {
    for (let second = 0; second < seconds; second++) clock.advance(1_000);
  };
}

/** A job of texts into "out", by way of `between`. */
function textJob(
  source: ScriptSource<string>,
  between: (texts: DataStream<string>) => DataStream<string>,
  options: EnvironmentOptions = {},
): SteppedJob {
  return new SteppedJob((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.noWatermarks<string>(), "texts");
    between(texts).sinkTo(store.sink("out")).name("out");
  }, options);
}

Deno.test("a job reports once a second while it runs, and once more at its end", async () => {
  const source = new ScriptSource<string>({ "s-0": [at(1, "a 1"), at(2, "b 1")] });
  const job = SteppedJob.counting(source);
  const reports = reportsOf(job);
  await job.execute({}, pass(job, 1), () => source.append("s-0", at(5, "a 1")), pass(job, 1), pass(job, 1));
  assertEquals(reports.states, ["running 2", "running 3", "running 3", "stopped 3"]);
});

Deno.test("a status has the job's graph, and of each node, split and commit what it does", async () => {
  const source = new ScriptSource<string>({ "s-0": [at(1, "a 1"), at(2, "b 1")], "s-1": [at(7, "a 1")] }, ["s"]);
  const job = SteppedJob.counting(source, { commitIntervalMs: 500 });
  const { all } = reportsOf(job);
  await job.execute({}, pass(job, 4));

  const { nodes, edges, records, lag } = all[0]!.attempt!;
  const { commits } = all.at(-1)!.attempt!;
  assertEquals({ records, lag }, {
    records: { in: 3, out: 0, filtered: 0, late: 0, dead: 0, failed: 0, ahead: 0 },
    lag: 0,
  });
  const [texts, counts, out] = nodes as [typeof nodes[0], typeof nodes[0], typeof nodes[0]];
  assertEquals(edges, [{ from: texts.uid, to: counts.uid, keyed: true }, { from: counts.uid, to: out.uid }]);
  assertEquals(
    [texts, counts, out].map((
      { name, kind, operation, recordsIn, recordsOut },
    ) => [name, kind, operation, recordsIn, recordsOut]),
    [["texts", "source", "script s-0, s-1", 3, 3], ["counts", "operator", "window reduce", 3, 0], [
      "out",
      "sink",
      out.operation,
      0,
      0,
    ]],
  );
  assertEquals(texts.topics, ["s"]);
  assertEquals(texts.splits!.map(({ id, watermarkMs, position, idle }) => [id, watermarkMs, position, idle]), [
    ["s-0", 1, 2, false],
    ["s-1", 6, 1, false],
  ]);
  assertEquals([counts.inputWatermarkMs, counts.timers], [1, { count: 2, nextMs: 9 }]);
  // The first commit fixes where the job begins, the second holds the windows.
  assertEquals(commits.count, job.store.commits.length);
  const { entries, bytes } = commits.newest.at(-1)!;
  const changes = [...job.store.commits.at(-1)!.changes];
  assertEquals(entries, changes.length);
  assertEquals(bytes, changes.reduce((sum, [name, text]) => sum + name.length + (text?.length ?? 0), 0));
});

Deno.test("rates are those of the last ten seconds, and shares of time add up to one", async () => {
  const source = new ScriptSource<string>({ "s-0": [] });
  const job = textJob(source, (texts) => texts);
  const { all } = reportsOf(job);
  const second = () => {
    source.append("s-0", ...Array.from({ length: 30 }, () => at(1, "a")));
    job.clock.advance(1_000);
  };
  await job.execute({}, ...Array.from({ length: 40 }, () => second), pass(job, 20), pass(job, 1));
  const rateAt = (index: number) => all[index]!.attempt!.inPerSecond;
  assertEquals(rateAt(35), 30);
  assertEquals(all.at(-1)!.attempt!.inPerSecond, 0);
  for (const { attempt } of all) {
    const { busy, waiting, idle } = attempt!.time;
    assert(Math.abs(busy + waiting + idle - 1) < 0.01, JSON.stringify(attempt!.time));
  }
});

Deno.test("a job that stands by, fails and begins again reports it, with the error and the line of the function", async () => {
  let calls = 0;
  const source = new ScriptSource<string>({ "s-0": [at(1, "a")] });
  const job = textJob(source, (texts) =>
    texts.map((text) => {
      if (++calls === 1) throw new RangeError("no such text");
      return text;
    }).name("upper"), { onError: "fail", restartStrategy: { type: "fixed-delay", attempts: 1, delayMs: 1_000 } });
  const reports = reportsOf(job);
  let opened = 0;
  job.store.onOpen = ({ onStandby }) => {
    if (++opened === 1) onStandby("process 7");
    pass(job, 1)();
  };
  await job.execute({ bounded: true }, () => {});
  assertEquals(
    reports.states,
    ["standby -", "starting -", "running 0", "restarting 1", "restarting 1", "starting 1", "running 0", "finished 1"],
  );
  const [standby, , , restarting] = reports.all;
  const finished = reports.all.at(-1);
  assertEquals([standby!.holder, standby!.restarts], ["process 7", 0]);
  assertEquals([finished!.holder, finished!.restarts], [undefined, 1]);
  const { name, message, operator, line } = restarting!.lastError!;
  assertEquals([name, operator], ["OperatorError", "upper"]);
  assertMatch(message, /no such text/);
  assertMatch(line!, /status_reporter_test\.ts:\d+:\d+$/);
  assertEquals(restarting!.errors, [restarting!.lastError!]);
});

Deno.test("the newest five errors that ended attempts are reported, the last of them last", async () => {
  let calls = 0;
  const job = textJob(new ScriptSource<string>({ "s-0": [at(1, "a")] }), (texts) =>
    texts.map((text) => {
      if (++calls <= 7) throw new RangeError(`failure ${calls}`);
      return text;
    }), { onError: "fail", restartStrategy: { type: "fixed-delay", attempts: 7, delayMs: 1 } });
  const reports = reportsOf(job);
  await job.execute({ bounded: true }, ...Array.from({ length: 8 }, () => pass(job, 1)));
  const { errors, lastError } = reports.all.at(-1)!;
  assertEquals(
    errors!.map(({ message }) => /failure \d/.exec(message)?.[0]),
    [3, 4, 5, 6, 7].map((n) => `failure ${n}`),
  );
  assertEquals(errors!.at(-1), lastError);
});

Deno.test("errorStatus() has the record at which a function threw, if it came from a topic", () => {
  const place = { topic: "t", partition: 1, offset: 7, timestampMs: 0, key: null, value: null, headers: undefined };
  const record = (error: unknown) => errorStatus(error, 0).record;
  assertEquals(record(new OperatorError("map", new Error("no"), { place })), { topic: "t", partition: 1, offset: 7 });
  assertEquals(record(new OperatorError("map", new Error("no"), { place: 'in window [0, 10) of key "a"' })), undefined);
  assertEquals(record(new Error("no")), undefined);
});

Deno.test("a job that fails reports that at its end, with its error", async () => {
  const job = textJob(new ScriptSource({ "s-0": [at(1, "a")] }), (texts) =>
    texts.map((): string => {
      throw new Error("broken");
    }), { onError: "fail" });
  const reports = reportsOf(job);
  await assertRejects(() => job.run(), Error, "broken");
  assertEquals(reports.states, ["failed 1"]);
  assertMatch(reports.all[0]!.lastError!.message, /broken/);
});

Deno.test("a store that takes no reports is warned of once, asked again after 30 s, and does the job no harm", async () => {
  const source = new ScriptSource<string>({ "s-0": [at(1, "a")] });
  const job = textJob(source, (texts) => texts);
  const reports = reportsOf(job, (number) => {
    if (number < 3) throw new RetriableError("not allowed to write jobs.status");
  });
  await job.execute({}, pass(job, 1), pass(job, 28), pass(job, 2), pass(job, 31), pass(job, 1));
  assertEquals(job.output, ["a @1"]);
  assertEquals(job.logged.filter((line) => line.includes("status")), [
    'warn: cannot report its status to the store, so "deno task jobs" does not see it; the job itself goes on, and it is ' +
    "tried again every 30 s: not allowed to write jobs.status",
  ]);
  assertEquals(reports.states, ["running 1", "running 1", "running 1", "running 1", "stopped 1"]);
});

Deno.test("a slow store gets one report at a time, and holds up the end of a job for a second at most", async () => {
  const source = new ScriptSource<string>({ "s-0": [at(1, "a")] });
  const job = textJob(source, (texts) => texts);
  const reports = reportsOf(job, () => new Promise(() => {}));
  const { end } = await job.execute({}, pass(job, 10));
  assertEquals([end, reports.states], ["stopped", ["running 1"]]);
});

Deno.test("statusIntervalMs: 0 reports nothing", async () => {
  const job = textJob(new ScriptSource({ "s-0": [at(1, "a")] }), (texts) => texts, { statusIntervalMs: 0 });
  const reports = reportsOf(job);
  await job.execute({}, pass(job, 5));
  assertEquals(reports.all, []);
});

Deno.test("a job that has work and gets nowhere reports what it waits for", async () => {
  const source = new ScriptSource<string>({ "s-0": [], "s-1": [at(5, "b")] });
  source.announce("s-0", at(1, "a"));
  const job = textJob(source, (texts) => texts);
  const { all } = reportsOf(job);
  const seconds = (n: number) => Array.from({ length: n }, () => pass(job, 1));
  const deliver = () => void source.deliver(Number.POSITIVE_INFINITY);
  await job.execute({}, ...seconds(13), deliver, ...seconds(2));
  assertEquals(all[5]!.attempt!.stuck, undefined);
  assertMatch(all[12]!.attempt!.stuck!.waitsFor, /source "texts" to fetch s-0/);
  assertEquals(all.at(-1)!.attempt!.stuck, undefined);
});

Deno.test("a status says why nothing comes out", async () => {
  const source = new ScriptSource<string>({ "s-0": [at(1, "a 1")], "s-1": [] });
  const job = new SteppedJob((env, { store }) => {
    const texts = env.fromSource(source, WatermarkStrategy.forMonotonousTimestamps(), "texts");
    windowCounts(texts).sinkTo(store.sink("out"));
  });
  const { all } = reportsOf(job);
  await job.execute({}, pass(job, 3));
  assertMatch(all[0]!.attempt!.whyNothingComesOut!, /held by s-1, which has had no record yet/);
});

Deno.test("errorStatus() names no line for what its sentence says in full", () => {
  assertEquals(errorStatus(new JobError("Cannot open it"), 7), {
    atMs: 7,
    name: "JobError",
    message: "Cannot open it",
  });
  assertMatch(errorStatus(new TypeError("x"), 7).line!, /status_reporter_test\.ts/);
});

Deno.test("parseJobStatus() leaves out other formats and what is no status", () => {
  const status = { format: 1, job: "a", instance: "b", atMs: 1, state: "running", somethingNew: 7 };
  assertEquals(parseJobStatus(JSON.stringify(status))?.job, "a");
  for (
    const text of ["", "null", "7", '"x"', "{}", JSON.stringify({ ...status, format: 2 }), '{"format":1,"job":"a"}']
  ) {
    assertEquals(parseJobStatus(text), undefined, text);
  }
});
