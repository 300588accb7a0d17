import type { Codec } from "./codec.ts";

/** FindCoordinator, version 2, under kafkajs' name of it. */
export const FIND_COORDINATOR: Codec<"GroupCoordinator"> = {
  api: "GroupCoordinator",
  minVersion: 2,
  maxVersion: 2,
  classic: true,

  encode(writer, { groupId, coordinatorType }) {
    writer.string(groupId);
    writer.int8(coordinatorType);
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const errorCode = reader.int16();
    reader.string(); // message
    const coordinator = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() };
    return { clientSideThrottleTime, errorCode, coordinator };
  },
};
