import type { Broker, BrokerRecord, FetchedBatch, JobLease, OutgoingRecord } from "../src/connectors/broker.ts";

/** Fixed records of a topic, by partition, each in order of offset from 0. */
export type Topics = ReadonlyMap<string, readonly (readonly BrokerRecord[])[]>;

/** What a job wrote: how much, and a sum that tells whether it was the same. */
export interface Written {
  records: number;
  bytes: number;
}

const BATCH = 1_000;

/**
 * As much of the broker port as a bounded job needs, over records in memory: so that a measurement shows the engine with
 * decoding and encoding, and no disk or network.
 */
export function memoryBroker(topics: Topics, written: Written): Broker {
  const never = () => Promise.reject(new Error("not in this broker"));
  return {
    kind: "embedded",
    description: "memory",
    listTopics: () => Promise.resolve([...topics.keys()]),
    describeTopics: (names) =>
      Promise.resolve(names.map((name) => {
        const partitions = topics.get(name) ?? [];
        return { name, startOffsets: partitions.map(() => 0), endOffsets: partitions.map(({ length }) => length) };
      })),
    createTopics: never,
    deleteTopics: never,
    offsetsAt: never,
    producer: never,
    jobsReading: never,
    dropJob: never,
    readCommit: never,
    fetcher: () =>
      Promise.resolve({
        fetch: (positions): Promise<FetchedBatch[]> =>
          Promise.resolve(positions.map(({ topic, partition, offset }) => {
            const records = topics.get(topic)![partition]!.slice(offset, offset + BATCH);
            return { topic, partition, records, nextOffset: offset + records.length };
          })),
        close: () => Promise.resolve(),
      }),
    openJob: () => Promise.resolve(memoryLease(written)),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function memoryLease(written: Written): JobLease {
  let pending: OutgoingRecord[] = [];
  return {
    lost: new AbortController().signal,
    restore: () => Promise.resolve(new Map()),
    reset: () => Promise.resolve(),
    write: (record) => void pending.push(record),
    get pendingRecords() {
      return pending.length;
    },
    flush: () => Promise.resolve(),
    commit: () => {
      written.records += pending.length;
      for (const { key, value } of pending) written.bytes += (key?.length ?? 0) + (value?.length ?? 0);
      pending = [];
      return Promise.resolve();
    },
    release: () => Promise.resolve(),
  };
}
