/**
 * The meaning of the broker port in code: what holds for every adapter, whoever keeps the log.
 *
 * Each case opens brokers of its own and uses names that nobody has used before, so the cases run against a broker that
 * lives long. They allow for a broker that takes seconds, for offsets that no reader sees, and for a commit that becomes
 * visible a little after it was made.
 */
import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import type {
  Broker,
  BrokerJobRequest,
  BrokerLease,
  BrokerRecord,
  FetchedBatch,
  Fetcher,
  JobCommit,
  OutgoingRecord,
  Position,
  Producer,
  TopicDescription,
} from "../../src/connectors/broker.ts";
import { deadLetterTopic } from "../../src/connectors/broker.ts";
import {
  FencedError,
  JobActiveError,
  OffsetOutOfRangeError,
  TopicExistsError,
  UnknownTopicError,
} from "../../src/connectors/broker_errors.ts";
import { later, signOf } from "../later.ts";

/** What an adapter's test says about its broker. */
export interface ContractOptions {
  /** Skips every case; say why in the name. */
  readonly ignore?: boolean;
  /** Session timeout of the jobs. Long enough that "at once" and "after the timeout" differ. Default 10,000 ms. */
  readonly sessionTimeoutMs?: number;
  /**
   * Takes the right to run `job` away from the instance that has it, without telling it: what another instance does that
   * believes it dead. Cases about fencing are skipped without it.
   */
  readonly fence?: (broker: Broker, job: string) => Promise<void>;
  /** Whether a case fails when it leaves timers or sockets behind; default true. */
  readonly sanitize?: boolean;
}

/** Longer than anything takes that works. */
const PATIENCE_MS = 30_000;

/** How long a case looks for what must not be there. */
const GLANCE_MS = 300;

/** What Kafka allows for no topic, as someone would try it. */
const ILLEGAL_NAMES: readonly string[] = [
  "",
  ".",
  "..",
  "../../x",
  "/etc/passwd",
  "a/b",
  "a\\b",
  "a b",
  "a\nb",
  "a\0b",
  "\x1b[2J",
  "%",
  "_%",
  "ü☃",
  "'; DROP TABLE topic; --",
  '" OR ""="',
  "x".repeat(250),
  "x".repeat(40_000),
];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Registers the cases of the port.
 *
 * @param name of the adapter, put before each case's name
 * @param open opens a broker as a program of its own would: each time a new instance, always on the same topics and jobs
 */
export function testBrokerContract(name: string, open: () => Promise<Broker>, options: ContractOptions = {}): void {
  const { ignore = false, sanitize = true } = options;
  function test(promise: string, body: (scope: Scope) => Promise<void>, needs = true): void {
    Deno.test({
      name: `${name}: ${promise}`,
      ignore: ignore || !needs,
      sanitizeOps: sanitize,
      sanitizeResources: sanitize,
      async fn() {
        await using scope = new Scope(open, options);
        await body(scope);
      },
    });
  }
  testTopics(test);
  testRecords(test);
  testFetching(test);
  testCommits(test, options);
  testTakingOver(test);
  testTools(test);
}

type Register = (promise: string, body: (scope: Scope) => Promise<void>, needs?: boolean) => void;

function testTopics(test: Register): void {
  test("createTopics() makes empty topics that listTopics() and describeTopics() show", async (scope) => {
    const broker = await scope.broker();
    const [one, two] = [scope.topicName(), scope.topicName()];
    await broker.createTopics([{ name: one, partitions: 3 }, { name: two, partitions: 1, compacted: true }]);

    assertEquals((await broker.listTopics()).filter((topic) => topic === one || topic === two), [one, two].sort());
    const described = await broker.describeTopics([two, one]);
    assertEquals(described.map(withoutId), [
      { name: two, startOffsets: [0], endOffsets: [0] },
      { name: one, startOffsets: [0, 0, 0], endOffsets: [0, 0, 0] },
    ]);
  });

  test("createTopics() creates nothing when one of its topics exists", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const other = scope.topicName();

    const creating = broker.createTopics([{ name: other, partitions: 1 }, { name: topic, partitions: 1 }]);
    const error = await assertRejects(() => creating, TopicExistsError, topic);

    assertEquals(error.topics, [topic]);
    assertEquals((await broker.listTopics()).includes(other), false);
  });

  test("a name that no topic can have is refused for a new one, and else is that of a missing one", async (scope) => {
    const broker = await scope.broker();
    const [producer, fetcher] = [await scope.producer(broker), await scope.fetcher(broker)];
    for (const name of ILLEGAL_NAMES) {
      const error = await assertRejects(() => broker.createTopics([{ name, partitions: 1 }]), RangeError, "1 to 249");
      // deno-lint-ignore no-control-regex -- what a terminal would act on
      assertEquals(/[\x00-\x1f]/.test(error.message), false);
      await assertRejects(() => broker.describeTopics([name]), UnknownTopicError);
      await assertRejects(() => broker.deleteTopics([name]), UnknownTopicError);
      await assertRejects(() => broker.offsetsAt(name, 0), UnknownTopicError);
      await assertRejects(() => producer.send([record(name, "a")]), UnknownTopicError);
      await assertRejects(() => fetcher.fetch([{ topic: name, partition: 0, offset: 0 }], 100), UnknownTopicError);
      assertEquals(await broker.jobsReading([name]), []);
      // A job's topics have a name that is longer than ".".
      if (!/^\.+$/.test(name)) await assertRejects(() => scope.lease(broker, { job: name }), RangeError, "1 to 236");
    }
    assertEquals((await broker.listTopics()).filter((name) => ILLEGAL_NAMES.includes(name)), []);

    const longest = scope.willExist(`${scope.topicName()}${"._-9Zz".repeat(50)}`.slice(0, 249));
    await broker.createTopics([{ name: longest, partitions: 1 }]);
    assertEquals((await broker.listTopics()).includes(longest), true);
  });

  test("describeTopics() names every topic that is missing and creates none", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const missing = [scope.topicName(), scope.topicName()].sort();

    const error = await assertRejects(() => broker.describeTopics([topic, ...missing]), UnknownTopicError);

    assertEquals([...error.topics].sort(), missing);
    for (const one of missing) assertStringIncludes(error.message, one);
    await assertRejects(() => broker.offsetsAt(missing[0]!, 0), UnknownTopicError, missing[0]);
    await assertRejects(() => broker.deleteTopics([missing[0]!]), UnknownTopicError, missing[0]);
    assertEquals((await broker.listTopics()).filter((one) => missing.includes(one)), []);
  });

  test("send() and fetch() refuse a topic that is missing and create none", async (scope) => {
    const broker = await scope.broker();
    const missing = scope.topicName();
    const producer = await scope.producer(broker);
    const fetcher = await scope.fetcher(broker);

    await assertRejects(() => producer.send([record(missing, "a")]), UnknownTopicError, missing);
    await assertRejects(
      () => fetcher.fetch([{ topic: missing, partition: 0, offset: 0 }], 1_000),
      UnknownTopicError,
      missing,
    );

    assertEquals((await broker.listTopics()).includes(missing), false);
  });

  test("send() and fetch() refuse a partition that is missing", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 2);
    const producer = await scope.producer(broker);
    const fetcher = await scope.fetcher(broker);

    await assertRejects(() => producer.send([{ ...record(topic, "a"), partition: 2 }]), UnknownTopicError, topic);
    await assertRejects(() => fetcher.fetch([{ topic, partition: 2, offset: 0 }], 1_000), UnknownTopicError, topic);
  });

  test("deleteTopics() frees the name: the topic created anew is empty", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 2);
    await send(broker, [record(topic, "a"), record(topic, "b")]);

    const [before] = await broker.describeTopics([topic]) as [TopicDescription];
    await broker.deleteTopics([topic]);
    await assertRejects(() => broker.describeTopics([topic]), UnknownTopicError, topic);
    await broker.createTopics([{ name: topic, partitions: 1 }]);

    const [after] = await broker.describeTopics([topic]) as [TopicDescription];
    assertEquals(withoutId(after), { name: topic, startOffsets: [0], endOffsets: [0] });
    // Brokers of before Kafka 2.8 give no ids.
    if (before.id !== undefined) assertNotEquals(before.id, after.id);
    assertEquals((await broker.describeTopics([topic]))[0], after);
    await send(broker, [record(topic, "c")]);
    assertEquals(values(await readAll(broker, topic)), [["c"]]);
  });
}

function withoutId({ id: _, ...description }: TopicDescription): Omit<TopicDescription, "id"> {
  return description;
}

function testRecords(test: Register): void {
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

function testFetching(test: Register): void {
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

function testCommits(test: Register, options: ContractOptions): void {
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

  test("partitionEnds() and firstTimestamps() tell what a transaction holds while it is open", async (scope) => {
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
    await lease.commit(state({ sofar: "old" }));

    lease.write(record(topic, "a"));
    lease.write(record(topic, "b"));
    assertEquals(lease.pendingRecords, 2);
    await lease.flush();
    assertEquals(lease.pendingRecords, 0);
    await untilSeen(lease);
    assertEquals(values(await readAll(broker, topic)), [["a", "b"]]);

    lease.write(record(topic, "c"));
    await lease.commit(state({ sofar: "new" }));
    await untilSeen(lease);
    assertEquals(values(await readAll(broker, topic)), [["a", "b", "c"]]);

    lease.write(record(topic, "d"));
    await lease.flush();
    await lease.close();
    const next = await scope.lease(broker, { job, exactlyOnce: false });
    assertEquals(await next.restore(), new Map([["sofar", "new"]]));
    assertEquals(values(await readAll(broker, topic)), [["a", "b", "c", "d"]]);
  });

  for (const exactlyOnce of [true, false]) {
    test(`a commit to a missing topic fails as a whole, exactly once ${exactlyOnce}`, async (scope) => {
      const broker = await scope.broker();
      const missing = scope.topicName();
      const job = scope.jobName();
      const lease = await scope.lease(broker, { job, exactlyOnce });
      await lease.commit(state({ sofar: "old" }));

      const error = await assertRejects(async () => {
        lease.write(record(missing, "a"));
        await lease.commit(state({ sofar: "new" }));
      }, UnknownTopicError);

      assertStringIncludes(error.message, missing);
      assertEquals((await broker.listTopics()).includes(missing), false);
      await lease.close();
      const next = await scope.lease(broker, { job, exactlyOnce });
      assertEquals(await next.restore(), new Map([["sofar", "old"]]));
    });
  }

  test("restore() gives the last value of each entry; null deletes one", async (scope) => {
    const broker = await scope.broker();
    const job = scope.jobName();
    const first = await scope.lease(broker, { job });
    await first.commit(state({ kept: "1", changed: "1", deleted: "1" }));
    await first.commit(
      state({ changed: "2", deleted: null, never: null, "\ufeffodd \u0000 ✓ key": "\ufeffodd \u0000 ✓ value" }),
    );
    await first.commit(state({}));
    assertEquals((await first.restore()).get("changed"), "2");
    await first.close();

    const second = await scope.lease(broker, { job });
    const expected = { kept: "1", changed: "2", "\ufeffodd \u0000 ✓ key": "\ufeffodd \u0000 ✓ value" };
    assertEquals(await second.restore(), new Map(Object.entries(expected)));
    await second.commit(state({ deleted: "again" }));
    assertEquals(await second.restore(), new Map(Object.entries({ ...expected, deleted: "again" })));
  });

  test("restore() gives 10,000 entries and long ones, and no other job's", async (scope) => {
    const broker = await scope.broker();
    const [job, other] = [scope.jobName(), scope.jobName()];
    const changes = new Map<string, string | null>([["long", "x".repeat(100_000)]]);
    for (let index = 0; index < 10_000; index++) changes.set(`key ${index}`, `{"count":${index}}`);
    const lease = await scope.lease(broker, { job });
    await (await scope.lease(broker, { job: other })).commit(state({ "key 1": "another job's" }));
    await lease.commit({ changes, positions: [] });
    await lease.close();

    const next = await scope.lease(broker, { job });
    assertEquals(await next.restore(), changes);
  });

  test("reset() forgets the entries and leaves the topics", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const job = scope.jobName();
    const first = await scope.lease(broker, { job, topics: [topic] });
    first.write(record(topic, "kept"));
    await first.commit(state({ a: "1", b: "2" }, [start(topic)]));

    await first.reset();
    assertEquals(await first.restore(), new Map());
    await first.commit(state({ c: "3" }));
    await first.close();

    const second = await scope.lease(broker, { job, topics: [topic] });
    assertEquals(await second.restore(), new Map([["c", "3"]]));
    assertEquals(values(await readAll(broker, topic)), [["kept"]]);
  });

  const { fence } = options;
  test("nothing of an instance is visible after it was fenced", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const job = scope.jobName();
    const lease = await scope.lease(broker, { job });
    lease.write(record(topic, "before"));
    await lease.commit(state({ sofar: "old" }));

    await fence!(broker, job);
    lease.write(record(topic, "after"));
    await assertRejects(() => lease.commit(state({ sofar: "new" })), FencedError, job);
    assertEquals(lease.lost.aborted, true);
    assert(lease.lost.reason instanceof FencedError);
    await assertRejects(() => lease.commit(state({ sofar: "newer" })), FencedError);
    await lease.close();

    const next = await scope.lease(broker, { job });
    assertEquals(await next.restore(), new Map([["sofar", "old"]]));
    next.write(record(topic, "successor"));
    await next.commit(state({}));
    await untilSeen(next);
    assertEquals(values(await readAll(broker, topic)), [["before", "successor"]]);
  }, fence !== undefined);

  test("no entry of a fenced at-least-once job is kept, and it cannot reset the job", async (scope) => {
    const broker = await scope.broker();
    const topic = await scope.topic(broker, 1);
    const job = scope.jobName();
    const leases = [await scope.lease(broker, { job, exactlyOnce: false })];
    await leases[0]!.commit(state({ sofar: "old" }));

    await fence!(broker, job);
    leases[0]!.write(record(topic, "after"));
    await assertRejects(() => leases[0]!.commit(state({ sofar: "new" })), FencedError, job);
    await leases[0]!.close();
    leases.push(await scope.lease(broker, { job, exactlyOnce: false }));
    await fence!(broker, job);
    await assertRejects(() => leases[1]!.reset(), FencedError, job);
    await leases[1]!.close();

    const next = await scope.lease(broker, { job, exactlyOnce: false });
    assertEquals(await next.restore(), new Map([["sofar", "old"]]));
  }, fence !== undefined);
}

function testTakingOver(test: Register): void {
  test("a second instance stands by and takes over at once when the first releases", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const topic = await scope.topic(one, 1);
    const job = scope.jobName();
    const first = await scope.lease(one, { job });
    const standby = Promise.withResolvers<string>();
    const opening = later(scope.lease(two, { job, onStandby: standby.resolve }));

    assertNotEquals((await signOf(opening, standby.promise)).trim(), "");
    first.write(record(topic, "first"));
    await first.commit(state({ by: "first" }));
    const before = performance.now();
    await first.close();
    const second = await opening;

    const tookMs = performance.now() - before;
    assert(tookMs < scope.sessionTimeoutMs, `taking over took ${tookMs} ms`);
    assertEquals(await second.restore(), new Map([["by", "first"]]));
    second.write(record(topic, "second"));
    await second.commit(state({ by: "second" }));
    await untilSeen(second);
    assertEquals(values(await readAll(two, topic)), [["first", "second"]]);
  });

  test("of two instances that stand by one takes over, then the other", async (scope) => {
    const brokers = [await scope.broker(), await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    const active = await scope.lease(brokers[0]!, { job });
    await active.commit(state({ turn: "0" }));
    const waiting = brokers.slice(1).map((broker) => {
      const standby = Promise.withResolvers<void>();
      return { standby, lease: later(scope.lease(broker, { job, onStandby: () => standby.resolve() })) };
    });
    for (const { standby, lease } of waiting) await signOf(lease, standby.promise);

    await active.close();
    let other: Promise<BrokerLease> | undefined;
    const next = await Promise.race(waiting.map(({ lease }, index) =>
      lease.then((taken) => {
        other ??= waiting[1 - index]!.lease;
        return taken;
      })
    ));
    assertEquals(await promptly(other!, GLANCE_MS), "still waiting");
    await next.commit(state({ turn: "1" }));
    await next.close();

    assertEquals(await (await other!).restore(), new Map([["turn", "1"]]));
  });

  test("openJob() refuses beside an active instance when asked to", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    const lease = await scope.lease(one, { job });

    await assertRejects(() => scope.lease(two, { job, whenActive: "refuse" }), JobActiveError, job);

    await lease.commit(state({ still: "mine" }));
    await lease.close();
    const next = await eventually(() => scope.lease(two, { job, whenActive: "refuse" }), JobActiveError);
    assertEquals(await next.restore(), new Map([["still", "mine"]]));
  });

  test("openJob() stops waiting with its signal's reason and leaves the active instance alone", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    const lease = await scope.lease(one, { job });
    const controller = new AbortController();
    const reason = new Error("the person pressed Ctrl-C");
    const opening = scope.lease(two, { job, signal: controller.signal, onStandby: () => controller.abort(reason) });

    assertEquals(await opening.catch((error) => error), reason);
    const late = scope.lease(two, { job, signal: AbortSignal.abort(reason) });
    assertEquals(await late.catch((error) => error), reason);

    await lease.commit(state({ still: "mine" }));
    assertEquals(lease.lost.aborted, false);
  });
}

function testTools(test: Register): void {
  test("jobsReading() tells which jobs have read a topic and whether they run", async (scope) => {
    const broker = await scope.broker();
    const [one, two, none] = [await scope.topic(broker, 1), await scope.topic(broker, 1), await scope.topic(broker, 1)];
    const [both, single] = [scope.jobName(), scope.jobName()].sort() as [string, string];
    const first = await scope.lease(broker, { job: both, topics: [one, two] });
    await first.commit(state({ a: "1" }, [start(one), start(two)]));
    const second = await scope.lease(broker, { job: single, topics: [two] });
    await second.commit(state({ a: "1" }, [start(two)]));

    assertEquals(await broker.jobsReading([one]), [{ job: both, running: true }]);
    assertEquals(await broker.jobsReading([one, two]), [{ job: both, running: true }, { job: single, running: true }]);
    assertEquals(await broker.jobsReading([none]), []);
    await first.close();
    await until(async () => (await broker.jobsReading([one]))[0]!.running === false);
    assertEquals(await broker.jobsReading([two]), [{ job: both, running: false }, { job: single, running: true }]);
  });

  test("readCommit() gives the last commit as a whole while the job runs, and nothing of a job without one", async (scope) => {
    const [tool, running] = [await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    assertEquals(await tool.readCommit(job), new Map());
    const lease = await scope.lease(running, { job });
    assertEquals(await tool.readCommit(job), new Map());
    const rounds = 20;
    let committing = true;
    const commits = later(
      (async () => {
        for (let round = 1; round <= rounds; round++) {
          await lease.commit(
            state({ a: String(round), b: String(round), [`only ${round}`]: "", [`only ${round - 1}`]: null }),
          );
        }
      })().finally(() => committing = false),
    );
    while (committing) {
      const commit = await tool.readCommit(job);
      assertEquals(commit.get("a"), commit.get("b"));
      assertEquals(commit.size, commit.has("a") ? 3 : 0);
      if (commit.has("a")) assert(commit.has(`only ${commit.get("a")}`));
    }
    await commits;

    await until(async () => (await tool.readCommit(job)).get("a") === String(rounds));
    assertEquals(await lease.restore(), await tool.readCommit(job));
    await lease.close();
    assertEquals((await tool.readCommit(job)).get(`only ${rounds}`), "");
  });

  test("a producer with a transactional id is shut out by the next of that id, which sees all it wrote", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const topic = await scope.topic(one, 2);
    const transactionalId = scope.topicName();
    const first = await one.producer({ transactionalId });
    await first.send([{ ...record(topic, "a"), partition: 0 }, { ...record(topic, "b"), partition: 1 }]);

    const second = await two.producer({ transactionalId });
    assertEquals(values(await readAll(two, topic)), [["a"], ["b"]]);
    await assertRejects(() => first.send([{ ...record(topic, "c"), partition: 0 }]), FencedError, transactionalId);
    await assertRejects(() => first.send([{ ...record(topic, "d"), partition: 0 }]), FencedError);
    await second.send([{ ...record(topic, "e"), partition: 0 }]);
    await first.close();

    assertEquals(values(await readAll(two, topic)), [["a", "e"], ["b"]]);
    await assertRejects(() => second.send([record(topic, "f"), record(`${topic}-gone`, "g")]), UnknownTopicError);
    await second.close();
    assertEquals(values(await readAll(two, topic)), [["a", "e"], ["b"]]);
  });

  test("dropJob() refuses while the job runs, then removes state, positions and dead letters", async (scope) => {
    const [tool, running] = [await scope.broker(), await scope.broker()];
    const topic = await scope.topic(tool, 1);
    const job = scope.jobName();
    await tool.createTopics([{ name: scope.willExist(deadLetterTopic(job)), partitions: 1 }]);
    const lease = await scope.lease(running, { job, topics: [topic] });
    await lease.commit(state({ a: "1" }, [start(topic)]));

    await assertRejects(() => tool.dropJob(job), JobActiveError, job);
    await lease.commit(state({ a: "2" }));
    await lease.close();
    await eventually(() => tool.dropJob(job), JobActiveError);

    assertEquals(await tool.jobsReading([topic]), []);
    assertEquals((await tool.listTopics()).includes(deadLetterTopic(job)), false);
    assertEquals((await tool.listTopics()).includes(topic), true);
    const next = await scope.lease(running, { job, topics: [topic] });
    assertEquals(await next.restore(), new Map());
  });

  test("close() gives a lease back", async (scope) => {
    const [one, two] = [await scope.broker(), await scope.broker()];
    const job = scope.jobName();
    const lease = await scope.lease(one, { job });
    await lease.commit(state({ a: "1" }));
    const before = performance.now();
    await one.close();

    const next = await scope.lease(two, { job });
    const tookMs = performance.now() - before;
    assert(tookMs < scope.sessionTimeoutMs, `taking over took ${tookMs} ms`);
    assertEquals(await next.restore(), new Map([["a", "1"]]));
  });
}

/** What one case opened; closing it leaves nothing at the broker. */
class Scope implements AsyncDisposable {
  readonly sessionTimeoutMs: number;
  readonly #open: () => Promise<Broker>;
  readonly #topics = new Set<string>();
  readonly #jobs = new Set<string>();
  readonly #brokers: Broker[] = [];
  readonly #clients: (Fetcher | Producer)[] = [];
  readonly #leases: BrokerLease[] = [];

  constructor(open: () => Promise<Broker>, options: ContractOptions) {
    this.#open = open;
    this.sessionTimeoutMs = options.sessionTimeoutMs ?? 10_000;
  }

  async broker(): Promise<Broker> {
    const broker = await this.#open();
    this.#brokers.push(broker);
    return broker;
  }

  topicName(): string {
    return this.willExist(uniqueName("topic"));
  }

  jobName(): string {
    const job = uniqueName("job");
    this.#jobs.add(job);
    return job;
  }

  /** Removes the topic with the case, if it is there. */
  willExist(topic: string): string {
    this.#topics.add(topic);
    return topic;
  }

  async topic(broker: Broker, partitions: number): Promise<string> {
    const name = this.topicName();
    await broker.createTopics([{ name, partitions }]);
    return name;
  }

  async fetcher(broker: Broker): Promise<Fetcher> {
    const fetcher = await broker.fetcher();
    this.#clients.push(fetcher);
    return fetcher;
  }

  async producer(broker: Broker): Promise<Producer> {
    const producer = await broker.producer();
    this.#clients.push(producer);
    return producer;
  }

  async lease(broker: Broker, request: Partial<BrokerJobRequest> = {}): Promise<BrokerLease> {
    const lease = await broker.openJob({
      job: request.job ?? this.jobName(),
      topics: [],
      sessionTimeoutMs: this.sessionTimeoutMs,
      exactlyOnce: true,
      whenActive: "stand by",
      onStandby: () => {},
      signal: AbortSignal.timeout(4 * PATIENCE_MS),
      ...request,
    });
    this.#leases.push(lease);
    return lease;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lease of this.#leases) await lease.close();
    for (const client of this.#clients) await client.close();
    for (const broker of this.#brokers) await broker.close();
    await using broker = await this.#open();
    for (const job of this.#jobs) await eventually(() => broker.dropJob(job), JobActiveError);
    const left = (await broker.listTopics()).filter((topic) => this.#topics.has(topic));
    if (left.length > 0) await broker.deleteTopics(left);
  }
}

let names = 0;

/** A name that no earlier run has used on this broker. */
function uniqueName(kind: string): string {
  return `contract-${Date.now().toString(36)}-${Deno.pid}-${String(++names).padStart(3, "0")}-${kind}`;
}

/** A record without a key, unless `more` gives one. */
function record(topic: string, value: string, more: { key?: string; timestampMs?: number } = {}): OutgoingRecord {
  const { key, timestampMs = 1_760_000_000_000 } = more;
  return { topic, key: key === undefined ? null : encoder.encode(key), value: encoder.encode(value), timestampMs };
}

function state(changes: Record<string, string | null>, positions: readonly Position[] = []): JobCommit {
  return { changes: new Map(Object.entries(changes)), positions };
}

function start(topic: string): Position {
  return { topic, partition: 0, offset: 0 };
}

async function send(broker: Broker, records: readonly OutgoingRecord[]): Promise<void> {
  const producer = await broker.producer();
  try {
    await producer.send(records);
  } finally {
    await producer.close();
  }
}

/** Readers see a commit some milliseconds after it; who restores waits for that. */
export async function untilSeen(lease: BrokerLease): Promise<void> {
  await lease.restore();
}

/**
 * Every committed record of a topic; the index is the partition. It reads to where the ends are when it is called, as a
 * reader does that knows nothing of what lies between.
 *
 * @param from where to begin in each partition; left out, its start
 */
export async function readAll(broker: Broker, topic: string, from?: readonly number[]): Promise<BrokerRecord[][]> {
  const [description] = await broker.describeTopics([topic]);
  const ends = description!.endOffsets;
  const offsets = from ?? description!.startOffsets;
  const positions = ends.map((_, partition) => ({ topic, partition, offset: offsets[partition]! }));
  const fetcher = await broker.fetcher();
  try {
    return await readUntil(fetcher, positions, (next) => next.every((offset, index) => offset >= ends[index]!));
  } finally {
    await fetcher.close();
  }
}

/**
 * Reads on from `positions` until `done` is content with where they stand; the index of the result is the position's. Fails
 * when that takes too long.
 */
export async function readUntil(
  fetcher: Fetcher,
  positions: readonly Position[],
  done: (offsets: readonly number[]) => boolean,
): Promise<BrokerRecord[][]> {
  const offsets = positions.map((position) => position.offset);
  const found: BrokerRecord[][] = positions.map(() => []);
  const until = performance.now() + PATIENCE_MS;
  while (!done(offsets)) {
    assert(performance.now() < until, `reading stands still at ${JSON.stringify({ positions, offsets })}`);
    const asked = positions.map((position, index) => ({ ...position, offset: offsets[index]! }));
    for (const batch of await fetcher.fetch(asked, 500)) {
      const index = positions.findIndex(({ topic, partition }) =>
        topic === batch.topic && partition === batch.partition
      );
      checkBatch(batch, offsets[index]!);
      found[index]!.push(...batch.records);
      offsets[index] = batch.nextOffset;
    }
  }
  return found;
}

/** The promises of {@link FetchedBatch} that hold for each. */
function checkBatch(batch: FetchedBatch, asked: number): void {
  let lowest = asked;
  for (const { offset } of batch.records) {
    assert(offset >= lowest, `offset ${offset} came though ${lowest} is the lowest possible`);
    lowest = offset + 1;
  }
  assert(batch.nextOffset >= lowest, `nextOffset ${batch.nextOffset} lies before ${lowest}`);
  assert(batch.records.length > 0 || batch.nextOffset > asked, "a batch neither holds records nor moves on");
}

/** Repeats `attempt` while it fails with `expected`, for a bounded time. */
export async function eventually<T>(
  attempt: () => Promise<T>,
  expected: new (...rest: never[]) => Error,
): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof expected) || performance.now() > until) throw error;
      await pause();
    }
  }
}

/** Waits until `condition` holds; fails when that takes too long. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const latest = performance.now() + PATIENCE_MS;
  while (!await condition()) {
    assert(performance.now() < latest, "what was waited for did not come");
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

/** The promise's result, or "still waiting" if it has none after `waitMs`. */
export async function promptly<T>(promise: Promise<T>, waitMs: number): Promise<T | "still waiting"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Promise<"still waiting">((resolve) => {
    timer = setTimeout(resolve, waitMs, "still waiting" as const);
  });
  try {
    return await Promise.race([promise, waiting]);
  } finally {
    clearTimeout(timer);
  }
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decoder.decode(bytes);
}

/** The values of each partition as text. */
function values(partitions: readonly (readonly BrokerRecord[])[]): (string | null)[][] {
  return partitions.map((records) => records.map((one) => text(one.value)));
}

/** What a record carries, comparable whatever kind of array holds the bytes. */
function content(one: BrokerRecord | OutgoingRecord): Record<string, unknown> {
  const headers = (one.headers ?? []).map(([name, bytes]) => [name, hex(bytes)] as const);
  return {
    key: hex(one.key),
    value: hex(one.value),
    timestampMs: one.timestampMs,
    headers,
  };
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new Uint8Array(bytes).toHex();
}
