/** Offsets of partitions and of groups. */
import type { Codec } from "./codec.ts";
import { readItems, writeItems } from "./classic.ts";

/** ListOffsets, version 3. */
export const LIST_OFFSETS: Codec<"ListOffsets"> = {
  api: "ListOffsets",
  minVersion: 3,
  maxVersion: 3,
  classic: true,

  encode(writer, { isolationLevel, topics }) {
    writer.int32(-1); // we are no replica
    writer.int8(isolationLevel);
    writeItems(writer, topics, ({ topic, partitions }) => {
      writer.string(topic);
      writeItems(writer, partitions, ({ partition, timestamp }) => {
        writer.int32(partition);
        writer.int64(timestamp);
      });
    });
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const responses = readItems(reader, () => ({
      topic: reader.string(),
      partitions: readItems(reader, () => {
        const [partition, errorCode] = [reader.int32(), reader.int16()];
        reader.int64(); // timestamp
        return { partition, errorCode, offset: String(reader.int64()) };
      }),
    }));
    return { clientSideThrottleTime, responses };
  },
};

/** OffsetFetch, version 4: no topics stand for all of them. */
export const OFFSET_FETCH: Codec<"OffsetFetch"> = {
  api: "OffsetFetch",
  minVersion: 4,
  maxVersion: 4,
  classic: true,

  encode(writer, { groupId }) {
    writer.string(groupId);
    writeItems(writer, null, () => {});
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const responses = readItems(reader, () => ({
      topic: reader.string(),
      partitions: readItems(reader, () => {
        const position = { partition: reader.int32(), offset: String(reader.int64()) };
        reader.string(); // metadata
        return { ...position, errorCode: reader.int16() };
      }),
    }));
    return { clientSideThrottleTime, responses, errorCode: reader.int16() };
  },
};
