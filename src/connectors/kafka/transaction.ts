import type { FaultPoint } from "../../engine/mod.ts";
import type { Compression, OutgoingRecord, Position } from "../broker.ts";
import { BrokerUnavailableError } from "../broker.ts";
import type { Client } from "./client.ts";
import { unknownTopics } from "./client.ts";
import { Code, PassingError, patiently } from "./errors.ts";
import type { CodeAnswer, Transaction } from "./protocol.ts";
import { GROUP, TRANSACTION } from "./protocol.ts";
import type { Route } from "./sender.ts";
import { Sender } from "./sender.ts";

/** After so long the broker gives up an open transaction, so that a dead job does not hold up the readers for ever. */
const TRANSACTION_TIMEOUT_MS = 60_000;
/** How long to wait for a commit to be seen, before the next transaction does. */
const VISIBLE_WITHIN_MS = 5_000;

/** The requests of a transaction that only its coordinator takes. */
type CoordinatorApi = "AddOffsetsToTxn" | "EndTxn";

/** What the producer's owner wants of it. */
export interface TransactionOptions {
  /** Stops whatever it is doing, then and later, with its reason. */
  readonly signal: AbortSignal;
  readonly faultPoint?: FaultPoint | undefined;
  /** Of topics that {@link TransactionalProducer.compress} is not called for; default none. */
  readonly compression?: Compression | undefined;
}

/**
 * The one producer that may write under a transactional id.
 *
 * Whoever opens it last is it: the broker aborts its predecessor's transaction and refuses all that the predecessor still
 * sends. After a failure it can only be closed, for what became of the transaction is then not known.
 */
export class TransactionalProducer {
  readonly #client: Client;
  readonly #id: Transaction;
  readonly #sender: Sender;
  readonly #signal: AbortSignal;
  readonly #faultPoint: FaultPoint | undefined;
  /** The partitions that the broker counts to the open transaction, "partition topic". */
  readonly #added = new Set<string>();
  #open = false;

  private constructor(client: Client, id: Transaction, { signal, faultPoint, compression }: TransactionOptions) {
    this.#client = client;
    this.#id = id;
    this.#sender = new Sender(client, id, { compression });
    this.#signal = signal;
    this.#faultPoint = faultPoint;
  }

  /**
   * Takes the transactional id over. Resolves when the predecessor's transaction has ended everywhere.
   */
  static async open(
    client: Client,
    transactionalId: string,
    options: TransactionOptions,
  ): Promise<TransactionalProducer> {
    const { signal } = options;
    const doing = `take over the transactions of "${transactionalId}"`;
    const { producerId, producerEpoch } = await patiently({ doing, signal, log: client.log }, async () => {
      const args = { transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS };
      const answer = await client.askCoordinator(TRANSACTION, transactionalId, "InitProducerId", args);
      if (answer.errorCode === Code.NONE) return answer;
      throw client.coordinatorError(TRANSACTION, transactionalId, answer.errorCode, doing);
    });
    return new TransactionalProducer(
      client,
      { transactionalId, producerId: BigInt(producerId), producerEpoch },
      options,
    );
  }

  /** From now on the topic's batches are compressed so. */
  compress(topic: string, compression: Compression): void {
    this.#sender.compress(topic, compression);
  }

  /** Writes records as part of the transaction; they are at the broker when it resolves. @throws {UnknownTopicError} */
  async send(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return;
    const routes = await this.#sender.route(records, this.#signal);
    await this.#add(routes);
    this.#faultPoint?.("commit: partitions are in the transaction");
    await this.#sender.send(routes, this.#signal);
  }

  /** Makes positions of a consumer group part of the transaction. */
  async sendPositions(groupId: string, positions: readonly Position[]): Promise<void> {
    if (positions.length === 0) return;
    const doing = `write the positions of the group "${groupId}"`;
    this.#open = true;
    await this.#ask("AddOffsetsToTxn", { ...this.#id, groupId }, doing);
    this.#faultPoint?.("commit: the group is in the transaction");
    const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, some]) => ({
      topic,
      partitions: some.map(({ partition, offset }) => ({ partition, offset, metadata: null })),
    }));
    await patiently({ doing, signal: this.#signal, log: this.#client.log }, async () => {
      const answer = await this.#client.askCoordinator(GROUP, groupId, "TxnOffsetCommit", {
        ...this.#id,
        groupId,
        topics,
      });
      for (const { topic, partitions } of answer.topics) {
        for (const { errorCode } of partitions) {
          if (errorCode === Code.UNKNOWN_TOPIC_OR_PARTITION) throw unknownTopics([topic]);
          if (errorCode !== Code.NONE) throw this.#client.coordinatorError(GROUP, groupId, errorCode, doing);
        }
      }
    });
  }

  /**
   * Commits what was sent. Resolves when readers see it.
   *
   * @throws {BrokerUnavailableError} if there is no answer: it may have been committed
   */
  async commit(): Promise<void> {
    if (!this.#open) return;
    const doing = `commit the transaction of "${this.#id.transactionalId}"`;
    const end = { ...this.#id, transactionResult: true };
    this.#faultPoint?.("commit: before it is decided");
    await this.#ask("EndTxn", end, doing);
    this.#faultPoint?.("commit: it is decided");
    this.#forget();
    try {
      // The answer says that it is decided. Asked again, the broker says whether it is written everywhere; until then neither
      // would readers see it nor could the next transaction begin.
      await this.#ask("EndTxn", end, doing, VISIBLE_WITHIN_MS);
      this.#faultPoint?.("commit: it is seen");
    } catch (error) {
      this.#client.log("debug", `did not wait until a commit was seen: ${(error as Error).message}`);
    }
  }

  /** Drops what was sent. Does its best: an open transaction ends after a while even if this fails. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#forget();
    const { transactionalId } = this.#id;
    try {
      const args = { ...this.#id, transactionResult: false };
      await patiently({ doing: "abort a transaction", withinMs: 1_000 }, async () => {
        const { errorCode } = await this.#client.askCoordinator(TRANSACTION, transactionalId, "EndTxn", args, {
          timeoutMs: 2_000,
        });
        if (errorCode !== Code.NONE) {
          throw this.#client.coordinatorError(TRANSACTION, transactionalId, errorCode, "abort");
        }
      });
    } catch (error) {
      this.#client.log("debug", `could not abort the transaction of "${transactionalId}": ${(error as Error).message}`);
    }
  }

  #forget(): void {
    this.#added.clear();
    this.#open = false;
  }

  async #add(routes: readonly Route[]): Promise<void> {
    const added = routes.filter(({ topic, partition }) => !this.#added.has(`${partition} ${topic}`));
    if (added.length === 0) return;
    this.#open = true;
    const topics = [...Map.groupBy(added, ({ topic }) => topic)].map(([topic, some]) => ({
      topic,
      partitions: some.map(({ partition }) => partition),
    }));
    const { transactionalId } = this.#id;
    const doing = `begin a transaction of "${transactionalId}"`;
    await patiently({ doing, signal: this.#signal, log: this.#client.log }, async () => {
      const args = { ...this.#id, topics };
      const { errors } = await this.#client.askCoordinator(TRANSACTION, transactionalId, "AddPartitionsToTxn", args);
      const failed = errors.flatMap(({ topic, partitionErrors }) =>
        partitionErrors.map(({ errorCode }) => ({ topic, errorCode }))
      ).filter(({ errorCode }) => errorCode !== Code.NONE && errorCode !== Code.OPERATION_NOT_ATTEMPTED);
      for (const { topic, errorCode } of failed) {
        if (errorCode === Code.UNKNOWN_TOPIC_OR_PARTITION) {
          // The coordinator's view may be behind for a moment; if the topic is gone, asking for its leaders says so.
          this.#client.forgetTopic(topic);
          await this.#client.leaders([topic]);
          throw new PassingError(`the coordinator does not know the topic "${topic}" yet`);
        }
        throw this.#error(errorCode, doing);
      }
    });
    for (const { topic, partition } of added) this.#added.add(`${partition} ${topic}`);
  }

  async #ask<Api extends CoordinatorApi>(
    api: Api,
    args: Api extends "EndTxn" ? Transaction & { transactionResult: boolean } : Transaction & { groupId: string },
    doing: string,
    withinMs = 30_000,
  ): Promise<void> {
    const { transactionalId } = this.#id;
    await patiently({ doing, signal: this.#signal, withinMs, log: this.#client.log }, async () => {
      const answer: CodeAnswer = await this.#client.askCoordinator(TRANSACTION, transactionalId, api, args as never);
      if (answer.errorCode !== Code.NONE) throw this.#error(answer.errorCode, doing);
    });
  }

  #error(code: number, doing: string): Error {
    if (code === Code.INVALID_TXN_STATE) {
      return new BrokerUnavailableError(
        `Cannot ${doing}: the broker has ended it, after ${TRANSACTION_TIMEOUT_MS} ms or a failure`,
      );
    }
    return this.#client.coordinatorError(TRANSACTION, this.#id.transactionalId, code, doing);
  }
}
