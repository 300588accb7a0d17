/** Topics at a Kafka: which there are, making and removing them, where they begin and end. */
import type { TopicDescription, TopicSpec } from "../broker.ts";
import { TopicExistsError } from "../broker.ts";
import { checkTopicName } from "../names.ts";
import type { Client } from "./client.ts";
import { checkCode, Code, codeError, PassingError, patiently } from "./errors.ts";
import type { CreateTopicsAnswer, NewTopic } from "./protocol.ts";
import { EARLIEST, LATEST, READ_COMMITTED } from "./protocol.ts";

const CONTROLLER_TIMEOUT_MS = 10_000;
const BATCH_OVERHEAD_BYTES = 16_384;

/** Names, sorted, without those that Kafka keeps for itself. */
export async function listTopics(client: Client): Promise<string[]> {
  return await patiently({ doing: "list the topics" }, async () => {
    const { topicMetadata } = await client.metadata([]);
    return topicMetadata
      .filter(({ topic, topicErrorCode, isInternal }) =>
        topicErrorCode === Code.NONE && !isInternal && !topic.startsWith("__")
      )
      .map(({ topic }) => topic)
      .sort();
  });
}

/** Start and committed end of each, in the order asked for. @throws {UnknownTopicError} */
export async function describeTopics(client: Client, wanted: readonly string[]): Promise<TopicDescription[]> {
  const names = [...new Set(wanted)];
  if (names.length === 0) return [];
  return await patiently({ doing: `describe the topics ${quoted(names)}` }, async () => {
    for (const name of names) client.forgetTopic(name);
    const [startOffsets, endOffsets] = await Promise.all([
      listOffsets(client, names, EARLIEST),
      listOffsets(client, names, LATEST),
    ]);
    return wanted.map((name) => ({
      name,
      startOffsets: startOffsets.get(name)!,
      endOffsets: endOffsets.get(name)!,
    }));
  });
}

/** See `Broker.offsetsAt()`. What is found may be the end of a transaction, which has the broker's time: a fetch goes on from it. */
export async function offsetsAt(client: Client, topic: string, timestampMs: number): Promise<number[]> {
  // Kafka keeps no record with a timestamp below 0, and takes negative numbers for words.
  const wanted = timestampMs <= 0 ? EARLIEST : Math.ceil(timestampMs);
  return await patiently({ doing: `look up a time in the topic "${topic}"` }, async () => {
    client.forgetTopic(topic);
    const [found, ends] = await Promise.all([
      listOffsets(client, [topic], wanted),
      listOffsets(client, [topic], LATEST),
    ]);
    return found.get(topic)!.map((offset, partition) => offset < 0 ? ends.get(topic)![partition]! : offset);
  });
}

/** Resolves when all of them take records; makes all or none. */
export async function createTopics(client: Client, specs: readonly TopicSpec[]): Promise<void> {
  if (specs.length === 0) return;
  const names = specs.map((spec) => spec.name);
  for (const name of names) checkTopicName(name);
  const doing = `create the topics ${quoted(names)}`;
  const style = { extras: true, replicationFactor: -1 };
  let asked = false;
  await patiently({ doing }, async () => {
    const ask = async (validateOnly: boolean): Promise<CreateTopicsAnswer["topicErrors"]> => {
      const topics = specs.map((spec) => newTopic(spec, style));
      const connection = await client.controller();
      const args = { topics, validateOnly, timeout: CONTROLLER_TIMEOUT_MS };
      return (await connection.send("CreateTopics", args)).topicErrors;
    };
    if (!asked) {
      // Asked first what would happen: if one of them can not be made, none shall be.
      let errors = await ask(true);
      if (errors.some(({ errorCode }) => errorCode === Code.INVALID_CONFIG)) {
        style.extras = false; // Redpanda and older Kafkas know fewer settings
        errors = await ask(true);
      }
      if (errors.some(({ errorCode }) => errorCode === Code.INVALID_REPLICATION_FACTOR)) {
        style.replicationFactor = Math.min(3, client.nodeIds.length);
        errors = await ask(true);
      }
      checkCreated(errors, doing);
    }
    const first = !asked;
    asked = true;
    const errors = await ask(false);
    // After an answer that was lost, those that exist are the ones that we made.
    if (!first) return checkCreated(errors.filter(({ errorCode }) => errorCode !== Code.TOPIC_ALREADY_EXISTS), doing);
    const ours = errors.filter(({ errorCode }) => errorCode === Code.NONE).map(({ topic }) => topic);
    if (ours.length > 0 && errors.some(({ errorCode }) => errorCode === Code.TOPIC_ALREADY_EXISTS)) {
      await remove(client, ours); // somebody else made the others in between
    }
    checkCreated(errors, doing);
  });
  await untilReady(client, names);
}

/** Resolves when they are gone. @throws {UnknownTopicError} if one does not exist; then none is deleted */
export async function deleteTopics(client: Client, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await patiently({ doing: `delete the topics ${quoted(names)}` }, async () => {
    for (const name of names) client.forgetTopic(name);
    await client.leaders(names);
  });
  await remove(client, names);
}

/** Resolves when there are no such topics. */
async function remove(client: Client, names: readonly string[]): Promise<void> {
  const left = new Set(names);
  await patiently({ doing: `delete the topics ${quoted(names)}` }, async () => {
    const connection = await client.controller();
    const args = { topics: [...left], timeout: CONTROLLER_TIMEOUT_MS };
    const errors: Error[] = [];
    for (const { topic, errorCode } of (await connection.send("DeleteTopics", args)).topicErrors) {
      const gone = errorCode === Code.NONE || errorCode === Code.UNKNOWN_TOPIC_OR_PARTITION;
      if (gone) left.delete(topic);
      else errors.push(codeError(errorCode, `delete the topic "${topic}"`));
    }
    for (const error of errors) throw error;
  });
  await patiently({ doing: `delete the topics ${quoted(names)}` }, async () => {
    for (const node of client.nodeIds) {
      const { topicMetadata } = await client.metadata(names, node);
      if (topicMetadata.some(({ topicErrorCode }) => topicErrorCode !== Code.UNKNOWN_TOPIC_OR_PARTITION)) {
        throw new PassingError("they are still being deleted");
      }
    }
  });
  for (const name of names) client.forgetTopic(name);
}

/**
 * The offset of each partition for a time, or for LATEST or EARLIEST. LATEST is the end that a reader of committed data
 * sees; a time later than all records gives -1.
 *
 * One attempt: throws {@link PassingError}s.
 */
async function listOffsets(
  client: Client,
  topics: readonly string[],
  timestamp: number,
): Promise<Map<string, number[]>> {
  const leaders = await client.leaders(topics);
  const byNode = Map.groupBy(
    topics.flatMap((topic) => leaders.get(topic)!.map((node, partition) => ({ topic, partition, node }))),
    ({ node }) => node,
  );
  const offsets = new Map(topics.map((topic) => [topic, leaders.get(topic)!.map(() => -1)]));
  await Promise.all([...byNode].map(async ([node, places]) => {
    const asked = [...Map.groupBy(places, ({ topic }) => topic)].map(([topic, some]) => ({
      topic,
      partitions: some.map(({ partition }) => ({ partition, timestamp })),
    }));
    const connection = await client.node(node);
    const { responses } = await connection.send("ListOffsets", { isolationLevel: READ_COMMITTED, topics: asked });
    for (const { topic, partitions } of responses) {
      for (const { partition, errorCode, offset } of partitions) {
        if (errorCode !== Code.NONE) client.forgetTopic(topic);
        // The leader's view and the one of who told us so may differ for a moment.
        if (errorCode === Code.UNKNOWN_TOPIC_OR_PARTITION) throw new PassingError(`"${topic}" is not there yet`);
        checkCode(errorCode, `find the offsets of "${topic}" partition ${partition}`);
        offsets.get(topic)![partition] = Number(offset);
      }
    }
  }));
  return offsets;
}

function newTopic(
  { name, partitions, compacted = false, maxRecordBytes }: TopicSpec,
  style: { readonly extras: boolean; readonly replicationFactor: number },
): NewTopic {
  // Records are kept for ever, however old their timestamps are; a compacted topic keeps its newest ones by itself.
  const settings: Record<string, string> = compacted
    ? { "cleanup.policy": "compact" }
    : { "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1" };
  // Kafka counts the batch around the record too, and what it adds to it.
  if (maxRecordBytes !== undefined) settings["max.message.bytes"] = String(maxRecordBytes + BATCH_OVERHEAD_BYTES);
  if (style.extras) {
    settings["message.timestamp.after.max.ms"] = "9223372036854775807";
    // Only closed segments are compacted: small ones, closed early, keep the topic short for who reads it from its start.
    if (compacted) {
      Object.assign(settings, {
        "segment.bytes": "16777216",
        "segment.ms": "3600000",
        "min.cleanable.dirty.ratio": "0.1",
      });
    }
  }
  return {
    topic: name,
    numPartitions: partitions,
    replicationFactor: style.replicationFactor,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  };
}

function checkCreated(errors: CreateTopicsAnswer["topicErrors"], doing: string): void {
  const existing = errors.filter(({ errorCode }) => errorCode === Code.TOPIC_ALREADY_EXISTS).map(({ topic }) => topic);
  if (existing.length > 0) {
    const message = existing.length === 1
      ? `Cannot create the topic ${quoted(existing)}: it exists already`
      : `Cannot create the topics ${quoted(existing)}: they exist already`;
    throw new TopicExistsError(existing, message);
  }
  for (const { errorCode, errorMessage } of errors) checkCode(errorCode, doing, errorMessage);
}

/** Waits until every node knows the topics and every partition's leader answers for it. */
async function untilReady(client: Client, names: readonly string[]): Promise<void> {
  await patiently({ doing: `use the new topics ${quoted(names)}` }, async () => {
    for (const node of client.nodeIds) {
      const { topicMetadata } = await client.metadata(names, node);
      if (
        topicMetadata.some(({ topicErrorCode, partitionMetadata }) =>
          topicErrorCode !== Code.NONE || partitionMetadata.some(({ leader }) => leader < 0)
        )
      ) throw new PassingError("some of their partitions have no leader yet");
    }
    await listOffsets(client, names, LATEST);
  });
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/** What a job's topic is set to do with old records; undefined if Kafka does not tell. */
export async function cleanupPolicy(client: Client, topic: string): Promise<string | undefined> {
  const { resources } = await patiently({ doing: `read the settings of the topic "${topic}"` }, async () => {
    const connection = await client.any();
    return await connection.send("DescribeConfigs", {
      resources: [{ type: 2, name: topic, configNames: ["cleanup.policy"] }],
    });
  });
  const resource = resources[0];
  if (resource === undefined || resource.errorCode !== Code.NONE) return undefined;
  return resource.configEntries.find(({ configName }) => configName === "cleanup.policy")?.configValue ?? undefined;
}
