import type { OutgoingRecord, Producer } from "../broker.ts";
import { BrokerError } from "../broker.ts";
import { type Database, yieldToOthers } from "./database.ts";
import { RecordWriter } from "./writer.ts";

/** Writes each `send()` in one transaction: all of its records become visible together, or none. */
export class EmbeddedProducer implements Producer {
  readonly #database: Database;
  readonly #writer: RecordWriter;
  #closed = false;

  constructor(database: Database) {
    this.#database = database;
    this.#writer = new RecordWriter(database);
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#closed) throw new BrokerError("Cannot send records: the producer has been closed");
    try {
      for (const record of records) this.#writer.add(record);
      if (records.length > 0) this.#database.write(() => this.#writer.append());
    } finally {
      this.#writer.clear();
    }
    await yieldToOthers();
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}
