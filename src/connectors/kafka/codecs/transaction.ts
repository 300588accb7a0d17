/** What is added to a transaction. */
import type { ByteReader, ByteWriter } from "../bytes.ts";
import type { ProducerEpoch } from "../protocol.ts";
import type { Codec } from "./codec.ts";
import { readItems, writeItems } from "./classic.ts";

/** AddPartitionsToTxn, version 1. */
export const ADD_PARTITIONS: Codec<"AddPartitionsToTxn"> = {
  api: "AddPartitionsToTxn",
  minVersion: 1,
  maxVersion: 1,
  classic: true,

  encode(writer, { transactionalId, topics, ...producer }) {
    writer.string(transactionalId);
    writeProducer(writer, producer);
    writeItems(writer, topics, ({ topic, partitions }) => {
      writer.string(topic);
      writeItems(writer, partitions, (partition) => writer.int32(partition));
    });
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const errors = readItems(reader, () => ({ topic: reader.string(), partitionErrors: readItems(reader, readCode) }));
    return { clientSideThrottleTime, errors };
  },
};

/** AddOffsetsToTxn, version 1. */
export const ADD_OFFSETS: Codec<"AddOffsetsToTxn"> = {
  api: "AddOffsetsToTxn",
  minVersion: 1,
  maxVersion: 1,
  classic: true,

  encode(writer, { transactionalId, groupId, ...producer }) {
    writer.string(transactionalId);
    writeProducer(writer, producer);
    writer.string(groupId);
  },

  decode: (reader) => ({ clientSideThrottleTime: reader.int32(), errorCode: reader.int16() }),
};

/** TxnOffsetCommit, version 1. */
export const TXN_OFFSET_COMMIT: Codec<"TxnOffsetCommit"> = {
  api: "TxnOffsetCommit",
  minVersion: 1,
  maxVersion: 1,
  classic: true,

  encode(writer, { transactionalId, groupId, topics, ...producer }) {
    writer.string(transactionalId);
    writer.string(groupId);
    writeProducer(writer, producer);
    writeItems(writer, topics, ({ topic, partitions }) => {
      writer.string(topic);
      writeItems(writer, partitions, ({ partition, offset, metadata }) => {
        writer.int32(partition);
        writer.int64(offset);
        writer.string(metadata);
      });
    });
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const topics = readItems(reader, () => ({ topic: reader.string(), partitions: readItems(reader, readCode) }));
    return { clientSideThrottleTime, topics };
  },
};

function writeProducer(writer: ByteWriter, { producerId, producerEpoch }: ProducerEpoch): void {
  writer.bigint64(producerId);
  writer.int16(producerEpoch);
}

function readCode(reader: ByteReader): { partition: number; errorCode: number } {
  return { partition: reader.int32(), errorCode: reader.int16() };
}
