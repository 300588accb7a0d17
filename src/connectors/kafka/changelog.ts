/** The compacted topic that holds a job's entries: record key and value are an entry's, no value deletes it. */
import type { BrokerRecord, FetchedBatch, JobCommit, OutgoingRecord } from "../broker.ts";
import { BrokerError, TopicExistsError, UnknownTopicError } from "../broker_errors.ts";
import { TextArena } from "../json/text_arena.ts";
import type { Client } from "./client.ts";
import { KafkaFetcher } from "./fetcher.ts";
import { createTopics, untilReady } from "./create_topics.ts";
import { describeTopics, topicSetting } from "./topics.ts";

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
 * @param options.replicas how many copies it gets; left out, at least three where there are as many brokers
 * @throws {BrokerError} if there is one that would lose entries
 */
export async function ensureChangelog(
  client: Client,
  job: string,
  { replicas }: { readonly replicas?: number | undefined } = {},
): Promise<void> {
  const topic = changelogTopic(job);
  try {
    const [description] = await describeTopics(client, [topic]);
    const partitions = description!.endOffsets.length;
    if (partitions !== 1) {
      throw new BrokerError(
        `Cannot use "${topic}" for the state of "${job}": it has ${partitions} partitions, it needs 1`,
      );
    }
    const policy = await topicSetting(client, topic, "cleanup.policy");
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
      // Somebody else is making it: known to the controller is not yet known to all.
      await untilReady(client, [topic]);
    }
  }
}

/** A changelog and who reads it. */
export interface ChangelogReader {
  readonly client: Client;
  readonly job: string;
  readonly signal: AbortSignal;
}

/**
 * The entries as of the last commit that is there when it has been read: somebody may go on committing meanwhile, and half a
 * commit does not count.
 *
 * For tools: where no batch leads on to the end of the changelog they take what is missing for compacted away (see `Gaps`).
 */
export async function readChangelog(reader: ChangelogReader): Promise<Map<string, string>> {
  const { client, job } = reader;
  const topic = changelogTopic(job);
  const end = async () => (await describeTopics(client, [topic]))[0]!.endOffsets[0]!;
  let endOffset = await end();
  const entries = new Map<string, string>();
  // An end lies between two commits, what has been fetched need not. And what lay below an end may have been compacted away
  // for the sake of a record beyond it. So reading ends only where the end is still the same when one has come to it.
  await replay(reader, { crossGaps: true }, async ({ records, nextOffset }) => {
    for (const record of records) apply(record, entries);
    if (nextOffset >= endOffset) endOffset = await end();
    return nextOffset >= endOffset;
  });
  return entries;
}

/**
 * The entries of a changelog that nobody else writes any more, up to the owner's record `owner`, which must have been
 * committed before. That record is what tells the end: the end that the broker names may have no batch before it, and an answer
 * without one may be a matter of its limits, so that going on without it could lose state.
 */
export async function readChangelogUpTo(owner: string, reader: ChangelogReader): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  await replay(reader, { crossGaps: false }, ({ records }) => {
    let isLast = false;
    for (const record of records) isLast = apply(record, entries) === owner;
    return isLast;
  });
  return entries;
}

/** `"a.changelog" partition 0 offset 17`: where the newest record of an entry lies; undefined if there is none. */
export async function findEntry(entry: string, reader: ChangelogReader): Promise<string | undefined> {
  const topic = changelogTopic(reader.job);
  const [description] = await describeTopics(reader.client, [topic]);
  const end = description!.endOffsets[0]!;
  let found: number | undefined;
  await replay(reader, { crossGaps: true }, ({ records, nextOffset }) => {
    for (const { key, offset } of records) if (key !== null && decoder.decode(key) === entry) found = offset;
    return nextOffset >= end;
  });
  return found === undefined ? undefined : `"${topic}" partition 0 offset ${found}`;
}

/** Hands over a changelog batch by batch from its start until `onBatch` says that it is enough. */
async function replay(
  { client, job, signal }: ChangelogReader,
  { crossGaps }: { readonly crossGaps: boolean },
  onBatch: (batch: Pick<FetchedBatch, "records" | "nextOffset">) => boolean | Promise<boolean>,
): Promise<void> {
  const topic = changelogTopic(job);
  const [description] = await describeTopics(client, [topic]);
  let offset = description!.startOffsets[0]!;
  if (await onBatch({ records: [], nextOffset: offset })) return;
  const fetcher = new KafkaFetcher(client.fork(), { partitionBytes: RESTORE_BYTES, crossGaps });
  try {
    for (;;) {
      signal.throwIfAborted();
      for (const batch of await fetcher.fetch([{ topic, partition: 0, offset }], 500)) {
        offset = batch.nextOffset;
        if (await onBatch(batch)) return;
      }
    }
  } finally {
    await fetcher.close();
  }
}

/** Whether a record belongs to a commit: else it is an owner's name, or nothing. */
export function isOfCommit({ key }: BrokerRecord): boolean {
  return key !== null && decoder.decode(key) !== OWNER_ENTRY;
}

/** @returns the owner, if that is what the record tells */
function apply({ key, value }: BrokerRecord, entries: Map<string, string>): string | undefined {
  if (key === null) return undefined;
  const entry = decoder.decode(key);
  if (entry === OWNER_ENTRY) return value === null ? undefined : decoder.decode(value);
  if (value === null) entries.delete(entry);
  else entries.set(entry, decoder.decode(value));
  return undefined;
}

/** Names who restores from the changelog; not an entry of the commit. */
const OWNER_ENTRY = JSON.stringify(["owner"]);

/** The record with which a new owner marks the end of what it will restore. */
export function ownerRecord(job: string, owner: string, timestampMs: number): OutgoingRecord {
  return new TextArena().record(changelogTopic(job), OWNER_ENTRY, owner, timestampMs, 0);
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
