import { bytesText } from "../engine/internal.ts";
import {
  type JobStore,
  RecordError,
  type SentRecord,
  type Sink,
  type SinkContext,
  type SinkWriter,
  type Source,
} from "../engine/mod.ts";
import type { Broker, BrokerLease, Compression, OutgoingRecord, Producer, TopicDescription } from "./broker.ts";
import { BrokerJobSession } from "./job_store.ts";
import { recordTime } from "./records/record_time.ts";
import { OrderedWriter, recordOf, waitingRecords } from "./waiting_records.ts";

/** Makes a record of a value. */
export type Encode<T> = (value: T, timestampMs: number) => OutgoingRecord;

/** What a {@link TopicSink} is made of. */
export interface TopicSinkParts<T> {
  readonly topic: string;
  readonly encode: Encode<T>;
  /** Default "none". */
  readonly compression?: Compression | undefined;
  /** Whether a source of the same job reads topics of the same broker; left out: no source does. */
  readonly isOfBroker?: ((source: Source<unknown>) => boolean) | undefined;
}

/** Writes values into a topic: with the job's commit where the store is the same broker, else at least once. */
export class TopicSink<T> implements Sink<T> {
  readonly description: string;
  readonly #broker: Broker;
  readonly #store: JobStore;
  /** @internal For workers on a cluster, which hand their records over elsewhere. */
  readonly topic: string;
  /** @internal */
  readonly encode: Encode<T>;
  /** @internal */
  readonly compression: Compression | undefined;
  readonly #isOfBroker: ((source: Source<unknown>) => boolean) | undefined;

  constructor(broker: Broker, store: JobStore, { topic, encode, compression, isOfBroker }: TopicSinkParts<T>) {
    this.#broker = broker;
    this.#store = store;
    this.topic = topic;
    this.encode = encode;
    this.compression = compression;
    this.#isOfBroker = isOfBroker;
    this.description = `topic "${topic}"`;
  }

  exactlyOnceWith(store: JobStore | undefined): boolean {
    return store === this.#store;
  }

  feeds(source: Source<unknown>): string | undefined {
    if (!source.topics?.includes(this.topic) || !this.#isOfBroker?.(source)) return undefined;
    return `which reads the same topic "${this.topic}"; write to another one, or give the sink mayFeedItself`;
  }

  /** @throws {UnknownTopicError} if the topic does not exist */
  async open({ session, restoredParts, clock }: SinkContext): Promise<SinkWriter<T>> {
    const { topic, compression } = this;
    await this.#broker.warnOfSettings?.([topic]);
    const record = await this.#checkedEncode();
    if (!(session instanceof BrokerJobSession && session.broker === this.#broker)) {
      const waiting = waitingRecords(restoredParts).map((each) => recordOf(topic, each));
      return new ProducerWriter(await this.#broker.producer({ compression }), record, waiting);
    }
    const { lease } = session;
    if (compression !== undefined) lease.compress(topic, compression);
    const writer = new LeaseWriter(lease, record);
    const waiting = waitingRecords(restoredParts);
    if (waiting.length === 0) return writer;
    return new OrderedWriter(writer, { topic, encode: record, waiting, to: lease, now: () => clock.monotonicMs() });
  }

  /** @throws {UnknownTopicError} if the topic does not exist */
  async openDry(): Promise<SinkWriter<T>> {
    return new DryWriter(await this.#checkedEncode());
  }

  /** Makes records as the topic accepts them, and refuses others. */
  async #checkedEncode(): Promise<Encode<T>> {
    const { topic, encode, compression } = this;
    const [description] = await this.#broker.describeTopics([topic]) as [TopicDescription];
    const partitions = description.endOffsets.length;
    const check = await this.#broker.recordCheck?.(topic, compression);
    return (value, timestampMs) => {
      const made = encode(value, recordTime(topic, timestampMs));
      if (made.partition !== undefined) checkPartition(made, partitions);
      const refused = check?.(made);
      if (refused !== undefined) throw new RecordError(`Cannot write to topic "${topic}": ${refused}`);
      return made;
    };
  }
}

/** @throws {RecordError} if the topic has no such partition: checked before the commit, so that the one record can be refused */
function checkPartition({ topic, partition }: OutgoingRecord, partitions: number): void {
  if (Number.isInteger(partition) && partition! >= 0 && partition! < partitions) return;
  throw new RecordError(
    `Cannot write to topic "${topic}" partition ${partition}: it has ${partitions}, counted from 0`,
  );
}

/** Makes records of values, and shows them as traces do. */
abstract class EncodingWriter<T> implements SinkWriter<T> {
  protected readonly encode: Encode<T>;

  constructor(encode: Encode<T>) {
    this.encode = encode;
  }

  abstract write(value: T, timestampMs: number): void;

  describe(value: T, eventTimeMs: number): SentRecord {
    const { topic, partition, key, value: bytes, timestampMs } = this.encode(value, eventTimeMs);
    return { topic, partition, key: bytesText(key), value: bytesText(bytes), timestampMs };
  }
}

/** Makes records and checks them, and writes nothing: for a dry run. */
class DryWriter<T> extends EncodingWriter<T> {
  write(value: T, timestampMs: number): void {
    this.encode(value, timestampMs);
  }
}

class LeaseWriter<T> extends EncodingWriter<T> {
  readonly #lease: BrokerLease;

  constructor(lease: BrokerLease, encode: Encode<T>) {
    super(encode);
    this.#lease = lease;
  }

  write(value: T, timestampMs: number): void {
    this.#lease.write(this.encode(value, timestampMs));
  }

  takeBack(records: number): void {
    this.#lease.takeBack(records);
  }
}

class ProducerWriter<T> extends EncodingWriter<T> {
  readonly #producer: Producer;
  #records: OutgoingRecord[];

  /** @param first records to write before all others */
  constructor(producer: Producer, encode: Encode<T>, first: OutgoingRecord[]) {
    super(encode);
    this.#producer = producer;
    this.#records = first;
  }

  write(value: T, timestampMs: number): void {
    this.#records.push(this.encode(value, timestampMs));
  }

  takeBack(records: number): void {
    this.#records.splice(this.#records.length - records);
  }

  async flush(): Promise<void> {
    if (this.#records.length === 0) return;
    const records = this.#records;
    this.#records = [];
    await this.#producer.send(records);
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}
