import { BrokerUnavailableError } from "../broker_errors.ts";
import type { Client, Coordinator } from "./client.ts";
import { Code } from "./error_codes.ts";
import { PassingError } from "./errors.ts";
import { patiently } from "./patience.ts";
import { TRANSACTION_TIMEOUT_MS } from "./producer_epoch.ts";
import type { Apis, ProducerEpoch, Transaction } from "./protocol.ts";
import { TRANSACTION } from "./protocol.ts";

/** From this version on EndTxn raises the epoch. */
const RAISES_EPOCH = 5;
const COMMIT_WITHIN_MS = 30_000;
const ABORT_WITHIN_MS = 1_000;

/** What a request is for, and when its answer is good. It is repeated until then. */
interface Question<Answer> {
  /** What is done, as it goes on after "Cannot". */
  readonly doing: string;
  /** Throws an error if the answer is not good; a {@link PassingError} if the request may be repeated. */
  readonly check: (answer: Answer) => void | Promise<void>;
  /** Default: the coordinator of the transactional id. */
  readonly coordinator?: Coordinator;
}

/**
 * The requests of a producer to its coordinators under one epoch, and whether one of them may still be on its way. At the
 * head of transaction.ts stands what each request does that arrives late, and so why an epoch has to end.
 */
export class Epoch {
  /** The identity in every request of a transaction. */
  readonly id: Transaction;
  readonly #client: Client;
  readonly #signal: AbortSignal;
  #unanswered = 0;
  #worn = false;

  constructor(client: Client, id: Transaction, signal: AbortSignal) {
    this.id = id;
    this.#client = client;
    this.#signal = signal;
  }

  /** Requests that were sent and not answered. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Whether the epoch must end with its transaction: a request was repeated, and its first copy may still arrive. */
  get worn(): boolean {
    return this.#worn;
  }

  /** Sends a request until its answer is good. */
  async ask<Api extends "AddPartitionsToTxn" | "AddOffsetsToTxn" | "TxnOffsetCommit">(
    api: Api,
    args: Apis[Api]["args"],
    { doing, check, coordinator = this.#coordinator }: Question<Apis[Api]["answer"]>,
  ): Promise<void> {
    await patiently({ doing, signal: this.#signal, log: this.#client.log }, async () => {
      const onSend = () => {
        this.#worn ||= this.#unanswered > 0;
        this.#unanswered++;
      };
      const answer = await this.#client.askCoordinator(coordinator, api, args, { onSend });
      this.#unanswered--;
      await check(answer);
    });
  }

  /**
   * Ends the transaction. In the old protocol the request is sent once, and again only after an answer with a passing error.
   *
   * @returns the next epoch, in the new protocol
   * @throws {BrokerUnavailableError} if there is no answer: the transaction may have ended
   */
  async end(how: "commit" | "abort"): Promise<ProducerEpoch | undefined> {
    const doing = `${how} the transaction of "${this.id.transactionalId}"`;
    const args = { ...this.id, transactionResult: how === "commit" };
    const patience = how === "commit"
      ? { signal: this.#signal, withinMs: COMMIT_WITHIN_MS }
      : { withinMs: ABORT_WITHIN_MS };
    const timeout = how === "commit" ? {} : { timeoutMs: 2 * ABORT_WITHIN_MS };
    let sent = 0;
    const { next } = await patiently({ doing, ...patience, log: this.#client.log }, async () => {
      let version: number | undefined;
      const onSend = (apiVersion: number) => {
        version = apiVersion;
        sent++;
        this.#unanswered++;
      };
      try {
        const answer = await this.#client.askCoordinator(this.#coordinator, "EndTxn", args, { ...timeout, onSend });
        this.#unanswered--;
        this.check(answer.errorCode, doing);
        return answer;
      } catch (error) {
        const lost = error instanceof PassingError && error.code === undefined && version !== undefined;
        if (!lost || version! >= RAISES_EPOCH) throw error;
        const message = `Cannot ${doing}: ${error.message}; whether it was done is not known`;
        throw new BrokerUnavailableError(message, { cause: error });
      }
    });
    this.#worn ||= sent > 1;
    return next;
  }

  /** Throws the error for a coordinator's code that is not 0. */
  check(code: number, doing: string, coordinator = this.#coordinator): void {
    if (code === Code.NONE) return;
    if (code === Code.INVALID_TXN_STATE) {
      throw new BrokerUnavailableError(
        `Cannot ${doing}: the broker has ended it, after ${TRANSACTION_TIMEOUT_MS} ms or a failure`,
      );
    }
    throw this.#client.coordinatorError(coordinator, code, doing);
  }

  get #coordinator(): Coordinator {
    return { type: TRANSACTION, key: this.id.transactionalId };
  }
}
