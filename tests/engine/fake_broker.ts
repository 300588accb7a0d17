import type {
  Broker,
  BrokerJobRequest,
  BrokerLease,
  BrokerRecord,
  Compression,
  FetchedBatch,
  Fetcher,
  JobCommit,
  OutgoingRecord,
  PartitionEnd,
  Position,
  Producer,
  ProducerOptions,
  TopicDescription,
  TopicSpec,
} from "../../src/connectors/broker.ts";
import { UnknownTopicError } from "../../src/connectors/broker_errors.ts";

/** An offset without a record stands for what no reader sees: marks of transactions, aborted records. */
type Slot = BrokerRecord | undefined;

interface Partition {
  start: number;
  /** Where an open transaction begins. */
  openAt?: number | undefined;
  /** By offset; those below `start` are gone. */
  readonly slots: Slot[];
}

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
 * The part of a broker that sources, sinks and the job's store use, in memory. A fetch that finds nothing waits until records
 * come, until the test calls `answerFetches()`, or until it is closed: no time passes here.
 */
export class FakeBroker {
  readonly fetches: FetchCall[] = [];
  /** What was called beside fetches, in order. */
  readonly calls: string[] = [];
  readonly leases: FakeLease[] = [];
  readonly sends: (readonly OutgoingRecord[])[] = [];
  /** How those that were opened were to write. */
  readonly producers: ProducerOptions[] = [];
  /** Largest number of records of a partition in a fetch. */
  fetchRecords = Number.POSITIVE_INFINITY;
  fetchError: Error | undefined;
  describeError: Error | undefined;
  fetcherClosed = false;
  readonly #topics = new Map<string, Partition[]>();
  #waiting: (() => void)[] = [];

  /** The port. */
  get port(): Broker {
    return this as unknown as Broker;
  }

  addTopic(name: string, partitions: number): this {
    this.#topics.set(name, Array.from({ length: partitions }, () => ({ start: 0, slots: [] })));
    return this;
  }

  addPartition(topic: string): void {
    this.#topics.get(topic)!.push({ start: 0, slots: [] });
  }

  append(topic: string, partition: number, ...records: readonly (Omit<BrokerRecord, "offset"> | undefined)[]): this {
    const { slots } = this.#topics.get(topic)![partition]!;
    for (const record of records) slots.push(record && { ...record, offset: slots.length });
    this.answerFetches();
    return this;
  }

  /** What is appended from now on belongs to a transaction that {@link FakeBroker.endTransaction} ends. */
  beginTransaction(topic: string, partition: number): this {
    const part = this.#topics.get(topic)![partition]!;
    part.openAt = part.slots.length;
    return this;
  }

  endTransaction(topic: string, partition: number): this {
    this.#topics.get(topic)![partition]!.openAt = undefined;
    this.answerFetches();
    return this;
  }

  async partitionEnds(topic: string): Promise<PartitionEnd[]> {
    this.calls.push(`ends ${topic}`);
    await Promise.resolve();
    if (this.describeError !== undefined) throw this.describeError;
    return this.#topics.get(topic)!.map(({ slots, openAt }) => ({
      committed: openAt ?? slots.length,
      written: slots.length,
    }));
  }

  firstTimestamps(positions: readonly Position[]): Promise<(number | undefined)[]> {
    this.calls.push(`timestamps ${positions.map(({ partition, offset }) => `${partition}@${offset}`)}`);
    return Promise.resolve(
      positions.map(({ topic, partition, offset }) =>
        this.#topics.get(topic)![partition]!.slots.slice(offset).find((slot) => slot !== undefined)?.timestampMs
      ),
    );
  }

  /** Removes what lies below `offset`. */
  trim(topic: string, partition: number, offset: number): this {
    this.#topics.get(topic)![partition]!.start = offset;
    return this;
  }

  /** Lets fetches that wait look again, and come back with nothing if there is nothing. */
  answerFetches(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const answer of waiting) answer();
  }

  async describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    this.calls.push(`describe ${names}`);
    await Promise.resolve();
    if (this.describeError !== undefined) throw this.describeError;
    return names.map((name) => {
      const partitions = this.#topics.get(name);
      if (partitions === undefined) throw new UnknownTopicError([name], `no topic "${name}"`);
      return {
        name,
        startOffsets: partitions.map(({ start }) => start),
        endOffsets: partitions.map(({ slots, openAt }) => openAt ?? slots.length),
      };
    });
  }

  listTopics(): Promise<string[]> {
    this.calls.push("list");
    return Promise.resolve([...this.#topics.keys()].sort());
  }

  createTopics(specs: readonly TopicSpec[]): Promise<void> {
    for (const { name, partitions } of specs) {
      this.calls.push(`create ${name} ${partitions}`);
      this.addTopic(name, partitions);
    }
    return Promise.resolve();
  }

  offsetsAt(topic: string, timestampMs: number): Promise<number[]> {
    this.calls.push(`offsetsAt ${topic} ${timestampMs}`);
    return Promise.resolve(this.#topics.get(topic)!.map(({ slots }) => {
      const offset = slots.findIndex((slot) => slot !== undefined && slot.timestampMs >= timestampMs);
      return offset < 0 ? slots.length : offset;
    }));
  }

  fetcher(): Promise<Fetcher> {
    this.fetcherClosed = false;
    return Promise.resolve({
      fetch: (positions, maxWaitMs) => this.#fetch(positions, maxWaitMs),
      close: () => {
        this.fetcherClosed = true;
        this.answerFetches();
        return Promise.resolve();
      },
    });
  }

  producer(options: ProducerOptions = {}): Promise<Producer> {
    this.producers.push(options);
    return Promise.resolve({
      send: (records) => {
        this.sends.push(records);
        return Promise.resolve();
      },
      close: () => {
        this.calls.push("close producer");
        return Promise.resolve();
      },
    });
  }

  openJob(request: BrokerJobRequest): Promise<BrokerLease> {
    const lease = new FakeLease(request);
    this.leases.push(lease);
    return Promise.resolve(lease);
  }

  async #fetch(positions: readonly Position[], maxWaitMs: number): Promise<FetchedBatch[]> {
    if (this.fetcherClosed) throw new Error("The fetcher is closed");
    this.fetches.push({
      positions: positions.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`),
      maxWaitMs,
    });
    await Promise.resolve();
    let batches = this.#read(positions);
    if (batches.length === 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      batches = this.#read(positions);
    }
    return batches;
  }

  #read(positions: readonly Position[]): FetchedBatch[] {
    if (this.fetchError !== undefined) throw this.fetchError;
    return positions.flatMap(({ topic, partition, offset }) => {
      const { slots, openAt = slots.length } = this.#topics.get(topic)![partition]!;
      const found = slots.slice(offset, Math.min(offset + this.fetchRecords, openAt));
      if (found.length === 0) return [];
      return [{
        topic,
        partition,
        records: found.filter((slot) => slot !== undefined),
        nextOffset: offset + found.length,
        bytes: found.reduce((sum, slot) => sum + (slot?.value?.length ?? 0), 0),
      }];
    });
  }
}

/** A lease that writes down what it is asked for. */
export class FakeLease implements BrokerLease {
  readonly request: BrokerJobRequest;
  readonly lost = new AbortController().signal;
  readonly commits: (JobCommit & { readonly records: readonly OutgoingRecord[] })[] = [];
  readonly calls: string[] = [];
  entries = new Map<string, string>();
  groupPositions: Position[] = [];
  pending: OutgoingRecord[] = [];

  constructor(request: BrokerJobRequest) {
    this.request = request;
  }

  get pendingRecords(): number {
    return this.pending.length;
  }

  restore(): Promise<Map<string, string>> {
    return Promise.resolve(this.entries);
  }

  positions(): Promise<Position[]> {
    return Promise.resolve(this.groupPositions);
  }

  reset(): Promise<void> {
    this.calls.push("reset");
    return Promise.resolve();
  }

  compress(topic: string, compression: Compression): void {
    this.calls.push(`compress ${topic} ${compression}`);
  }

  write(record: OutgoingRecord): void {
    // As the embedded log does.
    if (!Number.isSafeInteger(record.timestampMs) || record.timestampMs < 0) {
      throw new RangeError(`timestampMs must be a whole number >= 0: current value is ${record.timestampMs}`);
    }
    this.pending.push(record);
  }

  takeBack(records: number): void {
    this.pending.splice(this.pending.length - records);
  }

  flush(): Promise<void> {
    this.calls.push("flush");
    return Promise.resolve();
  }

  commit(commit: JobCommit): Promise<void> {
    this.commits.push({ ...commit, records: this.pending });
    this.pending = [];
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push("close");
    return Promise.resolve();
  }
}

/** Stops the machine's time of day until it is disposed of; the test moves it. */
export class StoppedTime implements Disposable {
  nowMs = Date.UTC(2024, 2, 1, 12);
  readonly #now = Date.now;

  constructor() {
    Date.now = () => this.nowMs;
  }

  [Symbol.dispose](): void {
    Date.now = this.#now;
  }
}
