/** Topics in Kafka: listing and removing them, their offsets and settings. `create_topics.ts` creates them. */
import type { TopicDescription } from "../broker.ts";
import { quoted } from "../names.ts";
import type { Client } from "./client.ts";
import { Code } from "./error_codes.ts";
import { checkCode, codeError, PassingError } from "./errors.ts";
import { patiently } from "./patience.ts";
import type { MetadataAnswer } from "./protocol.ts";
import { EARLIEST, LATEST, READ_COMMITTED } from "./protocol.ts";

/** How long the controller may take for a change, ms. */
export const CONTROLLER_TIMEOUT_MS = 10_000;

/** Codes for a topic that has been deleted or does not exist. */
const GONE = new Set<number>([Code.NONE, Code.UNKNOWN_TOPIC_OR_PARTITION, Code.UNKNOWN_TOPIC_ID]);

/** The names of all topics, sorted, without Kafka's internal ones. */
export async function listTopics(client: Client): Promise<string[]> {
  return await patiently({ doing: "list the topics" }, async () => {
    const { topicMetadata } = await client.metadata([]);
    for (const { topic, topicErrorCode } of topicMetadata) {
      // A topic that is being deleted is left out; with any other error it may still exist.
      if (topicErrorCode !== Code.UNKNOWN_TOPIC_OR_PARTITION) checkCode(topicErrorCode, `list the topic "${topic}"`);
    }
    return topicMetadata
      .filter(({ topic, topicErrorCode, isInternal }) =>
        topicErrorCode === Code.NONE && !isInternal && !topic.startsWith("__")
      )
      .map(({ topic }) => topic)
      .sort();
  });
}

/** Start and committed end of each topic, in the order of `wanted`. @throws {UnknownTopicError} if one does not exist */
export async function describeTopics(client: Client, wanted: readonly string[]): Promise<TopicDescription[]> {
  const names = [...new Set(wanted)];
  if (names.length === 0) return [];
  return await patiently({ doing: `describe the topics ${quoted(names)}` }, async () => {
    for (const name of names) client.forgetTopic(name);
    const [startOffsets, endOffsets] = await Promise.all([
      listOffsets(client, { topics: names, timestamp: EARLIEST }),
      listOffsets(client, { topics: names, timestamp: LATEST }),
    ]);
    return wanted.map((name) => ({
      name,
      ...idOf(client, name),
      startOffsets: startOffsets.get(name)!,
      endOffsets: endOffsets.get(name)!,
    }));
  });
}

/**
 * For each partition the first offset whose timestamp is >= `timestampMs`, or the end. It may be that of a transaction's marker,
 * which has the broker's time: a fetch goes on from there.
 */
export async function offsetsAt(client: Client, topic: string, timestampMs: number): Promise<number[]> {
  // Kafka keeps no record with a timestamp below 0, and negative numbers have special meanings.
  const wanted = timestampMs <= 0 ? EARLIEST : Math.ceil(timestampMs);
  return await patiently({ doing: `look up a time in the topic "${topic}"` }, async () => {
    client.forgetTopic(topic);
    const [found, ends] = await Promise.all([
      listOffsets(client, { topics: [topic], timestamp: wanted }),
      listOffsets(client, { topics: [topic], timestamp: LATEST }),
    ]);
    return found.get(topic)!.map((offset, partition) => offset < 0 ? ends.get(topic)![partition]! : offset);
  });
}

/** Resolves when the topics are gone. @throws {UnknownTopicError} if one does not exist; no topic is deleted then */
export async function deleteTopics(client: Client, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await patiently({ doing: `delete the topics ${quoted(names)}` }, async () => {
    for (const name of names) client.forgetTopic(name);
    await client.leaders(names);
  });
  await removeTopics(client, names);
}

/** Resolves when the topics do not exist, whether or not they did. */
export async function removeTopics(client: Client, names: readonly string[]): Promise<void> {
  const left = new Set(names);
  let ids: ReadonlyMap<string, string> | undefined;
  await patiently({ doing: `delete the topics ${quoted(names)}` }, async () => {
    // Looked up once, so that a request that is repeated or late never deletes topics that were created again under these names.
    const known = ids ??= await topicIds(client, names);
    const connection = await client.controller();
    const args = { topics: [...left], ids: known, timeout: CONTROLLER_TIMEOUT_MS };
    const errors: Error[] = [];
    for (const { topic, topicId, errorCode } of (await connection.send("DeleteTopics", args)).topicErrors) {
      const name = topic === "" ? names.find((name) => known.get(name) === topicId) ?? "" : topic;
      if (GONE.has(errorCode)) left.delete(name);
      else errors.push(codeError(errorCode, `delete the topic "${name}"`));
    }
    for (const error of errors) throw error;
  });
  await patiently({ doing: `delete the topics ${quoted(names)}` }, async () => {
    for (const { topicMetadata } of await metadataOfAll(client, names)) {
      if (topicMetadata.some(({ topicErrorCode }) => topicErrorCode !== Code.UNKNOWN_TOPIC_OR_PARTITION)) {
        throw new PassingError("they are still being deleted");
      }
    }
  });
  for (const name of names) client.forgetTopic(name);
}

/** The ids of the topics that have one; before Kafka 2.8 no topic has. */
async function topicIds(client: Client, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { topicMetadata } = await client.metadata(names);
  return new Map(topicMetadata.flatMap(({ topic, topicId }) => topicId === undefined ? [] : [[topic, topicId]]));
}

/** What `listOffsets()` looks for. */
export interface OffsetQuery {
  readonly topics: readonly string[];
  /** ms since the Unix epoch, LATEST or EARLIEST. */
  readonly timestamp: number;
  /** Which end LATEST stands for; default: that of committed data. */
  readonly isolationLevel?: number;
}

/**
 * The offset of each partition for a time; a time later than all records gives -1.
 *
 * One attempt: throws {@link PassingError}s.
 */
export async function listOffsets(
  client: Client,
  { topics, timestamp, isolationLevel = READ_COMMITTED }: OffsetQuery,
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
    const { responses } = await connection.send("ListOffsets", { isolationLevel, topics: asked });
    for (const { topic, partitions } of responses) {
      for (const { partition, errorCode, offset } of partitions) {
        if (errorCode !== Code.NONE) client.forgetTopic(topic);
        // The leader and the node that named it may have different views for a moment.
        if (errorCode === Code.UNKNOWN_TOPIC_OR_PARTITION) throw new PassingError(`"${topic}" is not there yet`);
        checkCode(errorCode, `find the offsets of "${topic}" partition ${partition}`);
        offsets.get(topic)![partition] = Number(offset);
      }
    }
  }));
  return offsets;
}

/**
 * The metadata of topics from every node that can be reached: topics can be created and removed with one node of three down.
 *
 * One attempt: throws {@link PassingError}s.
 */
export async function metadataOfAll(client: Client, names: readonly string[]): Promise<MetadataAnswer[]> {
  const results = await Promise.allSettled(client.nodeIds.map((node) => client.metadata(names, node)));
  const answers: MetadataAnswer[] = [];
  let failure: unknown = new PassingError("no node is known");
  for (const result of results) {
    if (result.status === "fulfilled") answers.push(result.value);
    else if (result.reason instanceof PassingError) failure = result.reason;
    else throw result.reason;
  }
  if (answers.length === 0) throw failure;
  return answers;
}

function idOf(client: Client, topic: string): { readonly id?: string } {
  const id = client.topicId(topic);
  return id === undefined ? {} : { id };
}

/** The value of a topic's setting such as "cleanup.policy"; undefined if Kafka does not report it. */
export async function topicSetting(client: Client, topic: string, name: string): Promise<string | undefined> {
  const doing = `read the settings of the topic "${topic}"`;
  return await patiently({ doing }, async () => {
    const connection = await client.any();
    const resource = { type: 2, name: topic, configNames: [name] } as const;
    const { resources } = await connection.send("DescribeConfigs", { resources: [resource] });
    const { errorCode = Code.NONE, configEntries = [] } = resources[0] ?? {};
    if (errorCode !== Code.NONE) {
      // A passing error is retried; without the right to read it the setting stays unknown.
      const error = codeError(errorCode, doing);
      if (error instanceof PassingError) throw error;
      return undefined;
    }
    return configEntries.find(({ configName }) => configName === name)?.configValue ?? undefined;
  });
}
