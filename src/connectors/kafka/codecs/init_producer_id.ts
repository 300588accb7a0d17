import type { Codec } from "./codec.ts";
import { readTags, writeNoTags, writeText } from "./flexible.ts";

/** InitProducerId, versions 3 and 4: a producer that still has the transactional id can go on with a new epoch (KIP-360). */
export const INIT_PRODUCER_ID: Codec<"InitProducerId"> = {
  api: "InitProducerId",
  minVersion: 3,
  maxVersion: 4,

  encode(writer, { transactionalId, transactionTimeout, current }) {
    writeText(writer, transactionalId);
    writer.int32(transactionTimeout);
    writer.bigint64(current?.producerId ?? -1n);
    writer.int16(current?.producerEpoch ?? -1);
    writeNoTags(writer);
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const errorCode = reader.int16();
    const producerId = String(reader.bigint64());
    const producerEpoch = reader.int16();
    readTags(reader);
    return { clientSideThrottleTime, errorCode, producerId, producerEpoch };
  },
};
