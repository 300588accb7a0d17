import { type Step, stepsOf } from "../../engine/internal.ts";
import type { BrokerJobRequest, BrokerLease, Compression, JobCommit, OutgoingRecord, Position } from "../broker.ts";
import { BrokerError, BrokerUnavailableError, FencedError, UnknownTopicError } from "../broker_errors.ts";
import type { KafkaFaultPoint } from "../fault_points.ts";
import { checkRecordTime } from "../records/record_time.ts";
import { changelogRecords, changelogTopic, findEntry, ownerRecord, readChangelogUpTo } from "./changelog.ts";
import type { Client } from "./client.ts";
import { ProducerFencedError } from "./errors.ts";
import { groupPositions } from "./jobs.ts";
import type { Membership } from "./membership.ts";
import { settledWithin } from "./patience.ts";
import { TRANSACTION_TIMEOUT_MS } from "./producer_epoch.ts";
import { describeTopics, listTopics } from "./topics.ts";
import type { TransactionalProducer } from "./transaction.ts";

/** How many entries of the changelog are sent at once: as records, all entries of a large commit would not fit into memory. */
const SEND_ENTRIES = 10_000;

/** What a {@link KafkaLease} is made of. All but `shared` is closed with the lease. */
export interface KafkaLeaseOptions {
  /** For short requests; the lease does not close it. */
  readonly shared: Client;
  /** For the producer. */
  readonly client: Client;
  readonly request: BrokerJobRequest;
  readonly membership: Membership;
  readonly producer: TransactionalProducer;
  /** Aborts what the producer is doing. */
  readonly stop: AbortController;
  readonly now: () => number;
}

/** The lease of a job as the active member of its group; each commit is one Kafka transaction. */
export class KafkaLease implements BrokerLease {
  readonly #options: KafkaLeaseOptions;
  readonly #step: Step<KafkaFaultPoint>;
  readonly #lost = new AbortController();
  readonly #stopping: AbortSignal;
  #pending: OutgoingRecord[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #closed: Promise<void> | undefined;

  constructor(options: KafkaLeaseOptions) {
    this.#options = options;
    this.#step = stepsOf(options.request.faultPoint);
    const { lost } = options.membership;
    this.#stopping = AbortSignal.any([options.stop.signal, lost]);
    const lose = () => this.#lost.abort(lost.reason);
    if (lost.aborted) lose();
    else lost.addEventListener("abort", lose, { once: true });
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get pendingRecords(): number {
    return this.#pending.length;
  }

  compress(topic: string, compression: Compression): void {
    this.#options.producer.compress(topic, compression);
  }

  write(record: OutgoingRecord): void {
    checkRecordTime(record);
    this.#pending.push(record);
  }

  takeBack(records: number): void {
    this.#pending.splice(this.#pending.length - records);
  }

  restore(): Promise<Map<string, string>> {
    return this.#inTurn(() => {
      this.#step("restore: before the changelog");
      return this.#step("restore: the changelog is read", () => this.#readChangelog());
    });
  }

  positions(): Promise<Position[]> {
    const { shared, request } = this.#options;
    return this.#inTurn(() => groupPositions(shared, request.job));
  }

  whereIs(entry: string): Promise<string | undefined> {
    const { shared, request } = this.#options;
    return this.#inTurn(() => findEntry(entry, { client: shared, job: request.job, signal: this.#stopping }));
  }

  reset(): Promise<void> {
    return this.#inTurn(async () => {
      const { request, producer, now } = this.#options;
      const entries = await this.#readChangelog();
      const tombstones = new Map([...entries.keys()].map((key) => [key, null]));
      await this.#send([], changelogRecords(request.job, tombstones, now()));
      await producer.sendPositions(request.job, await this.#noPositions());
      await producer.commit();
    });
  }

  // Both take their records before the first await: what is written after that belongs to the next commit.

  flush(): Promise<void> {
    const records = this.#take();
    return this.#inTurn(async () => {
      const { request, producer } = this.#options;
      await this.#step("flush: records are sent", () => producer.send(records));
      // At least once: records become visible now, and still only if no other instance has taken over.
      if (!request.exactlyOnce) await producer.commit();
    });
  }

  commit({ changes, positions }: JobCommit): Promise<void> {
    const { request, producer, now } = this.#options;
    const records = this.#take();
    const noted = changelogRecords(request.job, changes, now());
    const reached = positions.map((position) => ({ ...position }));
    return this.#inTurn(async () => {
      this.#step("commit: before the records");
      await this.#step("commit: records are sent", () => this.#send(records, noted));
      await this.#step("commit: positions are sent", () => producer.sendPositions(request.job, reached));
      await producer.commit();
    });
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    const { request, membership, client, producer, stop } = this.#options;
    stop.abort(new BrokerError(`Cannot go on with "${request.job}": its lease was closed`));
    this.#pending = [];
    await settledWithin(1_000, this.#last);
    await this.#step("end: what was committed is seen", async () => {
      // The next instance must find what this one has committed. After a failure there may be nothing to wait for.
      if (!this.lost.aborted && this.#failure === undefined) await producer.seen();
    });
    await this.#step("end: before leaving the group", async () => {
      if (!(this.lost.reason instanceof FencedError)) await producer.abort();
    });
    await this.#step("end: the group is left", () => membership.leave());
    await client.close();
    await this.#last;
  }

  /** The changelog up to a record of our own: as no other instance can write any more, that is all of it. */
  async #readChangelog(): Promise<Map<string, string>> {
    const { shared, request, producer, now } = this.#options;
    const owner = crypto.randomUUID();
    await producer.send([ownerRecord(request.job, owner, now())]);
    await producer.commit();
    return await readChangelogUpTo(owner, { client: shared, job: request.job, signal: this.#stopping });
  }

  /** Sends the outputs and then the changelog, some entries at a time; mostly all fits into the first request. */
  async #send(written: OutgoingRecord[], noted: Iterable<OutgoingRecord>): Promise<void> {
    const { producer } = this.#options;
    let records = written;
    let entries = 0;
    for (const record of noted) {
      records.push(record);
      if (++entries % SEND_ENTRIES > 0) continue;
      await producer.send(records);
      records = [];
    }
    await producer.send(records);
  }

  #take(): OutgoingRecord[] {
    const records = this.#pending;
    this.#pending = [];
    return records;
  }

  /** Positions that stand for "nothing read" on the group's topics: only a group without members can be deleted. */
  async #noPositions(): Promise<Position[]> {
    const { shared, request } = this.#options;
    const existing = new Set(await listTopics(shared));
    const topics = await describeTopics(shared, request.topics.filter((topic) => existing.has(topic)));
    return topics.flatMap(({ name, endOffsets }) =>
      endOffsets.map((_, partition) => ({ topic: name, partition, offset: -1 }))
    );
  }

  /** Runs one step after the other, and no more steps after one has failed. */
  async #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.#stopping.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      try {
        return await step();
      } catch (error) {
        throw this.#failure = await this.#translate(error);
      }
    });
    this.#last = turn.catch(() => {});
    return await turn;
  }

  async #translate(error: unknown): Promise<unknown> {
    const { request: { job }, membership } = this.#options;
    let failure = error;
    if (error instanceof ProducerFencedError) {
      failure = await membership.isActive() ? shutOutError(job, error) : fencedError(job, error);
    }
    const changelog = changelogTopic(job);
    if (error instanceof UnknownTopicError && error.topics.includes(changelog)) {
      return new BrokerError(
        `Cannot go on with "${job}": its changelog "${changelog}" was deleted, its commits are gone; ` +
          "import a savepoint, or begin anew with --reset",
        { cause: error },
      );
    }
    if (failure instanceof FencedError || failure instanceof BrokerUnavailableError) this.#lost.abort(failure);
    return failure;
  }
}

/** The error for a transactional id that has another epoch though the group has no other active instance. */
function shutOutError(job: string, cause: ProducerFencedError): BrokerError {
  return cause.forgotten
    ? new BrokerUnavailableError(
      `Cannot go on with "${job}": Kafka has forgotten its transactional id, as it does after a long silence ` +
        `(transactional.id.expiration.ms); it gets a new one (${cause.message})`,
      { cause },
    )
    : new FencedError(
      `Cannot go on with "${job}": a transaction took longer than ${TRANSACTION_TIMEOUT_MS} ms, or another program uses ` +
        `the transactional id "${job}" (${cause.message})`,
      { cause },
    );
}

/** The error for a transactional id that belongs to another producer. */
export function fencedError(job: string, cause: ProducerFencedError): FencedError {
  return new FencedError(
    `Cannot go on with "${job}": another instance has taken over (${cause.message})`,
    { cause },
  );
}
