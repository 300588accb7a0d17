import type { Compression, OutgoingRecord, Producer } from "../broker.ts";
import { BrokerError, BrokerUnavailableError } from "../broker_errors.ts";
import { checkRecordTime } from "../records/record_time.ts";
import type { Client } from "./client.ts";
import { ProducerFencedError } from "./errors.ts";
import { initProducerId } from "./producer_epoch.ts";
import { Sender } from "./sender.ts";

/**
 * Writes records outside of any job, as an idempotent producer.
 *
 * After a failure it goes on as a new producer: the fate of the records is unknown then, so their sequence numbers must not be
 * used again.
 */
export class KafkaProducer implements Producer {
  readonly #client: Client;
  readonly #closing = new AbortController();
  readonly #compression: Compression | undefined;
  readonly #turns = new Map<string, number>();
  #sender: Sender | undefined;
  #last: Promise<void> = Promise.resolve();

  /** @param client for this producer alone; it is closed with it */
  constructor(client: Client, compression?: Compression) {
    this.#client = client;
    this.#compression = compression;
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    for (const record of records) checkRecordTime(record);
    // One after the other, so that the order of sends is the order in a partition.
    const sending = this.#last.then(() => this.#send(records));
    this.#last = sending.catch(() => {});
    await sending;
  }

  async close(): Promise<void> {
    this.#closing.abort(new BrokerError("Cannot write to Kafka: the producer was closed"));
    await this.#client.close();
    await this.#last;
  }

  async #send(records: readonly OutgoingRecord[]): Promise<void> {
    const { signal } = this.#closing;
    signal.throwIfAborted();
    if (records.length === 0) return;
    try {
      this.#sender ??= await this.#begin();
      await this.#sender.send(await this.#sender.route(records, signal), signal);
    } catch (error) {
      this.#sender = undefined;
      // A producer without a transactional id cannot be fenced; the broker has forgotten it.
      if (error instanceof ProducerFencedError) {
        throw new BrokerUnavailableError(`Cannot write to Kafka: ${error.message}`);
      }
      throw error;
    }
  }

  async #begin(): Promise<Sender> {
    const wanted = { transactionalId: null, doing: "begin to write to Kafka", signal: this.#closing.signal };
    const identity = { transactionalId: null, ...await initProducerId(this.#client, wanted) };
    return new Sender(this.#client, identity, { turns: this.#turns, compression: this.#compression });
  }
}
