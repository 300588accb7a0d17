import type { JobCommit, JobLease, JobRequest, OutgoingRecord, Position } from "../broker.ts";
import { BrokerError, BrokerUnavailableError, FencedError, JobActiveError } from "../broker.ts";
import type { Instance } from "./assignment.ts";
import { changelogRecords, ensureChangelog, readChangelog } from "./changelog.ts";
import type { Client } from "./client.ts";
import { ProducerFencedError, settledWithin } from "./errors.ts";
import { membersOf } from "./jobs.ts";
import { Membership } from "./membership.ts";
import { describeTopics, listTopics } from "./topics.ts";
import { TransactionalProducer } from "./transaction.ts";

/**
 * Waits until this process is the active instance of the job.
 *
 * In this order: the group makes us the active one; taking over the transactional id shuts the predecessor out and ends its
 * transaction; only then is there a state to restore that nobody changes any more.
 *
 * @param shared for short questions; the lease opens connections of its own
 */
export async function openLease(
  shared: Client,
  request: JobRequest,
  now: () => number = Date.now,
): Promise<KafkaLease> {
  const { job, signal, whenActive } = request;
  signal.throwIfAborted();
  if (whenActive === "refuse") {
    const { count, holder } = await membersOf(shared, job);
    if (count > 0) throw jobActive(job, holder);
  }
  const active = Promise.withResolvers<void>();
  const own = shared.fork({ connectWithinMs: Math.max(request.sessionTimeoutMs / 3, 500) });
  const membership = new Membership(own, shared, {
    ...request,
    instance: newInstance(now()),
    onActive: active.resolve,
    onStandby: (holder) => whenActive === "refuse" ? active.reject(jobActive(job, holder)) : request.onStandby(holder),
  });
  const stop = new AbortController();
  const stopping = AbortSignal.any([signal, membership.lost]);
  const giveUp = () => {
    active.reject(stopping.reason);
    stop.abort(stopping.reason);
  };
  stopping.addEventListener("abort", giveUp);
  try {
    if (stopping.aborted) giveUp();
    await active.promise;
    await ensureChangelog(shared, job);
    stopping.throwIfAborted();
    const producer = await TransactionalProducer.open(client, job, AbortSignal.any([stop.signal, membership.lost]));
    stopping.throwIfAborted();
    return new KafkaLease({ shared, client, request, membership, producer, stop, now });
  } catch (error) {
    await membership.leave();
    throw error;
  } finally {
    stopping.removeEventListener("abort", giveUp); // the request's signal was for waiting
  }
}

interface LeaseParts {
  readonly shared: Client;
  readonly client: Client;
  readonly request: JobRequest;
  readonly membership: Membership;
  readonly producer: TransactionalProducer;
  /** Ends whatever the producer is doing. */
  readonly stop: AbortController;
  readonly now: () => number;
}

/** The lease of a job as the active member of its group; each commit is one Kafka transaction. */
export class KafkaLease implements JobLease {
  readonly #parts: LeaseParts;
  readonly #lost = new AbortController();
  readonly #stopping: AbortSignal;
  #pending: OutgoingRecord[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #released: Promise<void> | undefined;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    const { lost } = parts.membership;
    this.#stopping = AbortSignal.any([parts.stop.signal, lost]);
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

  write(record: OutgoingRecord): void {
    this.#pending.push(record);
  }

  restore(): Promise<Map<string, string>> {
    const { shared, request } = this.#parts;
    return this.#inTurn(() => readChangelog(shared, request.job, this.#stopping));
  }

  reset(): Promise<void> {
    return this.#inTurn(async () => {
      const { shared, request, producer, now } = this.#parts;
      const entries = await readChangelog(shared, request.job, this.#stopping);
      const tombstones = new Map([...entries.keys()].map((key) => [key, null]));
      await producer.send(changelogRecords(request.job, tombstones, now()));
      await producer.sendPositions(request.job, await this.#noPositions());
      await producer.commit();
    });
  }

  flush(): Promise<void> {
    return this.#inTurn(async () => {
      const { request, producer } = this.#parts;
      await producer.send(this.#take());
      // At least once: what is written becomes visible now, and still only if nobody has taken over.
      if (!request.transactional) await producer.commit();
    });
  }

  commit({ changes, positions }: JobCommit): Promise<void> {
    return this.#inTurn(async () => {
      const { request, producer, now } = this.#parts;
      const records = this.#take();
      for (const record of changelogRecords(request.job, changes, now())) records.push(record);
      await producer.send(records);
      await producer.sendPositions(request.job, positions);
      await producer.commit();
    });
  }

  release(): Promise<void> {
    return this.#released ??= this.#release();
  }

  async #release(): Promise<void> {
    const { request, membership, client, producer, stop } = this.#parts;
    stop.abort(new BrokerError(`Cannot go on with "${request.job}": its lease was released`));
    this.#pending = [];
    await settledWithin(1_000, this.#last);
    if (!(this.lost.reason instanceof FencedError)) await producer.abort();
    await membership.leave();
    await client.close();
    await this.#last;
  }

  #take(): OutgoingRecord[] {
    const records = this.#pending;
    this.#pending = [];
    return records;
  }

  /** What makes the group have no position on its topics: only a group without members can be deleted. */
  async #noPositions(): Promise<Position[]> {
    const { shared, request } = this.#parts;
    const existing = new Set(await listTopics(shared));
    const topics = await describeTopics(shared, request.topics.filter((topic) => existing.has(topic)));
    return topics.flatMap(({ name, endOffsets }) =>
      endOffsets.map((_, partition) => ({ topic: name, partition, offset: -1 }))
    );
  }

  /** One step after the other, and none after one has failed. */
  async #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.#stopping.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      try {
        return await step();
      } catch (error) {
        throw this.#failure = this.#translate(error);
      }
    });
    this.#last = turn.catch(() => {});
    return await turn;
  }

  #translate(error: unknown): unknown {
    const failure = error instanceof ProducerFencedError ? fencedError(this.#parts.request.job, error) : error;
    if (failure instanceof FencedError || failure instanceof BrokerUnavailableError) this.#lost.abort(failure);
    return failure;
  }
}

function fencedError(job: string, cause: ProducerFencedError): FencedError {
  return new FencedError(
    `Cannot go on with "${job}": another instance has taken over, or a transaction took too long (${cause.message})`,
    { cause },
  );
}

function newInstance(sinceMs: number): Omit<Instance, "activeSince"> {
  const id = crypto.randomUUID();
  const mayTell = Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state === "granted";
  const host = mayTell ? ` on ${Deno.hostname()}` : "";
  return { id, sinceMs, words: `process ${Deno.pid}${host} (instance ${id.slice(0, 4)})` };
}

function jobActive(job: string, holder: string | undefined): JobActiveError {
  return new JobActiveError(`Cannot run "${job}": it is running in ${holder ?? "another process"}; stop it first`);
}
