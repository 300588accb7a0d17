import type { Broker, BrokerRecord, OutgoingRecord, Position } from "../../../src/connectors/broker.ts";
import type { JobCommit } from "../../../src/engine/job_store.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A record without a key, unless `more` gives one. */
export function record(
  topic: string,
  value: string,
  more: { key?: string; timestampMs?: number } = {},
): OutgoingRecord {
  const { key, timestampMs = 1_760_000_000_000 } = more;
  return { topic, key: key === undefined ? null : encoder.encode(key), value: encoder.encode(value), timestampMs };
}

export function state(changes: Record<string, string | null>, positions: readonly Position[] = []): JobCommit {
  return { changes: new Map(Object.entries(changes)), positions };
}

export function start(topic: string): Position {
  return { topic, partition: 0, offset: 0 };
}

export async function send(broker: Broker, records: readonly OutgoingRecord[]): Promise<void> {
  const producer = await broker.producer();
  try {
    await producer.send(records);
  } finally {
    await producer.close();
  }
}

export function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decoder.decode(bytes);
}

/** The values of each partition as text. */
export function values(partitions: readonly (readonly BrokerRecord[])[]): (string | null)[][] {
  return partitions.map((records) => records.map((one) => text(one.value)));
}

/** What a record carries, comparable whatever kind of array holds the bytes. */
export function content(one: BrokerRecord | OutgoingRecord): Record<string, unknown> {
  const headers = (one.headers ?? []).map(([name, bytes]) => [name, hex(bytes)] as const);
  return {
    key: hex(one.key),
    value: hex(one.value),
    timestampMs: one.timestampMs,
    headers,
  };
}

export function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new Uint8Array(bytes).toHex();
}
