import type { JobStore, Sink, SinkContext, SinkWriter } from "../engine/mod.ts";
import type { Broker, OutgoingRecord, Producer } from "./broker.ts";
import { BrokerJobSession } from "./job_store.ts";
import { recordTime } from "./record_time.ts";

/** Makes a record of a value. */
export type Encode<T> = (value: T, timestampMs: number) => OutgoingRecord;

/** Writes values into a topic: with the job's commit where the store is the same broker, else at least once. */
export class TopicSink<T> implements Sink<T> {
  readonly description: string;
  readonly #broker: Broker;
  readonly #store: JobStore;
  readonly #topic: string;
  readonly #encode: Encode<T>;

  constructor(broker: Broker, store: JobStore, topic: string, encode: Encode<T>) {
    this.#broker = broker;
    this.#store = store;
    this.#topic = topic;
    this.#encode = encode;
    this.description = `topic "${topic}"`;
  }

  exactlyOnceWith(store: JobStore | undefined): boolean {
    return store === this.#store;
  }

  /** @throws {UnknownTopicError} if the topic does not exist */
  async open({ session }: SinkContext): Promise<SinkWriter<T>> {
    const topic = this.#topic;
    const encode = this.#encode;
    await this.#broker.describeTopics([topic]);
    await this.#broker.warnOfSingleReplicas?.([topic]);
    const record: Encode<T> = (value, timestampMs) => encode(value, recordTime(topic, timestampMs));
    return session instanceof BrokerJobSession && session.broker === this.#broker
      ? new SessionWriter(session, record)
      : new ProducerWriter(await this.#broker.producer(), record);
  }
}

class SessionWriter<T> implements SinkWriter<T> {
  readonly #session: BrokerJobSession;
  readonly #encode: Encode<T>;

  constructor(session: BrokerJobSession, encode: Encode<T>) {
    this.#session = session;
    this.#encode = encode;
  }

  write(value: T, timestampMs: number): void {
    const encode = this.#encode;
    this.#session.write(encode(value, timestampMs));
  }

  takeBack(records: number): void {
    this.#session.takeBack(records);
  }
}

class ProducerWriter<T> implements SinkWriter<T> {
  readonly #producer: Producer;
  readonly #encode: Encode<T>;
  #records: OutgoingRecord[] = [];

  constructor(producer: Producer, encode: Encode<T>) {
    this.#producer = producer;
    this.#encode = encode;
  }

  write(value: T, timestampMs: number): void {
    const encode = this.#encode;
    this.#records.push(encode(value, timestampMs));
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
