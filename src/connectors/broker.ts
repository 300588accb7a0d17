/**
 * The broker port: what this project needs of a log with topics, whoever keeps it.
 *
 * Two adapters stand behind it, `kafka/` and `embedded/`; `source.ts`, `sink.ts` and `job_store.ts` are written once, over
 * it. `tests/connectors/broker_contract.ts` is the port's meaning in code: both adapters pass it.
 */

import type { FaultPoint } from "../engine/mod.ts";

/** Header names and their values in the record's order. A name may stand more than once, a value may be null. */
export type RecordHeaders = readonly (readonly [name: string, value: Uint8Array | null])[];

/** How a broker's records are compressed on their way and where they lie. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** A committed record of a partition. The bytes are views into larger buffers: read them, never change them. */
export interface BrokerRecord {
  /** Its place in the partition, counted from 0. */
  readonly offset: number;
  /** ms since the Unix epoch, as the producer gave it. */
  readonly timestampMs: number;
  /** Null if it has none. */
  readonly key: Uint8Array | null;
  /** Null if it has none: in a compacted topic that deletes the key. */
  readonly value: Uint8Array | null;
  /** Undefined if it has none. */
  readonly headers: RecordHeaders | undefined;
}

/** A record on its way to a topic. */
export interface OutgoingRecord {
  /** It must exist. */
  readonly topic: string;
  /** Where it goes; left out, murmur2 of the key's bytes decides as in Kafka's Java client, without a key each in turn. */
  readonly partition?: number | undefined;
  /** Null for none. */
  readonly key: Uint8Array | null;
  /** Null for none: in a compacted topic that deletes the key. */
  readonly value: Uint8Array | null;
  /** ms since the Unix epoch, always explicit: a whole number >= 0. */
  readonly timestampMs: number;
  /** Left out: none. */
  readonly headers?: RecordHeaders | undefined;
}

/** A place in a topic: the offset of the next record to read. */
export interface Position {
  /** Its name. */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
  /** Counted from 0. */
  readonly offset: number;
}

/** What was found at one position. */
export interface FetchedBatch {
  /** Its name. */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
  /** Committed records in order of offset, none below the asked position; may be empty though the position moves on. */
  readonly records: readonly BrokerRecord[];
  /** Where to read on. It steps over what no reader sees: control records, aborted transactions, compacted records. */
  readonly nextOffset: number;
  /** What came for it, about: whoever queues records knows by this how much they take. */
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
  /** The largest record it must take, bytes; left out: the broker's default, which is about 1 MB in Kafka. */
  readonly maxRecordBytes?: number;
  /**
   * Brokers that keep a copy of it: so many, or "safe": at least three, or all there are if they are fewer. Left out: as the
   * broker is set. The embedded log keeps one copy.
   */
  readonly replicas?: number | "safe" | undefined;
}

/** A topic as it is. The index of an array is the partition. */
export interface TopicDescription {
  /** As it was asked for. */
  readonly name: string;
  /** Tells it from every other topic that has had or will have its name; left out where the broker does not say. */
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
   * What lies at `positions`, for those that have something.
   *
   * Resolves as soon as one of them has, with an empty array after `maxWaitMs` at the latest. The next call says where
   * to read on. One call at a time.
   *
   * @throws {OffsetOutOfRangeError} if a position lies before the start or beyond the end of its partition
   * @throws {UnknownTopicError} if a topic or partition does not exist (any more)
   * @throws {BrokerUnavailableError} if the broker does not answer
   */
  fetch(positions: readonly Position[], maxWaitMs: number): Promise<FetchedBatch[]>;
  /** Ends it: nothing can be fetched with it any more. */
  close(): Promise<void>;
}

/** Writes records outside of any job. */
export interface Producer {
  /**
   * Resolves when all records are durable and visible. Records of one partition keep their order.
   *
   * @throws {UnknownTopicError} if a topic or partition does not exist; it is never created
   * @throws {RangeError} if a timestamp is none that a topic keeps; nothing is written then
   * @throws {BrokerUnavailableError} if the broker does not answer; part of the records may have been written
   */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Ends it: nothing can be sent with it any more. */
  close(): Promise<void>;
}

/** How a producer writes. */
export interface ProducerOptions {
  /**
   * Makes each `send()` one transaction: its records become visible together, or none does. Who opens a producer of the same
   * id later shuts this one out: its next `send()` rejects with a {@link FencedError} and nothing of it remains. So whoever
   * has one open reads what all before it have written. Left out: no transactions, nobody is shut out.
   */
  readonly transactionalId?: string | undefined;
  /** How its records are compressed; default none. The embedded log stores as it does. */
  readonly compression?: Compression | undefined;
}

/** How a program asks to be the one instance of a job. */
export interface JobRequest {
  /** Its name. */
  readonly job: string;
  /** Topics that the job reads; tools see its progress on them. */
  readonly topics: readonly string[];
  /** After so long without a sign of life an instance counts as dead, ms. */
  readonly sessionTimeoutMs: number;
  /**
   * With true, what is written becomes visible with the commit that follows it, or never. With false it becomes visible
   * when flushed, before its commit, and again if the job has to repeat it. State and positions are atomic either way.
   */
  readonly transactional: boolean;
  /**
   * If another instance is active: wait to take over, or throw a {@link JobActiveError}. One that was killed counts as active
   * until its broker knows better, which takes a session timeout at most; "refuse" waits for that.
   */
  readonly whenActive: "stand by" | "refuse";
  /** Called each time this instance finds that it has to wait, with words for who is active: "process 4711 on host1". */
  readonly onStandby: (holder: string) => void;
  /** Gives up waiting: openJob() then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Copies of a topic that is created for the job's state; left out: at least three where there are as many brokers. */
  readonly replicas?: number | undefined;
  /** Called at the adapter's fault points, see `fault_points.ts`. */
  readonly faultPoint?: FaultPoint | undefined;
}

/** One commit: it happens as a whole or not at all, together with the records written since the last. */
export interface JobCommit {
  /**
   * Changed entries of the job's state; `null` deletes, of two for one entry the later counts. Gone through once, piece by
   * piece until the commit has ended: what they are made of must not change meanwhile. `isStored` tells whether the last
   * commit has the entry, if it is known: then the store knows without a look how much of what it has is outdated.
   */
  readonly changes: Iterable<readonly [entry: string, value: string | null, isStored?: boolean]>;
  /** For tools only: what a group of the job's name has consumed. The job itself restores from its entries. */
  readonly positions: readonly Position[];
}

/**
 * The right to be the active instance of a job, and the only way to write as the job. Whoever holds a lease that has been
 * taken over by another instance cannot commit any more.
 */
export interface JobLease {
  /** Aborted, with a {@link FencedError} or {@link BrokerUnavailableError} as its reason, when this instance must stop. */
  readonly lost: AbortSignal;
  /** The entries of the job's last commit; empty if there is none. */
  restore(): Promise<Map<string, string>>;
  /**
   * Positions of the group of the job's name, as the last commit left them, kept apart from the entries; empty if there are none.
   * Entries that know less have been lost.
   */
  positions(): Promise<Position[]>;
  /** Where an entry is stored, for messages: `"user_statistics.changelog" partition 0 offset 17`; undefined if that is not known. */
  whereIs?(entry: string): Promise<string | undefined>;
  /** Forgets every entry and the group's positions; output topics and dead letters stay. */
  reset(): Promise<void>;
  /** From now on the topic's records are compressed so; before, none are. The embedded log stores as it does. */
  compress(topic: string, compression: Compression): void;
  /**
   * Adds a record to the next commit. It is not sent before `flush()` or `commit()`.
   * @throws {RangeError} if its timestamp is none that a topic keeps
   */
  write(record: OutgoingRecord): void;
  /** Records held in memory. `flush()` brings it to 0 wherever records can travel before their commit. */
  readonly pendingRecords: number;
  /** Sends what is pending as far as possible without a commit (see `JobRequest.transactional`); a slow broker makes it slow. */
  flush(): Promise<void>;
  /**
   * Commits what was written together with `commit`. Resolves when that is decided; readers see it some milliseconds later,
   * at the latest when `restore()` or `release()` has resolved. Rejects with a {@link FencedError} if another instance took over, with a
   * {@link BrokerUnavailableError} if the outcome is unknown: then only a new lease's `restore()` tells. After a rejection
   * the lease can only be released.
   */
  commit(commit: JobCommit): Promise<void>;
  /** Gives the right back, when readers see what was committed; pending records are dropped. Safe to call twice and after a loss. */
  release(): Promise<void>;
}

/** A job that has state at the broker. */
export interface JobInfo {
  /** Its name. */
  readonly job: string;
  /** Whether an instance is active or standing by now. */
  readonly running: boolean;
}

/** Why its topic would refuse a record, as the end of a sentence: "it takes 3,145,812 bytes, and …"; undefined if it would not. */
export type RecordCheck = (record: OutgoingRecord) => string | undefined;

/** When a job was at work, as far as its broker knows it from outside: a job may run, and hang. ms since the Unix epoch. */
export interface JobActivity {
  /** Words for the active instance: "process 4711"; undefined if there is none. */
  readonly holder: string | undefined;
  /** The last commit that changed anything; undefined if there is none. */
  readonly lastCommitMs: number | undefined;
  /** Of an active instance; undefined where a broker only tells that it was within the session timeout. */
  readonly lastSignOfLifeMs: number | undefined;
}

/** A broker that is open. */
export interface Broker extends AsyncDisposable {
  /** Which adapter it is. */
  readonly kind: "kafka" | "embedded";
  /** Words for a person: "Kafka at localhost:19092", "embedded log in /home/me/.broker". */
  readonly description: string;

  /** Names, sorted; internal topics of the broker left out. */
  listTopics(): Promise<string[]>;
  /**
   * In the order asked for.
   * @throws {UnknownTopicError} naming those that do not exist; none is ever created by asking
   */
  describeTopics(names: readonly string[]): Promise<TopicDescription[]>;
  /**
   * Resolves when the topics take records. They keep records for ever and accept any timestamp.
   * @throws {TopicExistsError} if one exists; then none is created
   */
  createTopics(specs: readonly TopicSpec[]): Promise<void>;
  /**
   * Resolves when the topics are gone and their names are free.
   * @throws {UnknownTopicError} if one does not exist
   */
  deleteTopics(names: readonly string[]): Promise<void>;
  /**
   * Warns, once each, of topics whose settings cost their writer something: those that would be lost with one broker of several,
   * and those that do not keep the records' times. Left out where neither can be.
   * @throws {BrokerUnavailableError} if the broker does not answer
   */
  warnOfSettings?(topics: readonly string[]): Promise<void>;
  /**
   * The ends of a topic's partitions as their leaders know them at a moment after the call; the index is the partition.
   * @param read how far the caller has read each: where nothing is written beyond that, `committed` may be as large as `written`
   * @throws {UnknownTopicError} if the topic does not exist
   */
  partitionEnds(topic: string, read?: readonly number[]): Promise<PartitionEnd[]>;
  /**
   * For each position the timestamp of the first record there or beyond it, whether it is committed or not; undefined where
   * there is none, or none that can be had at once.
   */
  firstTimestamps(positions: readonly Position[]): Promise<(number | undefined)[]>;
  /**
   * What the settings of a topic refuse, to be asked of each record before it is written. Left out where all is taken.
   * @param compression of its records; default none
   * @throws {BrokerUnavailableError} if the broker does not answer
   */
  recordCheck?(topic: string, compression?: Compression): Promise<RecordCheck>;
  /** For each partition the first offset whose timestamp is >= `timestampMs`, or the end. */
  offsetsAt(topic: string, timestampMs: number): Promise<number[]>;

  /** A new reader, for committed records only. */
  fetcher(): Promise<Fetcher>;
  /** A new writer outside of any job. */
  producer(options?: ProducerOptions): Promise<Producer>;

  /** Waits until this process is the active instance of the job (see {@link JobRequest}). */
  openJob(request: JobRequest): Promise<JobLease>;
  /** The entries of a job's last commit as a whole, whoever runs the job meanwhile; empty if there is none. */
  readCommit(job: string): Promise<Map<string, string>>;
  /** Jobs that have read one of `topics` and have state here. */
  jobsReading(topics: readonly string[]): Promise<JobInfo[]>;
  /** How long ago a job was at work; undefined if it has no state here. Left out where that is not known. */
  jobActivity?(job: string): Promise<JobActivity | undefined>;
  /** Removes all that belongs to a job: state, positions, dead letters. @throws {JobActiveError} while it runs */
  dropJob(job: string): Promise<void>;

  /** Closes it and what was opened with it; leases are given back. */
  close(): Promise<void>;
}

/** The topic of a job's records that could not be processed. */
export function deadLetterTopic(job: string): string {
  return `${job}.dead-letters`;
}

/** Something about the broker that its user has to know or mend; its message is one sentence for a person. */
export class BrokerError extends Error {
  /** Names the class in messages. */
  override name = "BrokerError";
  /** Tells programs to print the message alone: the stack would not help. */
  readonly expected: boolean = true;
  /** Whether trying again later can help. */
  readonly retriable: boolean = false;
}

/** The broker does not answer, or not in time. */
export class BrokerUnavailableError extends BrokerError {
  /** Names the class in messages. */
  override name = "BrokerUnavailableError";
  /** True: it may answer again. */
  override readonly retriable = true;
}

/**
 * The broker keeps answering with an error that names no mistake. It may pass, as brokers answer so while they are shut down
 * or change hands; after some attempts without progress it is final.
 */
export class UnexpectedAnswerError extends BrokerUnavailableError {
  /** Names the class in messages. */
  override name = "UnexpectedAnswerError";
  /** How many attempts of a job in a row may end so without a new commit. */
  readonly maxAttempts = 20;
}

/** There is no room for what was to be written; nothing of it was kept. A job's restart strategy is asked. */
export class DiskFullError extends BrokerError {
  /** Names the class in messages. */
  override name = "DiskFullError";
  /** True: somebody may make room. */
  readonly mayPass = true;
}

/** Topics (or a partition) that do not exist. */
export class UnknownTopicError extends BrokerError {
  /** Names the class in messages. */
  override name = "UnknownTopicError";
  /** Keeps the names, for programs. */
  constructor(readonly topics: readonly string[], message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Topics that exist already. */
export class TopicExistsError extends BrokerError {
  /** Names the class in messages. */
  override name = "TopicExistsError";
  /** Keeps the names, for programs. */
  constructor(readonly topics: readonly string[], message: string) {
    super(message);
  }
}

/** A position outside of its partition. */
export class OffsetOutOfRangeError extends BrokerError {
  /** Names the class in messages. */
  override name = "OffsetOutOfRangeError";
}

/** Another instance of the job has taken over. Trying again means to stand by. */
export class FencedError extends BrokerError {
  /** Names the class in messages. */
  override name = "FencedError";
  /** True: the job may stand by. */
  override readonly retriable = true;
}

/** The job is running elsewhere, which the request does not allow. */
export class JobActiveError extends BrokerError {
  /** Names the class in messages. */
  override name = "JobActiveError";
}
