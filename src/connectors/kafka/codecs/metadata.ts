import type { ByteReader } from "../bytes.ts";
import type { TopicMetadata } from "../protocol.ts";
import type { Codec } from "./codec.ts";
import {
  readArray,
  readTags,
  readText,
  readUnsigned,
  readUuid,
  writeArray,
  writeNoTags,
  writeText,
  writeUuid,
} from "./flexible.ts";

/** The last version with the client's authorized operations on the cluster. */
const CLUSTER_RIGHTS = 10;

/** Metadata, versions 10 to 12: each topic has an id, and a new one when it is created again (KIP-516). */
export const METADATA: Codec<"Metadata"> = {
  api: "Metadata",
  minVersion: 10,
  maxVersion: 12,

  encode(writer, { topics, allowAutoTopicCreation }, apiVersion) {
    writeArray(writer, topics.length === 0 ? null : topics, (topic) => {
      writeUuid(writer, undefined);
      writeText(writer, topic);
      writeNoTags(writer);
    });
    writer.int8(allowAutoTopicCreation ? 1 : 0);
    if (apiVersion <= CLUSTER_RIGHTS) writer.int8(0); // without the authorized operations on the cluster
    writer.int8(0); // nor those on the topics
    writeNoTags(writer);
  },

  decode(reader, apiVersion) {
    const clientSideThrottleTime = reader.int32();
    const brokers = readArray(reader, readBroker);
    readText(reader); // cluster id
    const controllerId = reader.int32();
    const topicMetadata = readArray(reader, readTopic);
    if (apiVersion <= CLUSTER_RIGHTS) reader.int32();
    readTags(reader);
    return { clientSideThrottleTime, brokers, controllerId, topicMetadata };
  },
};

function readBroker(reader: ByteReader): { nodeId: number; host: string; port: number } {
  const broker = { nodeId: reader.int32(), host: readText(reader)!, port: reader.int32() };
  readText(reader); // rack
  readTags(reader);
  return broker;
}

function readTopic(reader: ByteReader): TopicMetadata {
  const topic = {
    topicErrorCode: reader.int16(),
    topic: readText(reader) ?? "",
    topicId: readUuid(reader),
    isInternal: reader.int8() !== 0,
    partitionMetadata: readArray(reader, readPartition),
  };
  reader.int32(); // authorized operations on the topic
  readTags(reader);
  return topic;
}

function readPartition(reader: ByteReader): TopicMetadata["partitionMetadata"][number] {
  const partitionErrorCode = reader.int16();
  const partitionId = reader.int32();
  const leader = reader.int32();
  reader.int32(); // leader epoch
  const replicas = readArray(reader, (each) => each.int32());
  // The replicas in sync, and those offline.
  for (let list = 0; list < 2; list++) reader.skip(4 * (readUnsigned(reader) - 1));
  readTags(reader);
  return { partitionErrorCode, partitionId, leader, replicas };
}
