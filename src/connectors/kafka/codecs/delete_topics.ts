import type { Codec } from "./codec.ts";
import { readArray, readTags, readText, readUuid, writeArray, writeNoTags, writeText, writeUuid } from "./flexible.ts";

/** DeleteTopics, version 6: by ids, so that a late request does not delete a later topic of the same name (KIP-516). */
export const DELETE_TOPICS: Codec<"DeleteTopics"> = {
  api: "DeleteTopics",
  minVersion: 6,
  maxVersion: 6,

  encode(writer, { topics, ids, timeout }) {
    writeArray(writer, topics, (topic) => {
      const id = ids.get(topic);
      writeText(writer, id === undefined ? topic : null);
      writeUuid(writer, id);
      writeNoTags(writer);
    });
    writer.int32(timeout);
    writeNoTags(writer);
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const topicErrors = readArray(reader, (each) => {
      const error = { topic: readText(each) ?? "", topicId: readUuid(each), errorCode: each.int16() };
      readText(each); // the error's message
      readTags(each);
      return error;
    });
    readTags(reader);
    return { clientSideThrottleTime, topicErrors };
  },
};
