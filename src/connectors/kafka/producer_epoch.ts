import type { Client } from "./client.ts";
import { Code } from "./error_codes.ts";
import { codeError } from "./errors.ts";
import { patiently } from "./patience.ts";
import type { ProducerEpoch } from "./protocol.ts";
import { TRANSACTION } from "./protocol.ts";

/** After this time the broker aborts an open transaction, so that a dead job does not hold up readers for ever, ms. */
export const TRANSACTION_TIMEOUT_MS = 60_000;

/** From this version on InitProducerId can name the current epoch, and is refused to a fenced producer. */
const KNOWS_EPOCH = 3;

/** The producer whose next epoch begins. */
export interface EpochRequest {
  /** Null outside of transactions. */
  readonly transactionalId: string | null;
  /** What is done, as it goes on after "Cannot". */
  readonly doing: string;
  readonly signal: AbortSignal;
  /** The epoch to go on from. Left out: the transactional id is taken over, whichever producer has it. */
  readonly current?: ProducerEpoch;
}

/**
 * Begins an epoch. Resolves when the transaction of the last one has ended everywhere.
 *
 * @throws {ProducerFencedError} if `current` has been fenced
 * @throws {BrokerError} if there is a `current` and the broker is too old to go on from it
 */
export async function initProducerId(client: Client, request: EpochRequest): Promise<ProducerEpoch> {
  const { transactionalId, doing, signal, current } = request;
  const args = { transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS, ...current && { current } };
  const options = current === undefined ? {} : { minVersion: KNOWS_EPOCH };
  return await patiently({ doing, signal, log: client.log }, async () => {
    const { errorCode, producerId, producerEpoch } = transactionalId === null
      ? await (await client.any()).send("InitProducerId", args, options)
      : await client.askCoordinator({ type: TRANSACTION, key: transactionalId }, "InitProducerId", args, options);
    if (errorCode === Code.NONE) return { producerId: BigInt(producerId), producerEpoch };
    throw transactionalId === null
      ? codeError(errorCode, doing)
      : client.coordinatorError({ type: TRANSACTION, key: transactionalId }, errorCode, doing);
  });
}
