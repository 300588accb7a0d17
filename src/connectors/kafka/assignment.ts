/** Which member of a group is the active instance, and how members and the group's leader exchange that. */
import { Buffer } from "node:buffer";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { readBytes, readItems, writeBytes, writeItems } from "./codecs/classic.ts";

/** One process that wants to run a job, as it presents itself to the group. */
export interface Instance {
  /** New for each request to run the job, so that a process that comes back is a new instance. */
  readonly id: string;
  /** For messages: "process 4711 (instance ab12)". */
  readonly words: string;
  /** When it began to wait, ms since the Unix epoch by its own clock. */
  readonly sinceMs: number;
  /** The group's generation that made it the active one, 0 if it never was. Generations only go up. */
  readonly activeSince: number;
}

/** A member of the group and the instance that it describes in its metadata. */
export interface Candidate {
  readonly memberId: string;
  readonly instance: Instance;
}

/**
 * The member to be active: the one that is active already, else the one that has waited longest. If two claim to be
 * active, the one that became so later has fenced the other. Every leader must choose the same member, whatever the order of `candidates`.
 */
export function electActive(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.toSorted((a, b) =>
    b.instance.activeSince - a.instance.activeSince || a.instance.sinceMs - b.instance.sinceMs ||
    (a.memberId < b.memberId ? -1 : 1)
  )[0];
}

/** A member's metadata when it joins, in the form of Kafka's consumers, so that tools can show it. */
export function encodeMetadata(topics: readonly string[], instance: Instance): Buffer {
  const writer = new ByteWriter();
  writer.int16(0); // version
  writeItems(writer, topics, (topic) => writer.string(topic));
  return withInstance(writer, instance);
}

/** The instance and its topics; no instance if the member is not one of us. */
export function decodeMetadata(
  bytes: Buffer,
): { readonly topics: readonly string[]; readonly instance: Instance | undefined } {
  try {
    const reader = new ByteReader(bytes);
    reader.int16(); // version
    const topics = readItems(reader, () => reader.string());
    return { topics, instance: parseInstance(readBytes(reader)) };
  } catch {
    return { topics: [], instance: undefined };
  }
}

/** The leader's assignment for a member: which instance is active. The active one also gets the partitions, for tools to see. */
export function encodeAssignment(active: Instance, partitions: Readonly<Record<string, readonly number[]>>): Buffer {
  const writer = new ByteWriter();
  writer.int16(0); // version
  writeItems(writer, Object.entries(partitions), ([topic, some]) => {
    writer.string(topic);
    writeItems(writer, some, (partition) => writer.int32(partition));
  });
  return withInstance(writer, active);
}

/** The active instance; undefined if the assignment is empty. */
export function decodeAssignment(bytes: Buffer): Instance | undefined {
  try {
    const reader = new ByteReader(bytes);
    reader.int16(); // version
    readItems(reader, () => [reader.string(), readItems(reader, () => reader.int32())]);
    return parseInstance(readBytes(reader));
  } catch {
    return undefined;
  }
}

/** What has been written, and behind it the instance, in the field that consumers may use as they like. */
function withInstance(writer: ByteWriter, instance: Instance): Buffer {
  writeBytes(writer, Buffer.from(JSON.stringify(instance)));
  return Buffer.from(writer.written());
}

function parseInstance(userData: Buffer): Instance | undefined {
  if (userData.length === 0) return undefined;
  const parsed: Partial<Instance> = JSON.parse(userData.toString());
  const { id, words, sinceMs, activeSince } = parsed;
  if (typeof id !== "string" || typeof words !== "string") return undefined;
  if (typeof sinceMs !== "number" || typeof activeSince !== "number") return undefined;
  return { id, words, sinceMs, activeSince };
}
