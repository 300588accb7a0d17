import type {
  BrokerJobRequest,
  BrokerLease,
  Compression,
  OutgoingRecord,
  Position,
} from "../../src/connectors/broker.ts";
import { FencedError } from "../../src/connectors/broker_errors.ts";
import { checkRecordTime } from "../../src/connectors/records/record_time.ts";
import type { JobCommit } from "../../src/engine/job_store.ts";
import type { MemoryBroker } from "./memory_broker.ts";
import type { MemoryJob } from "./memory_job.ts";

/** The lease of a job at a {@link MemoryBroker}. */
export class MemoryLease implements BrokerLease {
  readonly request: BrokerJobRequest;
  /** What is written and not flushed or committed. */
  pending: OutgoingRecord[] = [];
  readonly #broker: MemoryBroker;
  readonly #lost = new AbortController();

  constructor(broker: MemoryBroker, request: BrokerJobRequest) {
    this.#broker = broker;
    this.request = request;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get pendingRecords(): number {
    return this.pending.length;
  }

  restore(): Promise<Map<string, string>> {
    return Promise.resolve(new Map(this.job.entries));
  }

  positions(): Promise<Position[]> {
    return Promise.resolve([...this.job.positions.values()]);
  }

  async reset(): Promise<void> {
    await this.#checkHeld();
    this.job.forget();
  }

  compress(_topic: string, _compression: Compression): void {}

  write(record: OutgoingRecord): void {
    checkRecordTime(record);
    this.pending.push(record);
  }

  takeBack(records: number): void {
    this.pending.splice(this.pending.length - records);
  }

  async flush(): Promise<void> {
    if (this.request.exactlyOnce) return;
    await this.#checkHeld();
    this.#send();
  }

  async commit({ changes, positions }: JobCommit): Promise<void> {
    await this.#checkHeld();
    this.#send();
    this.job.apply(changes, positions);
  }

  close(): Promise<void> {
    this.pending = [];
    const { job } = this;
    if (job.isHeldBy(this)) job.release();
    return Promise.resolve();
  }

  protected get job(): MemoryJob {
    return this.#broker.log.job(this.request.job);
  }

  #send(): void {
    this.#broker.append(this.pending);
    this.pending = [];
  }

  async #checkHeld(): Promise<void> {
    await Promise.resolve();
    if (this.job.isHeldBy(this)) return;
    const { job } = this.request;
    this.#lost.abort(new FencedError(`another instance of job "${job}" has taken over`));
    throw this.#lost.signal.reason;
  }
}
