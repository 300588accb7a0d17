import type { Board, BrokerRecord, Note, OutgoingRecord, Position, StatusReport } from "../../src/connectors/broker.ts";
import { OffsetOutOfRangeError, UnknownTopicError } from "../../src/connectors/broker_errors.ts";
import { MemoryJob } from "./memory_job.ts";

/** An offset without a record stands for what no reader sees: marks of transactions, aborted records. */
export type Slot = BrokerRecord | undefined;

/** One partition of a topic in memory. */
export class MemoryPartition {
  /** By offset; those below `start` are gone. */
  readonly slots: Slot[];
  /** The oldest offset that is still there. */
  start = 0;
  /** Where an open transaction begins. */
  openAt: number | undefined;
  /** About how many bytes the records take; unknown for those that were there from the beginning. */
  readonly #sizes: number[] = [];
  #hasGaps = false;

  /** @param records what is there from the beginning; they are not copied */
  constructor(records: Slot[] = []) {
    this.slots = records;
  }

  append(record: Omit<BrokerRecord, "offset"> | undefined): void {
    const offset = this.slots.length;
    this.#sizes[offset] = (record?.key?.length ?? 0) + (record?.value?.length ?? 0);
    this.#hasGaps ||= record === undefined;
    const { timestampMs, key, value, headers } = record ?? {};
    this.slots.push(
      record && { offset, timestampMs: timestampMs!, key: key ?? null, value: value ?? null, headers },
    );
  }

  /** First offset that is not committed yet. */
  get committed(): number {
    return this.openAt ?? this.slots.length;
  }

  /** Committed records from `offset` on, `max` at most, and how many offsets they stand for. */
  read(
    offset: number,
    max: number,
  ): { readonly records: BrokerRecord[]; readonly offsets: number; readonly bytes: number } {
    const end = Math.min(offset + max, this.committed);
    const found = this.slots.slice(offset, end);
    let bytes = 0;
    for (let at = offset; at < end; at++) bytes += this.#sizes[at] ?? 0;
    const records = this.#hasGaps ? found.filter((slot) => slot !== undefined) : found as BrokerRecord[];
    return { records, offsets: found.length, bytes };
  }
}

/** What several {@link MemoryBroker}s share, as processes share a broker: topics, jobs and who writes. */
export class MemoryLog {
  readonly topics = new Map<string, MemoryPartition[]>();
  readonly jobs = new Map<string, MemoryJob>();
  /** The newest report of each instance. */
  readonly reports = new Map<string, StatusReport>();
  /** By board and key. */
  readonly notes = new Map<string, { readonly board: Board; readonly note: Note }>();
  /** Who may write with a transactional id: the one that was opened last. */
  readonly writers = new Map<string, object>();
  #arrival = Promise.withResolvers<void>();

  /** Resolves when something has happened that a fetch may wait for. */
  get arrival(): Promise<void> {
    return this.#arrival.promise;
  }

  /** Lets fetches that wait look again. */
  wake(): void {
    const { resolve } = this.#arrival;
    this.#arrival = Promise.withResolvers();
    resolve();
  }

  /** @throws {UnknownTopicError} naming those that do not exist */
  checkTopics(names: readonly string[]): void {
    const missing = names.filter((name) => !this.topics.has(name));
    if (missing.length > 0) {
      throw new UnknownTopicError(missing, `no topic ${missing.map((name) => `"${name}"`).join(", ")}`);
    }
  }

  /** @throws {UnknownTopicError} if there is no such partition */
  partition({ topic, partition }: Omit<Position, "offset">): MemoryPartition {
    this.checkTopics([topic]);
    const found = this.topics.get(topic)![partition];
    if (found === undefined) throw new UnknownTopicError([topic], `topic "${topic}" has no partition ${partition}`);
    return found;
  }

  /** @throws {OffsetOutOfRangeError} if the position is not within its partition */
  checkOffset(position: Position): void {
    const { topic, partition, offset } = position;
    const { start, slots } = this.partition(position);
    if (offset >= start && offset <= slots.length) return;
    throw new OffsetOutOfRangeError(
      `partition ${partition} of topic "${topic}" has offsets ${start} to ${slots.length}: asked for ${offset}`,
    );
  }

  /** @throws {UnknownTopicError} if one of the records has no place to go */
  checkPlaces(records: readonly OutgoingRecord[]): void {
    for (const { topic, partition = 0 } of records) this.partition({ topic, partition });
  }

  job(name: string): MemoryJob {
    const job = this.jobs.get(name) ?? new MemoryJob(name);
    this.jobs.set(name, job);
    return job;
  }
}
