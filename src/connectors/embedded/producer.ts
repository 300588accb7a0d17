import type { OutgoingRecord, Producer } from "../broker.ts";
import { BrokerError, FencedError } from "../broker_errors.ts";
import { type Database, yieldToOthers } from "./database.ts";
import { isCurrent, takeTransactionalId, type Term } from "./jobs.ts";
import { RecordWriter } from "./writer.ts";

/** Writes each `send()` in one transaction: its records become visible together or not at all. */
export class EmbeddedProducer implements Producer {
  readonly #database: Database;
  readonly #writer: RecordWriter;
  readonly #transactionalId: string | undefined;
  readonly #term: Term | undefined;
  #closed = false;

  /** @param transactionalId taken over from any other producer that has it, whose next `send()` then fails */
  constructor(database: Database, transactionalId?: string) {
    this.#database = database;
    this.#writer = new RecordWriter(database);
    this.#transactionalId = transactionalId;
    if (transactionalId !== undefined) {
      this.#term = database.write(() => takeTransactionalId(database, transactionalId));
    }
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#closed) throw new BrokerError("Cannot send records: the producer has been closed");
    try {
      for (const record of records) this.#writer.add(record);
      this.#writer.pack();
      if (records.length > 0) {
        this.#database.write(() => {
          this.#checkTerm();
          this.#writer.append();
        });
      }
    } finally {
      this.#writer.clear();
    }
    await yieldToOthers();
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #checkTerm(): void {
    if (this.#term === undefined || isCurrent(this.#database, this.#term)) return;
    throw new FencedError(
      `Cannot write as "${this.#transactionalId}": another program that does the same has begun meanwhile`,
    );
  }
}
