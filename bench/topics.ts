/** Fills, reads and renews the topics of a measurement. */
import type { Broker, BrokerRecord, OutgoingRecord } from "../src/connectors/broker.ts";
import { ProgramFailure } from "./running_program.ts";

/** Records of one send; more would only wait. */
const SEND_RECORDS = 5_000;
const MAX_WAIT_MS = 200;
const READABLE_WITHIN_MS = 30_000;

/** Deletes the topics if they are there, and creates them. */
export async function renewTopics(port: Broker, names: readonly string[], partitions = 5): Promise<void> {
  await removeTopics(port, names);
  await port.createTopics(names.map((name) => ({ name, partitions })));
}

export async function removeTopics(port: Broker, names: readonly string[]): Promise<void> {
  const there = new Set(await port.listTopics());
  const old = names.filter((name) => there.has(name));
  if (old.length > 0) await port.deleteTopics(old);
}

/** Writes records while the next ones are made up: a set of any size needs little memory. @returns how many */
export async function fill(port: Broker, records: Iterable<OutgoingRecord>): Promise<number> {
  const producer = await port.producer();
  let sending = Promise.resolve();
  let batch: OutgoingRecord[] = [];
  let sent = 0;
  const send = async () => {
    await sending;
    sending = producer.send(batch);
    sent += batch.length;
    batch = [];
  };
  try {
    for (const record of records) {
      batch.push(record);
      if (batch.length === SEND_RECORDS) await send();
    }
    await send();
    await sending;
  } finally {
    await producer.close();
  }
  return sent;
}

/** Hands over all committed records of a topic, those of a partition in their order. @returns how many */
export async function readTopic(port: Broker, topic: string, take: (record: BrokerRecord) => void): Promise<number> {
  const [description] = await port.describeTopics([topic]);
  const ends = description!.endOffsets;
  let positions = description!.startOffsets.map((offset, partition) => ({ topic, partition, offset }));
  let records = 0;
  const fetcher = await port.fetcher();
  try {
    for (;;) {
      positions = positions.filter(({ partition, offset }) => offset < ends[partition]!);
      if (positions.length === 0) return records;
      for (const batch of await fetcher.fetch(positions, MAX_WAIT_MS)) {
        batch.records.forEach(take);
        records += batch.records.length;
        positions = positions.map((position) =>
          position.partition === batch.partition ? { ...position, offset: batch.nextOffset } : position
        );
      }
    }
  } finally {
    await fetcher.close();
  }
}

/**
 * Resolves when readers see all that was written. A commit is decided before its marks are in all partitions, and a program may end
 * at once.
 *
 * @throws {ProgramFailure} if an open transaction holds records back for long
 */
export async function untilReadable(port: Broker, topic: string): Promise<void> {
  for (const untilMs = performance.now() + READABLE_WITHIN_MS; performance.now() < untilMs;) {
    const ends = await port.partitionEnds(topic, []);
    if (ends.every(({ committed, written }) => committed >= written)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new ProgramFailure(`"${topic}" has records in an open transaction though its writer has ended`);
}

/** Offsets of a topic in all, records and marks of transactions: it grows when something is committed. */
export async function endOf(port: Broker, topic: string): Promise<number> {
  const [description] = await port.describeTopics([topic]);
  return description!.endOffsets.reduce((sum, end) => sum + end, 0);
}
