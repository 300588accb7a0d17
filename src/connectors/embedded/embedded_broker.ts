import type {
  Board,
  Broker,
  BrokerJobRequest,
  BrokerLease,
  Fetcher,
  JobActivity,
  JobInfo,
  Note,
  PartitionEnd,
  Position,
  Producer,
  ProducerOptions,
  StatusReport,
  TopicDescription,
  TopicSpec,
} from "../broker.ts";
import { BrokerError } from "../broker_errors.ts";
import { type Database, yieldToOthers } from "./database.ts";
import { EmbeddedFetcher } from "./fetcher.ts";
import { dropJob, jobActivity, jobsReading, readCommit } from "./jobs.ts";
import { EmbeddedLease } from "./lease.ts";
import { waitForJob } from "./open_job.ts";
import { keepNote, notes } from "./notes.ts";
import { EmbeddedProducer } from "./producer.ts";
import { keepReport, statusReports } from "./status.ts";
import { createTopics, deleteTopics, describeTopics, listTopics, offsetsAt } from "./topics.ts";

/** The broker port on a local file. All that is opened from it shares one connection, and is closed with it. */
export class EmbeddedBroker implements Broker {
  readonly kind = "embedded";
  readonly #database: Database;
  readonly #closing = new AbortController();
  readonly #fetchers = new Set<EmbeddedFetcher>();
  readonly #leases = new Set<EmbeddedLease>();
  /** Open calls that wait for a job: the file stays open until they have ended. */
  readonly #waiting = new Set<Promise<unknown>>();

  constructor(database: Database) {
    this.#database = database;
  }

  get description(): string {
    return `embedded log in ${this.#database.dir}`;
  }

  listTopics(): Promise<string[]> {
    return this.#run(listTopics);
  }

  describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    return this.#run((database) => describeTopics(database, names));
  }

  async partitionEnds(topic: string): Promise<PartitionEnd[]> {
    const [description] = await this.describeTopics([topic]);
    // A transaction is visible as a whole or not at all.
    return description!.endOffsets.map((end) => ({ committed: end, written: end }));
  }

  firstTimestamps(positions: readonly Position[]): Promise<undefined[]> {
    return Promise.resolve(positions.map(() => undefined));
  }

  createTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.#run((database) => createTopics(database, specs));
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#run((database) => deleteTopics(database, names));
  }

  offsetsAt(topic: string, timestampMs: number): Promise<number[]> {
    return this.#run((database) => offsetsAt(database, topic, timestampMs));
  }

  fetcher(): Promise<Fetcher> {
    return this.#run((database) => {
      const fetcher = new EmbeddedFetcher(database, () => this.#fetchers.delete(fetcher));
      this.#fetchers.add(fetcher);
      return fetcher;
    });
  }

  producer({ transactionalId }: ProducerOptions = {}): Promise<Producer> {
    return this.#run((database) => new EmbeddedProducer(database, transactionalId));
  }

  async openJob(request: BrokerJobRequest): Promise<BrokerLease> {
    this.#closing.signal.throwIfAborted();
    const waiting = waitForJob(this.#database, request, this.#closing.signal);
    this.#waiting.add(waiting);
    try {
      const taken = await waiting;
      const lease = new EmbeddedLease(this.#database, {
        request,
        ...taken,
        onClose: () => this.#leases.delete(lease),
      });
      this.#leases.add(lease);
      return lease;
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  readCommit(job: string): Promise<Map<string, string>> {
    return this.#run((database) => readCommit(database, job));
  }

  jobActivity(job: string): Promise<JobActivity | undefined> {
    return this.#run((database) => jobActivity(database, job));
  }

  jobsReading(topics: readonly string[]): Promise<JobInfo[]> {
    return this.#run((database) => jobsReading(database, topics));
  }

  reportStatus(report: StatusReport): Promise<void> {
    return this.#run((database) => keepReport(database, report));
  }

  statusReports(): Promise<StatusReport[]> {
    return this.#run(statusReports);
  }

  keepNote(board: Board, note: Note): Promise<void> {
    return this.#run((database) => keepNote(database, board, note));
  }

  notes(board: Board): Promise<Note[]> {
    return this.#run((database) => notes(database, board));
  }

  dropJob(job: string): Promise<void> {
    return this.#run((database) => dropJob(database, job));
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort(new BrokerError(`Cannot use the ${this.description}: it has been closed`));
    }
    await Promise.allSettled(this.#waiting);
    for (const lease of this.#leases) await lease.close();
    for (const fetcher of this.#fetchers) await fetcher.close();
    this.#database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run<T>(body: (database: Database) => T): Promise<T> {
    this.#closing.signal.throwIfAborted();
    const result = body(this.#database);
    await yieldToOthers();
    return result;
  }
}
