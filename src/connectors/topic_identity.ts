/**
 * Which topic a position points into. A topic that was deleted and created again has the same name and new offsets: going on
 * there at an old offset would silently skip records.
 *
 * Where the broker has topic ids, the id is the identity. Elsewhere it is the last record that was read, which must still be at
 * its offset, unless it has been deleted or compacted away.
 */
import { JobError, type Json } from "../engine/mod.ts";
import type { Broker, BrokerRecord } from "./broker.ts";
import { murmur2 } from "./murmur2.ts";

/** The identity of a topic, as a commit stores it with a position. */
export type TopicIdentity = { readonly topicId: string } | { readonly last: LastRecord };

/** The last record that was read before a position, by the fields of it that never change. */
export interface LastRecord {
  readonly offset: number;
  readonly timestampMs: number;
  /** murmur2 of the value's bytes, 0 without a value. */
  readonly hash: number;
}

/** Where to look for the topic that has the name now. */
export interface TopicLook {
  readonly broker: Broker;
  readonly topic: string;
  /** Kafka's topic id; undefined where the broker has no ids. */
  readonly topicId: string | undefined;
}

/** A committed position of a partition. */
export interface IdentifiedPosition {
  readonly partition: number;
  readonly identity: Json | undefined;
  /** Oldest offset that is still there. */
  readonly start: number;
  /** Behind the last record. */
  readonly end: number;
}

/** The fields that identify a record. */
export function lastRecordOf({ offset, timestampMs, value }: BrokerRecord): LastRecord {
  return { offset, timestampMs, hash: value === null ? 0 : murmur2(value) };
}

/**
 * Checks positions against the topic that is there now. Commits of earlier versions hold no identity: those pass.
 *
 * @throws {JobError} naming what the commit knew and what is there
 */
export async function checkIdentity(look: TopicLook, positions: readonly IdentifiedPosition[]): Promise<void> {
  for (const position of positions) {
    const identity = position.identity as TopicIdentity | undefined;
    if (identity === undefined) continue;
    if ("last" in identity) await checkLastRecord(look, position, identity.last);
    else if (look.topicId !== undefined && look.topicId !== identity.topicId) {
      throw anotherTopic(look.topic, `the commit knew it by the id ${identity.topicId}, now it is ${look.topicId}`);
    }
  }
}

async function checkLastRecord(
  { broker, topic }: TopicLook,
  { partition, start, end }: IdentifiedPosition,
  last: LastRecord,
): Promise<void> {
  if (last.offset < start || last.offset >= end) return; // deleted, or beyond the end, for which checkPosition() looks
  const fetcher = await broker.fetcher();
  try {
    for (;;) {
      const [batch] = await fetcher.fetch([{ topic, partition, offset: last.offset }], 1_000);
      if (batch === undefined) continue;
      const [found] = batch.records;
      // Compacted away: the batch has a later record, or no record.
      if (found === undefined || found.offset !== last.offset) return;
      const { timestampMs, hash } = lastRecordOf(found);
      if (timestampMs === last.timestampMs && hash === last.hash) return;
      const place = `partition ${partition} offset ${last.offset}`;
      throw anotherTopic(topic, `the record at ${place} is another one than the job has read`);
    }
  } finally {
    await fetcher.close();
  }
}

function anotherTopic(topic: string, how: string): JobError {
  return new JobError(
    `Cannot go on reading "${topic}": it was deleted and created anew since the last commit, ${how}; ` +
      "forget the commit with --reset",
  );
}
