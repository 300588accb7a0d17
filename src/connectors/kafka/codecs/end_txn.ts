import type { Codec } from "./codec.ts";
import { readTags, writeNoTags, writeText } from "./flexible.ts";

/** EndTxn, version 5: the answer has the producer's identity for the next transaction (KIP-890). */
export const END_TXN: Codec<"EndTxn"> = {
  api: "EndTxn",
  minVersion: 5,
  maxVersion: 5,
  // A broker accepts it at a lower level too, but then other brokers may not know what a new epoch means.
  feature: { name: "transaction.version", level: 2 },

  encode(writer, { transactionalId, producerId, producerEpoch, transactionResult }) {
    writeText(writer, transactionalId);
    writer.bigint64(producerId);
    writer.int16(producerEpoch);
    writer.int8(transactionResult ? 1 : 0);
    writeNoTags(writer);
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const errorCode = reader.int16();
    const next = { producerId: reader.bigint64(), producerEpoch: reader.int16() };
    readTags(reader);
    return { clientSideThrottleTime, errorCode, next: next.producerId < 0n ? undefined : next };
  },
};
