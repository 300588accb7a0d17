/** Our codecs for versions that kafkajs has too: they write what kafkajs writes, and read what it reads. */
import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { ByteReader, ByteWriter } from "../../src/connectors/kafka/bytes.ts";
import { type Codec, exchangeOf } from "../../src/connectors/kafka/codecs/codec.ts";
import { FIND_COORDINATOR } from "../../src/connectors/kafka/codecs/coordinator.ts";
import { DESCRIBE_CONFIGS } from "../../src/connectors/kafka/codecs/describe_configs.ts";
import { FETCH } from "../../src/connectors/kafka/codecs/fetch.ts";
import {
  DESCRIBE_GROUPS,
  HEARTBEAT,
  JOIN_GROUP,
  LEAVE_GROUP,
  SYNC_GROUP,
} from "../../src/connectors/kafka/codecs/groups.ts";
import { LIST_OFFSETS, OFFSET_FETCH } from "../../src/connectors/kafka/codecs/offsets.ts";
import { PRODUCE } from "../../src/connectors/kafka/codecs/produce.ts";
import { ADD_OFFSETS, ADD_PARTITIONS, TXN_OFFSET_COMMIT } from "../../src/connectors/kafka/codecs/transaction.ts";
import type { Apis } from "../../src/connectors/kafka/protocol.ts";

const ignore = Deno.permissions.querySync({ name: "env" }).state !== "granted";

/** One request, and an answer to it as a broker writes it. */
interface Case<Name extends keyof Apis> {
  readonly codec: Codec<Name>;
  readonly args: Apis[Name]["args"];
  /** Left out: another part of the code writes the request, or reads the answer. */
  readonly writes?: false;
  readonly answer?: (writer: ByteWriter) => void;
}

const ID = { transactionalId: "täglich", producerId: 2n ** 53n + 1n, producerEpoch: 7 };
const bytes = Buffer.from("some bytes");

/** A text, bytes, an int64, or a smaller integer behind its number of bits. */
type Field = string | null | Buffer | bigint | readonly [8 | 16 | 32, number];

function write(writer: ByteWriter, ...fields: readonly Field[]): void {
  for (const field of fields) {
    if (field === null || typeof field === "string") writer.string(field);
    else if (typeof field === "bigint") writer.bigint64(field);
    else if (field instanceof Buffer) {
      writer.int32(field.length);
      writer.put(field);
    } else if (field[0] === 8) writer.int8(field[1]);
    else if (field[0] === 16) writer.int16(field[1]);
    else writer.int32(field[1]);
  }
}

const one = [32, 1] as const;
const partitionCode = ["t", one, [32, 4], [16, 3]] as const;

function caseOf<Name extends keyof Apis>(each: Case<Name>): Case<Name> {
  return each;
}

const CASES = [
  caseOf({
    codec: FIND_COORDINATOR,
    args: { groupId: "job", coordinatorType: 1 },
    answer: (writer) => write(writer, [32, 9], [16, 15], null, [32, 3], "höst", [32, 9092]),
  }),
  caseOf({
    codec: FETCH,
    args: {
      isolationLevel: 1,
      maxWaitTime: 100,
      minBytes: 1,
      maxBytes: 10 << 20,
      topics: [{ topic: "t", partitions: [{ partition: 3, fetchOffset: 2 ** 40 + 5, maxBytes: 1 << 17 }] }],
    },
  }),
  caseOf({
    codec: PRODUCE,
    args: { acks: -1, timeout: 1, topicData: [] },
    writes: false,
    answer: (writer) => write(writer, one, "t", one, [32, 4], [16, 3], 2n ** 40n, -1n, 0n, [32, 9]),
  }),
  caseOf({
    codec: LIST_OFFSETS,
    args: { isolationLevel: 1, topics: [{ topic: "t", partitions: [{ partition: 3, timestamp: -2 }] }] },
    answer: (writer) => write(writer, [32, 9], one, "t", one, [32, 4], [16, 3], -1n, 2n ** 40n),
  }),
  caseOf({
    codec: OFFSET_FETCH,
    args: { groupId: "job", topics: [] },
    answer: (writer) => write(writer, [32, 9], one, "t", one, [32, 4], -1n, null, [16, 3], [16, 16]),
  }),
  caseOf({
    codec: JOIN_GROUP,
    args: {
      groupId: "job",
      sessionTimeout: 5,
      rebalanceTimeout: 6,
      memberId: "",
      protocolType: "consumer",
      groupProtocols: [{ name: "one-active", metadata: bytes }],
    },
    answer: (writer) => write(writer, [32, 9], [16, 0], [32, 4], "p", "leader", "me", one, "me", null, bytes),
  }),
  caseOf({
    codec: SYNC_GROUP,
    args: {
      groupId: "job",
      generationId: 4,
      memberId: "me",
      groupAssignment: [{ memberId: "you", memberAssignment: bytes }],
    },
    answer: (writer) => write(writer, [32, 9], [16, 0], bytes),
  }),
  caseOf({
    codec: HEARTBEAT,
    args: { groupId: "job", groupGenerationId: 4, memberId: "me", groupInstanceId: null },
    answer: (writer) => write(writer, [32, 9], [16, 27]),
  }),
  caseOf({
    codec: LEAVE_GROUP,
    args: { groupId: "job", memberId: "me" },
    answer: (writer) => write(writer, [32, 9], [16, 0], one, "me", null, [16, 25]),
  }),
  caseOf({
    codec: DESCRIBE_GROUPS,
    args: { groupIds: ["job", "other"] },
    answer: (writer) =>
      write(writer, [32, 9], one, [16, 0], "job", "Stable", "c", "p", one, "me", "client", "host", bytes, bytes),
  }),
  caseOf({
    codec: ADD_PARTITIONS,
    args: { ...ID, topics: [{ topic: "t", partitions: [1, 2] }] },
    answer: (writer) => write(writer, [32, 9], one, ...partitionCode),
  }),
  caseOf({
    codec: ADD_OFFSETS,
    args: { ...ID, groupId: "job" },
    answer: (writer) => write(writer, [32, 9], [16, 51]),
  }),
  caseOf({
    codec: TXN_OFFSET_COMMIT,
    args: {
      ...ID,
      groupId: "job",
      topics: [{ topic: "t", partitions: [{ partition: 1, offset: 2 ** 40, metadata: null }] }],
    },
    answer: (writer) => write(writer, [32, 9], one, ...partitionCode),
  }),
  caseOf({
    codec: DESCRIBE_CONFIGS,
    args: { resources: [{ type: 2, name: "t", configNames: ["a", "b"] }] },
    answer: (writer) =>
      write(writer, [32, 9], one, [16, 3], null, [8, 2], "t", [32, 2]) ??
        (["a", "b"].forEach((name) =>
          write(writer, name, name === "a" ? null : "v", [8, 1], [8, 5], [8, 0], one, "s", null, [8, 1])
        )),
  }),
] as readonly unknown[] as readonly Case<keyof Apis>[];

for (const { codec, args, writes, answer } of CASES) {
  Deno.test({
    name: `${codec.api} ${codec.maxVersion} is written and read as by kafkajs`,
    ignore,
    async fn() {
      // kafkajs reads the environment when it is loaded.
      const { definitions } = await import("../../src/connectors/kafka/kafkajs.ts");
      const ours = exchangeOf(codec, args, codec.maxVersion);
      // As our args leave out what kafkajs' clients set.
      const theirs = definitions[codec.api]!.protocol({ version: codec.maxVersion })(
        codec.api === "GroupCoordinator" ? { ...args, coordinatorKey: "job" } : { replicaId: -1, ...args },
      );
      assertEquals([ours.request.apiKey, ours.request.apiVersion], [
        theirs.request.apiKey,
        theirs.request.apiVersion,
      ]);
      if (writes !== false) {
        assertEquals(Buffer.from((await ours.request.encode()).buffer), (await theirs.request.encode()).buffer);
      }
      if (answer === undefined) return;
      const writer = new ByteWriter();
      answer(writer);
      const payload = Buffer.from(writer.written());
      const theirAnswer = await theirs.response.decode(payload);
      assertEquals(common(await ours.response.decode(payload), theirAnswer), await ours.response.decode(payload));
      if (codec.api === "LeaveGroup") return; // we leave its end unread
      const reader = new ByteReader(payload);
      codec.decode(reader, codec.maxVersion);
      assertEquals(reader.at, payload.length);
    },
  });
}

/** What `theirs` has of the fields in `ours`. */
function common(ours: unknown, theirs: unknown): unknown {
  if (Array.isArray(ours)) return (theirs as unknown[]).map((each, index) => common(ours[index], each));
  if (typeof ours !== "object" || ours === null || ours instanceof Buffer) return theirs;
  return Object.fromEntries(
    Object.entries(ours).map(([name, value]) => [name, common(value, (theirs as Record<string, unknown>)[name])]),
  );
}
