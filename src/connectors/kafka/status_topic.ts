import type { BrokerRecord, Producer, StatusReport } from "../broker.ts";
import { STATUS_KEPT_INSTANCES, STATUS_KEPT_MS } from "../broker.ts";
import { BrokerError, OffsetOutOfRangeError, TopicExistsError, UnknownTopicError } from "../broker_errors.ts";
import type { Client } from "./client.ts";
import { createTopics, untilReady } from "./create_topics.ts";
import { KafkaFetcher } from "./fetcher.ts";
import { KafkaProducer } from "./producer.ts";
import { describeTopics, listTopics } from "./topics.ts";

/** Where instances of jobs report what they do, as Kafka Connect's workers do in its status.storage.topic. */
export const STATUS_TOPIC = "jobs.status";

/**
 * Keeps the newest record of each key, in time, and no record for longer than a day; and never more than a few segments, should
 * compaction fall behind. Small segments, as only closed ones are compacted and deleted.
 */
const SETTINGS = {
  "cleanup.policy": "compact,delete",
  "retention.ms": STATUS_KEPT_MS,
  "retention.bytes": 64 << 20,
  "segment.bytes": 4 << 20,
  "segment.ms": 600_000,
  "min.cleanable.dirty.ratio": 0.1,
  "delete.retention.ms": 600_000,
};

/** So many bytes of the topic are fetched at once. */
const FETCH_BYTES = 4 << 20;
const FETCH_WAIT_MS = 100;
/** After so many empty answers in a row reading stops before the end: there may be no batch that leads to it. */
const EMPTY_ANSWERS = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Reports of instances in a topic of their own, apart from all transactions. What is opened for it is opened at its first use. */
export class StatusTopic {
  readonly #client: Client;
  #producer: Producer | undefined;
  #isThere = false;
  #reading: Promise<unknown> = Promise.resolve();
  #fetcher: KafkaFetcher | undefined;
  #isClosed = false;
  #offset: number | undefined;
  readonly #reports = new Map<string, StatusReport>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Writes a report; creates the topic if it is missing. @throws {BrokerError} if it cannot be written */
  async write(report: StatusReport): Promise<void> {
    await this.#ensureTopic();
    await this.#send(report, encoder.encode(report.text));
  }

  /** The newest report of each instance. Later calls read only what has come since. */
  async reports(): Promise<StatusReport[]> {
    // One after the other, as they share a position.
    const reading = this.#reading.then(() => this.#readOn());
    this.#reading = reading.catch(() => {});
    await reading;
    this.#forgetOld();
    return newestOf([...this.#reports.values()]);
  }

  /** Forgets the reports of a job. Reports that this user may not read or write are left to the topic's retention. */
  async forget(job: string): Promise<void> {
    try {
      for (const report of await this.reports()) {
        if (report.job === job) await this.#send({ ...report, atMs: Date.now() }, null);
      }
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#client.log("debug", `the reports of "${job}" stay in "${STATUS_TOPIC}": ${error.message}`);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#producer?.close();
    await this.#fetcher?.close();
  }

  async #send({ job, instance, atMs }: StatusReport, value: Uint8Array | null): Promise<void> {
    // A report that was on its way when the broker was closed must open nothing any more.
    if (this.#isClosed) throw new BrokerError(`Cannot write to "${STATUS_TOPIC}": the broker was closed`);
    this.#producer ??= new KafkaProducer(this.#client.fork());
    const key = encoder.encode(keyOf(job, instance));
    try {
      await this.#producer.send([{ topic: STATUS_TOPIC, key, value, timestampMs: Math.max(0, Math.floor(atMs)) }]);
    } catch (error) {
      if (error instanceof UnknownTopicError) this.#isThere = false;
      throw error;
    }
  }

  async #ensureTopic(): Promise<void> {
    if (this.#isThere) return;
    if (!(await listTopics(this.#client)).includes(STATUS_TOPIC)) {
      try {
        const spec = { name: STATUS_TOPIC, partitions: 1, replicas: "safe", settings: SETTINGS } as const;
        await createTopics(this.#client, [spec]);
      } catch (error) {
        if (!(error instanceof TopicExistsError)) throw error;
        await untilReady(this.#client, [STATUS_TOPIC]); // another job is creating it
      }
    }
    this.#isThere = true;
  }

  async #readOn(): Promise<void> {
    let end: number;
    try {
      const [description] = await describeTopics(this.#client, [STATUS_TOPIC]);
      end = description!.endOffsets[0]!;
      this.#offset ??= description!.startOffsets[0]!;
    } catch (error) {
      if (!(error instanceof UnknownTopicError)) throw error;
      await this.#startOver();
      return;
    }
    this.#fetcher ??= new KafkaFetcher(this.#client.fork(), { partitionBytes: FETCH_BYTES });
    for (let empty = 0; this.#offset < end && empty < EMPTY_ANSWERS;) {
      const position = { topic: STATUS_TOPIC, partition: 0, offset: this.#offset };
      try {
        const batches = await this.#fetcher.fetch([position], FETCH_WAIT_MS);
        empty = batches.length === 0 ? empty + 1 : 0;
        for (const { records, nextOffset } of batches) {
          for (const record of records) this.#note(record);
          this.#offset = nextOffset;
        }
      } catch (error) {
        // The topic was deleted and created again, or its retention has passed this reader by.
        if (!(error instanceof UnknownTopicError || error instanceof OffsetOutOfRangeError)) throw error;
        await this.#startOver();
        return;
      }
    }
  }

  async #startOver(): Promise<void> {
    this.#reports.clear();
    this.#offset = undefined;
    await this.#fetcher?.close();
    this.#fetcher = undefined;
  }

  #note({ key, value, timestampMs }: BrokerRecord): void {
    if (key === null) return;
    const text = decoder.decode(key);
    const slash = text.indexOf("/");
    if (value === null) this.#reports.delete(text);
    else {
      const [job, instance] = [text.slice(0, slash), text.slice(slash + 1)];
      this.#reports.set(text, { job, instance, atMs: timestampMs, text: decoder.decode(value) });
    }
  }

  /** The broker deletes in time, and whole segments. */
  #forgetOld(): void {
    const sinceMs = Date.now() - STATUS_KEPT_MS;
    for (const [key, { atMs }] of this.#reports) if (atMs < sinceMs) this.#reports.delete(key);
  }
}

/** No job's name has a slash. */
function keyOf(job: string, instance: string): string {
  return `${job}/${instance}`;
}

/** Sorted by job and time; of each job those of the newest instances. */
function newestOf(reports: readonly StatusReport[]): StatusReport[] {
  const byJob = Map.groupBy(reports, ({ job }) => job);
  return [...byJob].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([, of]) =>
    of.sort((a, b) => a.atMs - b.atMs).slice(-STATUS_KEPT_INSTANCES)
  );
}
