import type { OutgoingRecord } from "../broker.ts";
import { sizeOfRecord } from "./batch_writer.ts";

/** Largest batch, bytes: below the default of brokers' max.message.bytes, which is 1 MiB. */
export const BATCH_BYTES = 512 * 1024;

/** The records of one partition that wait to be sent, in batches, in their order. */
export class Route {
  readonly topic: string;
  readonly partition: number;
  readonly batches: OutgoingRecord[][] = [];
  #bytesOfLast = Infinity;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  add(record: OutgoingRecord): void {
    const size = sizeOfRecord(record);
    if (this.#bytesOfLast + size > BATCH_BYTES) {
      this.batches.push([]);
      this.#bytesOfLast = 0;
    }
    this.batches.at(-1)!.push(record);
    this.#bytesOfLast += size;
  }
}

/** The topics of records, each once. */
export function topicsOf(records: readonly OutgoingRecord[]): string[] {
  const topics = new Set<string>();
  let last: string | undefined;
  for (const { topic } of records) if (topic !== last) topics.add(last = topic);
  return [...topics];
}
