/** Our codecs for versions that kafkajs does not have, against bytes that Kafka's own Java classes (4.1) wrote. */
import { assertEquals, assertThrows } from "@std/assert";
import { ByteReader, ByteWriter } from "../../src/connectors/kafka/bytes.ts";
import { API_VERSIONS } from "../../src/connectors/kafka/codecs/api_versions.ts";
import { DELETE_TOPICS } from "../../src/connectors/kafka/codecs/delete_topics.ts";
import { END_TXN } from "../../src/connectors/kafka/codecs/end_txn.ts";
import { readArray, readTags, readUnsigned, writeUnsigned } from "../../src/connectors/kafka/codecs/flexible.ts";
import { INIT_PRODUCER_ID } from "../../src/connectors/kafka/codecs/init_producer_id.ts";
import { METADATA } from "../../src/connectors/kafka/codecs/metadata.ts";
import { REDPANDA_VERSIONS, WireProxy } from "../../chaos/wire/mod.ts";
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

Deno.test("ApiVersions: says who asks, reads versions and the features that are switched on", () => {
  const software = { name: "stream-apps", version: "0.1.0" };
  assertEquals(
    hexOf((writer) => API_VERSIONS.encode(writer, { software }, 3)),
    "0c73747265616d2d6170707306302e312e3000",
  );
  const apiVersions = [{ apiKey: 26, minVersion: 0, maxVersion: 5 }, { apiKey: 18, minVersion: 0, maxVersion: 4 }];
  const read = (hex: string) => whole(hex, (reader) => API_VERSIONS.decode(reader, 3));
  assertEquals(read("000003001a0000000500001200000004000000000000"), {
    errorCode: 0,
    apiVersions,
    features: new Map(),
    clientSideThrottleTime: 0,
  });
  assertEquals(
    read(
      "000003001a0000000500001200000004000000000003001a02147472616e73616374696f6e2e76657273696f6e00000002000108560bb48ee6" +
        "a63de4023003116d657461646174612e76657273696f6e001b001b00147472616e73616374696f6e2e76657273696f6e0002000100",
    ).features,
    new Map([["metadata.version", 27], ["transaction.version", 2]]),
  );
});

Deno.test("ApiVersions: a broker that does not know version 3 says so in version 0", () => {
  const answer = "0023" + "00000001" + "001200000002"; // UNSUPPORTED_VERSION, and which versions it takes of this request
  const { errorCode, apiVersions } = API_VERSIONS.decode(new ByteReader(bytesOf(answer)), 3);
  assertEquals([errorCode, apiVersions], [35, []]);
});

Deno.test("EndTxn: the producer's 64 bits go out, those of the next transaction come back", () => {
  const wide = 6_200_247_837_853_629_924n;
  const flights = { transactionalId: "flight_importer", producerId: wide, producerEpoch: 32_766 };
  const abort = { transactionalId: "a", producerId: -1n, producerEpoch: -1, transactionResult: false };
  assertEquals(
    hexOf((writer) => END_TXN.encode(writer, { ...flights, transactionResult: true }, 5)),
    "10666c696768745f696d706f72746572560bb48ee6a63de47ffe0100",
  );
  assertEquals(hexOf((writer) => END_TXN.encode(writer, abort, 5)), "0261ffffffffffffffffffff0000");
  assertEquals(whole("000000090000560bb48ee6a63de4000000", (reader) => END_TXN.decode(reader, 5)), {
    clientSideThrottleTime: 9,
    errorCode: 0,
    next: { producerId: wide, producerEpoch: 0 },
  });
  assertEquals(whole("00000000005affffffffffffffffffff00", (reader) => END_TXN.decode(reader, 5)), {
    clientSideThrottleTime: 0,
    errorCode: 90,
    next: undefined,
  });
});

Deno.test("InitProducerId: with and without the producer that wants another epoch", () => {
  const ask = (current?: { producerId: bigint; producerEpoch: number }) =>
    hexOf((writer) =>
      INIT_PRODUCER_ID.encode(writer, {
        transactionalId: "j",
        transactionTimeout: 60_000,
        ...current && { current },
      }, 4)
    );
  assertEquals(ask(), "026a0000ea60ffffffffffffffffffff00");
  assertEquals(ask({ producerId: 6_200_247_837_853_629_924n, producerEpoch: 7 }), "026a0000ea60560bb48ee6a63de4000700");
  assertEquals(whole("000000000000560bb48ee6a63de4000800", (reader) => INIT_PRODUCER_ID.decode(reader, 4)), {
    clientSideThrottleTime: 0,
    errorCode: 0,
    producerId: "6200247837853629924",
    producerEpoch: 8,
  });
});

Deno.test("DeleteTopics: by id where it is known", () => {
  const ids = new Map([["skyone", "QlqKR7oNTUWmfGTi5zVYxg"]]);
  assertEquals(
    hexOf((writer) => DELETE_TOPICS.encode(writer, { topics: ["skyone", "t"], ids, timeout: 10_000 }, 6)),
    "0300425a8a47ba0d4d45a67c64e2e73558c600027400000000000000000000000000000000000000271000",
  );
  const answer =
    "000000030407736b796f6e65425a8a47ba0d4d45a67c64e2e73558c60000000000425a8a47ba0d4d45a67c64e2e73558c600640b6e6f" +
    "2073756368206964000274000000000000000000000000000000000003000000";
  assertEquals(whole(answer, (reader) => DELETE_TOPICS.decode(reader, 6)), {
    clientSideThrottleTime: 3,
    topicErrors: [
      { topic: "skyone", topicId: "QlqKR7oNTUWmfGTi5zVYxg", errorCode: 0 },
      { topic: "", topicId: "QlqKR7oNTUWmfGTi5zVYxg", errorCode: 100 },
      { topic: "t", topicId: undefined, errorCode: 3 },
    ],
  });
});

testWithKafka("metadata() has a topic's id, and another one when it is created again", async (servers) => {
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

testWithKafka(
  "versions are agreed on with brokers that do not know the newest way to ask for them",
  async (servers) => {
    const API_VERSIONS_KEY = 18;
    const asked: string[] = [];
    for (const newest of [3, 2, 0]) {
      const versions = { ...REDPANDA_VERSIONS, [API_VERSIONS_KEY]: [0, newest] as const };
      await using proxy = await WireProxy.start(servers, { versions });
      const seen: number[] = [];
      proxy.add({ api: "ApiVersions", where: ({ version }) => seen.push(version) < 0, then: { hold: "request" } });
      const client = await newClient(proxy.bootstrapServers.split(",")[0]!);
      await client.metadata([]);
      await client.close();
      asked.push(seen.join(" "));
      assertEquals(proxy.refused, []);
    }
    assertEquals(asked, ["3", "3 2", "3 2 0"]);
  },
);
