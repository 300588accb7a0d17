import {
  type Board,
  type Broker,
  type BrokerJobRequest,
  type BrokerLease,
  deadLetterTopic,
  type FetchedBatch,
  type Fetcher,
  type JobInfo,
  KEPT_NOTES,
  type Note,
  type OutgoingRecord,
  type PartitionEnd,
  type Position,
  type Producer,
  type ProducerOptions,
  STATUS_KEPT_MS,
  type StatusReport,
  type TopicDescription,
  type TopicSpec,
} from "../../src/connectors/broker.ts";
import { FencedError, JobActiveError, TopicExistsError } from "../../src/connectors/broker_errors.ts";
import { partitionOf } from "../../src/connectors/murmur2.ts";
import { checkJobName, checkTopicName } from "../../src/connectors/names.ts";
import { checkRecordTime } from "../../src/connectors/records/record_time.ts";
import { MemoryLease } from "./memory_lease.ts";
import { MemoryLog, MemoryPartition } from "./memory_log.ts";

/**
 * A broker in memory that keeps the contract of the port (`tests/connectors/broker_contract.ts`), for tests and measurements.
 * As with the embedded log nothing of a transaction is there before its commit.
 */
export class MemoryBroker implements Broker {
  readonly kind = "embedded";
  readonly description = "memory";
  /** What it shares with others. */
  readonly log: MemoryLog;
  /** Largest number of records of a partition in a fetch. */
  fetchRecords = 5_000;
  readonly #leases: BrokerLease[] = [];
  /** Of records without a key. */
  #turn = 0;

  /** @param log that of other brokers, as if all were processes at one broker; left out: its own */
  constructor(log: MemoryLog = new MemoryLog()) {
    this.log = log;
  }

  listTopics(): Promise<string[]> {
    return Promise.resolve([...this.log.topics.keys()].sort());
  }

  async describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    await Promise.resolve();
    this.log.checkTopics(names);
    return names.map((name) => {
      const partitions = this.log.topics.get(name)!;
      return {
        name,
        startOffsets: partitions.map(({ start }) => start),
        endOffsets: partitions.map(({ committed }) => committed),
      };
    });
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    await Promise.resolve();
    for (const { name } of specs) checkTopicName(name);
    const existing = specs.map(({ name }) => name).filter((name) => this.log.topics.has(name));
    if (existing.length > 0) throw new TopicExistsError(existing, `topics exist already: ${existing}`);
    for (const { name, partitions } of specs) this.addTopic(name, partitions);
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    await Promise.resolve();
    this.log.checkTopics(names);
    for (const name of names) this.log.topics.delete(name);
    this.log.wake();
  }

  async partitionEnds(topic: string, _read?: readonly number[]): Promise<PartitionEnd[]> {
    await Promise.resolve();
    this.log.checkTopics([topic]);
    return this.log.topics.get(topic)!.map(({ committed, slots }) => ({ committed, written: slots.length }));
  }

  async firstTimestamps(positions: readonly Position[]): Promise<(number | undefined)[]> {
    await Promise.resolve();
    return positions.map((position) =>
      this.log.partition(position).slots.slice(position.offset).find((slot) => slot !== undefined)?.timestampMs
    );
  }

  async offsetsAt(topic: string, timestampMs: number): Promise<number[]> {
    await Promise.resolve();
    this.log.checkTopics([topic]);
    return this.log.topics.get(topic)!.map(({ slots }) => {
      const offset = slots.findIndex((slot) => slot !== undefined && slot.timestampMs >= timestampMs);
      return offset < 0 ? slots.length : offset;
    });
  }

  fetcher(): Promise<Fetcher> {
    const closed = Promise.withResolvers<void>();
    let isClosed = false;
    return Promise.resolve({
      fetch: async (positions, maxWaitMs) => {
        const untilMs = performance.now() + maxWaitMs;
        await Promise.resolve();
        for (;;) {
          // Before it looks, so that nothing comes unnoticed.
          const arrival = Promise.race([this.log.arrival, closed.promise]);
          const batches = this.#fetch(positions);
          if (batches.length > 0) return batches;
          const again = await this.waitAtEnd(arrival, untilMs - performance.now());
          if (isClosed) return [];
          if (!again) return this.#fetch(positions);
        }
      },
      close: () => {
        isClosed = true;
        closed.resolve();
        return Promise.resolve();
      },
    });
  }

  producer({ transactionalId }: ProducerOptions = {}): Promise<Producer> {
    const producer: Producer = {
      send: async (records) => {
        for (const record of records) checkRecordTime(record);
        await Promise.resolve();
        if (transactionalId !== undefined && this.log.writers.get(transactionalId) !== producer) {
          throw new FencedError(`another producer has been opened with the transactional id "${transactionalId}"`);
        }
        this.append(records);
      },
      close: () => Promise.resolve(),
    };
    if (transactionalId !== undefined) this.log.writers.set(transactionalId, producer);
    return Promise.resolve(producer);
  }

  async openJob(request: BrokerJobRequest): Promise<BrokerLease> {
    const { job: name, whenActive, onStandby, signal } = request;
    checkJobName(name);
    signal.throwIfAborted();
    const job = this.log.job(name);
    while (!job.isFree) {
      if (whenActive === "refuse") throw new JobActiveError(`job "${name}" is active in this process`);
      onStandby("another instance in this process");
      await job.standBy(signal);
    }
    const lease = this.newLease(request);
    job.take(lease);
    this.#leases.push(lease);
    return lease;
  }

  readCommit(job: string): Promise<Map<string, string>> {
    return Promise.resolve(new Map(this.log.jobs.get(job)?.entries));
  }

  jobsReading(topics: readonly string[]): Promise<JobInfo[]> {
    const reading = [...this.log.jobs.values()].filter(({ positions }) =>
      [...positions.values()].some(({ topic }) => topics.includes(topic))
    );
    const infos = reading.map(({ name, running }) => ({ job: name, running }));
    return Promise.resolve(infos.sort((a, b) => (a.job < b.job ? -1 : 1)));
  }

  reportStatus(report: StatusReport): Promise<void> {
    this.log.reports.set(report.instance, report);
    return Promise.resolve();
  }

  statusReports(): Promise<StatusReport[]> {
    const reports = [...this.log.reports.values()].filter(({ atMs }) => atMs > Date.now() - STATUS_KEPT_MS);
    return Promise.resolve(reports.sort((a, b) => a.job < b.job || (a.job === b.job && a.atMs < b.atMs) ? -1 : 1));
  }

  keepNote(board: Board, note: Note): Promise<void> {
    this.log.notes.set(`${board}/${note.key}`, { board, note });
    return Promise.resolve();
  }

  notes(board: Board): Promise<Note[]> {
    const notes = [...this.log.notes.values()].flatMap((each) => each.board === board ? [each.note] : [])
      .filter(({ atMs }) => atMs > Date.now() - STATUS_KEPT_MS);
    return Promise.resolve(notes.sort((a, b) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1)).slice(-KEPT_NOTES));
  }

  async dropJob(job: string): Promise<void> {
    await Promise.resolve();
    if (this.log.jobs.get(job)?.running) throw new JobActiveError(`job "${job}" is active in this process`);
    this.log.jobs.delete(job);
    this.log.topics.delete(deadLetterTopic(job));
    for (const [instance, report] of this.log.reports) if (report.job === job) this.log.reports.delete(instance);
  }

  async close(): Promise<void> {
    for (const lease of this.#leases) await lease.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Takes the right to run a job away from the instance that has it, without notice. */
  fence(job: string): void {
    this.log.job(job).release();
  }

  addTopic(name: string, partitions: number): this {
    this.log.topics.set(name, Array.from({ length: partitions }, () => new MemoryPartition()));
    return this;
  }

  /**
   * Adds records to their partitions, all or none.
   * @throws {UnknownTopicError} if one has no place to go
   */
  append(records: readonly OutgoingRecord[]): void {
    this.log.checkPlaces(records);
    for (const { topic, partition, key, value, timestampMs, headers } of records) {
      const partitions = this.log.topics.get(topic)!;
      const place = partition ??
        (key === null ? this.#turn++ % partitions.length : partitionOf(key, partitions.length));
      partitions[place]!.append({ timestampMs, key, value, headers });
    }
    if (records.length > 0) this.log.wake();
  }

  protected newLease(request: BrokerJobRequest): BrokerLease {
    return new MemoryLease(this, request);
  }

  /**
   * What a fetch does that finds nothing.
   * @param arrival resolves when there may be something, or the fetcher was closed
   * @returns whether to wait again if there is still nothing
   */
  protected async waitAtEnd(arrival: Promise<void>, waitMs: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = new Promise<boolean>((resolve) => timer = setTimeout(resolve, waitMs, false));
    try {
      return await Promise.race([arrival.then(() => true), end]);
    } finally {
      clearTimeout(timer);
    }
  }

  #fetch(positions: readonly Position[]): FetchedBatch[] {
    return positions.flatMap((position) => {
      const { topic, partition, offset } = position;
      this.log.checkOffset(position);
      const { records, offsets, bytes } = this.log.partition(position).read(offset, this.fetchRecords);
      return offsets === 0 ? [] : [{ topic, partition, records, nextOffset: offset + offsets, bytes }];
    });
  }
}
