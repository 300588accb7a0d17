import type { FedRecord } from "./row.ts";

/** The records of partitions in the order in which a job takes them at home. @param partitions of one time the first comes first */
export function inOrderOfHome(partitions: readonly (readonly FedRecord[])[]): FedRecord[] {
  const queues = partitions.map((records) => [...records]);
  const all: FedRecord[] = [];
  while (true) {
    const [first, ...others] = queues.filter(({ length }) => length > 0);
    if (first === undefined) return all;
    const next = others.reduce((best, queue) => queue[0]!.timestampMs < best[0]!.timestampMs ? queue : best, first);
    all.push(next.shift()!);
  }
}
