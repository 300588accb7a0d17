import type { Codec } from "./codec.ts";
import { writeItems } from "./classic.ts";

const NO_SESSION = 0;
const NO_SESSION_EPOCH = -1;

/** Fetch, version 10, without a session. The answer is read by `readFetchResponse()`. */
export const FETCH: Codec<"Fetch"> = {
  api: "Fetch",
  minVersion: 10,
  maxVersion: 10,
  classic: true,

  encode(writer, { maxWaitTime, minBytes, maxBytes, isolationLevel, topics }) {
    writer.int32(-1); // we are no replica
    writer.int32(maxWaitTime);
    writer.int32(minBytes);
    writer.int32(maxBytes);
    writer.int8(isolationLevel);
    writer.int32(NO_SESSION);
    writer.int32(NO_SESSION_EPOCH);
    writeItems(writer, topics, ({ topic, partitions }) => {
      writer.string(topic);
      writeItems(writer, partitions, (each) => {
        writer.int32(each.partition);
        writer.int32(-1); // leader epoch: not known
        writer.int64(each.fetchOffset);
        writer.int64(-1); // start of the log: for replicas
        writer.int32(each.maxBytes);
      });
    });
    writeItems(writer, [], () => {}); // topics that a session forgets
  },

  decode() {
    throw new TypeError("an answer to Fetch is read by readFetchResponse()");
  },
};
