import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { OffsetOutOfRangeError, UnknownTopicError } from "../../../src/connectors/broker_errors.ts";
import { later } from "../../later.ts";
import type { Register } from "./options.ts";
import { readAll, readUntil } from "./reading.ts";
import { record, send, text, values } from "./records.ts";
import { GLANCE_MS, PATIENCE_MS, promptly } from "./waiting.ts";

/** What a fetch brings, waits for and refuses. */
export function testFetching(test: Register): void {
  test("fetch() reads on from the middle of what was sent together", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    await send(broker, Array.from({ length: 20 }, (_, index) => record(topic, String(index))));

    const [records] = await readAll(broker, topic, [13]);
    assertEquals(records!.map((one) => text(one.value)), ["13", "14", "15", "16", "17", "18", "19"]);
    assertEquals(records![0]!.offset, 13);
  });

  test("fetch() reads several topics and partitions, each from its own position", async (scope) => {
    const broker = await scope.broker();
    const [one, two] = [await scope.topic(broker, 2), await scope.topic(broker, 1)];
    await send(broker, [
      { ...record(one, "a"), partition: 0 },
      { ...record(one, "b"), partition: 1 },
      { ...record(one, "c"), partition: 1 },
      { ...record(two, "d"), partition: 0 },
    ]);
    const positions = [
      { topic: one, partition: 0, offset: 1 },
      { topic: one, partition: 1, offset: 1 },
      { topic: two, partition: 0, offset: 0 },
    ];
    const ends = [1, 2, 1];

    const fetcher = await scope.fetcher(broker);
    const found = await readUntil(fetcher, positions, (offsets) => offsets.every((offset, i) => offset >= ends[i]!));
    assertEquals(values(found), [[], ["c"], ["d"]]);
  });

  test("fetch() waits at the end and returns when a record arrives", async (scope) => {
    const [reading, writing] = [await scope.broker(), await scope.broker()];
    const topic = await scope.topic(writing, 2);
    const producer = await scope.producer(writing);
    const fetcher = await scope.fetcher(reading);
    const positions = [0, 1].map((partition) => ({ topic, partition, offset: 0 }));

    const waiting = later(fetcher.fetch(positions, PATIENCE_MS));
    assertEquals(await promptly(waiting, GLANCE_MS), "still waiting");
    const before = performance.now();
    await producer.send([{ ...record(topic, "late"), partition: 1 }]);
    let batches = await waiting;
    if (batches.every((batch) => batch.records.length === 0)) batches = await fetcher.fetch(positions, PATIENCE_MS);

    assertEquals(batches.flatMap((batch) => batch.records.map((one) => text(one.value))), ["late"]);
    assertEquals(batches.find((batch) => batch.records.length > 0)!.partition, 1);
    assert(performance.now() - before < PATIENCE_MS / 2, "the record came with the end of the wait");
  });

  test("fetch() wakes for a record of the same broker", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const producer = await scope.producer(broker);
    const fetcher = await scope.fetcher(broker);

    const waiting = fetcher.fetch([{ topic, partition: 0, offset: 0 }], PATIENCE_MS);
    assertEquals(await promptly(waiting, GLANCE_MS), "still waiting");
    await producer.send([record(topic, "own")]);

    assertNotEquals(await promptly(waiting, PATIENCE_MS / 2), "still waiting");
  });

  test("fetch() returns nothing after its longest wait", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    await send(broker, [record(topic, "a")]);
    const fetcher = await scope.fetcher(broker);
    const end = { topic, partition: 0, offset: 1 };

    const before = performance.now();
    const batches = await fetcher.fetch([end], GLANCE_MS);
    const waitedMs = performance.now() - before;

    assertEquals(batches.flatMap((batch) => batch.records), []);
    assert(waitedMs > GLANCE_MS / 2, `it waited only ${waitedMs} ms`);
    assert(waitedMs < GLANCE_MS + PATIENCE_MS, `it waited ${waitedMs} ms`);
  });

  test("fetch() refuses a position before the start or beyond the end", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 2);
    await send(broker, [{ ...record(topic, "a"), partition: 1 }]);

    for (const offset of [-1, 1_000]) {
      const fetcher = await scope.fetcher(broker);
      const error = await assertRejects(
        () => fetcher.fetch([{ topic, partition: 1, offset }], PATIENCE_MS),
        OffsetOutOfRangeError,
        topic,
      );
      assertStringIncludes(error.message, String(offset));
    }
  });

  test("fetch() fails when its topic is deleted meanwhile", async (scope) => {
    const [reading, other] = [await scope.broker(), await scope.broker()];
    const topic = await scope.topic(other, 1);
    await send(other, [record(topic, "a")]);
    const fetcher = await scope.fetcher(reading);
    const [first] = await readUntil(fetcher, [{ topic, partition: 0, offset: 0 }], ([offset]) => offset! >= 1);
    assertEquals(first!.length, 1);

    const failing = later(assertRejects(
      () => readUntil(fetcher, [{ topic, partition: 0, offset: 1 }], () => false),
      UnknownTopicError,
      topic,
    ));
    await other.deleteTopics([topic]);
    await failing;
  });

  test("fetch() reads a large backlog in pieces of bounded size, completely and in order", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const total = 20_000;
    const filler = "x".repeat(290);
    const producer = await scope.producer(broker);
    for (let from = 0; from < total; from += 5_000) {
      await producer.send(Array.from({ length: 5_000 }, (_, index) => record(topic, `${from + index} ${filler}`)));
    }

    const fetcher = await scope.fetcher(broker);
    let offset = 0;
    let next = 0;
    const until = performance.now() + PATIENCE_MS;
    while (offset < total && performance.now() < until) {
      for (const batch of await fetcher.fetch([{ topic, partition: 0, offset }], 1_000)) {
        assert(batch.records.length <= total / 2, `${batch.records.length} records came at once`);
        for (const one of batch.records) assertEquals(parseInt(text(one.value)!), next++);
        offset = batch.nextOffset;
      }
    }
    assertEquals(next, total);
  });

  test("close() ends a fetch that waits", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const fetcher = await scope.fetcher(broker);

    const waiting = fetcher.fetch([{ topic, partition: 0, offset: 0 }], PATIENCE_MS);
    assertEquals(await promptly(waiting, GLANCE_MS), "still waiting");
    await fetcher.close();

    assertEquals(await promptly(waiting, PATIENCE_MS / 2), []);
  });
}
