import type { Broker, BrokerLease, FetchedBatch, OutgoingRecord } from "../../src/connectors/broker.ts";
import type { Topics } from "./bare_loop.ts";
import type { Written } from "./written.ts";

/** What a job asked of its broker. */
export class BrokerCalls {
  fetches = 0;
  flushes = 0;
  commits = 0;
  /** Entries of the job's state in all commits. */
  entries = 0;
}

const BATCH = 1_000;

/**
 * As much of the broker port as a bounded job needs, over records in memory: so that a measurement shows the engine with
 * decoding and encoding, and no disk or network.
 */
export function memoryBroker(topics: Topics, written: Written, calls: BrokerCalls = new BrokerCalls()): Broker {
  const never = () => Promise.reject(new Error("not in this broker"));
  return {
    kind: "embedded",
    description: "memory",
    listTopics: () => Promise.resolve([...topics.keys()]),
    describeTopics: (names) =>
      Promise.resolve(names.map((name) => {
        const partitions = topics.get(name)?.partitions ?? [];
        return { name, startOffsets: partitions.map(() => 0), endOffsets: partitions.map(({ length }) => length) };
      })),
    partitionEnds: never,
    firstTimestamps: never,
    createTopics: never,
    deleteTopics: never,
    offsetsAt: never,
    producer: never,
    jobsReading: never,
    dropJob: never,
    readCommit: never,
    fetcher: () =>
      Promise.resolve({
        fetch: (positions): Promise<FetchedBatch[]> => {
          calls.fetches++;
          return Promise.resolve(positions.map(({ topic, partition, offset }) => {
            const records = topics.get(topic)!.partitions[partition]!.slice(offset, offset + BATCH);
            return { topic, partition, records, nextOffset: offset + records.length, bytes: 0 };
          }));
        },
        close: () => Promise.resolve(),
      }),
    openJob: () => Promise.resolve(memoryLease(written, calls)),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function memoryLease(written: Written, calls: BrokerCalls): BrokerLease {
  let pending: OutgoingRecord[] = [];
  return {
    lost: new AbortController().signal,
    restore: () => Promise.resolve(new Map()),
    positions: () => Promise.resolve([]),
    reset: () => Promise.resolve(),
    compress: () => {},
    write: (record) => void pending.push(record),
    takeBack: (records) => void pending.splice(pending.length - records),
    get pendingRecords() {
      return pending.length;
    },
    flush: () => {
      calls.flushes++;
      return Promise.resolve();
    },
    commit: ({ changes }) => {
      calls.commits++;
      for (const _ of changes) calls.entries++;
      for (const { key, value } of pending) written.add(key, value);
      pending = [];
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
