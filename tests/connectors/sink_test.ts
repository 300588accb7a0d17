import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Compression, OutgoingRecord } from "../../src/connectors/broker.ts";
import { UnknownTopicError } from "../../src/connectors/broker_errors.ts";
import { JobBroker } from "../../src/connectors/job_broker.ts";
import { StreamExecutionEnvironment } from "../../src/engine/api/environment.ts";
import { JobError } from "../../src/engine/errors.ts";
import { SILENT } from "../../src/engine/logger.ts";
import { WatermarkStrategy } from "../../src/engine/time/watermark_strategy.ts";
import { openJobSession } from "../../src/connectors/job_store.ts";
import { TopicSink } from "../../src/connectors/sink.ts";
import { RecordError } from "../../src/engine/errors.ts";
import type { JobRequest, JobSession, JobStore } from "../../src/engine/job_store.ts";
import { NO_TIMESTAMP } from "../../src/engine/record.ts";
import type { SinkContext } from "../../src/engine/sink.ts";
import { ObservedBroker } from "../memory_broker/observed_broker.ts";
import { StoppedTime } from "../stopped_time.ts";
import { sinkContext } from "../engine/sink_context.ts";

const REQUEST: JobRequest = {
  job: "stats",
  topics: [],
  exactlyOnce: true,
  sessionTimeoutMs: 1_000,
  whenActive: "stand by",
  onStandby: () => {},
  signal: new AbortController().signal,
};

const store = (broker: ObservedBroker): JobStore => ({ openJob: (request) => openJobSession(broker, request) });

function newSink(broker: ObservedBroker, ownStore = store(broker), compression?: Compression): TopicSink<string> {
  return new TopicSink(broker, ownStore, {
    topic: "out",
    encode: (text, timestampMs) => ({ topic: "out", key: null, value: new TextEncoder().encode(text), timestampMs }),
    compression,
  });
}

function contextOf(session: JobSession | undefined): SinkContext {
  return sinkContext({ session });
}

const textOf = ({ value, timestampMs }: OutgoingRecord) => `${new TextDecoder().decode(value!)} @${timestampMs}`;

Deno.test("TopicSink says where it writes, and that it is one transaction with its own store alone", () => {
  const broker = new ObservedBroker();
  const own = store(broker);
  const sink = newSink(broker, own);

  assertEquals(sink.description, 'topic "out"');
  assertEquals([own, store(broker), undefined].map((each) => sink.exactlyOnceWith(each)), [true, false, false]);
});

Deno.test("open() asks for its topic's compression, of the job's commits or of its own producer", async () => {
  const broker = new ObservedBroker().addTopic("out", 1);
  const session = await openJobSession(broker, REQUEST);
  await newSink(broker, store(broker)).open(contextOf(session));
  assertEquals(broker.leases[0]!.calls, []);
  await newSink(broker, store(broker), "zstd").open(contextOf(session));
  assertEquals(broker.leases[0]!.calls, ["compress out zstd"]);

  await newSink(broker, store(broker), "lz4").open(contextOf(undefined));
  assertEquals(broker.producers, [{ compression: "lz4" }]);
});

Deno.test("open() rejects when the topic does not exist", async () => {
  await assertRejects(
    () => newSink(new ObservedBroker()).open(contextOf(undefined)),
    UnknownTopicError,
    'no topic "out"',
  );
});

Deno.test("write() puts a record into the job's next commit when the job's store is the same broker", async () => {
  const broker = new ObservedBroker().addTopic("out", 1);
  const session = await openJobSession(broker, REQUEST);
  const writer = await newSink(broker).open(contextOf(session));
  writer.write("a", 5);
  writer.write("b", 6);
  await writer.flush?.();
  assertEquals([session.pendingRecords, broker.sends], [2, []]);
  await session.commit({ changes: [["k", "v"]], positions: [] });

  const [commit] = broker.leases[0]!.commits;
  assertEquals([commit!.records.map(textOf), [...commit!.changes]], [["a @5", "b @6"], [["k", "v"]]]);
});

Deno.test("write() keeps records until flush() when there is no store, or the store is elsewhere", async () => {
  const elsewhere = await openJobSession(new ObservedBroker(), REQUEST);
  for (const session of [undefined, elsewhere]) {
    const broker = new ObservedBroker().addTopic("out", 1);
    const writer = await newSink(broker).open(contextOf(session));
    writer.write("a", 5);
    writer.write("b", 6);
    assertEquals(broker.sends, []);
    await writer.flush!();
    await writer.flush!();
    writer.write("c", 7);
    await writer.flush!();

    assertEquals(broker.sends.map((records) => records.map(textOf)), [["a @5", "b @6"], ["c @7"]]);
    assertEquals(elsewhere.pendingRecords, 0);
    await writer.close!();
    assertEquals(broker.calls.at(-1), "close producer");
  }
});

Deno.test("write() gives a record without event time the time at which it is written", async () => {
  using time = new StoppedTime();
  const broker = new ObservedBroker().addTopic("out", 1);
  const session = await openJobSession(broker, REQUEST);
  const writers = [await newSink(broker).open(contextOf(session)), await newSink(broker).open(contextOf(undefined))];
  for (const writer of writers) {
    writer.write("a", NO_TIMESTAMP);
    await writer.flush?.();
  }
  await session.flush();

  const written = `a @${time.nowMs}`;
  assertEquals([broker.leases[0]!.pending.map(textOf), broker.sends[0]!.map(textOf)], [[written], [written]]);
});

Deno.test("write() rounds a time down to whole ms, and refuses one that no topic keeps at its record", async () => {
  const broker = new ObservedBroker().addTopic("out", 1);
  const writer = await newSink(broker).open(contextOf(undefined));
  // A timer may be set for any time, and so a result may have one.
  for (const ms of [1_700_000_000_250.75, 0.5]) writer.write("a", ms);
  for (const ms of [-0.5, -86_400_000, NaN, -8.65e15]) {
    assertThrows(() => writer.write("bad", ms), RecordError, 'Cannot write to topic "out" at ');
  }
  await writer.flush!();

  assertEquals(broker.sends[0]!.map(textOf), ["a @1700000000250", "a @0"]);
});

Deno.test("takeBack() takes the last records out of what is not flushed yet, with a session or without", async () => {
  const broker = new ObservedBroker().addTopic("out", 1);
  const session = await openJobSession(broker, REQUEST);
  for (const context of [contextOf(session), contextOf(undefined)]) {
    const writer = await newSink(broker).open(context);
    for (const [i, text] of ["a", "b", "c", "d"].entries()) writer.write(text, i);
    writer.takeBack!(2);
    writer.write("e", 9);
    await writer.flush?.();
  }
  assertEquals(session.pendingRecords, 3);
  await session.flush();
  const kept = ["a @0", "b @1", "e @9"];
  assertEquals([broker.leases[0]!.pending.map(textOf), broker.sends[0]!.map(textOf)], [kept, kept]);
});

Deno.test("a job that writes into a topic that it reads is refused, unless its sink may feed itself", async () => {
  const broker = new JobBroker(new ObservedBroker());
  const other = new JobBroker(new ObservedBroker());
  const { port } = broker;
  await port.createTopics([{ name: "a", partitions: 1 }, { name: "b", partitions: 1 }]);
  await other.port.createTopics([{ name: "a", partitions: 1 }]);
  const execute = async (from: JobBroker, to: string, mayFeedItself?: boolean) => {
    const env = new StreamExecutionEnvironment({ bounded: true, from: "earliest", logger: SILENT });
    const encode = (value: string) => ({ key: null, value: new TextEncoder().encode(value) });
    env.fromSource(from.textSource("a"), WatermarkStrategy.noWatermarks(), "texts")
      .sinkTo(broker.sink(to, { encode, mayFeedItself })).name("copy");
    await env.execute();
  };
  await assertRejects(
    () => execute(broker, "a"),
    JobError,
    'Cannot execute a job that reads what it writes: what "copy" writes comes back through "texts", which reads the same ' +
      'topic "a"; write to another one, or give the sink mayFeedItself',
  );
  await execute(broker, "b");
  await execute(broker, "a", true);
  await execute(other, "a"); // the same name on another broker
});
