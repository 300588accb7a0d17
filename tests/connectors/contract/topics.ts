import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { TopicDescription } from "../../../src/connectors/broker.ts";
import { TopicExistsError, UnknownTopicError } from "../../../src/connectors/broker_errors.ts";
import type { Register } from "./options.ts";
import { readAll } from "./reading.ts";
import { record, send, values } from "./records.ts";

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

/** Topics: created, described, deleted, and what is missing. */
export function testTopics(test: Register): void {
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
