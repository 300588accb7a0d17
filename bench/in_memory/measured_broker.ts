import type { BrokerJobRequest, BrokerLease, BrokerRecord, Fetcher } from "../../src/connectors/broker.ts";
import type { JobCommit } from "../../src/engine/job_store.ts";
import { MemoryBroker } from "../../tests/memory_broker/memory_broker.ts";
import { MemoryLease } from "../../tests/memory_broker/memory_lease.ts";
import { MemoryPartition } from "../../tests/memory_broker/memory_log.ts";
import type { Topics } from "./bare_loop.ts";
import type { Written } from "./written.ts";

/** What a job asked of its broker. */
export class BrokerCalls {
  fetches = 0;
  flushes = 0;
  commits = 0;
  /** Entries of the job's state in all commits. */
  entries = 0;
}

/**
 * The tests' broker in memory with records that are there already, so that a measurement shows the engine with decoding and
 * encoding, and no disk or network. What a job writes is counted and not kept.
 */
export class MeasuredBroker extends MemoryBroker {
  override fetchRecords = 1_000;
  readonly #written: Written;
  readonly #calls: BrokerCalls;

  constructor(topics: Topics, written: Written, calls: BrokerCalls = new BrokerCalls()) {
    super();
    for (const [name, { partitions }] of topics) {
      this.log.topics.set(name, partitions.map((records) => new MemoryPartition(records as BrokerRecord[])));
    }
    this.#written = written;
    this.#calls = calls;
  }

  override async fetcher(): Promise<Fetcher> {
    const fetcher = await super.fetcher();
    return {
      ...fetcher,
      fetch: (positions, maxWaitMs) => {
        this.#calls.fetches++;
        return fetcher.fetch(positions, maxWaitMs);
      },
    };
  }

  protected override newLease(request: BrokerJobRequest): BrokerLease {
    return new MeasuredLease(this, request, { written: this.#written, calls: this.#calls });
  }
}

/** Hands what is committed over, and forgets it. */
class MeasuredLease extends MemoryLease {
  readonly #written: Written;
  readonly #calls: BrokerCalls;

  constructor(
    broker: MemoryBroker,
    request: BrokerJobRequest,
    { written, calls }: { readonly written: Written; readonly calls: BrokerCalls },
  ) {
    super(broker, request);
    this.#written = written;
    this.#calls = calls;
  }

  override flush(): Promise<void> {
    this.#calls.flushes++;
    return Promise.resolve();
  }

  override commit({ changes }: JobCommit): Promise<void> {
    this.#calls.commits++;
    for (const _ of changes) this.#calls.entries++;
    for (const { key, value } of this.pending) this.#written.add(key, value);
    this.pending = [];
    return Promise.resolve();
  }
}
