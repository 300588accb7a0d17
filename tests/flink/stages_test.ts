/** Jobs run through stages and workers give what they give at home, whatever the batches, the subtasks and the restarts. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FileSink } from "../../src/connectors/files/mod.ts";
import {
  AsyncDataStream,
  FunctionSink,
  JobError,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { TestSource } from "../../src/engine/testing/mod.ts";
import { COMMIT_FORMAT, jobText } from "../../src/engine/commit_format.ts";
import type { OperatorNode } from "../../src/engine/graph.ts";
import { readResult, writeTexts } from "../../src/flink/protocol/bodies.ts";
import { ByteWriter } from "../../src/flink/protocol/byte_writer.ts";
import { FrameType, HEADER_BYTES } from "../../src/flink/protocol/frame.ts";
import { StageWorker } from "../../src/flink/worker/stage_worker.ts";
import { onEmbeddedLog } from "../cli/brokers.ts";
import { type DefineJob, described, StageRig } from "./stage_rig.ts";
import { JOBS, OUT, type Reading, READINGS, readings, REST, source, START_MS } from "./stage_jobs.ts";
import { assertSame, atHome, fedOf, feed, openRig, sorted } from "./stage_runs.ts";
import { ASYNC_JOBS } from "./async_jobs.ts";
import { FUNCTION_JOBS } from "./function_jobs.ts";
import { CONNECTED_JOBS } from "./connected_jobs.ts";
import { SOURCE_JOBS } from "./source_jobs.ts";
import { WINDOW_JOBS } from "./window_jobs.ts";

for (
  const [name, job] of Object.entries({
    ...JOBS,
    ...SOURCE_JOBS,
    ...FUNCTION_JOBS,
    ...ASYNC_JOBS,
    ...WINDOW_JOBS,
    ...CONNECTED_JOBS,
  })
) {
  onEmbeddedLog(`${name}: stages give what the engine gives at home`, async (scope) => {
    const { forJobs } = await import("../cli/brokers.ts");
    const expected = await atHome(job, forJobs(await scope.broker()));
    assert(expected.length > 10, `only ${expected.length} results`);
    for (const rig of [{ parallelism: 1, batch: 1 }, { parallelism: 3, batch: 7 }, { parallelism: 2, batch: 1_000 }]) {
      const stages = await openRig(job, rig);
      await feed(stages, job, fedOf(job));
      await stages.end();
      assertSame(sorted(stages.results, job.outputs), expected, JSON.stringify(rig));
    }
  });

  onEmbeddedLog(`${name}: so they do over checkpoints, restarts and rescaling`, async (scope) => {
    const { forJobs } = await import("../cli/brokers.ts");
    const expected = await atHome(job, forJobs(await scope.broker()));
    const stages = await openRig(job, { parallelism: 2, batch: 5 });
    const inputs = fedOf(job);
    const parts = [1, 3, 2, 3];
    const size = Math.ceil(inputs.length / parts.length);
    for (const [i, parallelism] of parts.entries()) {
      await feed(stages, job, inputs.slice(i * size, (i + 1) * size));
      await stages.make(25);
      if (i + 1 < parts.length) await stages.restart({ parallelism, batch: 5 });
    }
    await stages.end();
    assertSame(sorted(stages.results, job.outputs), expected);
  });
}

Deno.test("a job that uses what a cluster does not run is refused, and all of it is named", async () => {
  const define: DefineJob = (env) => {
    env.fromSource(new TestSource<number>("numbers"), WatermarkStrategy.noWatermarks(), "numbers")
      .sinkTo(new FileSink({ dir: "out" })).name("files");
  };
  const { message } = await assertRejects(() => described(define, { closeIdleMs: 1_000, jobName: "odd" }), JobError);
  assertStringIncludes(message, 'Cannot run job "odd" on Flink, where this is not supported: the source "numbers"');
  for (
    const name of [
      'the sink "files" (files in "out")',
      "--close-idle",
    ]
  ) {
    assertStringIncludes(message, name);
  }
});

/** What the plan of a job says of time. */
async function timesOf(define: DefineJob) {
  const { plan } = await described(define, { bounded: false });
  return plan.stages.map(({ eventTime, input, outlets }) => ({
    eventTime,
    watermarks: input.kind === "topic" ? input.watermarks.kind : "-",
    order: outlets.flatMap((outlet) => outlet.kind === "topic" && !outlet.deadLetters ? [outlet.order] : []),
  }));
}

Deno.test("watermarks are event time where something waits for it, else they are for the order of what is written", async () => {
  assertEquals(await timesOf(JOBS["s16, a union of two sources"]!.define), [
    { eventTime: false, watermarks: "order", order: ["positions"] },
    { eventTime: false, watermarks: "order", order: ["positions"] },
  ]);
  assertEquals(await timesOf(JOBS["s20, windows with state that outlives them"]!.define), [
    { eventTime: true, watermarks: "bounded", order: [] },
    { eventTime: true, watermarks: "-", order: ["watermarks"] },
  ]);
  // Nothing here waits for event time, and the operators may look at it.
  assertEquals(await timesOf((env, broker) => void source(env, broker).sinkTo(broker.sink(OUT)).name("out")), [
    { eventTime: true, watermarks: "order", order: ["positions"] },
  ]);
});

const timeless: DefineJob = (env, broker) => {
  env.fromSource(broker.source(READINGS), WatermarkStrategy.noWatermarks(), "timeless")
    .keyBy(({ sensor }) => sensor).maxBy("level").sinkTo(broker.sink(OUT)).name("out");
};

Deno.test("the order goes on behind a key, and operators that assign times of their own begin another", async () => {
  assertEquals(await timesOf(timeless), [
    { eventTime: false, watermarks: "order", order: [] },
    { eventTime: false, watermarks: "-", order: ["watermarks"] },
  ]);
  const assigned = WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner(({ level }) => level);
  const own: DefineJob = (env, broker) => {
    env.fromSource(broker.source(READINGS), WatermarkStrategy.noWatermarks(), "timeless")
      .assignTimestampsAndWatermarks(assigned).sinkTo(broker.sink(OUT)).name("out");
  };
  assertEquals(await timesOf(own), [{ eventTime: false, watermarks: "none", order: ["watermarks"] }]);
  const both: DefineJob = (env, broker) => {
    const all = env.fromSource(broker.source(READINGS), WatermarkStrategy.noWatermarks(), "timeless");
    all.assignTimestampsAndWatermarks(assigned).sinkTo(broker.sink(OUT)).name("out");
    all.sinkTo(broker.sink(REST)).name("rest");
  };
  assertEquals(await timesOf(both), [{ eventTime: false, watermarks: "order", order: ["none", "positions"] }]);
});

Deno.test("nothing is put into order behind calls that watermarks go past, in a job without event time", async () => {
  const calls = (strategy: WatermarkStrategy<Reading>): DefineJob => (env, broker) => {
    const all = env.fromSource(broker.source(READINGS), strategy, "readings");
    AsyncDataStream.orderedWait(all, (value) => Promise.resolve([value]), { timeoutMs: 1_000 })
      .sinkTo(broker.sink(OUT)).name("out");
  };
  const order = async (define: DefineJob) => (await timesOf(define)).map(({ order }) => order);
  assertEquals(await order(calls(WatermarkStrategy.noWatermarks())), [["none"]]);
  // Positions would go past the calls, too.
  assertEquals(await order(calls(WatermarkStrategy.forMonotonousTimestamps())), [["watermarks"]]);
});

Deno.test("a worker that describes another job than was submitted refuses to run", async () => {
  let windowMs = 1_000;
  const define: DefineJob = (env, broker) => {
    source(env, broker).keyBy(({ sensor }) => sensor).window(TumblingEventTimeWindows.of(windowMs)).maxBy("level")
      .name(`highest_of_${windowMs++}`).sinkTo(broker.sink(OUT)).name("out");
  };
  await assertRejects(
    () => StageRig.open(define, { jobName: "shifty" }, { parallelism: 1, batch: 1 }),
    Error,
    'Cannot run a worker of job "shifty": it describes another job here than where it was submitted',
  );
});

Deno.test("an error in a window comes back in the job's words, with the line that threw", async () => {
  const define: DefineJob = (env, broker) => {
    source(env, broker).keyBy(({ sensor }) => sensor).window(TumblingEventTimeWindows.of(1_000))
      .reduce((_a, _b) => {
        throw new TypeError("no sum");
      }, {
        process: () => {
          throw new TypeError("no result");
        },
      } as never).name("sum").sinkTo(broker.sink(OUT)).name("out");
  };
  const stages = await StageRig.open(define, {}, { parallelism: 1, batch: 10 });
  await stages.feed(readings.slice(0, 1));
  const { message } = await assertRejects(() => stages.end(), Error);
  assertStringIncludes(message, 'Operator "sum" failed');
  assertStringIncludes(message, "TypeError: no result\n    at ");
  assertStringIncludes(message, "stages_test.ts");
});

Deno.test("a value that JSON would change does not go from stage to stage", async () => {
  const define: DefineJob = (env, broker) => {
    source(env, broker).map((value) => ({ ...value, at: new Date(0) })).name("dated").keyBy(({ sensor }) => sensor)
      .reduce((_a, b) => b).sinkTo(broker.sink(OUT)).name("out");
  };
  const stages = await StageRig.open(define, { maxDead: { share: 1 } }, { parallelism: 1, batch: 10 });
  await stages.feed(readings.slice(0, 2));
  assertEquals(stages.results.map(({ topic }) => topic), ["job.dead-letters", "job.dead-letters"]);
  assertStringIncludes(
    stages.results[0]!.headers["dead-letter.error-message"]!,
    "as JSON, which would lose a Date in .at",
  );
});

/** Sums of windows of ten seconds. */
const sums: DefineJob = (env, broker) => {
  source(env, broker).keyBy(({ sensor }) => sensor).window(TumblingEventTimeWindows.of(10_000))
    .reduce((a, b) => ({ sensor: a.sensor, level: a.level + b.level })).name("sum").sinkTo(broker.sink(OUT)).name(
      "out",
    );
};

Deno.test("event time is in the checkpoint: what was late before a restart is late after it", async () => {
  const stages = await StageRig.open(sums, {}, { parallelism: 2, batch: 10 });
  const early = { ...readings[0]!, timestampMs: START_MS + 1 };
  const everywhere = [0, 1, 2].map((partition) => ({ ...readings[30]!, partition, timestampMs: START_MS + 60_000 }));
  await stages.feed(everywhere);
  await stages.restart({ parallelism: 2, batch: 10 });
  await stages.feed([early]);
  const late = stages.results.filter(({ headers }) => headers["dead-letter.error-class"] === "LateRecord");
  assertEquals(late.map(({ topic }) => topic), ["job.dead-letters"]);
  assertStringIncludes(late[0]!.headers["dead-letter.error-message"]!, 'made of "readings" partition 0 offset');
});

Deno.test("after rescaling event time is that of the subtask that was furthest behind", async () => {
  const job = await described(sums);
  const worker = new StageWorker(job);
  const ask = async (type: number, write: (to: ByteWriter) => void = () => {}) => {
    const to = new ByteWriter().begin(type);
    write(to);
    return readResult((await worker.answer({ type, body: to.frame().slice(HEADER_BYTES) })).slice(HEADER_BYTES));
  };
  await ask(FrameType.OPEN, (to) => {
    to.text(JSON.stringify({ stage: 1, subtask: 0, parallelism: 1, planHash: job.plan.hash }));
  });
  const sum = job.graph.nodes.find(({ name }) => name === "sum") as OperatorNode;
  const entry = (watermarkMs: number) =>
    jobText({
      format: COMMIT_FORMAT,
      watermarks: { [sum.uid]: watermarkMs },
      compatibility: { [sum.uid]: sum.create().compatibility!() },
      versions: {},
      bounds: null,
      finishedAtMs: null,
    });
  await ask(FrameType.RESTORE, (to) => writeTexts(to, ['["job"]', entry(5_000), '["job"]', entry(3_000)]));
  assertEquals((await ask(FrameType.START)).watermarkMs, 3_000);
  // Flink's own begins anew, below that.
  assertEquals((await ask(FrameType.WATERMARK, (to) => void to.double(1_000))).watermarkMs, 3_000);
  assertEquals((await ask(FrameType.WATERMARK, (to) => void to.double(4_000))).watermarkMs, 4_000);
});

Deno.test("a function as a sink is called in the worker, which waits for it", async () => {
  const got: string[] = [];
  const define: DefineJob = (env, broker) => {
    const sums = source(env, broker).keyBy(({ sensor }) => sensor).window(TumblingEventTimeWindows.of(10_000)).maxBy(
      "level",
    );
    sums.sinkTo(
      new FunctionSink<Reading>(async ({ sensor, level }) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        got.push(`${sensor} ${level}`);
      }),
    ).name("call");
    sums.sinkTo(broker.sink(OUT)).name("out");
  };
  const stages = await StageRig.open(define, {}, { parallelism: 2, batch: 50 });
  await stages.feed(readings.slice(0, 60));
  await stages.end();
  const written = stages.results.map(({ value }) => JSON.parse(value!) as Reading).map(({ sensor, level }) =>
    `${sensor} ${level}`
  );
  assert(got.length > 10);
  assertEquals(got.sort(), written.sort());
});
