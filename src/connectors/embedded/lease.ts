import { type Step, stepsOf } from "../../engine/internal.ts";
import type { BrokerJobRequest, BrokerLease, JobCommit, OutgoingRecord, Position } from "../broker.ts";
import { BrokerError, BrokerUnavailableError, FencedError } from "../broker_errors.ts";
import { type Database, yieldToOthers } from "./database.ts";
import { entriesOf, type EntryPart, EntryWriter, partsOf } from "./entries.ts";
import type { Instance } from "./instance.ts";
import type { EmbeddedFaultPoint } from "../fault_points.ts";
import { endTerm, extendTerm, forgetState, noteCommit, positionsOf, type Term } from "./jobs.ts";
import { RecordWriter } from "./writer.ts";

/** What a lease is made of. */
export interface EmbeddedLeaseOptions {
  readonly request: BrokerJobRequest;
  readonly instance: Instance;
  readonly term: Term;
  /** Called once. */
  readonly onClose: (lease: EmbeddedLease) => void;
}

/**
 * The right to write as a job: an epoch that each transaction compares with the job's. An instance that was suspended during a
 * takeover finds another epoch there, however late it wakes.
 */
export class EmbeddedLease implements BrokerLease {
  readonly #database: Database;
  readonly #options: EmbeddedLeaseOptions;
  readonly #step: Step<EmbeddedFaultPoint>;
  readonly #writer: RecordWriter;
  readonly #entries: EntryWriter;
  readonly #lost = new AbortController();
  readonly #renewing: ReturnType<typeof setInterval>;
  /** Why the lease cannot write any more. */
  #failure: unknown;
  #closed = false;

  constructor(database: Database, options: EmbeddedLeaseOptions) {
    this.#database = database;
    this.#options = options;
    this.#step = stepsOf(options.request.faultPoint);
    this.#writer = new RecordWriter(database);
    this.#entries = new EntryWriter(database, options.term.jobId);
    this.#renewing = setInterval(() => this.#renew(), options.request.sessionTimeoutMs / 3);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get pendingRecords(): number {
    return this.#writer.records;
  }

  async restore(): Promise<Map<string, string>> {
    const step = this.#step;
    const entries = step("restore: reading entries has ended", () =>
      this.#act("restore", () => {
        step("restore: reading entries has begun");
        return entriesOf(this.#database, this.#options.term.jobId);
      }));
    await yieldToOthers();
    return entries;
  }

  positions(): Promise<Position[]> {
    const { jobId } = this.#options.term;
    return Promise.resolve(this.#act("read the positions of", () => positionsOf(this.#database, jobId)));
  }

  async reset(): Promise<void> {
    this.#act("reset", () => forgetState(this.#database, this.#options.term.jobId));
    this.#entries.clear();
    await yieldToOthers();
  }

  compress(): void {
    // The log stores records without compression.
  }

  write(record: OutgoingRecord): void {
    this.#writer.add(record);
  }

  takeBack(records: number): void {
    this.#writer.takeBack(records);
  }

  async flush(): Promise<void> {
    this.#writer.pack();
    if (!this.#options.request.exactlyOnce && this.#writer.records > 0) {
      this.#act("flush", () => this.#writer.append());
      this.#writer.clear();
    }
    await yieldToOthers();
  }

  async commit({ changes, positions }: JobCommit): Promise<void> {
    const step = this.#step;
    this.#writer.pack();
    const parts = partsOf(changes);
    let part = parts.next();
    for (; part.done !== true; part = parts.next()) {
      await this.#putAhead(part.value);
    }
    const last = part.value;
    step("commit: the transaction has ended", () =>
      this.#act("commit", () => {
        step("commit: the transaction has begun");
        step("commit: records are appended", () => this.#writer.append());
        step("commit: entries are written", () => this.#entries.put(last));
        step("commit: positions are written", () => this.#putPositions(positions));
      }));
    this.#writer.clear();
    await yieldToOthers();
    await this.#compact();
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    clearInterval(this.#renewing);
    this.#writer.clear();
    this.#options.onClose(this);
    try {
      const step = this.#step;
      step("end: giving the job back has ended", () =>
        this.#options.instance.end(() => {
          step("end: giving the job back has begun");
          step("end: the job is free, not committed", () => endTerm(this.#database, this.#options.term));
        }));
    } catch (error) {
      // The lock on the instance's file is free all the same, by which waiting instances see that this one has ended.
      if (!(error instanceof BrokerError)) return Promise.reject(error);
    }
    return Promise.resolve();
  }

  #putPositions(positions: readonly Position[]): void {
    const put = this.#database.statement("REPLACE INTO job_position VALUES (?, ?, ?, ?)");
    for (const { topic, partition, offset } of positions) {
      put.run(this.#options.term.jobId, topic, partition, offset);
    }
    noteCommit(this.#database, this.#options.term);
  }

  /** Writes a part of a large commit, and lets timers and sockets have their turn. */
  async #putAhead(part: EntryPart): Promise<void> {
    const step = this.#step;
    step("commit: writing a part ahead has ended", () =>
      this.#act("commit", () => {
        step("commit: writing a part ahead has begun");
        step("commit: a part is written ahead, not committed", () => this.#entries.putAhead(part));
      }));
    await yieldToOthers();
  }

  /** Compacts slice by slice, so that timers and sockets run in between. */
  async #compact(): Promise<void> {
    const step = this.#step;
    while (this.#entries.isCompactionDue) {
      step("commit: compaction has ended", () =>
        this.#act("compact the commit of", () => {
          step("commit: compaction has begun");
          step("commit: entries are compacted, not committed", () => this.#entries.compact());
        }));
      await yieldToOthers();
    }
  }

  /** Runs `body` for the job; `what` is its name in messages: "commit". After the first failure every call fails with it. */
  #act<T>(what: string, body: () => T): T {
    const { job } = this.#options.request;
    if (this.#closed) throw new BrokerError(`Cannot ${what} job "${job}": its lease has been closed`);
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#write(what, body);
    } catch (error) {
      this.#failure = error;
      if (error instanceof FencedError) this.#lose(error);
      throw error;
    }
  }

  /** Runs `body` in a transaction, unless another instance has taken over. */
  #write<T>(what: string, body: () => T): T {
    const { job, sessionTimeoutMs } = this.#options.request;
    const extend = () => extendTerm(this.#database, this.#options.term, sessionTimeoutMs);
    return this.#database.write(() => {
      if (extend()) {
        const result = body();
        // Millions of entries may take longer than the session timeout: a waiting instance would find that it has timed out.
        extend();
        return result;
      }
      throw new FencedError(
        `Cannot ${what} job "${job}": another instance has taken over, because this one gave no sign of life for ` +
          `${sessionTimeoutMs} ms`,
      );
    });
  }

  #renew(): void {
    try {
      this.#write("keep", () => {});
    } catch (error) {
      // While the file is locked, other instances cannot take over either.
      if (!(error instanceof BrokerUnavailableError)) this.#lose(error);
    }
  }

  #lose(error: unknown): void {
    clearInterval(this.#renewing);
    this.#failure ??= error;
    this.#lost.abort(error);
  }
}
