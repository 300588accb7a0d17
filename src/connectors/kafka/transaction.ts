/**
 * Kafka's transactions, and what a request does that arrives late.
 *
 * A request whose connection is lost is not lost itself: the kernel may deliver it half a minute later, when it has long been
 * repeated on another connection. What it does then depends on how the broker can recognise it as late.
 *
 * The broker knows a producer by its transactional id, the producer's id and its **epoch**, which InitProducerId raises; a
 * request of a former epoch is refused. In the old protocol (EndTxn up to version 4) all transactions of an epoch look alike:
 *
 *     EndTxn, commit 1 ──────── held up somewhere ────────────────┐
 *     EndTxn, commit 1 again ─▶ committed                         │
 *                               records of 2 ─▶  │ outputs        ▼
 *                                                │ EndTxn, commit 1 ─▶ commits the outputs of 2, without its positions
 *                               records of 2 ─▶  │ INVALID_TXN_STATE; after a restart the outputs come again: doubled
 *
 * So, request by request:
 *
 * - **EndTxn** is sent once for each transaction. Without an answer the epoch is over: nothing more is written, aborted or
 *   requested under it. {@link TransactionalProducer.commit} rejects with a BrokerUnavailableError; a new lease's InitProducerId
 *   commits or aborts the transaction and raises the epoch, and the changelog then shows which it was. After an answer with a
 *   passing error EndTxn is repeated, as the request is not on its way any more; but a broker that forwards requests to another
 *   one may still hold the first copy, so the epoch ends with the transaction: InitProducerId comes before the next one.
 * - Whether the next transaction can begin is not found out by a second EndTxn but by its own AddPartitionsToTxn, which the
 *   broker answers with CONCURRENT_TRANSACTIONS until the last one is written everywhere. To wait until readers see a commit, ask
 *   for the last stable offsets ({@link TransactionalProducer.seen}), which changes nothing.
 * - **An abort** is a courtesy: it spares readers the transaction's timeout. It is sent once, and not at all while a request of
 *   the epoch has no answer: it might arrive before records, which would then be the beginning of a transaction that the
 *   successor's commit would include.
 * - **AddPartitionsToTxn, AddOffsetsToTxn** that arrive late begin a transaction that nobody knows of; the broker ends it after
 *   its timeout, and the epoch with it. **TxnOffsetCommit** that arrives late sets the group's positions back. That loses nothing,
 *   as a job's positions lie in its changelog, but it is avoided: if such a request was repeated after a lost connection, the
 *   epoch ends with the transaction.
 * - **Produce** is protected by its sequence numbers: a batch that the partition has is not written again. A late batch that it
 *   does not have ends the epoch, as its sender has rejected.
 * - **InitProducerId** without an epoch always raises it. Late, it fences whoever has the id then, ourselves or a successor, and
 *   that instance goes back to its last commit. With our epoch (version 3 and later) it is refused after a successor's, so that
 *   an instance that was suspended cannot take the id back.
 *
 * In the new protocol (EndTxn 5; `transaction.version` 2, Kafka 4) EndTxn raises the epoch, so each transaction has its own and
 * every late request is refused. There EndTxn is repeated under its epoch until it is answered: the broker recognises the
 * repetition and answers it with the same next epoch. Partitions are added by AddPartitionsToTxn as before: that a broker can add
 * them by itself (Produce 12) would save a request, but make nothing safer.
 *
 * The requests of an epoch, and which of them may still be on their way, are in `epoch.ts`; this file holds the producer.
 *
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-890%3A+Transactions+Server-Side+Defense
 */
import { type Step, stepsOf } from "../../engine/internal.ts";
import type { KafkaFaultPoint } from "../fault_points.ts";
import type { FaultPoint } from "../../engine/mod.ts";
import type { Compression, OutgoingRecord, Position } from "../broker.ts";
import { BrokerUnavailableError } from "../broker_errors.ts";
import type { Client } from "./client.ts";
import { Epoch } from "./epoch.ts";
import { Code } from "./error_codes.ts";
import { PassingError, ProducerFencedError } from "./errors.ts";
import { settledWithin } from "./patience.ts";
import { placeOf } from "./place.ts";
import { initProducerId } from "./producer_epoch.ts";
import type { ProducerEpoch, Transaction } from "./protocol.ts";
import { GROUP } from "./protocol.ts";
import type { Route } from "./route.ts";
import { Sender } from "./sender.ts";
import { untilStable } from "./stable_offsets.ts";
import { unknownTopics } from "./unknown_topics.ts";

/** How long to wait until readers see a commit, ms. Another program's open transaction may keep it from them. */
const SEEN_WITHIN_MS = 5_000;

/** Options of a {@link TransactionalProducer}. */
export interface TransactionOptions {
  /** Aborts the request under way and refuses later ones, with its reason. */
  readonly signal: AbortSignal;
  readonly faultPoint?: FaultPoint | undefined;
  /** Compression of topics that {@link TransactionalProducer.compress} is not called for; default "none". */
  readonly compression?: Compression | undefined;
}

/**
 * The one producer that may write under a transactional id: the last one that was opened. The broker aborts the transaction of
 * its predecessor and refuses all that the predecessor still sends. After a failure it can only be closed, as the fate of the
 * transaction is unknown then.
 */
export class TransactionalProducer {
  readonly #client: Client;
  readonly #transactionalId: string;
  readonly #sender: Sender;
  readonly #signal: AbortSignal;
  readonly #step: Step<KafkaFaultPoint>;
  /** The partitions that were added to the open transaction, "partition topic". */
  readonly #added = new Set<string>();
  #epoch: Epoch;
  #open = false;
  /** Where the last commit ended in each partition that it wrote to; `seen()` waits for readers to get there. */
  #committed: readonly Position[] = [];

  private constructor(client: Client, id: Transaction, { signal, faultPoint, compression }: TransactionOptions) {
    this.#client = client;
    this.#transactionalId = id.transactionalId;
    this.#epoch = new Epoch(client, id, signal);
    this.#sender = new Sender(client, id, { compression });
    this.#signal = signal;
    this.#step = stepsOf(faultPoint);
  }

  /**
   * Takes over the transactional id. Resolves when the predecessor's transaction has ended everywhere.
   */
  static async open(
    client: Client,
    transactionalId: string,
    options: TransactionOptions,
  ): Promise<TransactionalProducer> {
    const doing = `take over the transactions of "${transactionalId}"`;
    const epoch = await initProducerId(client, { transactionalId, doing, signal: options.signal });
    return new TransactionalProducer(client, { transactionalId, ...epoch }, options);
  }

  /** Compresses the topic's batches from now on. */
  compress(topic: string, compression: Compression): void {
    this.#sender.compress(topic, compression);
  }

  /** Writes records in the transaction; acknowledged when it resolves. @throws {UnknownTopicError} if a topic does not exist */
  async send(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return;
    const routes = await this.#sender.route(records, this.#signal);
    await this.#step("commit: partitions are in the transaction", () => this.#add(routes));
    await this.#sender.send(routes, this.#signal);
  }

  /** Writes positions of a consumer group in the transaction. */
  async sendPositions(groupId: string, positions: readonly Position[]): Promise<void> {
    if (positions.length === 0) return;
    await this.#begin();
    const doing = `write the positions of the group "${groupId}"`;
    const epoch = this.#epoch;
    await this.#step(
      "commit: the group is in the transaction",
      () =>
        epoch.ask("AddOffsetsToTxn", { ...epoch.id, groupId }, {
          doing,
          check: ({ errorCode }) => epoch.check(errorCode, doing),
        }),
    );
    const group = { type: GROUP, key: groupId } as const;
    const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, some]) => ({
      topic,
      partitions: some.map(({ partition, offset }) => ({ partition, offset, metadata: null })),
    }));
    await epoch.ask("TxnOffsetCommit", { ...epoch.id, groupId, topics }, {
      coordinator: group,
      doing,
      check: (answer) => {
        for (const { topic, partitions } of answer.topics) {
          for (const { errorCode } of partitions) {
            if (errorCode === Code.UNKNOWN_TOPIC_OR_PARTITION) throw unknownTopics([topic]);
            epoch.check(errorCode, `write positions in "${topic}" for the group "${groupId}"`, group);
          }
        }
      },
    });
  }

  /**
   * Commits what was sent. Resolves when it is decided; readers see it some milliseconds later, see {@link seen}.
   *
   * @throws {BrokerUnavailableError} if there is no answer: the transaction may have been committed
   */
  async commit(): Promise<void> {
    if (!this.#open) return;
    this.#step("commit: before it is decided");
    await this.#step("commit: it is decided", async () => this.#useEpoch(await this.#epoch.end("commit")));
    this.#committed = this.#sender.takeEnds();
    this.#forget();
  }

  /** Resolves when readers see the last commit. If another program's open transaction keeps it from them, that is logged. */
  async seen(): Promise<void> {
    const committed = this.#committed;
    this.#committed = [];
    if (committed.length === 0) return;
    let failure: Error | undefined = new Error("Kafka does not answer");
    const waiting = untilStable(this.#client, committed, SEEN_WITHIN_MS);
    await settledWithin(SEEN_WITHIN_MS, waiting.then(() => failure = undefined, (error) => failure = error));
    if (failure === undefined) return;
    this.#client.log(
      "warn",
      `readers do not see yet what "${this.#transactionalId}" has committed: ${failure.message}`,
    );
  }

  /** Aborts the transaction. If that fails, it is only logged: the broker aborts an open transaction after its timeout. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#forget();
    try {
      if (this.#epoch.unanswered > 0 || this.#sender.unanswered > 0) throw new Error("a request has no answer yet");
      this.#useEpoch(await this.#epoch.end("abort"));
    } catch (error) {
      const message = `leaves the transaction of "${this.#transactionalId}" to the broker: ${(error as Error).message}`;
      this.#client.log("debug", message);
    }
  }

  #forget(): void {
    this.#added.clear();
    this.#open = false;
  }

  /** Begins a transaction unless one is open, under a new epoch if the current one must end. */
  async #begin(): Promise<void> {
    if (this.#open) return;
    if (this.#epoch.worn) {
      const doing = `go on with the transactions of "${this.#transactionalId}"`;
      const { id: current } = this.#epoch;
      const wanted = { transactionalId: this.#transactionalId, doing, signal: this.#signal, current };
      try {
        this.#useEpoch(await initProducerId(this.#client, wanted));
      } catch (error) {
        this.#signal.throwIfAborted();
        if (error instanceof ProducerFencedError) throw error;
        // An old broker can only take the id over, which would fence a successor: a new lease must decide that.
        throw new BrokerUnavailableError(`Cannot ${doing}: ${(error as Error).message}`, { cause: error });
      }
    }
    this.#open = true;
  }

  /** Goes on under another epoch, if there is one: sequence numbers begin at 0, and requests of the old epoch are refused. */
  #useEpoch(next: ProducerEpoch | undefined): void {
    if (next === undefined) return;
    const { producerId, producerEpoch } = next;
    this.#epoch = new Epoch(
      this.#client,
      { transactionalId: this.#transactionalId, producerId, producerEpoch },
      this.#signal,
    );
    this.#sender.begin(this.#epoch.id);
  }

  async #add(routes: readonly Route[]): Promise<void> {
    const added = routes.filter((route) => !this.#added.has(placeOf(route)));
    if (added.length === 0) return;
    await this.#begin();
    const topics = [...Map.groupBy(added, ({ topic }) => topic)].map(([topic, some]) => ({
      topic,
      partitions: some.map(({ partition }) => partition),
    }));
    const epoch = this.#epoch;
    await epoch.ask("AddPartitionsToTxn", { ...epoch.id, topics }, {
      doing: `begin a transaction of "${this.#transactionalId}"`,
      check: async ({ errors }) => {
        for (const { topic, partitionErrors } of errors) {
          for (const { errorCode } of partitionErrors) {
            if (errorCode === Code.OPERATION_NOT_ATTEMPTED) continue; // because of another one
            if (errorCode === Code.UNKNOWN_TOPIC_OR_PARTITION) {
              // The coordinator's view may be behind for a moment; if the topic is gone, the next request for its leaders fails.
              this.#client.forgetTopic(topic);
              await this.#client.leaders([topic]);
              throw new PassingError(`the coordinator does not know the topic "${topic}" yet`);
            }
            epoch.check(errorCode, `write to "${topic}" in a transaction of "${this.#transactionalId}"`);
          }
        }
      },
    });
    for (const route of added) this.#added.add(placeOf(route));
  }
}
