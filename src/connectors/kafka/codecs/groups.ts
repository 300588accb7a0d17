/** The requests of a group's members, in the versions with a name for a member that stays the same, which we leave out. */
import type { ByteReader } from "../bytes.ts";
import type { Codec } from "./codec.ts";
import { readBytes, readItems, writeBytes, writeItems } from "./classic.ts";

/** JoinGroup, version 5. */
export const JOIN_GROUP: Codec<"JoinGroup"> = {
  api: "JoinGroup",
  minVersion: 5,
  maxVersion: 5,
  classic: true,

  encode(writer, { groupId, sessionTimeout, rebalanceTimeout, memberId, protocolType, groupProtocols }) {
    writer.string(groupId);
    writer.int32(sessionTimeout);
    writer.int32(rebalanceTimeout);
    writer.string(memberId);
    writer.string(null); // name of the instance
    writer.string(protocolType);
    writeItems(writer, groupProtocols, ({ name, metadata }) => {
      writer.string(name);
      writeBytes(writer, metadata);
    });
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const errorCode = reader.int16();
    const generationId = reader.int32();
    reader.string(); // protocol
    const leaderId = reader.string();
    const memberId = reader.string();
    const members = readItems(reader, () => {
      const memberId = reader.string();
      reader.string(); // name of the instance
      return { memberId, memberMetadata: readBytes(reader) };
    });
    return { clientSideThrottleTime, errorCode, generationId, leaderId, memberId, members };
  },
};

/** SyncGroup, version 3. */
export const SYNC_GROUP: Codec<"SyncGroup"> = {
  api: "SyncGroup",
  minVersion: 3,
  maxVersion: 3,
  classic: true,

  encode(writer, { groupId, generationId, memberId, groupAssignment }) {
    writer.string(groupId);
    writer.int32(generationId);
    writer.string(memberId);
    writer.string(null); // name of the instance
    writeItems(writer, groupAssignment, ({ memberId, memberAssignment }) => {
      writer.string(memberId);
      writeBytes(writer, memberAssignment);
    });
  },

  decode: (reader) => ({ ...readCode(reader), memberAssignment: readBytes(reader) }),
};

/** Heartbeat, version 3. */
export const HEARTBEAT: Codec<"Heartbeat"> = {
  api: "Heartbeat",
  minVersion: 3,
  maxVersion: 3,
  classic: true,

  encode(writer, { groupId, groupGenerationId, memberId, groupInstanceId }) {
    writer.string(groupId);
    writer.int32(groupGenerationId);
    writer.string(memberId);
    writer.string(groupInstanceId);
  },

  decode: readCode,
};

/** LeaveGroup, version 3. */
export const LEAVE_GROUP: Codec<"LeaveGroup"> = {
  api: "LeaveGroup",
  minVersion: 3,
  maxVersion: 3,
  classic: true,

  encode(writer, { groupId, memberId }) {
    writer.string(groupId);
    writeItems(writer, [memberId], (id) => {
      writer.string(id);
      writer.string(null); // name of the instance
    });
  },

  // What it says of each member is left unread: an unknown one has left, too.
  decode: readCode,
};

/** DescribeGroups, version 2. */
export const DESCRIBE_GROUPS: Codec<"DescribeGroups"> = {
  api: "DescribeGroups",
  minVersion: 2,
  maxVersion: 2,
  classic: true,

  encode(writer, { groupIds }) {
    writeItems(writer, groupIds, (id) => writer.string(id));
  },

  decode(reader) {
    const clientSideThrottleTime = reader.int32();
    const groups = readItems(reader, () => {
      const group = { errorCode: reader.int16(), groupId: reader.string(), state: reader.string() };
      reader.string(); // type of protocol
      reader.string(); // protocol
      const members = readItems(reader, () => {
        for (let texts = 3; texts > 0; texts--) reader.string(); // id, client's id, host
        return { memberMetadata: readBytes(reader), memberAssignment: readBytes(reader) };
      });
      return { ...group, members };
    });
    return { clientSideThrottleTime, groups };
  },
};

function readCode(reader: ByteReader): { clientSideThrottleTime: number; errorCode: number } {
  return { clientSideThrottleTime: reader.int32(), errorCode: reader.int16() };
}
