import type { Codec } from "./codec.ts";
import { readItems } from "./classic.ts";

/** Produce, version 7. The request is written by the sender, with the batches in it. */
export const PRODUCE: Codec<"Produce"> = {
  api: "Produce",
  minVersion: 7,
  maxVersion: 7,
  classic: true,

  encode() {
    throw new TypeError("a Produce request is written by the sender");
  },

  decode(reader) {
    const topics = readItems(reader, () => ({
      topicName: reader.string(),
      partitions: readItems(reader, () => {
        const partition = { partition: reader.int32(), errorCode: reader.int16(), baseOffset: String(reader.int64()) };
        reader.at += 16; // time of the log, start of the log
        return partition;
      }),
    }));
    return { topics, clientSideThrottleTime: reader.int32() };
  },
};
