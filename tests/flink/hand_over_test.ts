/** A job that runs at home, goes on in stages as on a cluster, and comes home again, is the job that was never moved. */
import { assertEquals, assertThrows } from "@std/assert";
import type { JobBroker } from "../../src/connectors/mod.ts";
import { importSavepoint } from "../../src/cli/state/change.ts";
import type { SavepointHead } from "../../src/cli/state/savepoint.ts";
import { JobError, SILENT } from "../../src/engine/mod.ts";
import { splitsOf } from "../../src/inspect/commit.ts";
import { commitOf, initialState } from "../../src/flink/hand_over.ts";
import { decodeWaiting, encodeWaiting } from "../../src/flink/waiting_element.ts";
import { SYSTEM_CLOCK } from "../../src/engine/clock.ts";
import { COMMIT_FORMAT, jobText } from "../../src/engine/commit_format.ts";
import { onEmbeddedLog } from "../cli/brokers.ts";
import { FUNCTION_JOBS } from "./function_jobs.ts";
import { type Job, JOBS, OUT, PARTITIONS, readings, source, START_MS } from "./stage_jobs.ts";
import { assertSame, atHome, createTopics, feed, run, send, sorted, written } from "./stage_runs.ts";
import { StageRig } from "./stage_rig.ts";

const never = new AbortController().signal;
const JOB = "job";

/** Runs a job at home until it has read all that is there, and stops it. @returns its commit */
async function untilRead(job: Job, broker: JobBroker): Promise<ReadonlyMap<string, string>> {
  const { port } = broker;
  const stop = new AbortController();
  const running = run(job, broker, { bounded: false, commitIntervalMs: 20, signal: stop.signal });
  const topics = [...new Set(job.inputs.map(({ topic }) => topic))];
  const isRead = async () => {
    const positions = splitsOf(await port.readCommit(JOB)).map(({ position }) => position as number);
    const ends = (await port.describeTopics(topics)).flatMap(({ endOffsets }) => endOffsets);
    const sum = (offsets: readonly number[]) => offsets.reduce((total, each) => total + each, 0);
    return positions.length > 0 && sum(positions) === sum(ends);
  };
  while (!await isRead()) await SYSTEM_CLOCK.sleep(5);
  stop.abort();
  await running;
  return await port.readCommit(JOB);
}

for (const [name, job] of Object.entries({ ...JOBS, ...FUNCTION_JOBS })) {
  onEmbeddedLog(`${name}: from home to stages and back again nothing is lost, doubled or late`, async (scope) => {
    const { forJobs } = await import("../cli/brokers.ts");
    const expected = await atHome(job, forJobs(await scope.broker()));
    const broker = forJobs(await scope.broker());
    const third = Math.ceil(job.inputs.length / 3);
    await createTopics(job, broker);
    await send(job.inputs.slice(0, third), broker);
    const commit = await untilRead(job, broker);

    const options = { bounded: true, ...job.options };
    const stages = await StageRig.openFor(
      { define: job.define, options, rig: { parallelism: 2, batch: 7 } },
      commit,
    );
    const second = job.inputs.slice(third, 2 * third);
    await feed(stages, job, second.slice(0, second.length / 2));
    // What it began with is in its first checkpoint.
    await stages.restart({ parallelism: 3, batch: 7 });
    await feed(stages, job, second.slice(second.length / 2));
    await send(second, broker);
    const topics = await broker.port.describeTopics([...new Set(job.inputs.map(({ topic }) => topic))]);
    const entries = commitOf(stages.plan, await stages.export(), topics);

    const head = { job: JOB } as SavepointHead;
    const importing = { positions: "keep", yes: true, logger: SILENT, signal: never } as const;
    await importSavepoint(broker.port, JOB, { head, entries: new Map(entries) }, importing);
    await send(job.inputs.slice(2 * third), broker);
    await run(job, broker, { bounded: true });
    const all = [...await written(job, broker), ...stages.results];
    assertSame(sorted(all, job.outputs), expected);
  });
}

onEmbeddedLog("event time goes along: what was late at home is late on the cluster", async (scope) => {
  const { forJobs } = await import("../cli/brokers.ts");
  const broker = forJobs(await scope.broker());
  const job = JOBS["s20, windows with state that outlives them"]!;
  await createTopics(job, broker);
  await send(job.inputs, broker);
  const commit = await untilRead(job, broker);
  const options = { bounded: true, ...job.options };
  const stages = await StageRig.openFor({ define: job.define, options, rig: { parallelism: 2, batch: 1 } }, commit);
  await stages.feed(job.inputs.slice(0, 1));
  assertEquals(stages.results.map(({ headers }) => headers["dead-letter.error-class"]), ["LateRecord"]);
});

const RECORD = {
  timestampMs: 1_790_000_000_000,
  partition: null,
  key: btoa("SKY1"),
  value: btoa("{}"),
  headers: [["trace", btoa("7")], ["empty", null]],
} as const;

Deno.test("a record that waits in front of a sink is the same on both sides", () => {
  for (const record of [RECORD, { ...RECORD, partition: 3, key: null, value: null, headers: [] }]) {
    assertEquals(decodeWaiting(Uint8Array.fromBase64(encodeWaiting(record))), record);
  }
});

Deno.test("records that wait go into the commit as what their sink has to remember, and out of it again", async () => {
  const { define } = JOBS["s16, a union of two sources"]!;
  const { plan } = await StageRig.open(define, {}, { parallelism: 1, batch: 1 });
  const [sink] = plan.stages[0]!.outlets.flatMap((outlet) => outlet.kind === "topic" ? [outlet.uid] : []);
  const saved = encodeWaiting(RECORD);
  const split = JSON.stringify(["split", plan.stages[0]!.uid, "skyone-2"]);
  const exported = new Map([
    [split, new TextEncoder().encode("17")],
    [JSON.stringify(["waiting", sink, 0]), Uint8Array.fromBase64(saved)],
  ]);
  const topics = [{ name: "skyone", id: "a topic's id", startOffsets: [0, 0, 0], endOffsets: [9, 9, 20] }];
  const entries = commitOf(plan, exported, topics);
  assertEquals(JSON.parse(entries.get(JSON.stringify(["sink", sink, 0]))!), [RECORD]);
  assertEquals(JSON.parse(entries.get(split)!), { position: 17, identity: { topicId: "a topic's id" } });
  const state = initialState(plan, entries);
  assertEquals(state.waiting, { [sink!]: [saved] });
  assertEquals(state.positions, { [plan.stages[0]!.uid]: { "2": 17 } });
});

onEmbeddedLog(
  "a job that comes home writes what waited on the cluster between its own, and the rest at its end",
  async (scope) => {
    const { forJobs } = await import("../cli/brokers.ts");
    const broker = forJobs(await scope.broker());
    const job: Job = {
      define: (env, broker) => void source(env, broker).sinkTo(broker.sink(OUT)).name("out").uid("out"),
      inputs: readings.slice(0, 20),
      outputs: ["out"],
    };
    await createTopics(job, broker);
    await send(job.inputs, broker);
    const { plan } = await StageRig.open(job.define, {}, { parallelism: 1, batch: 1 });
    const waiting = [2_250, 4_250, 1_000_000].map((ms, i) => ({
      ...RECORD,
      partition: 1,
      timestampMs: START_MS + ms,
      value: btoa(`${i}`),
    }));
    const exported = new Map(
      waiting.map((record, i) =>
        [JSON.stringify(["waiting", "out", i]), Uint8Array.fromBase64(encodeWaiting(record))] as const
      ),
    );
    for (let partition = 0; partition < PARTITIONS; partition++) {
      exported.set(
        JSON.stringify(["split", plan.stages[0]!.uid, `readings-${partition}`]),
        new TextEncoder().encode("0"),
      );
    }
    const entries = commitOf(plan, exported, await broker.port.describeTopics(["readings"]));
    const importing = { positions: "keep", yes: true, logger: SILENT, signal: never } as const;
    await importSavepoint(broker.port, JOB, { head: { job: JOB } as SavepointHead, entries }, importing);
    await run(job, broker, { bounded: true });
    const left = [...(await broker.port.readCommit(JOB)).keys()].filter((entry) => entry.startsWith('["sink"'));
    assertEquals(left, []);
    const all = await written(job, broker);
    assertEquals(all.length, 23);
    assertEquals(
      all.filter(({ headers }) => headers.trace === "7").map(({ value }) => value),
      ["0", "1", "2"],
    );
    for (const times of Map.groupBy(all, ({ partition }) => partition).values()) {
      const inOrder = times.map(({ timestampMs }) => timestampMs);
      assertEquals(inOrder, inOrder.toSorted((a, b) => a - b));
    }
  },
);

Deno.test("a source that had read nothing when the savepoint was made begins where it would have", async () => {
  const { plan } = await StageRig.open(JOBS["s16, a union of two sources"]!.define, {}, { parallelism: 1, batch: 1 });
  const split = (partition: number) => JSON.stringify(["split", plan.stages[0]!.uid, `skyone-${partition}`]);
  const text = (offset: string) => new TextEncoder().encode(offset);
  const topics = [{ name: "skyone", startOffsets: [3, 0], endOffsets: [9, 8] }];
  const entries = commitOf(plan, new Map([[split(0), text("-2")], [split(1), text("-1")]]), topics);
  assertEquals([0, 1].map((partition) => JSON.parse(entries.get(split(partition))!)), [{ position: 3 }, {
    position: 8,
  }]);
});

Deno.test("state that a job does not have is refused by name, and so is a savepoint of another job", async () => {
  const { plan } = await StageRig.open(
    JOBS["s20, windows with state that outlives them"]!.define,
    { jobName: "totals" },
    { parallelism: 1, batch: 1 },
  );
  const record = jobText({
    format: COMMIT_FORMAT,
    watermarks: {},
    compatibility: {},
    versions: {},
    bounds: null,
    finishedAtMs: null,
  });
  const commit = (entry: readonly unknown[], text: string) =>
    new Map([['["job"]', record], [JSON.stringify(entry), text]]);
  for (
    const [entry, text, uid] of [
      [["state", "old", "sum", "", "a"], "1", "old"],
      [["timer", "old", 5, "", "a"], "1", "old"],
      [["split", "old_source", "flightdata-0"], '{"position":1}', "old_source"],
      [["split", plan.stages[0]!.uid, "elsewhere-0"], '{"position":1}', plan.stages[0]!.uid],
      [["sink", "old_sink", 0], "[]", "old_sink"],
    ] as const
  ) {
    const { message } = assertThrows(() => initialState(plan, commit(entry, text)), JobError);
    assertEquals(
      message,
      `Cannot take the state of "totals" to a cluster: it has state of "${uid}", which the job does not have`,
    );
  }
  assertThrows(() => initialState(plan, new Map()), JobError, 'it has no entry ["job"]');
  const held = new Map([['["held",1]', new TextEncoder().encode("12")]]);
  assertThrows(
    () => commitOf(plan, held, []),
    JobError,
    '12 records wait in front of "user_statistics" for their order',
  );
  assertThrows(() => commitOf(plan, new Map(), []), JobError, "the savepoint has nothing of its operators");
});
