/** Fault points of a job whose store is a broker; see `JOB_FAULT_POINTS` of the engine. */

/** At either broker, while dead letters are written. */
export const STORE_FAULT_POINTS = [
  "commit: before the topic of dead letters is made",
  "commit: the topic of dead letters is made",
  "commit: the dead letters are written",
] as const;

/** One of {@link STORE_FAULT_POINTS}. */
export type StoreFaultPoint = typeof STORE_FAULT_POINTS[number];

/** In the embedded log. What lies between "begun" and "ended" is one transaction of SQLite. */
export const EMBEDDED_FAULT_POINTS = [
  "start: the job is free",
  "start: taking the job has begun",
  "start: the job is taken, not committed",
  "start: taking the job has ended",
  "restore: reading entries has begun",
  "restore: reading entries has ended",
  "commit: writing a part ahead has begun",
  "commit: a part is written ahead, not committed",
  "commit: writing a part ahead has ended",
  "commit: the transaction has begun",
  "commit: records are appended",
  "commit: entries are written",
  "commit: positions are written",
  "commit: the transaction has ended",
  "commit: compaction has begun",
  "commit: entries are compacted, not committed",
  "commit: compaction has ended",
  "end: giving the job back has begun",
  "end: the job is free, not committed",
  "end: giving the job back has ended",
] as const;

/** One of {@link EMBEDDED_FAULT_POINTS}. */
export type EmbeddedFaultPoint = typeof EMBEDDED_FAULT_POINTS[number];

/**
 * In Kafka. A commit is decided when the transaction coordinator has logged it, and visible when its markers are in every
 * partition; a job that ends waits for that.
 */
export const KAFKA_FAULT_POINTS = [
  "start: before joining the group",
  "start: the group has an answer",
  "start: active in the group",
  "start: the transactional id is taken over",
  "start: the changelog is there",
  "restore: before the changelog",
  "restore: the changelog is read",
  "flush: records are sent",
  "commit: before the records",
  "commit: partitions are in the transaction",
  "commit: records are sent",
  "commit: the group is in the transaction",
  "commit: positions are sent",
  "commit: before it is decided",
  "commit: it is decided",
  "end: what was committed is seen",
  "end: before leaving the group",
  "end: the group is left",
] as const;

/** One of {@link KAFKA_FAULT_POINTS}. */
export type KafkaFaultPoint = typeof KAFKA_FAULT_POINTS[number];
