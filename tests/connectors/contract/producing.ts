import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { OutgoingRecord } from "../../../src/connectors/broker.ts";
import type { Register } from "./options.ts";
import { readAll } from "./reading.ts";
import { content, record, send, text, values } from "./records.ts";

const encoder = new TextEncoder();

/** Where records go that are sent, and what is kept of them. */
export function testProducing(test: Register): void {
  test("send() puts a key where murmur2 of its bytes says", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 5);
    // As Kafka's Java client places them on five partitions.
    const places = { "21": 0, foobar: 1, "a-little-bit-long-string": 2, "a-little-bit-longer-string": 4, SKY1: 2 };

    await send(broker, Object.keys(places).map((key) => record(topic, "v", { key })));

    const found: Record<string, number> = {};
    for (const [partition, records] of (await readAll(broker, topic)).entries()) {
      for (const { key } of records) found[text(key)!] = partition;
    }
    assertEquals(found, places);
  });

  test("send() puts records of one key into one partition, in order", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 4);
    const keys = ["a", "b", "c", "d", "e", "f"];
    const producer = await scope.producer(broker);
    for (let round = 0; round < 3; round++) {
      await producer.send(keys.map((key) => record(topic, `${key}${round}`, { key })));
    }

    const partitions = await readAll(broker, topic);
    for (const key of keys) {
      const places = partitions.filter((records) => records.some((one) => text(one.key) === key));
      assertEquals(places.length, 1);
      const own = places[0]!.filter((one) => text(one.key) === key);
      assertEquals(own.map((one) => text(one.value)), [`${key}0`, `${key}1`, `${key}2`]);
    }
  });

  test("send() deals records without a key to the partitions in turn", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 3);
    await send(broker, ["a", "b", "c", "d", "e", "f"].map((value) => record(topic, value)));

    assertEquals((await readAll(broker, topic)).map((records) => records.length), [2, 2, 2]);
  });

  test("send() puts a record into the partition it names", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 3);
    await send(broker, [
      { ...record(topic, "a", { key: "21" }), partition: 2 },
      { ...record(topic, "b"), partition: 1 },
      { ...record(topic, "c"), partition: 1 },
    ]);

    assertEquals(values(await readAll(broker, topic)), [[], ["b", "c"], ["a"]]);
  });

  test("send() refuses a partition that the topic does not have, and what is no partition", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 2);
    for (const partition of [2, -1, 0.5, NaN]) {
      const producer = await scope.producer(broker);
      await assertRejects(() => producer.send([{ ...record(topic, "a"), partition }]), Error, `${partition}`);
    }
    assertEquals(values(await readAll(broker, topic)), [[], []]);
  });

  test("send() keeps the order of a partition over thousands of records and many sends", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const producer = await scope.producer(broker);
    const expected: string[] = [];
    for (const size of [1, 1_500, 3, 700]) {
      const part = Array.from({ length: size }, (_, index) => String(expected.length + index));
      expected.push(...part);
      await producer.send(part.map((value) => record(topic, value)));
    }

    const [records] = await readAll(broker, topic);
    assertEquals(records!.map((one) => text(one.value)), expected);
    for (let index = 1; index < records!.length; index++) {
      assert(records![index]!.offset > records![index - 1]!.offset);
    }
  });

  test("fetch() gives back the bytes, the headers and the timestamp that were sent", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const hundred = Array.from({ length: 100 }, (_, i) => [`h${i}`, encoder.encode(`v${i}`)] as const);
    const sent: OutgoingRecord[] = [
      { topic, key: encoder.encode("k"), value: encoder.encode("v"), timestampMs: 1_760_000_000_123 },
      { topic, key: null, value: encoder.encode("no key"), timestampMs: 0 },
      { topic, key: encoder.encode("no value"), value: null, timestampMs: Date.UTC(2001, 1, 3) },
      { topic, key: null, value: null, timestampMs: Date.UTC(2090, 11, 31) },
      { topic, key: new Uint8Array(0), value: new Uint8Array(0), timestampMs: 1 },
      {
        topic,
        key: bytes,
        value: bytes.slice().reverse(),
        timestampMs: 2,
        // In this order, though a name stands twice and an object would put some of them first.
        headers: [
          ["bytes", bytes],
          ["trace", encoder.encode("1")],
          ["trace", encoder.encode("2")],
          ["null", null],
          ["empty", new Uint8Array(0)],
          ["10", encoder.encode("ten")],
          ["2", encoder.encode("two")],
          ["__proto__", encoder.encode("pp")],
          ["", encoder.encode("no name")],
        ],
      },
      { topic, key: null, value: encoder.encode("ключ"), timestampMs: 3, headers: [["höher-✓", encoder.encode("✓")]] },
      { topic, key: null, value: encoder.encode("many"), timestampMs: 4, headers: hundred },
      { topic, key: null, value: new Uint8Array(900 * 1024).fill(0xa5), timestampMs: 5 },
      { topic, key: null, value: encoder.encode("last"), timestampMs: 6 },
    ];
    await send(broker, sent);

    const [found] = await readAll(broker, topic);
    assertEquals(found!.map(content), sent.map(content));
  });

  test("a timestamp that no topic keeps is refused before anything is written, by producers and jobs alike", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const lease = await scope.lease(broker);
    const producers = [
      await scope.producer(broker),
      await broker.producer({ transactionalId: scope.topicName() }),
    ];
    for (const timestampMs of [1_700_000_000_123.4, -1, -86_400_000, NaN, Infinity, 2 ** 53]) {
      const bad = record(topic, "bad", { timestampMs });
      for (const producer of producers) {
        await assertRejects(() => producer.send([record(topic, "good"), bad]), RangeError, `${timestampMs}`);
      }
      assertThrows(() => lease.write(bad), RangeError, `${timestampMs}`);
    }
    await producers[1]!.close();
    await lease.close();

    assertEquals((await broker.describeTopics([topic]))[0]!.endOffsets, [0]);
  });

  test("offsetsAt() finds the first record that is as late, though timestamps go back, or the end", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 3);
    const producer = await scope.producer(broker);
    for (const timestampMs of [1_000, 3_000, 2_000, 4_000]) {
      await producer.send([{ ...record(topic, "a", { timestampMs }), partition: 0 }]);
    }
    await producer.send([7_000, 500, 8_000].map((timestampMs) => ({
      ...record(topic, "b", { timestampMs }),
      partition: 1,
    })));

    assertEquals(await broker.offsetsAt(topic, 0), [0, 0, 0]);
    assertEquals(await broker.offsetsAt(topic, 1_000), [0, 0, 0]);
    assertEquals(await broker.offsetsAt(topic, 1_001), [1, 0, 0]);
    assertEquals(await broker.offsetsAt(topic, 2_000), [1, 0, 0]);
    assertEquals(await broker.offsetsAt(topic, 3_001), [3, 0, 0]);
    assertEquals(await broker.offsetsAt(topic, 7_001), [4, 2, 0]);
    assertEquals(await broker.offsetsAt(topic, Date.UTC(2090, 0, 1)), [4, 3, 0]);
  });
}
