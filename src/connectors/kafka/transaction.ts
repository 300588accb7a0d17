/**
 * Kafka's transactions, and what a request may do that arrives late.
 *
 * A request whose connection is lost is not lost itself: the kernel may deliver it half a minute later, when we have long asked
 * again on another connection. What it then does depends on what the broker can tell it from.
 *
 * The broker knows a producer by its transactional id, the producer's id and its **epoch**, which InitProducerId raises; a
 * request of a former epoch is refused. In the old protocol (EndTxn up to version 4) all transactions of one epoch look alike:
 *
 *     EndTxn, commit 1 ──────── held up somewhere ────────────────┐
 *     EndTxn, commit 1 again ─▶ committed                         │
 *                               records of 2 ─▶  │ outputs        ▼
 *                                                │ EndTxn, commit 1 ─▶ commits the outputs of 2, without its positions
 *                               records of 2 ─▶  │ INVALID_TXN_STATE; after a restart the outputs come again: doubled
 *
 * So, request by request:
 *
 * - **EndTxn** is asked once for each transaction. Without an answer the epoch has ended: nothing more is written, aborted or
 *   asked under it. {@link TransactionalProducer.commit} rejects with a BrokerUnavailableError; a new lease's InitProducerId ends
 *   the transaction one way or the other and raises the epoch, then the changelog tells which way it went. An answer with a
 *   passing error is no request under way, so EndTxn is repeated then; but a broker that forwards requests among its own may still
 *   have the first one somewhere, so the epoch ends with the transaction: InitProducerId comes before the next one.
 * - That the next transaction can begin is not asked by a second EndTxn but by its own AddPartitionsToTxn, which the broker
 *   answers with CONCURRENT_TRANSACTIONS until the last one is written everywhere. Whoever needs readers to see a commit asks for
 *   the last stable offsets ({@link TransactionalProducer.seen}), which changes nothing.
 * - **An abort** is a courtesy: readers need not wait for the transaction's timeout. It is sent once, and not at all while
 *   anything of the epoch has no answer: it might arrive before records that then lie there as the beginning of a transaction
 *   that the successor's commit would take along.
 * - **AddPartitionsToTxn, AddOffsetsToTxn** that come late begin a transaction that nobody knows of; the broker ends it
 *   after its timeout and with it the epoch. **TxnOffsetCommit** brings back older positions of the group. That loses nothing, for
 *   a job's positions lie in its changelog, but it need not be: if one was repeated after a lost connection, the epoch
 *   ends with the transaction.
 * - **Produce** is protected by its sequence numbers: a batch that the partition has is not taken again. One that it has not
 *   is the end of the epoch, as its sender rejects.
 * - **InitProducerId** without an epoch always raises it. Late, it shuts out whoever has the id then, ourselves or a successor:
 *   that one goes back to its last commit. With our epoch (version 3 and later) it is refused after a successor's, so
 *   that an instance that slept cannot take the id back.
 *
 * In the new protocol (EndTxn 5; `transaction.version` 2, Kafka 4) EndTxn raises the epoch, so each transaction has its own and
 * whatever comes late is refused. There EndTxn is repeated under its epoch until it is answered: the broker knows the
 * repetition and answers it with the same next epoch. Partitions are added by AddPartitionsToTxn as before: that a broker would do
 * so by itself (Produce 12) saves a question, not a doubt.
 *
 * What an epoch asks its coordinators, and what may still be under way of it, is `epoch.ts`; here is what a producer makes of it.
 *
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-890%3A+Transactions+Server-Side+Defense
 */
import type { FaultPoint } from "../../engine/mod.ts";
import type { Compression, OutgoingRecord, Position } from "../broker.ts";
import { BrokerUnavailableError } from "../broker_errors.ts";
import type { Client } from "./client.ts";
import { unknownTopics } from "./client.ts";
import { Epoch } from "./epoch.ts";
import { Code, PassingError, ProducerFencedError, settledWithin } from "./errors.ts";
import { initProducerId } from "./producer_epoch.ts";
import type { ProducerEpoch, Transaction } from "./protocol.ts";
import { GROUP } from "./protocol.ts";
import type { Route } from "./sender.ts";
import { Sender } from "./sender.ts";
import { untilStable } from "./stable_offsets.ts";

/** How long to wait until readers see a commit. It may be another's open transaction that they wait for. */
const SEEN_WITHIN_MS = 5_000;

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
  readonly #transactionalId: string;
  readonly #sender: Sender;
  readonly #signal: AbortSignal;
  readonly #faultPoint: FaultPoint | undefined;
  /** The partitions that the broker counts to the open transaction, "partition topic". */
  readonly #added = new Set<string>();
  #epoch: Epoch;
  #open = false;
  /** Behind what the last commit wrote. */
  #committed: readonly Position[] = [];

  private constructor(client: Client, id: Transaction, { signal, faultPoint, compression }: TransactionOptions) {
    this.#client = client;
    this.#transactionalId = id.transactionalId;
    this.#epoch = new Epoch(client, id, signal);
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
    const doing = `take over the transactions of "${transactionalId}"`;
    const epoch = await initProducerId(client, { transactionalId, doing, signal: options.signal });
    return new TransactionalProducer(client, { transactionalId, ...epoch }, options);
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
    await this.#begin();
    const doing = `write the positions of the group "${groupId}"`;
    const epoch = this.#epoch;
    await epoch.ask("AddOffsetsToTxn", { ...epoch.id, groupId }, {
      doing,
      check: ({ errorCode }) => epoch.check(errorCode, doing),
    });
    this.#faultPoint?.("commit: the group is in the transaction");
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
   * @throws {BrokerUnavailableError} if there is no answer: it may have been committed
   */
  async commit(): Promise<void> {
    if (!this.#open) return;
    this.#faultPoint?.("commit: before it is decided");
    this.#take(await this.#epoch.end("commit"));
    this.#faultPoint?.("commit: it is decided");
    this.#committed = this.#sender.takeEnds();
    this.#forget();
  }

  /** Resolves when readers see what the last commit wrote. Another's open transaction may keep it from them: then that is said. */
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

  /** Drops what was sent. Does its best: an open transaction ends after a while even if this fails. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#forget();
    try {
      if (this.#epoch.unanswered > 0 || this.#sender.unanswered > 0) throw new Error("a request has no answer yet");
      this.#take(await this.#epoch.end("abort"));
    } catch (error) {
      const message = `leaves the transaction of "${this.#transactionalId}" to the broker: ${(error as Error).message}`;
      this.#client.log("debug", message);
    }
  }

  #forget(): void {
    this.#added.clear();
    this.#open = false;
  }

  /** Begins a transaction if none is open, under another epoch if the last one is worn. */
  async #begin(): Promise<void> {
    if (this.#open) return;
    if (this.#epoch.worn) {
      const doing = `go on with the transactions of "${this.#transactionalId}"`;
      const { id: current } = this.#epoch;
      const wanted = { transactionalId: this.#transactionalId, doing, signal: this.#signal, current };
      try {
        this.#take(await initProducerId(this.#client, wanted));
      } catch (error) {
        this.#signal.throwIfAborted();
        if (error instanceof ProducerFencedError) throw error;
        // An old broker knows only the other way, which would shut out a successor: that is for a new lease to decide.
        throw new BrokerUnavailableError(`Cannot ${doing}: ${(error as Error).message}`, { cause: error });
      }
    }
    this.#open = true;
  }

  /** Goes on under another epoch, if there is one: sequences begin anew, and no request of the last one does anything any more. */
  #take(next: ProducerEpoch | undefined): void {
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
    const added = routes.filter(({ topic, partition }) => !this.#added.has(`${partition} ${topic}`));
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
              // The coordinator's view may be behind for a moment; if the topic is gone, asking for its leaders says so.
              this.#client.forgetTopic(topic);
              await this.#client.leaders([topic]);
              throw new PassingError(`the coordinator does not know the topic "${topic}" yet`);
            }
            epoch.check(errorCode, `write to "${topic}" in a transaction of "${this.#transactionalId}"`);
          }
        }
      },
    });
    for (const { topic, partition } of added) this.#added.add(`${partition} ${topic}`);
  }
}
