import type { OutgoingRecord, Producer } from "../broker.ts";
import { BrokerError, BrokerUnavailableError, FencedError } from "../broker_errors.ts";
import { checkRecordTime } from "../records/record_time.ts";
import type { Client } from "./client.ts";
import { ProducerFencedError } from "./errors.ts";
import { TRANSACTION_TIMEOUT_MS } from "./producer_epoch.ts";
import { TransactionalProducer, type TransactionOptions } from "./transaction.ts";

/** A producer outside of any job that makes each `send()` a transaction of its own; see `ProducerOptions.transactionalId`. */
export class KafkaTransactionalProducer implements Producer {
  readonly #client: Client;
  readonly #producer: TransactionalProducer;
  readonly #closing: AbortController;
  readonly #transactionalId: string;
  #last: Promise<void> = Promise.resolve();
  /** After a failure the fate of its transaction is unknown, so no other may follow. */
  #failure: unknown;

  private constructor(client: Client, id: string, producer: TransactionalProducer, closing: AbortController) {
    this.#client = client;
    this.#transactionalId = id;
    this.#producer = producer;
    this.#closing = closing;
  }

  /**
   * Takes the transactional id over. Resolves when the predecessor's transaction has ended everywhere.
   * @param client for this producer alone; it is closed with it
   */
  static async open(
    client: Client,
    transactionalId: string,
    { signal, compression }: Pick<TransactionOptions, "signal" | "compression">,
  ): Promise<KafkaTransactionalProducer> {
    const closing = new AbortController();
    try {
      const stopping = AbortSignal.any([closing.signal, signal]);
      const producer = await TransactionalProducer.open(client, transactionalId, { signal: stopping, compression });
      return new KafkaTransactionalProducer(client, transactionalId, producer, closing);
    } catch (error) {
      await client.close();
      throw error instanceof ProducerFencedError ? fenced(transactionalId, error) : error;
    }
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    for (const record of records) checkRecordTime(record);
    const sending = this.#last.then(() => this.#send(records));
    this.#last = sending.catch(() => {});
    await sending;
  }

  async close(): Promise<void> {
    await this.#last;
    this.#closing.abort(new BrokerError("Cannot write to Kafka: the producer was closed"));
    await this.#client.close();
  }

  async #send(records: readonly OutgoingRecord[]): Promise<void> {
    this.#closing.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    if (records.length === 0) return;
    try {
      await this.#producer.send(records);
      await this.#producer.commit();
      await this.#producer.seen();
    } catch (error) {
      const isFenced = error instanceof ProducerFencedError;
      this.#failure = isFenced ? fenced(this.#transactionalId, error) : error;
      // The producer that fenced this one has ended its transaction already.
      if (!isFenced) await this.#producer.abort();
      throw this.#failure;
    }
  }
}

function fenced(transactionalId: string, cause: ProducerFencedError): BrokerError {
  if (cause.forgotten) {
    return new BrokerUnavailableError(
      `Cannot write as "${transactionalId}": Kafka has forgotten this transactional id, as it does after a long silence ` +
        `(transactional.id.expiration.ms); begin again`,
      { cause },
    );
  }
  return new FencedError(
    `Cannot write as "${transactionalId}": another program that does the same has begun meanwhile, or a transaction took longer than ${TRANSACTION_TIMEOUT_MS} ms`,
    { cause },
  );
}
