import type { Broker, BrokerJobRequest, BrokerLease, Fetcher, Producer } from "../../../src/connectors/broker.ts";
import { JobActiveError } from "../../../src/connectors/broker_errors.ts";
import type { ContractOptions } from "./options.ts";
import { eventually, PATIENCE_MS } from "./waiting.ts";

/** What one case opened; closing it leaves nothing at the broker. */
export class Scope implements AsyncDisposable {
  readonly sessionTimeoutMs: number;
  readonly #open: () => Promise<Broker>;
  readonly #topics = new Set<string>();
  readonly #jobs = new Set<string>();
  readonly #brokers: Broker[] = [];
  readonly #clients: (Fetcher | Producer)[] = [];
  readonly #leases: BrokerLease[] = [];

  constructor(open: () => Promise<Broker>, options: ContractOptions) {
    this.#open = open;
    this.sessionTimeoutMs = options.sessionTimeoutMs ?? 10_000;
  }

  async broker(): Promise<Broker> {
    const broker = await this.#open();
    this.#brokers.push(broker);
    return broker;
  }

  topicName(): string {
    return this.willExist(uniqueName("topic"));
  }

  jobName(): string {
    const job = uniqueName("job");
    this.#jobs.add(job);
    return job;
  }

  /** Removes the topic with the case, if it is there. */
  willExist(topic: string): string {
    this.#topics.add(topic);
    return topic;
  }

  async topic(broker: Broker, partitions: number): Promise<string> {
    const name = this.topicName();
    await broker.createTopics([{ name, partitions }]);
    return name;
  }

  async fetcher(broker: Broker): Promise<Fetcher> {
    const fetcher = await broker.fetcher();
    this.#clients.push(fetcher);
    return fetcher;
  }

  async producer(broker: Broker): Promise<Producer> {
    const producer = await broker.producer();
    this.#clients.push(producer);
    return producer;
  }

  async lease(broker: Broker, request: Partial<BrokerJobRequest> = {}): Promise<BrokerLease> {
    const lease = await broker.openJob({
      job: request.job ?? this.jobName(),
      topics: [],
      sessionTimeoutMs: this.sessionTimeoutMs,
      exactlyOnce: true,
      whenActive: "stand by",
      onStandby: () => {},
      signal: AbortSignal.timeout(4 * PATIENCE_MS),
      ...request,
    });
    this.#leases.push(lease);
    return lease;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lease of this.#leases) await lease.close();
    for (const client of this.#clients) await client.close();
    for (const broker of this.#brokers) await broker.close();
    await using broker = await this.#open();
    for (const job of this.#jobs) await eventually(() => broker.dropJob(job), JobActiveError);
    const left = (await broker.listTopics()).filter((topic) => this.#topics.has(topic));
    if (left.length > 0) await broker.deleteTopics(left);
  }
}

let names = 0;

/** A name that no earlier run has used on this broker. */
function uniqueName(kind: string): string {
  return `contract-${Date.now().toString(36)}-${Deno.pid}-${String(++names).padStart(3, "0")}-${kind}`;
}
