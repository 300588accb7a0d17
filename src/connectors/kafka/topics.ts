/** Topics at a Kafka: which there are, removing them, where they begin and end. `create_topics.ts` makes them. */
import type { TopicDescription } from "../broker.ts";
import type { Client } from "./client.ts";
import { checkCode, Code, codeError, PassingError, patiently } from "./errors.ts";
import type { MetadataAnswer } from "./protocol.ts";
import { EARLIEST, LATEST, READ_COMMITTED } from "./protocol.ts";

/** So long the controller may take for a change, ms. */
export const CONTROLLER_TIMEOUT_MS = 10_000;

/** How a broker says that it has deleted a topic, or that there is none. */
const GONE = new Set<number>([Code.NONE, Code.UNKNOWN_TOPIC_OR_PARTITION, Code.UNKNOWN_TOPIC_ID]);

/** Names, sorted, without those that Kafka keeps for itself. */
export async function listTopics(client: Client): Promise<string[]> {
  return await patiently({ doing: "list the topics" }, async () => {
    const { topicMetadata } = await client.metadata([]);
    for (const { topic, topicErrorCode } of topicMetadata) {
      // One that is being deleted is not there; whatever else is wrong says nothing of that.
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

/** Start and committed end of each, in the order asked for. @throws {UnknownTopicError} */
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

/** See `Broker.offsetsAt()`. What is found may be the end of a transaction, which has the broker's time: a fetch goes on from it. */
export async function offsetsAt(client: Client, topic: string, timestampMs: number): Promise<number[]> {
  // Kafka keeps no record with a timestamp below 0, and takes negative numbers for words.
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

/** Resolves when they are gone. @throws {UnknownTopicError} if one does not exist; then none is deleted */
export async function deleteTopics(client: Client, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await patiently({ doing: `delete the topics ${quoted(names)}` }, async () => {
    for (const name of names) client.forgetTopic(name);
    await client.leaders(names);
  });
  await removeTopics(client, names);
}

/** Resolves when there are no such topics, whether or not there were. */
export async function removeTopics(client: Client, names: readonly string[]): Promise<void> {
  const left = new Set(names);
  let ids: ReadonlyMap<string, string> | undefined;
  await patiently({ doing: `delete the topics ${quoted(names)}` }, async () => {
    // Known once and for all: what is asked again, or arrives when topics of these names have been made anew, means the same ones.
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

/** The ids of those that have one; none before Kafka 2.8. */
async function topicIds(client: Client, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { topicMetadata } = await client.metadata(names);
  return new Map(topicMetadata.flatMap(({ topic, topicId }) => topicId === undefined ? [] : [[topic, topicId]]));
}

/** What `listOffsets()` is to find. */
export interface OffsetQuery {
  readonly topics: readonly string[];
  /** ms since the Unix epoch, LATEST or EARLIEST. */
  readonly timestamp: number;
  /** Whose end LATEST is: by default that of a reader of committed data. */
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
        // The leader's view and the one of who told us so may differ for a moment.
        if (errorCode === Code.UNKNOWN_TOPIC_OR_PARTITION) throw new PassingError(`"${topic}" is not there yet`);
        checkCode(errorCode, `find the offsets of "${topic}" partition ${partition}`);
        offsets.get(topic)![partition] = Number(offset);
      }
    }
  }));
  return offsets;
}

/**
 * What every node says of topics, but for nodes that cannot be reached: with one of three down, topics are made and removed.
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

/** `"a", "b"` */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/** What one of a topic's settings is, such as "cleanup.policy"; undefined if Kafka does not say. */
export async function topicSetting(client: Client, topic: string, name: string): Promise<string | undefined> {
  const doing = `read the settings of the topic "${topic}"`;
  return await patiently({ doing }, async () => {
    const connection = await client.any();
    const resource = { type: 2, name: topic, configNames: [name] } as const;
    const { resources } = await connection.send("DescribeConfigs", { resources: [resource] });
    const { errorCode = Code.NONE, configEntries = [] } = resources[0] ?? {};
    if (errorCode !== Code.NONE) {
      // What passes is asked again; who may not know it does without.
      const error = codeError(errorCode, doing);
      if (error instanceof PassingError) throw error;
      return undefined;
    }
    return configEntries.find(({ configName }) => configName === name)?.configValue ?? undefined;
  });
}
