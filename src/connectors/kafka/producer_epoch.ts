import type { Client } from "./client.ts";
import { Code, codeError, patiently } from "./errors.ts";
import type { ProducerEpoch } from "./protocol.ts";
import { TRANSACTION } from "./protocol.ts";

/** After so long the broker gives up an open transaction, so that a dead job does not hold up the readers for ever. */
export const TRANSACTION_TIMEOUT_MS = 60_000;

/** From this version on InitProducerId is refused to who has been shut out. */
const KNOWS_EPOCH = 3;

/** Whose epoch is to begin. */
export interface EpochRequest {
  /** Null outside of transactions. */
  readonly transactionalId: string | null;
  /** As it goes on after "Cannot". */
  readonly doing: string;
  readonly signal: AbortSignal;
  /** Goes on with this one. Left out: takes the transactional id over, whoever has it. */
  readonly current?: ProducerEpoch;
}

/**
 * Begins an epoch. Resolves when the transaction of the last one has ended everywhere.
 *
 * @throws {ProducerFencedError} if `current` has been shut out
 * @throws {BrokerError} if there is a `current` and the broker does not know how to go on with one
 */
export async function initProducerId(client: Client, request: EpochRequest): Promise<ProducerEpoch> {
  const { transactionalId, doing, signal, current } = request;
  const args = { transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS, ...current && { current } };
  const options = current === undefined ? {} : { minVersion: KNOWS_EPOCH };
  return await patiently({ doing, signal, log: client.log }, async () => {
    const { errorCode, producerId, producerEpoch } = transactionalId === null
      ? await (await client.any()).send("InitProducerId", args, options)
      : await client.askCoordinator(TRANSACTION, transactionalId, "InitProducerId", args, options);
    if (errorCode === Code.NONE) return { producerId: BigInt(producerId), producerEpoch };
    throw transactionalId === null
      ? codeError(errorCode, doing)
      : client.coordinatorError(TRANSACTION, transactionalId, errorCode, doing);
  });
}
