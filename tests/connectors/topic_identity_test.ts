/** A position points into one topic, not into whatever has its name later. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import type { Broker } from "../../src/connectors/broker.ts";
import { checkIdentity, lastRecordOf } from "../../src/connectors/topic_identity.ts";
import { StreamExecutionEnvironment } from "../../src/engine/api/environment.ts";
import { JobError } from "../../src/engine/errors.ts";
import { SILENT } from "../../src/engine/logger.ts";
import { FunctionSink } from "../../src/engine/sinks/function_sink.ts";
import { WatermarkStrategy } from "../../src/engine/time/watermark_strategy.ts";
import { forJobs, onEachBroker, type Scope } from "../cli/brokers.ts";
import { ObservedBroker, textRecord } from "../memory_broker/observed_broker.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A job that copies texts, and what it reads. */
class CopyJob {
  readonly topic: string;
  readonly job: string;
  readonly broker: Broker;
  readonly copied: string[] = [];

  constructor(scope: Scope, broker: Broker) {
    this.topic = scope.name("x");
    this.job = scope.name("copy");
    this.broker = broker;
  }

  async createTopic(): Promise<void> {
    await this.broker.createTopics([{ name: this.topic, partitions: 1 }]);
  }

  async recreateTopic(): Promise<void> {
    await this.broker.deleteTopics([this.topic]);
    await this.createTopic();
  }

  async write(from: number, count: number): Promise<void> {
    const producer = await this.broker.producer();
    await producer.send(Array.from({ length: count }, (_, i) => ({
      topic: this.topic,
      key: null,
      value: encoder.encode(String(from + i)),
      timestampMs: from + i,
    })));
    await producer.close();
  }

  async run(options: { readonly bounded?: boolean; readonly signal?: AbortSignal } = {}): Promise<void> {
    const store = forJobs(this.broker);
    const env = new StreamExecutionEnvironment({
      jobName: this.job,
      store,
      from: "earliest",
      bounded: true,
      commitIntervalMs: 10,
      logger: SILENT,
      ...options,
    });
    const texts = store.source(this.topic, { decode: ({ value }) => decoder.decode(value!) });
    env.fromSource(texts, WatermarkStrategy.noWatermarks(), "texts")
      .sinkTo(new FunctionSink((text: string) => void this.copied.push(text)));
    await env.execute();
  }

  async untilCopied(count: number): Promise<void> {
    while (this.copied.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

onEachBroker(
  "a topic made anew while its job is stopped is refused, however long it is, and read after a reset",
  async (scope) => {
    const broker = await scope.broker();
    const job = new CopyJob(scope, broker);
    await job.createTopic();
    await job.write(0, 5);
    await job.run();
    await job.write(5, 1);
    await job.run();
    assertEquals(job.copied, ["0", "1", "2", "3", "4", "5"]);

    for (const count of [2, 8]) {
      await job.recreateTopic();
      await job.write(100, count);
      const error = await assertRejects(() => job.run(), JobError);
      assertStringIncludes(
        error.message,
        `Cannot go on reading "${job.topic}": it was deleted and created anew since the last commit`,
      );
      assertStringIncludes(error.message, "; forget the commit with --reset");
    }
    assertEquals(job.copied.length, 6);
  },
);

onEachBroker("a topic made anew under a running job ends it, though it is longer than the position", async (scope) => {
  const broker = await scope.broker();
  const job = new CopyJob(scope, broker);
  await job.createTopic();
  await job.write(0, 5);
  const stop = new AbortController();
  const failing = assertRejects(() => job.run({ bounded: false, signal: stop.signal }));
  await job.untilCopied(5);
  await job.recreateTopic();
  await job.write(100, 8);
  const { message } = await failing as Error;
  assertMatch(message, /Cannot read on in (the )?topic ".*": it was deleted|Cannot find the topic/);
  assertEquals(job.copied, ["0", "1", "2", "3", "4"]);
});

onEachBroker("a commit of a version that kept no identity is taken once, and gets one", async (scope) => {
  const broker = await scope.broker();
  const job = new CopyJob(scope, broker);
  await job.createTopic();
  await job.write(0, 5);
  await job.run();
  const entry = JSON.stringify(["split", "texts", `${job.topic}-0`]);
  const commit = await broker.readCommit(job.job);
  const { identity, ...old } = JSON.parse(commit.get(entry)!);
  const [description] = await broker.describeTopics([job.topic]);
  assertEquals(identity, { topicId: description!.id });
  const lease = await broker.openJob({
    job: job.job,
    topics: [job.topic],
    sessionTimeoutMs: 6_000,
    exactlyOnce: true,
    whenActive: "refuse",
    onStandby: () => {},
    signal: new AbortController().signal,
  });
  await lease.restore();
  await lease.commit({ changes: [[entry, JSON.stringify(old)]], positions: [] });
  await lease.close();

  await job.write(5, 1);
  await job.run();
  assertEquals(job.copied.at(-1), "5");
  assertEquals(JSON.parse((await broker.readCommit(job.job)).get(entry)!).identity, identity);
});

Deno.test("checkIdentity() looks for the last record where the broker gives topics no ids", async () => {
  const broker = new ObservedBroker().addTopic("x", 1).appendTo(
    "x",
    0,
    textRecord(1, "a"),
    textRecord(2, "b"),
    undefined,
  );
  const look = { broker: broker, topic: "x", topicId: undefined };
  const read = { ...textRecord(2, "b"), offset: 1 };
  const check = (last: ReturnType<typeof lastRecordOf>, start = 0) => {
    const identity = { last: { ...last } };
    return checkIdentity(look, [{ partition: 0, identity, start, end: 3 }]);
  };

  await check(lastRecordOf(read));
  await check({ ...lastRecordOf(read), offset: 2 }); // it was compacted away
  await check({ ...lastRecordOf(read), offset: 0 }, 1); // it was deleted
  for (
    const other of [{ ...read, timestampMs: 3 }, { ...read, value: encoder.encode("c") }, { ...read, value: null }]
  ) {
    await assertRejects(
      () => check(lastRecordOf(other)),
      JobError,
      'Cannot go on reading "x": it was deleted and created anew since the last commit, the record at partition 0 offset 1 is ' +
        "another one than the job has read; forget the commit with --reset",
    );
  }
});

Deno.test("checkIdentity() takes a broker that has begun or ceased to give ids", async () => {
  const broker = new ObservedBroker().addTopic("x", 1).appendTo("x", 0, textRecord(1, "a"));
  const positions = (identity: { readonly topicId: string }) => [{ partition: 0, identity, start: 0, end: 1 }];
  await checkIdentity({ broker: broker, topic: "x", topicId: undefined }, positions({ topicId: "one" }));
  await checkIdentity({ broker: broker, topic: "x", topicId: "one" }, positions({ topicId: "one" }));
  await assertRejects(
    () => checkIdentity({ broker: broker, topic: "x", topicId: "two" }, positions({ topicId: "one" })),
    JobError,
    "the commit knew it by the id one, now it is two",
  );
});
