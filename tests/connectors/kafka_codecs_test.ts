/** Our codecs for versions that kafkajs does not have, against bytes that Kafka's own Java classes (4.1) wrote. */
import { assertEquals, assertThrows } from "@std/assert";
import { ByteReader, ByteWriter } from "../../src/connectors/kafka/bytes.ts";
import { readArray, readTags, readUnsigned, writeUnsigned } from "../../src/connectors/kafka/codecs/flexible.ts";
import { METADATA } from "../../src/connectors/kafka/codecs/metadata.ts";
import { newClient, testWithKafka } from "./kafka_client.ts";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

function hexOf(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter();
  write(writer);
  return [...writer.written()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads all of it, or fails. */
function whole<T>(hex: string, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytesOf(hex));
  const value = read(reader);
  assertEquals(reader.at, reader.bytes.length);
  return value;
}

Deno.test("readUnsigned() reads what writeUnsigned() wrote, up to 32 bits", () => {
  for (const value of [0, 1, 127, 128, 300, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    assertEquals(whole(hexOf((writer) => writeUnsigned(writer, value)), readUnsigned), value);
  }
  assertThrows(() => readUnsigned(new ByteReader(bytesOf("ffffffffffff01"))), RangeError, "too long");
});

Deno.test("readTags() steps over fields that it does not know, around those that it does", () => {
  const seen: number[] = [];
  whole("03" + "0902aabb" + "0101" + "07" + "8001" + "00", (reader) => {
    readTags(reader, { 1: (field) => seen.push(field.int8()) });
  });
  assertEquals(seen, [7]);
});

Deno.test("readArray() takes null for an empty one", () => {
  assertEquals(whole("00", (reader) => readArray(reader, readUnsigned)), []);
  assertEquals(whole("01", (reader) => readArray(reader, readUnsigned)), []);
  assertEquals(whole("030509", (reader) => readArray(reader, readUnsigned)), [5, 9]);
});

Deno.test("Metadata: asks as Kafka's own client does", () => {
  const ask = (topics: string[], version: number) =>
    hexOf((writer) => METADATA.encode(writer, { topics, allowAutoTopicCreation: false }, version));
  const topics = "030000000000000000000000000000000007736b796f6e65000000000000000000000000000000000008" +
    "7ac3bc7269636800";
  assertEquals(ask(["skyone", "zürich"], 10), topics + "00000000");
  assertEquals(ask(["skyone", "zürich"], 12), topics + "000000");
  assertEquals(ask([], 12), "00000000"); // null: all
});

Deno.test("Metadata: reads brokers, leaders and each topic's id, in versions 10 to 12", () => {
  const body =
    "0000000703000000010a6c6f63616c686f737400002384037231000000012c043a3a310000ffff000002630000000203000007736b" +
    "796f6e65425a8a47ba0d4d45a67c64e2e73558c600030000000000010000012c0000000403000000010000012c020000012c02000000010000" +
    "0500000000ffffffffffffffff0101010080000000010903010203000305676f6e65000000000000000000000000000000000001800000" +
    "0000";
  const expected = {
    clientSideThrottleTime: 7,
    brokers: [{ nodeId: 1, host: "localhost", port: 9092 }, { nodeId: 300, host: "::1", port: 65_535 }],
    controllerId: 2,
    topicMetadata: [
      {
        topicErrorCode: 0,
        topic: "skyone",
        topicId: "QlqKR7oNTUWmfGTi5zVYxg",
        isInternal: false,
        partitionMetadata: [
          { partitionErrorCode: 0, partitionId: 1, leader: 300, replicas: [1, 300] },
          { partitionErrorCode: 5, partitionId: 0, leader: -1, replicas: [] },
        ],
      },
      { topicErrorCode: 3, topic: "gone", topicId: undefined, isInternal: false, partitionMetadata: [] },
    ],
  };
  assertEquals(whole(body + "00", (reader) => METADATA.decode(reader, 12)), expected);
  assertEquals(whole(body + "80000000" + "00", (reader) => METADATA.decode(reader, 10)), expected);
});

testWithKafka("metadata() tells a topic's id, and another one when it has been made anew", async (servers) => {
  // kafkajs reads the environment when it is loaded.
  const { createTopics } = await import("../../src/connectors/kafka/create_topics.ts");
  const { deleteTopics } = await import("../../src/connectors/kafka/topics.ts");
  const client = await newClient(servers);
  const name = `codecs-test-${crypto.randomUUID().slice(0, 8)}`;
  const idOf = async () => (await client.metadata([name])).topicMetadata[0]!.topicId;
  try {
    await createTopics(client, [{ name, partitions: 2 }]);
    const first = await idOf();
    assertEquals(await idOf(), first);
    assertEquals(first?.length, 22);
    await deleteTopics(client, [name]);
    assertEquals(await idOf(), undefined);
    await createTopics(client, [{ name, partitions: 2 }]);
    const second = await idOf();
    assertEquals(second?.length, 22);
    assertEquals(second === first, false);
    await deleteTopics(client, [name]);
  } finally {
    await client.close();
  }
});
