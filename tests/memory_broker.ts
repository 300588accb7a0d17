import type {
  Broker,
  BrokerLease,
  BrokerRecord,
  FetchedBatch,
  Fetcher,
  JobInfo,
  OutgoingRecord,
  PartitionEnd,
  Position,
  Producer,
  TopicDescription,
  TopicSpec,
} from "../src/connectors/broker.ts";
import { TopicExistsError, UnknownTopicError } from "../src/connectors/broker_errors.ts";

/** An offset without a record stands for what a reader never sees: marks of transactions, aborted records. */
type Slot = BrokerRecord | undefined;

/**
 * A broker for tests of programs that use topics but no jobs. Everything lives in memory and nothing waits: `fetch()` calls
 * `onIdle` instead when there is nothing to read.
 */
export class MemoryBroker implements Broker {
  readonly kind = "embedded";
  readonly description = "memory";
  /** The result of `jobsReading()`. */
  jobs: JobInfo[] = [];
  /** What was called that changes something, in order: "dropJob flight_importer". */
  readonly calls: string[] = [];
  /** Sizes of the sends, in order. */
  readonly sends: number[] = [];
  onIdle: () => void = () => {
    throw new Error("A test reads beyond the end: set onIdle");
  };
  readonly #topics = new Map<string, Slot[][]>();
  #turn = 0;

  /** All records of a topic, partition by partition. */
  records(topic: string): BrokerRecord[] {
    return this.#slots(topic).flat().filter((slot) => slot !== undefined);
  }

  /** Lets offsets of a partition pass without records. */
  skipOffsets(topic: string, partition: number, count: number): void {
    for (let i = 0; i < count; i++) this.#slots(topic)[partition]!.push(undefined);
  }

  listTopics(): Promise<string[]> {
    return Promise.resolve([...this.#topics.keys()].sort());
  }

  async describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    await this.#require(names);
    return names.map((name) => {
      const partitions = this.#slots(name);
      return { name, startOffsets: partitions.map(() => 0), endOffsets: partitions.map((slots) => slots.length) };
    });
  }

  async partitionEnds(topic: string): Promise<PartitionEnd[]> {
    const [description] = await this.describeTopics([topic]);
    return description!.endOffsets.map((end) => ({ committed: end, written: end }));
  }

  firstTimestamps(positions: readonly Position[]): Promise<undefined[]> {
    return Promise.resolve(positions.map(() => undefined));
  }

  createTopics(specs: readonly TopicSpec[]): Promise<void> {
    const existing = specs.map((spec) => spec.name).filter((name) => this.#topics.has(name));
    if (existing.length > 0) return Promise.reject(new TopicExistsError(existing, `${existing} exists already`));
    for (const { name, partitions, compacted } of specs) {
      this.calls.push(`createTopic ${name} ${partitions}${compacted ? " compacted" : ""}`);
      this.#topics.set(name, Array.from({ length: partitions }, () => []));
    }
    return Promise.resolve();
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    await this.#require(names);
    for (const name of names) {
      this.calls.push(`deleteTopic ${name}`);
      this.#topics.delete(name);
    }
  }

  async offsetsAt(topic: string, timestampMs: number): Promise<number[]> {
    await this.#require([topic]);
    return this.#slots(topic).map((slots) => {
      const index = slots.findIndex((slot) => slot !== undefined && slot.timestampMs >= timestampMs);
      return index < 0 ? slots.length : index;
    });
  }

  fetcher(): Promise<Fetcher> {
    return Promise.resolve({
      fetch: async (positions) => {
        await this.#require(positions.map((position) => position.topic));
        const batches = positions.flatMap((position) => this.#fetch(position));
        if (batches.length === 0) this.onIdle();
        return batches;
      },
      close: () => Promise.resolve(),
    });
  }

  producer(): Promise<Producer> {
    return Promise.resolve({
      send: async (records) => {
        await this.#require(records.map((record) => record.topic));
        for (const record of records) this.#append(record);
        this.sends.push(records.length);
      },
      close: () => Promise.resolve(),
    });
  }

  openJob(): Promise<BrokerLease> {
    return Promise.reject(new Error("A MemoryBroker keeps no jobs"));
  }

  readCommit(): Promise<Map<string, string>> {
    return Promise.resolve(new Map());
  }

  jobsReading(): Promise<JobInfo[]> {
    return Promise.resolve(this.jobs);
  }

  dropJob(job: string): Promise<void> {
    this.calls.push(`dropJob ${job}`);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #fetch({ topic, partition, offset }: Position): FetchedBatch[] {
    const slots = this.#slots(topic)[partition]!;
    if (offset >= slots.length) return [];
    const records = slots.slice(offset).filter((slot) => slot !== undefined);
    return [{ topic, partition, records, nextOffset: slots.length, bytes: sizeOf(records) }];
  }

  #append({ topic, partition, key, value, timestampMs, headers }: OutgoingRecord): void {
    const partitions = this.#slots(topic);
    const slots = partitions[partition ?? this.#turn++ % partitions.length]!;
    slots.push({ offset: slots.length, timestampMs, key, value, headers });
  }

  #slots(topic: string): Slot[][] {
    return this.#topics.get(topic)!;
  }

  #require(names: readonly string[]): Promise<void> {
    const missing = names.filter((name) => !this.#topics.has(name));
    if (missing.length === 0) return Promise.resolve();
    return Promise.reject(new UnknownTopicError(missing, `no topic ${missing}`));
  }
}

function sizeOf(records: readonly BrokerRecord[]): number {
  return records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
}
