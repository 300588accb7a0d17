/** Why a broker has refused a batch, where a retry would not help. */
import type { OutgoingRecord } from "../broker.ts";
import { BrokerError, BrokerUnavailableError } from "../broker_errors.ts";
import { sizeOfRecord } from "./batch_writer.ts";
import { Code } from "./error_codes.ts";
import { codeName } from "./errors.ts";
import type { Route } from "./route.ts";
import { refusedRecord, refusedTimes } from "./topic_limits.ts";

/** The error for a code that a broker has answered to the route's first batch; undefined for other codes. */
export function refusal({ topic, partition, batches }: Route, code: number): BrokerError | undefined {
  const batch = batches[0]!;
  const where = `"${topic}" partition ${partition}`;
  switch (code) {
    case Code.OUT_OF_ORDER_SEQUENCE:
    case Code.UNKNOWN_PRODUCER_ID:
      return new BrokerUnavailableError(
        `Cannot write to ${where}: it has lost track of this producer, ${codeName(code)}`,
      );
    case Code.INVALID_TXN_STATE:
      return new BrokerUnavailableError(
        `Cannot write to ${where}: the broker has ended the transaction, ${codeName(code)}`,
      );
    case Code.INVALID_TIMESTAMP:
      return new BrokerError(`Cannot write to "${topic}": ${refusedTimes(batch)}`);
    case Code.INVALID_RECORD:
      return new BrokerError(`Cannot write to ${where}: ${refusedRecord(batch)}`);
  }
  return undefined;
}

/** The error for a record that the broker refuses even as a batch of its own. */
export function tooLarge(topic: string, record: OutgoingRecord): BrokerError {
  return new BrokerError(
    `Cannot write to "${topic}": a record takes ${sizeOfRecord(record)} bytes, more than the topic's max.message.bytes`,
  );
}
