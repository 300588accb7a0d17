/** Jobs run through stages and workers give what they give at home, whatever the batches, the subtasks and the restarts. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { JobBroker, OutgoingRecord, Topic } from "../../src/connectors/mod.ts";
import { FileSink } from "../../src/connectors/files/mod.ts";
import {
  type Collector,
  type EnvironmentOptions,
  EventTimeSessionWindows,
  FunctionSink,
  JobError,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type KeyedRuntimeContext,
  type MapState,
  MapStateDescriptor,
  type OnTimerContext,
  OutputTag,
  type ProcessContext,
  ProcessFunction,
  SILENT,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { z } from "zod";
import { defineWorkflow as merge } from "../../src/s16_merge.ts";
import { defineWorkflow as statistics } from "../../src/s20_manage_state.ts";
import { FLIGHTDATA, SKYONE, SUNSET, USERSTATISTICS } from "../../src/models.ts";
import { buildFlight, buildSkyone, buildSunset } from "../builders.ts";
import { COMMIT_FORMAT, jobText } from "../../src/engine/commit_format.ts";
import type { OperatorNode } from "../../src/engine/graph.ts";
import { readResult, writeTexts } from "../../src/flink/protocol/bodies.ts";
import { ByteWriter } from "../../src/flink/protocol/byte_writer.ts";
import { FrameType, HEADER_BYTES } from "../../src/flink/protocol/frame.ts";
import { StageWorker } from "../../src/flink/worker/stage_worker.ts";
import { onEmbeddedLog } from "../cli/brokers.ts";
import { type DefineJob, described, type ResultRecord, StageRig } from "./stage_rig.ts";

const PARTITIONS = 3;
const START_MS = Date.UTC(2026, 9, 19, 12);
const utf8 = (text: string) => new TextEncoder().encode(text);

type Input = OutgoingRecord & { readonly partition: number };

/** So many records in order of time; those of a key are in one partition. */
function records(topic: string, count: number, value: (i: number) => unknown, keyOf = (i: number) => i % 7): Input[] {
  return Array.from({ length: count }, (_, i) => ({
    topic,
    partition: keyOf(i) % PARTITIONS,
    key: utf8(`k${keyOf(i)}`),
    value: utf8(JSON.stringify(value(i))),
    timestampMs: START_MS + i * 500,
  }));
}

interface Job {
  readonly define: DefineJob;
  readonly inputs: readonly Input[];
  readonly outputs: readonly string[];
  readonly options?: EnvironmentOptions;
}

interface Reading {
  readonly sensor: string;
  readonly level: number;
}

function topic<T>(name: string): Topic<T, string> {
  return { name, schema: z.any() as never, key: (value) => String((value as { sensor?: string }).sensor ?? value) };
}

const READINGS: Topic<Reading, string> = {
  name: "readings",
  schema: z.object({ sensor: z.string(), level: z.number() }),
  key: ({ sensor }) => sensor,
};
const LIMITS = topic<Reading>("limits");
const OUT = topic<unknown>("out");
const REST = topic<unknown>("rest");

const reading = (i: number): Reading => ({ sensor: `s${i % 7}`, level: (i * 37) % 101 });
const readings = records("readings", 400, reading);

function source(env: StreamExecutionEnvironment, broker: JobBroker, from: Topic<Reading, string> = READINGS) {
  return env.fromSource(broker.source(from), WatermarkStrategy.forMonotonousTimestamps(), from.name);
}

const LARGE = new OutputTag<Reading>("large");

/** Takes large ones aside. */
class TakeAside extends ProcessFunction<Reading, Reading> {
  override processElement(value: Reading, context: ProcessContext, out: Collector<Reading>): void {
    if (value.level > 60) context.output(LARGE, value);
    else out.collect(value);
  }
}

/** Counts in steps of three seconds, and emits each count when its step is over; beside it the number of all so far. */
class CountSteps extends KeyedProcessFunction<string, Reading, string> {
  #all!: ValueState<number>;
  #steps!: MapState<string, number>;

  override open(context: KeyedRuntimeContext): void {
    this.#all = context.getState(new ValueStateDescriptor<number>("all"));
    this.#steps = context.getMapState(new MapStateDescriptor<string, number>("steps"));
  }

  override processElement(_value: Reading, context: KeyedProcessContext<string>, out: Collector<string>): void {
    const endMs = Math.floor(context.timestamp()! / 3_000) * 3_000 + 2_999;
    context.timerService().registerEventTimeTimer(endMs);
    this.#steps.put(String(endMs), (this.#steps.get(String(endMs)) ?? 0) + 1);
    this.#all.update((this.#all.value() ?? 0) + 1);
    out.collect(`${context.currentKey()} ${this.#all.value()}`);
  }

  override onTimer(timerMs: number, context: OnTimerContext<string>, out: Collector<string>): void {
    out.collect(`${context.currentKey()} ${this.#steps.get(String(timerMs))} until ${timerMs}`);
    this.#steps.remove(String(timerMs));
  }
}

const airline = (i: number) => ({
  flight_departure_time: `2026-10-2${i % 9}T10:00:00`,
  flight_arrival_time: `2026-10-2${i % 9}T11:00:00`,
});

const JOBS: Readonly<Record<string, Job>> = {
  "s16, a union of two sources": {
    define: (env, broker) => {
      const [skyone, sunset] = [SKYONE, SUNSET].map((from) =>
        env.fromSource(broker.source(from as typeof SKYONE), WatermarkStrategy.noWatermarks(), from.name)
      );
      merge(skyone as never, sunset as never, () => Date.UTC(2026, 9, 24)).sinkTo(broker.sink(FLIGHTDATA)).name("sink");
    },
    inputs: [
      ...records("skyone", 120, (i) => buildSkyone({ confirmation: `SKY${i}`, ...airline(i) })),
      ...records("sunset", 120, (i) => {
        const { flight_departure_time: departure_time, flight_arrival_time: arrival_time } = airline(i);
        return buildSunset({ reference_number: `SUN${i}`, departure_time, arrival_time });
      }),
    ],
    outputs: ["flightdata"],
  },
  "s20, windows with state that outlives them": {
    define: (env, broker) => {
      const flights = env.fromSource(broker.source(FLIGHTDATA), WatermarkStrategy.forMonotonousTimestamps(), "flights");
      statistics(flights, 10_000).sinkTo(broker.sink(USERSTATISTICS)).name("sink");
    },
    inputs: records(
      "flightdata",
      300,
      (i) => buildFlight({ email_address: `${i % 7}@email.com`, confirmation: `C${i}` }),
    ),
    outputs: ["userstatistics"],
  },
  "sessions behind a second key": {
    define: (env, broker) => {
      source(env, broker).keyBy(({ sensor }) => sensor)
        .window(TumblingEventTimeWindows.of(2_000)).maxBy("level").name("highest")
        .keyBy(({ level }) => level % 9).window(EventTimeSessionWindows.withGap(1_000))
        .reduce((a, b) => ({ sensor: a.sensor < b.sensor ? a.sensor : b.sensor, level: a.level + b.level })).name(
          "sessions",
        )
        .sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: readings,
    outputs: ["out"],
  },
  "timers, state and side outputs that go their own ways": {
    define: (env, broker) => {
      const small = source(env, broker).process(new TakeAside()).name("take_aside");
      small.getSideOutput(LARGE).keyBy(({ sensor }) => sensor).process(new CountSteps()).name("count_steps")
        .sinkTo(broker.sink(OUT)).name("out");
      small.sinkTo(broker.sink(REST)).name("rest");
    },
    inputs: readings,
    outputs: ["out", "rest"],
  },
  "two keyed streams joined by time": {
    define: (env, broker) => {
      source(env, broker).keyBy(({ sensor }) => sensor)
        .intervalJoin(source(env, broker, LIMITS).keyBy(({ sensor }) => sensor)).between(-2_000, 1_000)
        .process({
          processElement: (left, right, _context, out) => out.collect(`${left.sensor} ${left.level}/${right.level}`),
        })
        .name("join").sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: [...readings.slice(0, 150), ...records("limits", 150, (i) => reading(3 * i), (i) => (3 * i) % 7)]
      .sort((a, b) => a.timestampMs - b.timestampMs),
    outputs: ["out"],
  },
  "keys with fields, in any order, are one key": {
    define: (env, broker) => {
      let turn = 0;
      source(env, broker).keyBy(({ sensor, level }): { s: string; l?: number } => {
        const l = level % 2;
        return turn++ % 2 === 0 ? { s: sensor, l } : { l, s: sensor } as { s: string; l: number };
      }).window(TumblingEventTimeWindows.of(5_000))
        .reduce((a, b) => ({ sensor: a.sensor, level: a.level + b.level })).name("sum").sinkTo(broker.sink(OUT)).name(
          "out",
        );
    },
    inputs: readings,
    outputs: ["out"],
  },
  "dead letters, and functions that throw after they have emitted": {
    define: (env, broker) => {
      source(env, broker).flatMap((value: Reading, out: Collector<Reading>) => {
        out.collect(value);
        // One value alone of those at which a function throws behind the exchange, over which nothing is taken back.
        if (value.level < 50) out.collect({ ...value, level: value.level + 1_000 });
      }).name("twice").map((value) => {
        if (value.level === 1_037) throw new TypeError("37 is bad");
        return value;
      }).name("check").keyBy(({ sensor }) => sensor).reduce((_before, value) => {
        if (value.level === 74) throw new RangeError("74 is too much");
        return value;
      }).name("keyed_check").sinkTo(broker.sink(OUT)).name("out");
    },
    inputs: readings.map((record, i) => i % 50 === 9 ? { ...record, value: utf8("<html>") } : record),
    outputs: ["out", "job.dead-letters"],
  },
};

/** What comes out, in an order of its own: what is promised is which records, not their order over all keys. */
function sorted(results: readonly ResultRecord[], outputs: readonly string[]): string[] {
  return results.filter(({ topic }) => outputs.includes(topic)).map(({ topic, key, value, timestampMs, headers }) => {
    const error = headers["dead-letter.error-class"];
    // A letter from behind an exchange holds the value and not the record: what they have in common is the error.
    if (topic.endsWith(".dead-letters")) {
      return `${topic} ${headers["dead-letter.operator"]} ${error} ${
        headers["dead-letter.error-message"]!.replace(/, made of .*/, "")
      }`;
    }
    return `${topic} ${key} ${value} ${timestampMs}`;
  }).sort();
}

/** The same job by the engine alone, on an embedded log. */
async function atHome({ define, inputs, outputs, options }: Job, broker: JobBroker): Promise<string[]> {
  const { port } = broker;
  const topics = new Set(inputs.map(({ topic }) => topic));
  const made = [...topics, ...outputs.filter((name) => !name.endsWith(".dead-letters"))];
  await port.createTopics(made.map((name) => ({ name, partitions: PARTITIONS })));
  const producer = await port.producer();
  await producer.send(inputs);
  await producer.close();
  const env = new StreamExecutionEnvironment({
    from: "earliest",
    bounded: true,
    logger: SILENT,
    ...options,
    store: broker,
  });
  define(env, broker);
  await env.execute();
  const results: ResultRecord[] = [];
  for (const name of outputs) {
    const [description] = await port.describeTopics([name]);
    const fetcher = await port.fetcher();
    for (const [partition, end] of description!.endOffsets.entries()) {
      for (let offset = 0; offset < end;) {
        const [batch] = await fetcher.fetch([{ topic: name, partition, offset }], 1_000);
        for (const { key, value, timestampMs, headers } of batch!.records) {
          const text = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder().decode(bytes);
          const named = Object.fromEntries((headers ?? []).map(([name, bytes]) => [name, text(bytes)!]));
          results.push({ topic: name, key: text(key), value: text(value), timestampMs, headers: named });
        }
        offset = batch!.nextOffset;
      }
    }
    await fetcher.close();
  }
  return sorted(results, outputs);
}

for (const [name, job] of Object.entries(JOBS)) {
  onEmbeddedLog(`${name}: stages give what the engine gives at home`, async (scope) => {
    const { forJobs } = await import("../cli/brokers.ts");
    const expected = await atHome(job, forJobs(await scope.broker()));
    assert(expected.length > 10, `only ${expected.length} results`);
    for (const rig of [{ parallelism: 1, batch: 1 }, { parallelism: 3, batch: 7 }, { parallelism: 2, batch: 1_000 }]) {
      const stages = await StageRig.open(job.define, { bounded: true, ...job.options }, rig);
      await stages.feed(job.inputs);
      await stages.end();
      assertSame(sorted(stages.results, job.outputs), expected, JSON.stringify(rig));
    }
  });

  onEmbeddedLog(`${name}: so they do over checkpoints, restarts and rescaling`, async (scope) => {
    const { forJobs } = await import("../cli/brokers.ts");
    const expected = await atHome(job, forJobs(await scope.broker()));
    const stages = await StageRig.open(job.define, { bounded: true, ...job.options }, { parallelism: 2, batch: 5 });
    const parts = [1, 3, 2, 3];
    const size = Math.ceil(job.inputs.length / parts.length);
    for (const [i, parallelism] of parts.entries()) {
      await stages.feed(job.inputs.slice(i * size, (i + 1) * size));
      if (i + 1 < parts.length) await stages.restart({ parallelism, batch: 5 });
    }
    await stages.end();
    assertSame(sorted(stages.results, job.outputs), expected);
  });
}

/** Shows what is missing and what is too much, of hundreds. */
function assertSame(found: readonly string[], expected: readonly string[], message?: string): void {
  const left = [...expected];
  const extra = found.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  assertEquals({ extra: extra.slice(0, 5), missing: left.slice(0, 5) }, { extra: [], missing: [] }, message);
}

Deno.test("a job that uses what a cluster does not run is refused, and all of it is named", async () => {
  const define: DefineJob = (env, broker) => {
    env.fromCollection([1]).name("numbers").sinkTo(new FileSink({ dir: "out" })).name("files");
    const own = WatermarkStrategy.forGenerator<Reading>(() => ({ onEvent: (_value, timestampMs) => timestampMs }));
    env.fromSource(broker.source(READINGS), own, "own_time").sinkTo(broker.sink(OUT)).name("out");
  };
  const { message } = await assertRejects(() => described(define, { closeIdleMs: 1_000, jobName: "odd" }), JobError);
  assertStringIncludes(message, 'Cannot run job "odd" on Flink, where this is not supported: the source "numbers"');
  for (
    const name of [
      'the sink "files" (files in "out")',
      'a watermark generator in the source "own_time"',
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
    ordered: outlets.flatMap((outlet) => outlet.kind === "topic" && !outlet.deadLetters ? [outlet.ordered] : []),
  }));
}

Deno.test("watermarks are event time where something waits for it, else they are for the order of what is written", async () => {
  assertEquals(await timesOf(JOBS["s16, a union of two sources"]!.define), [
    { eventTime: false, watermarks: "order", ordered: [true] },
    { eventTime: false, watermarks: "order", ordered: [true] },
  ]);
  assertEquals(await timesOf(JOBS["s20, windows with state that outlives them"]!.define), [
    { eventTime: true, watermarks: "bounded", ordered: [] },
    { eventTime: true, watermarks: "-", ordered: [true] },
  ]);
  // Nothing here waits for event time, and the operators may look at it.
  assertEquals(await timesOf((env, broker) => void source(env, broker).sinkTo(broker.sink(OUT)).name("out")), [
    { eventTime: true, watermarks: "order", ordered: [true] },
  ]);
});

const timeless: DefineJob = (env, broker) => {
  env.fromSource(broker.source(READINGS), WatermarkStrategy.noWatermarks(), "timeless")
    .keyBy(({ sensor }) => sensor).maxBy("level").sinkTo(broker.sink(OUT)).name("out");
};

Deno.test("the order goes on behind a key, and operators that assign times of their own begin another", async () => {
  assertEquals(await timesOf(timeless), [
    { eventTime: false, watermarks: "order", ordered: [] },
    { eventTime: false, watermarks: "-", ordered: [true] },
  ]);
  const assigned = WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner(({ level }) => level);
  const own: DefineJob = (env, broker) => {
    env.fromSource(broker.source(READINGS), WatermarkStrategy.noWatermarks(), "timeless")
      .assignTimestampsAndWatermarks(assigned).sinkTo(broker.sink(OUT)).name("out");
  };
  assertEquals(await timesOf(own), [{ eventTime: false, watermarks: "none", ordered: [true] }]);
  const both: DefineJob = (env, broker) => {
    const all = env.fromSource(broker.source(READINGS), WatermarkStrategy.noWatermarks(), "timeless");
    all.assignTimestampsAndWatermarks(assigned).sinkTo(broker.sink(OUT)).name("out");
    all.sinkTo(broker.sink(REST)).name("rest");
  };
  assertEquals(await timesOf(both), [{ eventTime: false, watermarks: "order", ordered: [false, true] }]);
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
