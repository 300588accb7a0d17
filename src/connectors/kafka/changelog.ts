/** The compacted topic that holds a job's entries: a record's key and value are those of an entry, a tombstone deletes it. */
import type { BrokerRecord, FetchedBatch, JobCommit, OutgoingRecord } from "../broker.ts";
import { BrokerError, BrokerUnavailableError, TopicExistsError, UnknownTopicError } from "../broker_errors.ts";
import { EncodeBuffer } from "../json/encode_buffer.ts";
import type { Client } from "./client.ts";
import { KafkaFetcher } from "./fetcher.ts";
import { createTopics, untilReady } from "./create_topics.ts";
import { partitionEnds } from "./partition_ends.ts";
import { untilStable } from "./stable_offsets.ts";
import { describeTopics, topicSetting } from "./topics.ts";

/** A fetch limit for restoring, which reads one partition from its start: large answers make it fast. */
const RESTORE_BYTES = 8 << 20;
/** How long a tool waits until a commit that is being written can be read, ms. */
const COMMIT_WITHIN_MS = 5_000;
/** Largest record of a changelog: an entry may be larger than the records that brokers accept by default. */
const ENTRY_BYTES = 8 << 20;

// A leading byte order mark is part of the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Name of a job's changelog. */
export function changelogTopic(job: string): string {
  return `${job}.changelog`;
}

/**
 * Creates the job's changelog if it does not exist.
 *
 * @param options.replicas its replication factor; left out: three, or as many as there are brokers
 * @throws {BrokerError} if it exists with settings that would lose entries
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
      // Somebody else is creating it: the controller knows it, other nodes may not yet.
      await untilReady(client, [topic]);
    }
  }
}

/** A changelog and the client that reads it. */
export interface ChangelogReader {
  readonly client: Client;
  readonly job: string;
  readonly signal: AbortSignal;
}

/**
 * The entries of the last commit at the moment when the changelog has been read to its end. A job may go on committing
 * meanwhile; a commit counts as a whole or not at all.
 *
 * For tools: if no batch leads to the end of the changelog, the offsets that are missing count as compacted away (see `Gaps`).
 */
export async function readChangelog(reader: ChangelogReader): Promise<Map<string, string>> {
  const { client, job } = reader;
  const topic = changelogTopic(job);
  const end = async () => (await describeTopics(client, [topic]))[0]!.endOffsets[0]!;
  await untilCommitShows(reader);
  let endOffset = await end();
  const entries = new Map<string, string>();
  // The end of the partition lies between two commits; what has been fetched need not. And a record below an end may have been
  // compacted away in favour of one beyond it. So reading stops only if the end is still the same when it has been reached.
  await replay(reader, { crossGaps: true }, async ({ records, nextOffset }) => {
    for (const record of records) apply(record, entries);
    if (nextOffset >= endOffset) endOffset = await end();
    return nextOffset >= endOffset;
  });
  return entries;
}

/**
 * Resolves when all that stands in the changelog now can be read. A job goes on when its commit is decided; readers see it some
 * milliseconds later, and who exports a job that has just stopped must not get the commit before.
 */
async function untilCommitShows({ client, job }: ChangelogReader): Promise<void> {
  const topic = changelogTopic(job);
  const [end] = await partitionEnds(client, topic);
  try {
    await untilStable(client, [{ topic, partition: 0, offset: end!.written }], COMMIT_WITHIN_MS);
  } catch (error) {
    if (!(error instanceof BrokerUnavailableError)) throw error;
    client.log("warn", `a commit of "${job}" is not decided yet, the one before it is shown: ${error.message}`);
  }
}

/**
 * The entries of a changelog that nobody else writes any more, up to the owner's record `owner`, which must have been
 * committed before. That record marks the end: there may be no batch just before the end that the broker reports, and an answer
 * without a batch may be due to the limits of a fetch, so that taking it for the end could lose state.
 */
export async function readChangelogUpTo(owner: string, reader: ChangelogReader): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  await replay(reader, { crossGaps: false }, ({ records }) => {
    for (const record of records) if (apply(record, entries) === owner) return true;
    return false;
  });
  return entries;
}

/** `"a.changelog" partition 0 offset 17`: where the newest record of an entry lies; undefined if it has no record. */
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

/** Reads a changelog from its start, batch by batch, until `onBatch` returns true. */
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

/** Whether a record belongs to a commit: others hold an owner's name, or nothing. */
export function isOfCommit({ key }: BrokerRecord): boolean {
  return key !== null && decoder.decode(key) !== OWNER_ENTRY;
}

/** Adds the record's change to `entries`. @returns the owner, if it is an owner's record */
function apply({ key, value }: BrokerRecord, entries: Map<string, string>): string | undefined {
  if (key === null) return undefined;
  const entry = decoder.decode(key);
  if (entry === OWNER_ENTRY) return value === null ? undefined : decoder.decode(value);
  if (value === null) entries.delete(entry);
  else entries.set(entry, decoder.decode(value));
  return undefined;
}

/** Key of the record that names who restores from the changelog; not an entry of the commit. */
const OWNER_ENTRY = JSON.stringify(["owner"]);

/** The record with which a new owner marks the end of what it restores. */
export function ownerRecord(job: string, owner: string, timestampMs: number): OutgoingRecord {
  return new EncodeBuffer().record(changelogTopic(job), OWNER_ENTRY, owner, timestampMs, 0);
}

/** The records for changed entries, made one by one: all at once they would take more memory than the state. */
export function* changelogRecords(
  job: string,
  changes: JobCommit["changes"],
  timestampMs: number,
): Generator<OutgoingRecord> {
  const topic = changelogTopic(job);
  const arena = new EncodeBuffer();
  for (const [entry, text] of changes) yield arena.record(topic, entry, text, timestampMs, 0);
}
