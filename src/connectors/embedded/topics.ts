/** Topics as rows: creating, deleting and describing them. */
import type { BrokerRecord, TopicDescription, TopicSpec } from "../broker.ts";
import { BrokerError, TopicExistsError, UnknownTopicError } from "../broker_errors.ts";
import { checkTopicName, quoted } from "../names.ts";
import { decodeBatch } from "./batch.ts";
import type { Database } from "./database.ts";

/** A topic that exists. A topic that is created again has another id. */
export interface Topic {
  readonly id: number;
  readonly name: string;
  readonly partitions: number;
}

/** Offsets of a partition: it holds those >= `start` and < `end`. */
export interface PartitionRange {
  readonly start: number;
  readonly end: number;
}

/** Names, sorted. */
export function listTopics(database: Database): string[] {
  return database.read(() => database.statement("SELECT name FROM topic ORDER BY name").all())
    .map((row) => row.name as string);
}

/** @throws {UnknownTopicError} naming all that do not exist */
export function describeTopics(database: Database, names: readonly string[]): TopicDescription[] {
  return database.read(() =>
    findTopics(database, names, "describe").map((topic) => {
      const ranges = partitionRanges(database, topic);
      const startOffsets = ranges.map(({ start }) => start);
      const endOffsets = ranges.map(({ end }) => end);
      return { name: topic.name, id: String(topic.id), startOffsets, endOffsets };
    })
  );
}

/** @throws {TopicExistsError} naming all that exist */
export function createTopics(database: Database, specs: readonly TopicSpec[]): void {
  for (const spec of specs) checkSpec(spec);
  const names = specs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`Cannot create topic "${twice}" twice at once`);
  database.write(() => {
    const existing = names.filter((name) => findTopic(database, name) !== undefined);
    if (existing.length > 0) {
      const they = existing.length === 1 ? "it exists" : "they exist";
      throw new TopicExistsError(existing, `Cannot create ${named(existing)}: ${they} already in the embedded log`);
    }
    for (const { name, partitions, compacted = false } of specs) {
      const { lastInsertRowid } = database.statement("INSERT INTO topic (name, partitions, compacted) VALUES (?, ?, ?)")
        .run(name, partitions, compacted ? 1 : 0);
      for (let partition = 0; partition < partitions; partition++) {
        database.statement("INSERT INTO partition VALUES (?, ?, 0, 0, 0)").run(lastInsertRowid, partition);
      }
    }
  });
}

/** @throws {UnknownTopicError} naming all that do not exist; no topic is deleted then */
export function deleteTopics(database: Database, names: readonly string[]): void {
  database.write(() => {
    for (const topic of findTopics(database, names, "delete")) removeTopic(database, topic);
  });
}

/** To be called in a transaction. */
export function removeTopic(database: Database, { id }: Topic): void {
  for (const table of ["batch", "partition"]) {
    database.statement(`DELETE FROM ${table} WHERE topic_id = ?`).run(id);
  }
  database.statement("DELETE FROM topic WHERE id = ?").run(id);
}

/** For each partition the first offset whose timestamp is >= `timestampMs`, or the end. */
export function offsetsAt(database: Database, name: string, timestampMs: number): number[] {
  return database.read(() => {
    const [topic] = findTopics(database, [name], "look up times in");
    return partitionRanges(database, topic!).map(({ end }, partition) =>
      offsetAt(database, topic!, partition, timestampMs) ?? end
    );
  });
}

/** To be called in a transaction, as all below. */
export function findTopic(database: Database, name: string): Topic | undefined {
  const row = database.statement("SELECT id, name, partitions FROM topic WHERE name = ?").get(name);
  return row as Topic | undefined;
}

/** @param what cannot be done with them: "delete". @throws {UnknownTopicError} naming all that do not exist */
function findTopics(database: Database, names: readonly string[], what: string): Topic[] {
  const topics = new Map(names.map((name) => [name, findTopic(database, name)]));
  const missing = [...topics].filter(([, topic]) => topic === undefined).map(([name]) => name);
  if (missing.length > 0) throw unknownTopics(missing, what);
  return names.map((name) => topics.get(name)!);
}

/** @param what cannot be done with them: "delete" */
export function unknownTopics(names: readonly string[], what: string): UnknownTopicError {
  const they = names.length === 1 ? "it does not exist" : "they do not exist";
  return new UnknownTopicError(names, `Cannot ${what} ${named(names)}: ${they} in the embedded log`);
}

/** @param what cannot be done with it: "read" */
export function unknownPartition({ name, partitions }: Topic, partition: number, what: string): UnknownTopicError {
  const has = partitions === 1 ? "only partition 0" : `partitions 0 to ${partitions - 1}`;
  return new UnknownTopicError([name], `Cannot ${what} topic "${name}" partition ${partition}: it has ${has}`);
}

/** The index is the partition. */
export function partitionRanges(database: Database, { id }: Topic): PartitionRange[] {
  const sql = "SELECT start_offset AS start, end_offset AS end FROM partition WHERE topic_id = ? ORDER BY partition";
  return database.statement(sql).all(id) as unknown as PartitionRange[];
}

function offsetAt(database: Database, { id }: Topic, partition: number, timestampMs: number): number | undefined {
  const rows = database.statement(
    `SELECT base_offset, records FROM batch WHERE topic_id = ? AND partition = ? AND latest_timestamp >= ?
     ORDER BY latest_timestamp, base_offset`,
  ).iterate(id, partition, timestampMs);
  // It is in the first row, unless the record with the row's latest_timestamp lies before the start of the partition.
  for (const row of rows) {
    const found: BrokerRecord[] = [];
    decodeBatch(row.records as Uint8Array, row.base_offset as number, 0, found);
    const first = found.find((record) => record.timestampMs >= timestampMs);
    if (first !== undefined) return first.offset;
  }
  return undefined;
}

function checkSpec({ name, partitions, replicas }: TopicSpec): void {
  checkTopicName(name);
  if (typeof replicas === "number" && replicas > 1) {
    throw new BrokerError(`Cannot create topic "${name}" with ${replicas} replicas: the embedded log keeps one copy`);
  }
  if (!Number.isSafeInteger(partitions) || partitions < 1) {
    throw new RangeError(`Cannot create topic "${name}" as partitions must be > 0: current value is ${partitions}`);
  }
}

function named(names: readonly string[]): string {
  return `${names.length === 1 ? "topic" : "topics"} ${quoted(names)}`;
}
