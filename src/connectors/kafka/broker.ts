import type {
  Board,
  Broker,
  BrokerJobRequest,
  BrokerLease,
  Compression,
  Fetcher,
  JobActivity,
  JobInfo,
  Note,
  PartitionEnd,
  Position,
  Producer,
  ProducerOptions,
  RecordCheck,
  StatusReport,
  TopicDescription,
  TopicSpec,
} from "../broker.ts";
import { KEPT_NOTES } from "../broker.ts";
import { changelogTopic, readChangelog } from "./changelog.ts";
import type { Client } from "./client.ts";
import { createTopics } from "./create_topics.ts";
import { KafkaFetcher } from "./fetcher.ts";
import { jobActivity } from "./job_activity.ts";
import { dropJob, jobsReading } from "./jobs.ts";
import { openLease } from "./open_lease.ts";
import { firstTimestamps, partitionEnds } from "./partition_ends.ts";
import { NewestTopic } from "./newest_topic.ts";
import { KafkaProducer } from "./producer.ts";
import { warnOfAppendTime } from "./append_time.ts";
import { warnOfSingleReplicas } from "./replication.ts";
import { recordCheck } from "./topic_limits.ts";
import { StatusTopic } from "./status_topic.ts";
import { deleteTopics, describeTopics, listTopics, offsetsAt } from "./topics.ts";
import { KafkaTransactionalProducer } from "./transactional_producer.ts";

/** The broker port on Kafka. What may wait for long has connections of its own; the rest shares one per node. */
export class KafkaBroker implements Broker {
  readonly kind = "kafka";
  readonly description: string;
  readonly #client: Client;
  /** Functions that close what is open. */
  readonly #opened = new Set<() => Promise<void>>();
  readonly #closing = new AbortController();
  readonly #statusTopic: StatusTopic;
  readonly #boards: Readonly<Record<Board, NewestTopic>>;

  constructor(client: Client, description: string) {
    this.#client = client;
    this.#statusTopic = new StatusTopic(client);
    this.#boards = {
      requests: new NewestTopic(client, "jobs.requests"),
      traces: new NewestTopic(client, "jobs.traces"),
    };
    this.description = description;
  }

  listTopics(): Promise<string[]> {
    return listTopics(this.#client);
  }

  describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    return describeTopics(this.#client, names);
  }

  partitionEnds(topic: string, read?: readonly number[]): Promise<PartitionEnd[]> {
    return partitionEnds(this.#client, topic, read);
  }

  firstTimestamps(positions: readonly Position[]): Promise<(number | undefined)[]> {
    return firstTimestamps(this.#client, positions);
  }

  createTopics(specs: readonly TopicSpec[]): Promise<void> {
    return createTopics(this.#client, specs);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return deleteTopics(this.#client, names);
  }

  async warnOfSettings(topics: readonly string[]): Promise<void> {
    await warnOfSingleReplicas(this.#client, topics);
    await warnOfAppendTime(this.#client, topics);
  }

  recordCheck(topic: string, compression?: Compression): Promise<RecordCheck> {
    return recordCheck(this.#client, topic, compression);
  }

  offsetsAt(topic: string, timestampMs: number): Promise<number[]> {
    return offsetsAt(this.#client, topic, timestampMs);
  }

  fetcher(): Promise<Fetcher> {
    const client = this.#client.fork();
    const fetcher = new KafkaFetcher(client);
    this.#keep(() => fetcher.close(), client);
    return Promise.resolve(fetcher);
  }

  async producer({ transactionalId, compression }: ProducerOptions = {}): Promise<Producer> {
    const client = this.#client.fork();
    if (transactionalId !== undefined) {
      const { signal } = this.#closing;
      const opening = KafkaTransactionalProducer.open(client, transactionalId, { signal, compression });
      this.#keep(() => opening.then((producer) => producer.close(), () => {}), client);
      return await opening;
    }
    const producer = new KafkaProducer(client, compression);
    this.#keep(() => producer.close(), client);
    return producer;
  }

  openJob(request: BrokerJobRequest): Promise<BrokerLease> {
    const client = this.#client.fork();
    const signal = AbortSignal.any([request.signal, this.#closing.signal]);
    const opening = openLease({ ...request, signal }, { shared: this.#client, client });
    this.#keep(() => opening.then((lease) => lease.close(), () => {}), client);
    return opening;
  }

  async readCommit(job: string): Promise<Map<string, string>> {
    if (!(await listTopics(this.#client)).includes(changelogTopic(job))) return new Map();
    return await readChangelog({ client: this.#client, job, signal: this.#closing.signal });
  }

  async jobActivity(job: string): Promise<JobActivity | undefined> {
    if (!(await listTopics(this.#client)).includes(changelogTopic(job))) return undefined;
    return await jobActivity({ client: this.#client, job, signal: this.#closing.signal });
  }

  jobsReading(topics: readonly string[]): Promise<JobInfo[]> {
    return jobsReading(this.#client, topics);
  }

  reportStatus(report: StatusReport): Promise<void> {
    return this.#statusTopic.write(report);
  }

  statusReports(): Promise<StatusReport[]> {
    return this.#statusTopic.reports();
  }

  keepNote(board: Board, note: Note): Promise<void> {
    return this.#boards[board].write(note);
  }

  async notes(board: Board): Promise<Note[]> {
    const notes = await this.#boards[board].records();
    return notes.sort((a, b) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1)).slice(-KEPT_NOTES);
  }

  async dropJob(job: string): Promise<void> {
    await dropJob(this.#client, job);
    await this.#statusTopic.forget(job);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the broker was closed"));
    const small = [this.#statusTopic, ...Object.values(this.#boards)].map((topic) => () => topic.close());
    await Promise.all([...this.#opened, ...small].map((close) => close()));
    await this.#client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Remembers how to close something until its client is. */
  #keep(close: () => Promise<void>, client: Client): void {
    this.#opened.add(close);
    client.closed.then(() => this.#opened.delete(close));
  }
}
