/** The compacted topic that holds a job's entries: record key and value are an entry's, no value deletes it. */
import type { JobCommit, OutgoingRecord } from "../broker.ts";
import { BrokerError, TopicExistsError, UnknownTopicError } from "../broker.ts";
import { TextArena } from "../text_arena.ts";
import type { Client } from "./client.ts";
import { KafkaFetcher } from "./fetcher.ts";
import { createTopics } from "./create_topics.ts";
import { cleanupPolicy, describeTopics } from "./topics.ts";

/** Restoring reads one partition from its start: large answers make it quick. */
const RESTORE_BYTES = 8 << 20;
/** An entry may be larger than the records that brokers take by default. */
const ENTRY_BYTES = 8 << 20;

// Text is what it is: a leading byte order mark belongs to it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Name of a job's changelog. */
export function changelogTopic(job: string): string {
  return `${job}.changelog`;
}

/**
 * Creates the job's changelog if there is none.
 *
 * @param replicas how many copies it gets; left out, at least three where there are as many brokers
 * @throws {BrokerError} if there is one that would lose entries
 */
export async function ensureChangelog(client: Client, job: string, replicas?: number): Promise<void> {
  const topic = changelogTopic(job);
  try {
    const [description] = await describeTopics(client, [topic]);
    const partitions = description!.endOffsets.length;
    if (partitions !== 1) {
      throw new BrokerError(
        `Cannot use "${topic}" for the state of "${job}": it has ${partitions} partitions, it needs 1`,
      );
    }
    const policy = await cleanupPolicy(client, topic);
    if (policy !== undefined && policy !== "compact") {
      throw new BrokerError(
        `Cannot use "${topic}" for the state of "${job}": its cleanup.policy is "${policy}", which would delete state; ` +
          `set it to "compact"`,
      );
    }
  } catch (error) {
    if (!(error instanceof UnknownTopicError)) throw error;
    try {
      const settings = { compacted: true, maxRecordBytes: ENTRY_BYTES, replicas: replicas ?? "safe" } as const;
      await createTopics(client, [{ name: topic, partitions: 1, ...settings }]);
    } catch (failure) {
      if (!(failure instanceof TopicExistsError)) throw failure;
    }
  }
}

/**
 * The entries as of the last commit that is there when it has been read: somebody may go on committing meanwhile, and half a
 * commit is none.
 */
export async function readChangelog(client: Client, job: string, signal: AbortSignal): Promise<Map<string, string>> {
  const topic = changelogTopic(job);
  const entries = new Map<string, string>();
  const range = async () => {
    const [description] = await describeTopics(client, [topic]);
    return { start: description!.startOffsets[0]!, end: description!.endOffsets[0]! };
  };
  let { start: offset, end } = await range();
  const fetcher = new KafkaFetcher(client.fork(), { partitionBytes: RESTORE_BYTES });
  try {
    // An end lies between two commits, what has been fetched need not. And what lay below an end may have been compacted away
    // for the sake of a record beyond it. So reading ends only where the end is still the same when one has come to it.
    while (offset < end) {
      signal.throwIfAborted();
      for (const { records, nextOffset } of await fetcher.fetch([{ topic, partition: 0, offset }], 500)) {
        for (const { key, value } of records) {
          if (key === null) continue;
          if (value === null) entries.delete(decoder.decode(key));
          else entries.set(decoder.decode(key), decoder.decode(value));
        }
        offset = nextOffset;
      }
      if (offset >= end) ({ end } = await range());
    }
    return entries;
  } finally {
    await fetcher.close();
  }
}

/** The records that note changes of entries, made one by one: all at once they would take more memory than the state. */
export function* changelogRecords(
  job: string,
  changes: JobCommit["changes"],
  timestampMs: number,
): Generator<OutgoingRecord> {
  const topic = changelogTopic(job);
  const arena = new TextArena();
  for (const [entry, text] of changes) yield arena.record(topic, entry, text, timestampMs, 0);
}
