/**
 * The client, the runner and the protocol on a cluster that runs, with a worker that has no engine: `deno task flink up`, and
 * TEST_BOOTSTRAP_SERVERS for a Kafka.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { bundleJob } from "../../src/cli/flink/bundle.ts";
import { uploadRunner } from "../../src/cli/flink/upload.ts";
import type { Broker } from "../../src/connectors/mod.ts";
import { hashOf } from "../../src/flink/hash.ts";
import type { FlinkPlan } from "../../src/flink/plan.ts";
import { encodeSubmission } from "../../src/flink/submission.ts";
import { PROTOCOL_VERSION } from "../../src/flink/protocol/frame.ts";
import type { FlinkRest } from "../../src/flink/rest.ts";
import { rootCause } from "../../src/flink/rest_calls.ts";
import { clusterTest, findCluster, type TestCluster } from "./cluster.ts";
import { until } from "./until.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname).replace(/\/$/, "");
const RECORDS = 2_000;
const KEYS = 50;

const found = await findCluster();

let bundled: Promise<string> | undefined;
/** The echo worker as one module. */
function echoWorker(): Promise<string> {
  return bundled ??= bundleJob(`${ROOT}/tests/flink/echo_worker.ts`, { root: ROOT });
}

interface Topics {
  readonly broker: Broker;
  readonly from: string;
  readonly to: string;
}

/** Makes a topic with records and one for results, and removes them afterwards. */
async function withTopics({ servers }: TestCluster, fn: (topics: Topics) => Promise<void>): Promise<void> {
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  const broker = await openKafkaBroker({ brokers: servers.split(","), log: () => {} });
  const id = `flink-${crypto.randomUUID().slice(0, 8)}`;
  const [from, to] = [`${id}-in`, `${id}-out`];
  try {
    await broker.createTopics([from, to].map((name) => ({ name, partitions: 4 })));
    await write(broker, from, Array.from({ length: RECORDS }, (_, i) => [`k${i % KEYS}`, `v${i}`]));
    await fn({ broker, from, to });
    await broker.deleteTopics([from, to]);
  } finally {
    await broker.close();
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text);

async function write(broker: Broker, topic: string, records: readonly (readonly [string, string])[]): Promise<void> {
  const producer = await broker.producer();
  const timestampMs = 1_700_000_000_000;
  await producer.send(records.map(([key, value], i) => ({
    topic,
    key: utf8(key),
    value: utf8(value),
    timestampMs: timestampMs + i,
  })));
  await producer.close();
}

/** The echo job: it counts the records of each key. */
async function submit(
  { rest, servers }: TestCluster,
  { from, to }: Topics,
  options: { readonly bounded: boolean; readonly parallelism: number; readonly savepointPath?: string },
): Promise<string> {
  const bundle = await echoWorker();
  const plan: FlinkPlan = {
    protocol: PROTOCOL_VERSION,
    jobName: `echo-${from}`,
    hash: "echo",
    bounded: options.bounded,
    delivery: "exactly-once",
    commitIntervalMs: 500,
    watermarkIntervalMs: 200,
    lingerMs: 20,
    answerWithinMs: 60_000,
    transactionTimeoutMs: 60_000,
    order: "none",
    maxAheadMs: null,
    kafka: { "bootstrap.servers": servers },
    worker: { bundleHash: await hashOf(bundle), flags: [], arguments: [], environment: { TZ: "UTC" } },
    submission: {
      file: "echo.ts",
      arguments: "[]",
      env: "",
      order: "none",
      answerWithinMs: "60000",
      clusterServers: "",
    },
    stages: [
      {
        index: 0,
        worker: 0,
        uid: "echo_source",
        operators: ["echo_source"],
        name: "echo",
        eventTime: true,
        calls: false,
        input: {
          kind: "topic",
          name: "echo_source",
          topic: from,
          from: "earliest",
          watermarks: { kind: "bounded", outOfOrdernessMs: 0, idleMs: 60_000 },
        },
        outlets: [{ kind: "exchange", stage: 1, broadcast: false }],
      },
      {
        index: 1,
        worker: 1,
        uid: "count",
        operators: ["count"],
        name: "count",
        eventTime: true,
        calls: false,
        input: { kind: "exchange", keyed: true, broadcast: false },
        outlets: [{ kind: "topic", uid: "out_sink", name: "out_sink", topic: to, order: "none", compression: null }],
      },
    ],
  };
  const { bounded: _bounded, ...run } = options;
  return await rest.runJar(await uploadRunner(rest), { arguments: [await encodeSubmission({ plan, bundle })], ...run });
}

/** The committed values of a topic. */
async function read(broker: Broker, topic: string): Promise<string[]> {
  const [description] = await broker.describeTopics([topic]);
  const { endOffsets, startOffsets } = description!;
  const fetcher = await broker.fetcher();
  const values: string[] = [];
  try {
    let positions = startOffsets.map((offset, partition) => ({ topic, partition, offset }))
      .filter(({ partition, offset }) => offset < endOffsets[partition]!);
    while (positions.length > 0) {
      const batches = await fetcher.fetch(positions, 1_000);
      for (const { partition, records, nextOffset } of batches) {
        for (const { value } of records) values.push(new TextDecoder().decode(value!));
        positions = positions.map((each) => each.partition === partition ? { ...each, offset: nextOffset } : each);
      }
      positions = positions.filter(({ partition, offset }) => offset < endOffsets[partition]!);
    }
  } finally {
    await fetcher.close();
  }
  return values.sort();
}

/** What the echo job makes of so many records. */
function expected(records: number): string[] {
  return Array.from({ length: records }, (_, i) => `k${i % KEYS} ${Math.floor(i / KEYS) + 1}`).sort();
}

async function completed(rest: FlinkRest, id: string): Promise<number> {
  return (await rest.checkpoints(id)).counts.completed;
}

clusterTest(found, "a bounded job runs to its end on the cluster, each record once", async (cluster) => {
  await withTopics(cluster, async (topics) => {
    const id = await submit(cluster, topics, { bounded: true, parallelism: 2 });
    assertEquals(await cluster.rest.ended(id, AbortSignal.timeout(90_000)), "FINISHED");
    assertEquals(await read(topics.broker, topics.to), expected(RECORDS));
    assertEquals((await cluster.rest.jobs()).find(({ jid }) => jid === id)?.name, `echo-${topics.from}`);
  });
});

clusterTest(found, "a job stopped with a savepoint goes on from it at another parallelism", async (cluster) => {
  const { rest } = cluster;
  await withTopics(cluster, async (topics) => {
    const first = await submit(cluster, topics, { bounded: false, parallelism: 2 });
    await until(async () => await completed(rest, first) >= 2, "two checkpoints");
    const { vertices } = await rest.job(first);
    assertEquals(vertices.map(({ parallelism }) => parallelism), [2, 2]);
    assertMatch(await rest.savepoint(first), /^file:.*savepoint-/);
    const savepointPath = await rest.stop(first);
    assertEquals(await rest.ended(first, AbortSignal.timeout(90_000)), "FINISHED");

    await write(topics.broker, topics.from, Array.from({ length: KEYS }, (_, i) => [`k${i}`, "more"]));
    const second = await submit(cluster, topics, { bounded: false, parallelism: 3, savepointPath });
    await until(async () => (await read(topics.broker, topics.to)).length >= RECORDS + KEYS, "the new records counted");
    assertEquals((await rest.checkpoints(second)).latest.restored?.is_savepoint, true);
    await rest.cancel(second);
    assertEquals(await rest.ended(second, AbortSignal.timeout(90_000)), "CANCELED");
    assertEquals(await read(topics.broker, topics.to), expected(RECORDS + KEYS));
  });
});

clusterTest(found, "an error of the job ends it, and its words are at the bottom of Flink's", async (cluster) => {
  const { rest } = cluster;
  await withTopics(cluster, async (topics) => {
    await write(topics.broker, topics.from, [["k", "boom"]]);
    const id = await submit(cluster, topics, { bounded: true, parallelism: 1 });
    assertEquals(await rest.ended(id, AbortSignal.timeout(90_000)), "FAILED");
    const [failure] = await rest.failures(id);
    assertStringIncludes(
      rootCause(failure!.stacktrace),
      'Operator "echo" failed at "echo" partition 0 offset 3: Error: boom\n    at echo (job.ts:3:5)',
    );
  });
});

clusterTest(found, "a job that runs can be looked at and cancelled", async (cluster) => {
  const { rest } = cluster;
  await withTopics(cluster, async (topics) => {
    const id = await submit(cluster, topics, { bounded: false, parallelism: 1 });
    await until(async () => await completed(rest, id) >= 1, "a checkpoint");
    const [vertex] = (await rest.job(id)).vertices;
    await until(
      async () => (await rest.metricNames(id, vertex!.id)).includes("echo.worker.in"),
      "the worker's metrics",
    );
    await until(async () => {
      const [metric] = await rest.metrics(id, vertex!.id, ["echo.worker.in"]);
      return metric?.sum === RECORDS;
    }, "all records counted");
    await rest.cancel(id);
    assertEquals(await rest.ended(id, AbortSignal.timeout(90_000)), "CANCELED");
  });
});
