import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { TopicDescription } from "../../../src/connectors/broker.ts";
import { UnknownTopicError } from "../../../src/connectors/broker_errors.ts";
import type { Register } from "./options.ts";
import { readAll, untilSeen } from "./reading.ts";
import { content, hex, record, start, state, text, values } from "./records.ts";
import { GLANCE_MS, until } from "./waiting.ts";

const encoder = new TextEncoder();

/** What a commit makes visible, and when. */
export function testCommits(test: Register): void {
  test("what a job and a producer write compressed reads as if it were not", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const values = Array.from({ length: 50 }, (_, index) => `${index} `.repeat(20));
    const lease = await scope.lease(broker, { topics: [] });
    lease.compress(topic, "zstd");
    for (const value of values.slice(0, 25)) lease.write(record(topic, value));
    await lease.commit({ changes: new Map(), positions: [] });
    const producer = await broker.producer({ compression: "snappy" });
    await producer.send(values.slice(25).map((value) => record(topic, value)));
    await producer.close();

    const [found] = await readAll(broker, topic);
    assertEquals(found!.map((one) => text(one.value)), values);
  });

  test("openJob() gives a new job an empty lease", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const lease = await scope.lease(broker, { topics: [topic] });

    assertEquals(await lease.restore(), new Map());
    assertEquals(lease.pendingRecords, 0);
    assertEquals(lease.lost.aborted, false);
  });

  test("commit() makes records visible and entries restorable", async (scope) => {
    const broker = await scope.broker();
    const [input, output] = [await scope.topic(broker, 1), await scope.topic(broker, 2)];
    const job = scope.jobName();
    const lease = await scope.lease(broker, { job, topics: [input] });

    lease.write({ ...record(output, "a", { key: "21", timestampMs: 7 }), headers: [["h", encoder.encode("x")]] });
    lease.write({ ...record(output, "b"), partition: 1 });
    await lease.commit(state({ count: "2", seen: "yes" }, [{ topic: input, partition: 0, offset: 0 }]));
    await untilSeen(lease);

    assertEquals(lease.pendingRecords, 0);
    const [zero, one] = await readAll(broker, output);
    assertEquals([zero!, one!].map((records) => records.map((each) => text(each.value))), [["a"], ["b"]]);
    assertEquals(content(zero![0]!), {
      ...content(record(output, "a", { key: "21", timestampMs: 7 })),
      headers: [["h", hex(encoder.encode("x"))]],
    });
    await lease.close();
    const next = await scope.lease(broker, { job, topics: [input] });
    assertEquals(await next.restore(), new Map([["count", "2"], ["seen", "yes"]]));
  });

  test("positions() are those of the last commit, and none after a reset", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 2);
    const job = scope.jobName();
    const lease = await scope.lease(broker, { job, topics: [topic] });
    assertEquals(await lease.positions(), []);
    const at = (offset: number, partition = 0) => ({ topic, partition, offset });
    await lease.commit(state({ a: "1" }, [at(3), at(0, 1)]));
    await lease.commit(state({ a: "2" }, [at(5)]));
    await lease.close();

    const next = await scope.lease(broker, { job, topics: [topic] });
    const positions = await next.positions();
    assertEquals(positions.toSorted((a, b) => a.partition - b.partition), [at(5), at(0, 1)]);
    await next.reset();
    await untilSeen(next);
    assertEquals(await next.positions(), []);
  });

  test("what is written but not committed is in no fetch and not in the end offsets", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const lease = await scope.lease(broker);
    const fetcher = await scope.fetcher(broker);

    for (let index = 0; index < 50; index++) lease.write(record(topic, `open ${index}`));
    await lease.flush();

    assertEquals((await fetcher.fetch([start(topic)], GLANCE_MS)).flatMap((batch) => batch.records), []);
    assertEquals((await broker.describeTopics([topic]))[0]!.endOffsets, [0]);
    await lease.commit(state({}));
    await untilSeen(lease);
    assertEquals((await readAll(broker, topic))[0]!.length, 50);
  });

  test("partitionEnds() and firstTimestamps() show what a transaction holds while it is open", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 2);
    const lease = await scope.lease(broker);
    lease.write({ ...record(topic, "a", { timestampMs: 5 }), partition: 0 });
    await lease.commit(state({}));
    const closed = async () =>
      (await broker.partitionEnds(topic)).every(({ committed, written }) => committed === written);
    await until(closed);
    const [{ endOffsets }] = await broker.describeTopics([topic]) as [TopicDescription];
    assertEquals(await broker.partitionEnds(topic), endOffsets.map((end) => ({ committed: end, written: end })));

    const [end] = endOffsets as [number, number];
    const position = { topic, partition: 0, offset: end };
    lease.write({ ...record(topic, "b", { timestampMs: 7 }), partition: 0 });
    lease.write({ ...record(topic, "c", { timestampMs: 8 }), partition: 0 });
    await lease.flush();
    const isHeld = broker.kind === "kafka"; // the embedded log shows nothing of a transaction before it is committed
    assertEquals((await broker.partitionEnds(topic))[0], { committed: end, written: isHeld ? end + 2 : end });
    assertEquals(await broker.firstTimestamps([position]), [isHeld ? 7 : undefined]);
    assertEquals(await broker.firstTimestamps([{ ...position, offset: isHeld ? end + 1 : end }]), [
      isHeld ? 8 : undefined,
    ]);

    assertEquals((await broker.partitionEnds(topic, [end, 0]))[0], { committed: end, written: isHeld ? end + 2 : end });

    await lease.commit(state({}));
    await until(closed);
    await assertRejects(() => broker.partitionEnds(scope.topicName()), UnknownTopicError);
  });

  test("a reader at the end sees a commit whole, then the next", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const lease = await scope.lease(broker);
    for (let round = 0; round < 10; round++) {
      for (let index = 0; index < 3; index++) lease.write(record(topic, `${round}.${index}`));
      await lease.commit(state({ round: String(round) }));
    }
    await untilSeen(lease);

    const expected = Array.from({ length: 30 }, (_, index) => `${Math.floor(index / 3)}.${index % 3}`);
    assertEquals(values(await readAll(broker, topic)), [expected]);
  });

  test("takeBack() takes back the last records that were written, and none that were flushed", async (scope) => {
    const broker = await scope.broker();
    const [topic, other] = [await scope.topic(broker, 1), await scope.topic(broker, 1)];
    const lease = await scope.lease(broker);
    lease.write(record(topic, "a"));
    await lease.flush();
    lease.write(record(topic, "b"));
    lease.write(record(topic, "c"));
    lease.write(record(other, "d"));
    lease.takeBack(2);
    lease.takeBack(0);
    lease.write(record(topic, "e"));
    await lease.commit(state({}));
    await untilSeen(lease);

    assertEquals(values(await readAll(broker, topic)), [["a", "b", "e"]]);
    assertEquals(values(await readAll(broker, other)), [[]]);
    assertEquals(lease.pendingRecords, 0);
  });

  test("close() drops what is pending", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const job = scope.jobName();
    const first = await scope.lease(broker, { job });
    first.write(record(topic, "dropped"));
    await first.flush();
    await first.close();
    await first.close();

    const second = await scope.lease(broker, { job });
    second.write(record(topic, "kept"));
    await second.commit(state({}));
    await untilSeen(second);

    assertEquals(values(await readAll(broker, topic)), [["kept"]]);
  });

  test("flush() of an at-least-once job makes records visible before the commit, and no entries", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const job = scope.jobName();
    const lease = await scope.lease(broker, { job, exactlyOnce: false });
    await lease.commit(state({ count: "old" }));

    lease.write(record(topic, "a"));
    lease.write(record(topic, "b"));
    assertEquals(lease.pendingRecords, 2);
    await lease.flush();
    assertEquals(lease.pendingRecords, 0);
    await untilSeen(lease);
    assertEquals(values(await readAll(broker, topic)), [["a", "b"]]);

    lease.write(record(topic, "c"));
    await lease.commit(state({ count: "new" }));
    await untilSeen(lease);
    assertEquals(values(await readAll(broker, topic)), [["a", "b", "c"]]);

    lease.write(record(topic, "d"));
    await lease.flush();
    await lease.close();
    const next = await scope.lease(broker, { job, exactlyOnce: false });
    assertEquals(await next.restore(), new Map([["count", "new"]]));
    assertEquals(values(await readAll(broker, topic)), [["a", "b", "c", "d"]]);
  });

  for (const exactlyOnce of [true, false]) {
    test(`a commit to a missing topic fails as a whole, exactly once ${exactlyOnce}`, async (scope) => {
      const broker = await scope.broker();
      const missing = scope.topicName();
      const job = scope.jobName();
      const lease = await scope.lease(broker, { job, exactlyOnce });
      await lease.commit(state({ count: "old" }));

      const error = await assertRejects(async () => {
        lease.write(record(missing, "a"));
        await lease.commit(state({ count: "new" }));
      }, UnknownTopicError);

      assertStringIncludes(error.message, missing);
      assertEquals((await broker.listTopics()).includes(missing), false);
      await lease.close();
      const next = await scope.lease(broker, { job, exactlyOnce });
      assertEquals(await next.restore(), new Map([["count", "old"]]));
    });
  }
}
