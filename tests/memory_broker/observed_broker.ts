import type {
  BrokerJobRequest,
  BrokerLease,
  BrokerRecord,
  Compression,
  Fetcher,
  JobInfo,
  OutgoingRecord,
  PartitionEnd,
  Position,
  Producer,
  ProducerOptions,
  TopicDescription,
  TopicSpec,
} from "../../src/connectors/broker.ts";
import type { JobCommit } from "../../src/engine/job_store.ts";
import { MemoryBroker } from "./memory_broker.ts";
import { MemoryLease } from "./memory_lease.ts";
import { MemoryPartition } from "./memory_log.ts";

/** What a fetch asked for. */
export interface FetchCall {
  /** "topic-partition@offset" */
  readonly positions: readonly string[];
  readonly maxWaitMs: number;
}

const encoder = new TextEncoder();

/** A record with a text as its value. */
export function textRecord(timestampMs: number, text: string): Omit<BrokerRecord, "offset"> {
  return { timestampMs, key: null, value: encoder.encode(text), headers: undefined };
}

/**
 * A {@link MemoryBroker} that writes down what it is asked for, fails when it should, and in which no time passes: a fetch that
 * finds nothing calls `onIdle` and comes back empty, or, where there is none, waits until records come, until the test calls
 * `answerFetches()`, or until it is closed.
 */
export class ObservedBroker extends MemoryBroker {
  readonly fetches: FetchCall[] = [];
  /** What was called beside fetches, in order. */
  readonly calls: string[] = [];
  /** Those of `calls` that change something: "createTopic skyone 5", "dropJob flight_importer". */
  readonly changes: string[] = [];
  readonly leases: ObservedLease[] = [];
  readonly sends: (readonly OutgoingRecord[])[] = [];
  /** How producers that were opened were to write. */
  readonly producers: ProducerOptions[] = [];
  override fetchRecords = Number.POSITIVE_INFINITY;
  /** Thrown by fetches. */
  fetchError: Error | undefined;
  /** Thrown by `describeTopics()` and `partitionEnds()`. */
  describeError: Error | undefined;
  fetcherClosed = false;
  onIdle: (() => void) | undefined;
  /** What `jobsReading()` finds, whatever there is. */
  jobs: JobInfo[] | undefined;

  /** Adds records as they are; undefined stands for an offset that no reader sees. */
  appendTo(topic: string, partition: number, ...records: readonly (Omit<BrokerRecord, "offset"> | undefined)[]): this {
    for (const record of records) this.#partition(topic, partition).append(record);
    this.answerFetches();
    return this;
  }

  /** Lets offsets of a partition pass without records. */
  skipOffsets(topic: string, partition: number, count: number): void {
    this.appendTo(topic, partition, ...new Array<undefined>(count).fill(undefined));
  }

  addPartition(topic: string): void {
    this.log.topics.get(topic)!.push(new MemoryPartition());
  }

  /** Removes what lies below `offset`. */
  trim(topic: string, partition: number, offset: number): this {
    this.#partition(topic, partition).start = offset;
    return this;
  }

  /** What is appended from now on belongs to a transaction that {@link ObservedBroker.endTransaction} ends. */
  beginTransaction(topic: string, partition: number): this {
    const part = this.#partition(topic, partition);
    part.openAt = part.slots.length;
    return this;
  }

  endTransaction(topic: string, partition: number): this {
    this.#partition(topic, partition).openAt = undefined;
    this.answerFetches();
    return this;
  }

  /** Lets fetches that wait look once more, and come back with nothing if there is nothing. */
  answerFetches(): void {
    this.log.wake();
  }

  /** All records of a topic, partition by partition. */
  records(topic: string): BrokerRecord[] {
    return this.log.topics.get(topic)!.flatMap(({ slots }) => slots.filter((slot) => slot !== undefined));
  }

  override async partitionEnds(topic: string): Promise<PartitionEnd[]> {
    this.calls.push(`ends ${topic}`);
    await Promise.resolve();
    if (this.describeError !== undefined) throw this.describeError;
    return await super.partitionEnds(topic);
  }

  override firstTimestamps(positions: readonly Position[]): Promise<(number | undefined)[]> {
    this.calls.push(`timestamps ${positions.map(({ partition, offset }) => `${partition}@${offset}`)}`);
    return super.firstTimestamps(positions);
  }

  override async describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    this.calls.push(`describe ${names}`);
    await Promise.resolve();
    if (this.describeError !== undefined) throw this.describeError;
    return await super.describeTopics(names);
  }

  override listTopics(): Promise<string[]> {
    this.calls.push("list");
    return super.listTopics();
  }

  override async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    await super.createTopics(specs);
    for (const { name, partitions, compacted } of specs) {
      this.#changed(`createTopic ${name} ${partitions}${compacted ? " compacted" : ""}`);
    }
  }

  override async deleteTopics(names: readonly string[]): Promise<void> {
    await super.deleteTopics(names);
    for (const name of names) this.#changed(`deleteTopic ${name}`);
  }

  override offsetsAt(topic: string, timestampMs: number): Promise<number[]> {
    this.calls.push(`offsetsAt ${topic} ${timestampMs}`);
    return super.offsetsAt(topic, timestampMs);
  }

  override async fetcher(): Promise<Fetcher> {
    this.fetcherClosed = false;
    const fetcher = await super.fetcher();
    return {
      fetch: async (positions, maxWaitMs) => {
        if (this.fetcherClosed) throw new Error("The fetcher is closed");
        const asked = positions.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`);
        this.fetches.push({ positions: asked, maxWaitMs });
        if (this.fetchError !== undefined) throw this.fetchError;
        const batches = await fetcher.fetch(positions, maxWaitMs);
        if (this.fetchError !== undefined) throw this.fetchError;
        return batches;
      },
      close: () => {
        this.fetcherClosed = true;
        return fetcher.close();
      },
    };
  }

  override async producer(options: ProducerOptions = {}): Promise<Producer> {
    this.producers.push(options);
    const producer = await super.producer(options);
    return {
      send: async (records) => {
        await producer.send(records);
        this.sends.push(records);
      },
      close: () => {
        this.calls.push("close producer");
        return producer.close();
      },
    };
  }

  override jobsReading(topics: readonly string[]): Promise<JobInfo[]> {
    return this.jobs === undefined ? super.jobsReading(topics) : Promise.resolve(this.jobs);
  }

  override async dropJob(job: string): Promise<void> {
    await super.dropJob(job);
    this.#changed(`dropJob ${job}`);
  }

  protected override newLease(request: BrokerJobRequest): BrokerLease {
    const lease = new ObservedLease(this, request);
    this.leases.push(lease);
    return lease;
  }

  /** Then it looks once more, and answers whatever there is. */
  protected override async waitAtEnd(arrival: Promise<void>): Promise<boolean> {
    if (this.onIdle === undefined) await arrival;
    else this.onIdle();
    return false;
  }

  #partition(topic: string, partition: number): MemoryPartition {
    return this.log.partition({ topic, partition });
  }

  #changed(call: string): void {
    this.calls.push(call);
    this.changes.push(call);
  }
}

/** A lease that writes down what it is asked for, and whose stored entries and positions a test can set. */
export class ObservedLease extends MemoryLease {
  readonly commits: (JobCommit & { readonly records: readonly OutgoingRecord[] })[] = [];
  readonly calls: string[] = [];

  get entries(): Map<string, string> {
    return this.job.entries;
  }

  set entries(entries: Map<string, string>) {
    this.job.entries = entries;
  }

  set groupPositions(positions: readonly Position[]) {
    this.job.positions.clear();
    this.job.apply([], positions);
  }

  override async reset(): Promise<void> {
    this.calls.push("reset");
    await super.reset();
  }

  override compress(topic: string, compression: Compression): void {
    this.calls.push(`compress ${topic} ${compression}`);
  }

  override async flush(): Promise<void> {
    this.calls.push("flush");
    await super.flush();
  }

  override async commit(commit: JobCommit): Promise<void> {
    // They can be gone through once.
    const changes = [...commit.changes];
    this.commits.push({ ...commit, changes, records: this.pending });
    await super.commit({ ...commit, changes });
  }

  override async close(): Promise<void> {
    this.calls.push("close");
    await super.close();
  }
}
