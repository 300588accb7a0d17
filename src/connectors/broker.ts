/**
 * The broker port: what this project needs of a log with topics, whoever keeps it.
 *
 * Two adapters stand behind it, `kafka/` and `embedded/`; `source.ts`, `sink.ts` and `job_store.ts` are written once, over
 * it. `tests/connectors/broker_contract.ts` is the port's meaning in code: both adapters pass it, and the broker in memory that
 * tests use.
 */

import type { JobLease, JobRequest, Position } from "../engine/mod.ts";
import type { BrokerReports } from "./broker_reports.ts";

export type { JobCommit, Position } from "../engine/mod.ts";
export * from "./broker_reports.ts";

/** Header names and their values in the record's order. A name may stand more than once, a value may be null. */
export type RecordHeaders = readonly (readonly [name: string, value: Uint8Array | null])[];

/** How a broker's records are compressed on their way and where they lie. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** A committed record of a partition. The bytes are views into larger buffers: read them, never change them. */
export interface BrokerRecord {
  /** Its place in the partition, counted from 0. */
  readonly offset: number;
  /** ms since the Unix epoch, as the producer set it. */
  readonly timestampMs: number;
  /** Null if it has none. */
  readonly key: Uint8Array | null;
  /** Null: a tombstone, which deletes the key in a compacted topic. */
  readonly value: Uint8Array | null;
  /** Undefined if it has none. */
  readonly headers: RecordHeaders | undefined;
}

/** A record on its way to a topic. */
export interface OutgoingRecord {
  /** It must exist. */
  readonly topic: string;
  /**
   * The partition that it goes to. Left out: murmur2 of the key's bytes chooses it, as in Kafka's Java client; records without
   * a key go to each partition in turn.
   */
  readonly partition?: number | undefined;
  /** Null: the record has no key. */
  readonly key: Uint8Array | null;
  /** Null: a tombstone, which deletes the key in a compacted topic. */
  readonly value: Uint8Array | null;
  /** ms since the Unix epoch, always explicit: a whole number >= 0. */
  readonly timestampMs: number;
  /** Left out: the record has no headers. */
  readonly headers?: RecordHeaders | undefined;
}

/** What was found at one position. */
export interface FetchedBatch {
  /** Its name. */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
  /** Committed records in order of offset, none below the asked position; may be empty though the position moves on. */
  readonly records: readonly BrokerRecord[];
  /** The position of the next fetch: behind control records, aborted transactions and compacted records, which no reader sees. */
  readonly nextOffset: number;
  /** About how many bytes the records take, for whoever queues them. */
  readonly bytes: number;
}

/** A topic to be created. */
export interface TopicSpec {
  /** 1 to 249 characters of A-Z, a-z, 0-9, ".", "_" and "-". */
  readonly name: string;
  /** > 0 */
  readonly partitions: number;
  /** Keeps only the newest record of each key, in time; default false. The embedded log may keep all. */
  readonly compacted?: boolean;
  /** The largest record that it must accept, bytes; left out: the broker's default, in Kafka about 1 MiB. */
  readonly maxRecordBytes?: number;
  /**
   * Kafka's replication factor. "safe" stands for three, or as many as there are brokers if those are fewer. Left out: the
   * broker's default. The embedded log keeps one copy.
   */
  readonly replicas?: number | "safe" | undefined;
}

/** What a broker knows of a topic. The index of an array is the partition. */
export interface TopicDescription {
  /** The name that it was asked for by. */
  readonly name: string;
  /** Kafka's topic id: another one when a topic is deleted and created again. Left out where the broker has no ids. */
  readonly id?: string;
  /** The oldest offset that is still there. */
  readonly startOffsets: readonly number[];
  /** First offset not yet committed: beyond the last record that a committed-only reader can see. */
  readonly endOffsets: readonly number[];
}

/** Where a partition ends. */
export interface PartitionEnd {
  /** First offset that is not committed yet: beyond the last record that a reader of committed data can see. */
  readonly committed: number;
  /** First offset beyond all that is there; larger than `committed` while a transaction is open. */
  readonly written: number;
}

/** Reads positions that its caller keeps: no group, no subscription, no rewinding. */
export interface Fetcher {
  /**
   * Reads from each of `positions` what is there.
   *
   * Resolves as soon as one of them has records, and with an empty array after `maxWaitMs` at the latest. The next call names
   * the positions to go on from. One call at a time.
   *
   * @throws {OffsetOutOfRangeError} if a position lies before the start or beyond the end of its partition
   * @throws {UnknownTopicError} if a topic or partition does not exist, or no longer does
   * @throws {BrokerUnavailableError} if the broker does not answer
   */
  fetch(positions: readonly Position[], maxWaitMs: number): Promise<FetchedBatch[]>;
  /** Closes it: it fetches nothing after that. */
  close(): Promise<void>;
}

/** Writes records outside of any job. */
export interface Producer {
  /**
   * Resolves when all records are durable and visible. Records of one partition keep their order.
   *
   * @throws {UnknownTopicError} if a topic or partition does not exist; it is never created
   * @throws {RangeError} if a timestamp is not a whole number >= 0; nothing is written then
   * @throws {BrokerUnavailableError} if the broker does not answer; part of the records may have been written
   */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Closes it: it sends nothing after that. */
  close(): Promise<void>;
}

/** How a producer writes. */
export interface ProducerOptions {
  /**
   * Makes each `send()` one transaction: its records become visible together or not at all. A producer that is opened later
   * with the same id fences this one, whose next `send()` then rejects with a {@link FencedError} and writes nothing. So
   * whoever has opened one can read all that its predecessors have written. Left out: no transactions, no fencing.
   */
  readonly transactionalId?: string | undefined;
  /** How its records are compressed; default "none". The embedded log ignores it. */
  readonly compression?: Compression | undefined;
}

/**
 * A request to become the active instance of a job at a broker. An instance that was killed counts as active until its session
 * has timed out; `whenActive: "refuse"` waits for that, and then throws a {@link JobActiveError}.
 */
export interface BrokerJobRequest extends JobRequest {
  /** Copies of a topic that is created for the job's state; left out: at least three where there are as many brokers. */
  readonly replicas?: number | undefined;
}

/**
 * A job's lease at a broker: what is written with it is part of the next commit.
 *
 * `lost` is aborted with a {@link FencedError} or a {@link BrokerUnavailableError}. `commit()` rejects with a {@link FencedError}
 * if another instance has taken over, and with a {@link BrokerUnavailableError} if the outcome is unknown: `restore()` of a new
 * lease finds it out.
 */
export interface BrokerLease extends JobLease {
  /**
   * Positions of the consumer group of the job's name after the last commit; empty if it has none. They are stored apart from
   * the entries: where the entries' positions are lower, entries have been lost.
   */
  positions(): Promise<Position[]>;
  /** Compresses the topic's records from now on; until this call they are not compressed. The embedded log ignores it. */
  compress(topic: string, compression: Compression): void;
  /**
   * Adds a record to the next commit. It is not sent before `flush()` or `commit()`.
   * @throws {RangeError} if its timestamp is not a whole number >= 0
   */
  write(record: OutgoingRecord): void;
  /** Takes back the last records written, of those that were written since the last `flush()` or `commit()`. */
  takeBack(records: number): void;
}

/** A job that has state at the broker. */
export interface JobInfo {
  /** Its name. */
  readonly job: string;
  /** Whether an instance is active or standing by now. */
  readonly running: boolean;
}

/** Why a topic would refuse a record, as the end of a sentence: "it has 3,145,812 bytes, and …"; undefined if it would not. */
export type RecordCheck = (record: OutgoingRecord) => string | undefined;

/** What a broker sees of a job's activity. A job that runs may hang, which its last commit shows. Times are ms since the Unix epoch. */
export interface JobActivity {
  /** A description of the active instance: "process 4711"; undefined if no instance is active. */
  readonly holder: string | undefined;
  /** The last commit that changed anything; undefined before the first. */
  readonly lastCommitMs: number | undefined;
  /** Of an active instance; undefined where the broker only knows that it was within the session timeout. */
  readonly lastSignOfLifeMs: number | undefined;
}

/** A broker that is open. */
export interface Broker extends BrokerReports, AsyncDisposable {
  /** Which adapter it is. */
  readonly kind: "kafka" | "embedded";
  /** For messages: "Kafka at localhost:19092", "embedded log in /home/me/.broker". */
  readonly description: string;

  /** Names, sorted; internal topics of the broker left out. */
  listTopics(): Promise<string[]>;
  /**
   * Describes topics, in the order of `names`. A topic that does not exist is never created by that.
   * @throws {UnknownTopicError} naming those that do not exist
   */
  describeTopics(names: readonly string[]): Promise<TopicDescription[]>;
  /**
   * Resolves when the topics accept records. They keep records for ever and accept any timestamp.
   * @throws {TopicExistsError} if one of them exists; then no topic is created
   */
  createTopics(specs: readonly TopicSpec[]): Promise<void>;
  /**
   * Resolves when the topics are gone and their names are free.
   * @throws {UnknownTopicError} if one does not exist
   */
  deleteTopics(names: readonly string[]): Promise<void>;
  /**
   * Logs a warning, once for each topic, about settings that harm their writer: a topic that would be lost with one of several
   * brokers, or that does not keep the records' timestamps. Left out by an adapter whose topics have no such settings.
   * @throws {BrokerUnavailableError} if the broker does not answer
   */
  warnOfSettings?(topics: readonly string[]): Promise<void>;
  /**
   * The ends of a topic's partitions as their leaders know them at some moment after the call; the index is the partition.
   * @param read how far the caller has read each partition: where nothing is written beyond that, `committed` may be as large
   *   as `written`
   * @throws {UnknownTopicError} if the topic does not exist
   */
  partitionEnds(topic: string, read?: readonly number[]): Promise<PartitionEnd[]>;
  /**
   * For each position the timestamp of the first record there or beyond it, whether it is committed or not; undefined where
   * there is no such record, or it cannot be read at once.
   */
  firstTimestamps(positions: readonly Position[]): Promise<(number | undefined)[]>;
  /**
   * A check by the topic's settings, to be made for each record before it is written. Left out where topics accept any record.
   * @param compression of its records; default "none"
   * @throws {BrokerUnavailableError} if the broker does not answer
   */
  recordCheck?(topic: string, compression?: Compression): Promise<RecordCheck>;
  /** For each partition the first offset whose timestamp is >= `timestampMs`, or the end. */
  offsetsAt(topic: string, timestampMs: number): Promise<number[]>;

  /** A new reader, for committed records only. */
  fetcher(): Promise<Fetcher>;
  /** A new writer outside of any job. */
  producer(options?: ProducerOptions): Promise<Producer>;

  /** Waits until this process is the active instance of the job (see {@link BrokerJobRequest}). */
  openJob(request: BrokerJobRequest): Promise<BrokerLease>;
  /** All entries of a job's last commit, also while the job is running; empty if it has no commit. */
  readCommit(job: string): Promise<Map<string, string>>;
  /** Jobs that have read one of `topics` and have state here. */
  jobsReading(topics: readonly string[]): Promise<JobInfo[]>;
  /** When the job last committed, and which instance is active; undefined if it has no state here. Left out where that is not known. */
  jobActivity?(job: string): Promise<JobActivity | undefined>;
  /** Removes all that belongs to a job: state, positions, dead letters. @throws {JobActiveError} while it runs */
  dropJob(job: string): Promise<void>;

  /** Closes it and what was opened with it; leases are released. */
  close(): Promise<void>;
}

/** The topic of a job's records that could not be processed. */
export function deadLetterTopic(job: string): string {
  return `${job}.dead-letters`;
}
